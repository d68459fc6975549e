//! Which channels and patterns are those of events of keys.
//!
//! In a cluster the node of a key publishes its events to who is subscribed
//! there, and does not pass them on. So what can only match such channels is
//! wanted at every primary. What may match others, too, is not: messages of
//! those reach all nodes, and would come once from each.

use crate::wire::request::SubscriptionKind;

/// How the channels of events begin: keys', and since Redis 8.8 those of their
/// fields.
const BEGINNINGS: [&[u8]; 6] = [
    b"__keyspace@",
    b"__keyevent@",
    b"__subkeyspace@",
    b"__subkeyevent@",
    b"__subkeyspaceitem@",
    b"__subkeyspaceevent@",
];

/// What a pattern has to begin with if it leaves open which of them it means,
/// and what it has to name after that. `__key*__:*` is how servers' documentation
/// has all events.
const FAMILIES: [&[u8]; 2] = [b"__key", b"__subkey"];
const AFTERWARDS: [&[u8]; 2] = [b"@", b"__:"];

/// Reports whether a subscription is one to events of keys, and to nothing else.
pub fn are_meant(kind: SubscriptionKind, name: &[u8]) -> bool {
    let begins = |text: &[u8]| BEGINNINGS.iter().any(|beginning| text.starts_with(beginning));
    match kind {
        SubscriptionKind::Channels => begins(name),
        // Nothing but SPUBLISH reaches them.
        SubscriptionKind::ShardedChannels => false,
        SubscriptionKind::Patterns if !name.starts_with(b"__") => false,
        SubscriptionKind::Patterns => {
            let texts = texts(name);
            let Some((first, others)) = texts.split_first() else { return false };
            let may_begin = BEGINNINGS.iter().any(|beginning| beginning.starts_with(first));
            let is_family = FAMILIES.iter().any(|family| first.starts_with(family));
            let names = |text: &Vec<u8>| AFTERWARDS.iter().any(|part| contains(text, part));
            begins(first) || may_begin && is_family && others.iter().any(names)
        }
    }
}

/// Returns what a pattern says literally: before, between and after what stands
/// for other text.
fn texts(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = vec![Vec::new()];
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        let literal = match byte {
            b'*' | b'?' => None,
            b'[' => {
                // A backslash takes the meaning from what follows, here too.
                while let Some(&byte) = bytes.next()
                    && byte != b']'
                {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
                None
            }
            b'\\' => bytes.next().copied().or(Some(byte)),
            byte => Some(byte),
        };
        match (literal, texts.last_mut()) {
            (Some(literal), Some(text)) => text.push(literal),
            _ => texts.push(Vec::new()),
        }
    }
    texts
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_of_events_are_known_by_how_they_begin() {
        for name in
            ["__keyspace@0__:key", "__keyevent@15__:set", "__subkeyspaceitem@0__:key\nfield"]
        {
            assert!(are_meant(SubscriptionKind::Channels, name.as_bytes()), "{name}");
            assert!(are_meant(SubscriptionKind::Patterns, name.as_bytes()), "{name}");
            assert!(!are_meant(SubscriptionKind::ShardedChannels, name.as_bytes()), "{name}");
        }
        for name in ["news", "__keyring@home", "__keyspace", "keyspace@0__:key", "__key*__:*", ""] {
            assert!(!are_meant(SubscriptionKind::Channels, name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn patterns_of_events_match_nothing_else() {
        for pattern in [
            "__keyspace@*",
            "__keyspace@0__:user:*",
            "__keyevent@?__:[se]*",
            "__key*__:*",
            "__key*@0__:*",
            "__keyevent*@*",
            "__key[se]*@0__:x",
            r"__keyspace\@0__:*",
            "__subkey*@0__:*",
            "__subkeyspace*__:key",
        ] {
            assert!(are_meant(SubscriptionKind::Patterns, pattern.as_bytes()), "{pattern}");
        }
        for pattern in [
            "*",
            "__*",
            "__key*",
            "__keyspace*",
            "__k*@0__:*",
            "*__:*",
            "__keyring@*",
            "__keyring*@*",
            "__key[@]*",
            r"__key[\]@]*",
            "__key[",
            "news*",
            r"\",
            "",
        ] {
            assert!(!are_meant(SubscriptionKind::Patterns, pattern.as_bytes()), "{pattern}");
        }
    }
}
