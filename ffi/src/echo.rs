//! The client that connects to nothing, for tests of the boundary and the
//! engine: each command is answered with its own arguments as an array.
//! Three names do something else: `HANG` is not answered before its client is
//! closed, `PANIC` panics in its task, and `LATER` is answered after as many
//! milliseconds as its first argument says. `PUBLISH` is also a message to the
//! client's own subscriber, of a channel and a payload. A batch is answered with the
//! array of its commands' answers.

use crate::{
    client::{Client, Ticket},
    failure,
    request::{Body, Request, Words},
};
use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};
use std::{sync::Arc, time::Duration};

pub fn submit(client: &Arc<Client>, requests: Vec<Request<'_>>) {
    for request in requests {
        let ticket = Ticket::new(client.engine, request.ticket);
        let (commands, one) = match request.body {
            Body::Command(words) => (vec![copy(words)], true),
            Body::Batch(batch) => (batch.commands().map(copy).collect(), false),
            Body::Scan(_) | Body::Subscribing(_) | Body::Login(_) => (Vec::new(), false),
        };
        client.engine.runtime.spawn(answer(client.clone(), ticket, commands, one));
    }
}

fn copy(words: Words<'_>) -> Vec<Bytes> {
    words.iter().map(Bytes::copy_from_slice).collect()
}

async fn answer(client: Arc<Client>, ticket: Ticket, commands: Vec<Vec<Bytes>>, one: bool) {
    let mut answers = Vec::new();
    for words in commands {
        match echo(&client, words).await {
            Some(answer) => answers.push(answer),
            None => return ticket.complete(Err(failure::closed())),
        }
    }
    ticket.complete(Ok(match one {
        true => answers.remove(0),
        false => Value::Array(answers),
    }));
}

/// Gives nothing if the client was closed meanwhile.
async fn echo(client: &Client, words: Vec<Bytes>) -> Option<Value> {
    let delay = match &words[0][..] {
        b"PUBLISH" => {
            let data = words[1..].iter().cloned().map(Value::BulkString).collect();
            let kind = PushKind::Message;
            client.pubsub.deliver(client.engine, &[PushInfo { kind, data }]);
            Duration::ZERO
        }
        b"HANG" => Duration::MAX,
        b"PANIC" => panic!("asked to"),
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
