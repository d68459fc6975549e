//! Messages as they cross the boundary: many at a time, in one entry.
//!
//! `abi/contract.md` describes the form.

use crate::{
    abi::{MessageNames, Outcome},
    wire::reply::ReplyBuffer,
};
use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};
use std::sync::atomic::{AtomicU64, Ordering};

/// From this size on a batch is full. The reader keeps it whole for as long as
/// anything of it is used.
const FULL: usize = 12 << 10;

/// A message: the pattern by which it came, its channel, its payload.
type Message<'a> = (Option<&'a Bytes>, &'a Bytes, &'a Bytes);

/// Returns the message that a push is. Other pushes are about subscriptions.
pub fn message(push: &PushInfo) -> Option<Message<'_>> {
    use Value::BulkString as Text;
    match (&push.kind, &push.data[..]) {
        (PushKind::Message | PushKind::SMessage, [Text(channel), Text(payload)]) => {
            Some((None, channel, payload))
        }
        (PushKind::PMessage, [Text(pattern), Text(channel), Text(payload)]) => {
            Some((Some(pattern), channel, payload))
        }
        _ => None,
    }
}

impl ReplyBuffer {
    /// Appends the messages among the pushes, in as many batches as they need.
    pub fn push_messages(&mut self, subscriber: u64, batches: &AtomicU64, pushes: &[PushInfo]) {
        let mut messages = pushes.iter().filter_map(message).peekable();
        while messages.peek().is_some() {
            let start = self.begin(subscriber, Outcome::Messages);
            let number = batches.fetch_add(1, Ordering::Relaxed);
            self.data.extend_from_slice(&number.to_le_bytes());
            self.data.extend_from_slice(&[0; 8]);
            let shared = self.shared_len();
            let mut count = 0u32;
            let mut last = None;
            while self.data.len() - start < FULL
                && let Some((pattern, channel, payload)) = messages.next()
            {
                let names = match pattern {
                    _ if last == Some((pattern, channel)) => MessageNames::Same,
                    Some(_) => MessageNames::Pattern,
                    None => MessageNames::Channel,
                };
                self.data.push(names as u8);
                if names != MessageNames::Same {
                    if let Some(pattern) = pattern {
                        self.text(pattern);
                    }
                    self.text(channel);
                    last = Some((pattern, channel));
                }
                self.string(payload);
                count += 1;
            }
            let shared = (self.shared_len() - shared) as u32;
            self.data[start + 8..start + 12].copy_from_slice(&count.to_le_bytes());
            self.data[start + 12..start + 16].copy_from_slice(&shared.to_le_bytes());
            // What is not shared is short, but for names: below 4 GiB.
            let _ = self.end(start);
        }
    }
}
