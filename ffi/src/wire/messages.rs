//! Messages as they cross the boundary: many at a time, in one entry.
//!
//! `abi/contract.md` describes the form.

use crate::{
    abi::{MessageNames, Outcome},
    wire::{reply::ReplyBuffer, request::SubscriptionKind},
};
use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

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

/// Returns by which subscription a message has come.
pub fn source(push: &PushInfo) -> Option<(SubscriptionKind, &Bytes)> {
    let kind = match push.kind {
        PushKind::SMessage => SubscriptionKind::ShardedChannels,
        PushKind::PMessage => SubscriptionKind::Patterns,
        _ => SubscriptionKind::Channels,
    };
    message(push).map(|(pattern, channel, _)| (kind, pattern.unwrap_or(channel)))
}

/// Where a client's batches of messages are numbered: at its mailbox.
#[derive(Clone, Copy)]
pub struct Batches<'a> {
    pub mailbox: u64,
    /// How many there were.
    pub count: &'a AtomicU64,
}

impl ReplyBuffer {
    /// Appends the messages among the pushes, in as many batches as they need.
    pub fn push_messages(&mut self, batches: Batches<'_>, pushes: &[PushInfo]) {
        let messages = pushes.iter().filter_map(message);
        self.push_batches(batches, Outcome::Messages, messages.map(|m| (m, &[][..])));
    }

    /// Appends the messages among the pushes that any mailboxes receive.
    pub fn push_addressed_messages(
        &mut self,
        batches: Batches<'_>,
        pushes: &[PushInfo],
        mailboxes: &[Arc<Vec<u64>>],
    ) {
        let messages = pushes.iter().zip(mailboxes).filter(|(_, mailboxes)| !mailboxes.is_empty());
        let messages = messages
            .filter_map(|(push, mailboxes)| message(push).map(|m| (m, mailboxes.as_slice())));
        self.push_batches(batches, Outcome::AddressedMessages, messages);
    }

    /// Appends messages, each with the mailboxes that receive it.
    fn push_batches<'a>(
        &mut self,
        batches: Batches<'_>,
        outcome: Outcome,
        messages: impl Iterator<Item = (Message<'a>, &'a [u64])>,
    ) {
        let mut messages = messages.peekable();
        while messages.peek().is_some() {
            let start = self.begin(batches.mailbox, outcome);
            let number = batches.count.fetch_add(1, Ordering::Relaxed);
            self.data.extend_from_slice(&number.to_le_bytes());
            self.data.extend_from_slice(&[0; 8]);
            let shared = self.shared_len();
            let mut count = 0u32;
            let mut last = None;
            while self.data.len() - start < FULL
                && let Some(((pattern, channel, payload), mailboxes)) = messages.next()
            {
                // Lists are compared by where they are: there is one of each, and to
                // compare none with none takes long.
                let is_same = |(names, list)| {
                    names == (pattern, channel) && std::ptr::eq::<[u64]>(list, mailboxes)
                };
                let names = match pattern {
                    _ if last.is_some_and(is_same) => MessageNames::Same,
                    Some(_) => MessageNames::Pattern,
                    None => MessageNames::Channel,
                };
                self.data.push(names as u8);
                if names != MessageNames::Same {
                    if let Some(pattern) = pattern {
                        self.text(pattern);
                    }
                    self.text(channel);
                    if outcome == Outcome::AddressedMessages {
                        self.mailboxes(mailboxes);
                    }
                    last = Some(((pattern, channel), mailboxes));
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

    fn mailboxes(&mut self, mailboxes: &[u64]) {
        self.data.extend_from_slice(&(mailboxes.len() as u32).to_le_bytes());
        for mailbox in mailboxes {
            self.data.extend_from_slice(&mailbox.to_le_bytes());
        }
    }
}
