//! The client that connects to nothing, for tests of the boundary and the
//! engine: each command is answered with its own arguments as an array.
//! Some names do something else: `HANG` is not answered before its client is
//! closed, `PANIC` panics in its task and `PANIC_AT_ONCE` while it is submitted,
//! and `LATER` is answered after as many milliseconds as its first argument
//! says. `PUBLISH` is also a message to the client's own subscriber, of a channel
//! and a payload. `ASK` asks the program, for as many milliseconds as its first
//! argument says, for credentials or, with more arguments, for where a host and
//! port are reached, and is answered with what it said. Of `AUTH` and `HELLO` only the
//! names are returned. A batch is answered with
//! the array of its commands' answers.

use crate::{
    client::Client,
    event_loop::ticket::Ticket,
    pubsub::PubSub,
    wire::{
        Credentials,
        address::Address,
        failure,
        question::Question,
        request::{Arguments, Body, Request},
    },
};
use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};
use std::{sync::Arc, time::Duration};

pub fn submit(client: &Arc<Client>, pubsub: &Arc<PubSub>, requests: Vec<Request<'_>>) {
    let ticket = |request: &Request<'_>| Ticket::of(client.engine, request);
    let tickets: Vec<Ticket> = requests.iter().map(ticket).collect();
    for (request, ticket) in requests.into_iter().zip(tickets) {
        let (commands, one) = match request.body {
            Body::Command(words) => (vec![copy(words)], true),
            Body::Batch(batch) => (batch.commands().map(copy).collect(), false),
            Body::Scan(_) | Body::SubscriptionChange(_) | Body::CredentialChange(_) => {
                (Vec::new(), false)
            }
        };
        let at_once = commands.iter().flatten().next().is_some_and(|name| name == "PANIC_AT_ONCE");
        assert!(!at_once, "asked to");
        client.engine.runtime.spawn(answer(client.clone(), pubsub.clone(), ticket, commands, one));
    }
}

/// Copies words, but of those that authenticate only the name: a test looks for
/// passwords that are left in memory.
fn copy(words: Arguments<'_>) -> Vec<Bytes> {
    let some = if matches!(words.name, b"AUTH" | b"HELLO") { 1 } else { usize::MAX };
    words.iter().take(some).map(Bytes::copy_from_slice).collect()
}

async fn answer(
    client: Arc<Client>,
    pubsub: Arc<PubSub>,
    ticket: Ticket,
    commands: Vec<Vec<Bytes>>,
    one: bool,
) {
    let mut answers = Vec::new();
    for words in commands {
        match echo(&client, &pubsub, words).await {
            Some(answer) => answers.push(answer),
            None => return ticket.complete(Err(failure::closed())),
        }
    }
    ticket.complete(Ok(match one {
        true => answers.remove(0),
        false => Value::Array(answers),
    }));
}

async fn ask(client: &Client, words: &[Bytes]) -> Value {
    let text = |at: usize| words.get(at).map(|word| String::from_utf8_lossy(word).into_owned());
    let number = |at| text(at).and_then(|text| text.parse::<u16>().ok()).unwrap_or_default();
    let address = text(2).map(|host| Address::new(&host, number(3)));
    let question = address.as_ref().map_or(Question::Credentials, Question::Address);
    let answerer = client.settings.message().unwrap_or_default().answerer;
    let time = Duration::from_millis(number(1).into());
    let said = match client.engine.ask(answerer, question, time).await {
        Err(failure) => vec![failure],
        Ok(answer) => {
            let mut credentials = answer.credentials.unwrap_or_default();
            let Credentials { username, password, .. } = &mut credentials;
            let (username, password) = (username.take(), password.take());
            let address = answer.address.unwrap_or_default();
            let port = (address.port != 0).then(|| address.port.to_string());
            [Some(address.host), port, username, password].into_iter().flatten().collect()
        }
    };
    Value::Array(said.into_iter().map(|text| Value::BulkString(text.into())).collect())
}

/// Returns nothing if the client was closed meanwhile.
async fn echo(client: &Client, pubsub: &PubSub, words: Vec<Bytes>) -> Option<Value> {
    let delay = match &words[0][..] {
        b"PUBLISH" => {
            let data = words[1..].iter().cloned().map(Value::BulkString).collect();
            let kind = PushKind::Message;
            pubsub.deliver(&[PushInfo { kind, data }]);
            Duration::ZERO
        }
        b"HANG" => Duration::MAX,
        b"PANIC" => panic!("asked to"),
        b"ASK" => return client.until_closed(ask(client, &words)).await,
        b"LATER" => words
            .get(1)
            .and_then(|word| std::str::from_utf8(word).ok()?.parse().ok())
            .map_or(Duration::ZERO, Duration::from_millis),
        _ => Duration::ZERO,
    };
    let waited = client.until_closed(async {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    });
    waited.await?;
    Some(Value::Array(words.into_iter().map(Value::BulkString).collect()))
}
