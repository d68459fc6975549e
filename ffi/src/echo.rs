//! The client that connects to nothing, for tests of the boundary and the
//! engine: each command is answered with its own arguments as an array.
//! Three names do something else: `HANG` is not answered before its client is
//! closed, `PANIC` panics in its task, and `LATER` is answered after as many
//! milliseconds as its first argument says.

use crate::{
    client::{Client, Ticket},
    failure,
    request::Request,
};
use bytes::Bytes;
use redis::Value;
use std::{sync::Arc, time::Duration};

pub fn submit(client: &Arc<Client>, requests: Vec<Request<'_>>) {
    for request in requests {
        let ticket = Ticket::new(client.engine, request.ticket);
        let words: Vec<Bytes> = request.arguments().map(Bytes::copy_from_slice).collect();
        client.engine.runtime.spawn(answer(client.clone(), ticket, words));
    }
}

async fn answer(client: Arc<Client>, ticket: Ticket, words: Vec<Bytes>) {
    let delay = match &words[0][..] {
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
    let result = match waited.await {
        Some(()) => Ok(Value::Array(words.into_iter().map(Value::BulkString).collect())),
        None => Err(failure::closed()),
    };
    ticket.complete(result);
}
