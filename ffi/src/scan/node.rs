//! What a cluster's node says of itself and of who has which slots.

use crate::wire::slots::{self, SlotSet};
use std::ops::RangeInclusive;

/// A node as it is at one moment, by its own word.
#[derive(Debug, PartialEq, Eq)]
pub struct Node {
    pub id: String,
    /// Another each time that the server is started.
    run: String,
    /// Another each time that a slot comes back to it.
    epoch: String,
    pub slots: SlotSet,
    /// Those of its slots whose keys are being moved, and to which node.
    pub leaving: Vec<(u16, String)>,
}

impl Node {
    /// Whether it is what it was before, but for its slots: then the cursors of
    /// its scans hold, and a slot that it had and has it had all the while.
    pub fn is_still(&self, before: &Node) -> bool {
        self.id == before.id && self.run == before.run && self.epoch == before.epoch
    }
}

/// A cluster as one of its nodes sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct View {
    /// The slots that any node has.
    pub covered: SlotSet,
    pub members: Vec<Member>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    pub address: String,
    /// A slot that it has.
    pub slot: Option<u16>,
}

/// Reads an answer to CLUSTER NODES: a line for each node with its id, address,
/// flags, primary, two times, epoch, the state of the link and slots.
pub fn read(nodes: &str, run: String) -> Option<(Node, View)> {
    let mut view = View { covered: SlotSet::default(), members: Vec::new() };
    let mut myself = None;
    for line in nodes.lines() {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (&[id, address, flags, _, _, _, epoch, _], words) = fields.split_first_chunk()?;
        let mut slots = SlotSet::default();
        let mut leaving = Vec::new();
        for word in words {
            match Word::read(word)? {
                Word::Range(range) => slots.insert(range),
                Word::Leaving(slot, node) => leaving.push((slot, node.to_owned())),
                Word::Other => {}
            }
        }
        view.covered.insert_all(&slots);
        view.members.push(Member {
            id: id.to_owned(),
            address: address.split('@').next()?.to_owned(),
            slot: slots.first(),
        });
        if flags.split(',').any(|flag| flag == "myself") {
            myself = Some(Node {
                id: id.to_owned(),
                run: run.clone(),
                epoch: epoch.to_owned(),
                slots,
                leaving,
            });
        }
    }
    Some((myself?, view))
}

/// What a node says of slots.
enum Word<'a> {
    Range(RangeInclusive<u16>),
    /// It has the slot, whose keys are being moved to a node.
    Leaving(u16, &'a str),
    /// It is about slots that others have.
    Other,
}

impl<'a> Word<'a> {
    /// Reads a word; a slot that there cannot be is an error.
    fn read(text: &'a str) -> Option<Self> {
        let Some(text) = text.strip_prefix('[') else {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            return slots::range(slots::parse(first)?, slots::parse(last)?).map(Word::Range);
        };
        let text = text.strip_suffix(']')?;
        match (text.split_once("->-"), text.split_once("-<-")) {
            (Some((number, node)), _) => Some(Word::Leaving(slots::parse(number)?, node)),
            (None, Some((number, _))) => slots::parse(number).map(|_| Word::Other),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(slots: RangeInclusive<u16>) -> SlotSet {
        let mut set = SlotSet::default();
        set.insert(slots);
        set
    }

    fn node(run: &str, epoch: &str) -> Node {
        let (id, run, epoch) = ("e7d1".to_owned(), run.to_owned(), epoch.to_owned());
        Node { id, run, epoch, slots: set(0..=5460), leaving: vec![(77, "67ed".to_owned())] }
    }

    #[test]
    fn nodes_are_read() {
        let text = "07c3 127.0.0.1:30004@31004,host slave e7d1 0 1426238317239 4 connected\n\
                    67ed [::1]:30002@31002 master - 0 1426238316232 2 connected 5461-10922\n\
                    e7d1 127.0.0.1:30001@31001 myself,master - 0 0 7 connected 0-5459 5460 [93-<-292f] [77->-67ed]\n";
        let member = |id: &str, address: &str, slot| Member {
            id: id.to_owned(),
            address: address.to_owned(),
            slot,
        };
        let members = vec![
            member("07c3", "127.0.0.1:30004", None),
            member("67ed", "[::1]:30002", Some(5461)),
            member("e7d1", "127.0.0.1:30001", Some(0)),
        ];
        let (myself, view) = read(text, "run".to_owned()).unwrap();
        assert_eq!(myself, node("run", "7"));
        assert_eq!(view, View { covered: set(0..=10922), members });
        for wrong in ["", "a b\n", "67ed 127.0.0.1:30002@31002 master - 0 1 2 connected 0-5\n"] {
            assert_eq!(read(wrong, String::new()), None, "{wrong}");
        }
        for wrong in [
            "",
            "-",
            "5-",
            "x",
            "0-16384",
            "16384",
            "65536",
            "-1",
            "-1-5",
            "9-5",
            "0-18446744073709551616",
            "[",
            "[]",
            "[5]",
            "[16384->-67ed]",
            "[65535->-67ed]",
            "[-1->-67ed]",
            "[70000->-67ed]",
            "[16384-<-67ed]",
            "[x-<-67ed]",
            "[5->-67ed",
        ] {
            assert!(Word::read(wrong).is_none(), "{wrong}");
            let line =
                format!("e7d1 127.0.0.1:30001@31001 myself,master - 0 0 7 connected 0-5 {wrong}");
            let is_none = read(&line, String::new()).is_none();
            assert!(is_none || wrong.is_empty(), "{wrong}");
        }
    }

    #[test]
    fn a_node_is_another_after_a_start_and_a_new_epoch() {
        assert!(node("a", "1").is_still(&Node {
            slots: SlotSet::default(),
            leaving: Vec::new(),
            ..node("a", "1")
        }));
        assert!(!node("a", "1").is_still(&node("b", "1")));
        assert!(!node("a", "1").is_still(&node("a", "2")));
    }
}
