//! Commands over keys of several slots: split by slot, and their replies merged.
//!
//! The core can do that too, but sends every part as a separate command.
//! Here the parts are coalesced with other commands, in pipelines to their nodes.
//! Each part is atomic, the whole is not: its error is the first of a part, and
//! the other parts are done anyway.

use crate::{
    abi::Outcome,
    event_loop::ticket::Ticket,
    routing::permits::Permit,
    wire::{
        failure::{self, Failure},
        reply::Reply,
        request::Arguments,
        trace::Trace,
    },
};
use redis::{Cmd, Value, cluster_topology::get_slot};
use std::{
    iter,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard},
};

/// How a command's words are cut and the replies to its parts put together.
#[derive(Clone, Copy)]
struct Shape {
    /// How many words belong to a key, itself included.
    step: usize,
    /// How many words at the end are every part's.
    shared: usize,
    combination: Combination,
}

#[derive(Clone, Copy)]
enum Combination {
    /// An array with a value for each key.
    Values,
    /// The sum of numbers.
    Sum,
    /// OK.
    Done,
}

/// The commands that can be cut.
const SHAPES: [(&[u8], Shape); 8] = [
    (b"MGET", Shape { step: 1, shared: 0, combination: Combination::Values }),
    (b"JSON.MGET", Shape { step: 1, shared: 1, combination: Combination::Values }),
    (b"DEL", Shape { step: 1, shared: 0, combination: Combination::Sum }),
    (b"EXISTS", Shape { step: 1, shared: 0, combination: Combination::Sum }),
    (b"TOUCH", Shape { step: 1, shared: 0, combination: Combination::Sum }),
    (b"UNLINK", Shape { step: 1, shared: 0, combination: Combination::Sum }),
    (b"MSET", Shape { step: 2, shared: 0, combination: Combination::Done }),
    (b"JSON.MSET", Shape { step: 3, shared: 0, combination: Combination::Done }),
];

fn shape(name: &[u8]) -> Option<Shape> {
    SHAPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, shape)| *shape)
}

/// A command that was cut, while its parts are on their way.
struct Whole {
    combination: Combination,
    /// The positions of the keys among the command's, part by part.
    positions: Vec<u32>,
    /// Where among the positions each part begins; one more at the end.
    begins: Vec<u32>,
    progress: Mutex<Progress>,
}

struct Progress {
    ticket: Option<Ticket>,
    /// How it goes: the node, as long as it is one, and how often parts are sent again.
    trace: Trace,
    /// Its permits, one of each node that it goes to.
    permits: Vec<Permit>,
    /// How many parts are not completed yet.
    left: usize,
    /// A part was answered.
    answered: bool,
    values: Vec<Value>,
    sum: i64,
    failure: Option<Failure>,
}

/// Consecutive parts that wait for their completion; like a ticket they are
/// completed exactly once.
pub struct Parts {
    whole: Arc<Whole>,
    range: Range<usize>,
}

/// Whether a command of so many words may have keys of several slots.
pub fn spans_slots(name: &[u8], words: usize) -> bool {
    shape(name).is_some_and(|shape| words > 1 + shape.step + shape.shared)
}

/// Whether a command may have keys of several slots and be cut for it.
pub fn applies(words: &Arguments<'_>) -> bool {
    spans_slots(words.name, words.count)
        && shape(words.name)
            .is_some_and(|shape| (words.count - 1 - shape.shared).is_multiple_of(shape.step))
}

/// What a command is cut into, node by node.
pub struct Cut<'a> {
    name: &'a [u8],
    /// The words that belong to each key, and those that are every part's.
    keyed: Vec<&'a [u8]>,
    shared: Vec<&'a [u8]>,
    step: usize,
    /// Of each key which node it goes to, its slot, and its position; in this
    /// order.
    keys: Vec<(Option<usize>, u16, u32)>,
    whole: Arc<Whole>,
}

impl<'a> Cut<'a> {
    /// Cuts a command that `applies`. `node` returns a number for the node that
    /// a slot's part goes to, if it is known.
    pub fn new(
        words: &Arguments<'a>,
        ticket: Ticket,
        mut node: impl FnMut(u16) -> Option<usize>,
    ) -> Option<Self> {
        let Shape { step, shared, combination } = shape(words.name)?;
        let mut keyed: Vec<&[u8]> = Vec::with_capacity(words.count);
        keyed.extend(words.iter().skip(1));
        let shared = keyed.split_off(keyed.len() - shared);

        let heads = keyed.iter().step_by(step).zip(0..);
        let mut keys: Vec<_> = heads
            .map(|(key, index)| {
                let slot = get_slot(key);
                (node(slot), slot, index)
            })
            .collect();
        keys.sort_unstable();
        let mut begins = Vec::with_capacity(keys.len() + 1);
        let mut before = None;
        for (position, (_, slot, _)) in (0..).zip(&keys) {
            if before.replace(*slot) != Some(*slot) {
                begins.push(position);
            }
        }
        let left = begins.len();
        begins.push(keys.len() as u32);
        let values = match combination {
            Combination::Values => vec![Value::Nil; keys.len()],
            _ => Vec::new(),
        };
        let progress = Progress {
            ticket: Some(ticket),
            trace: Trace::default(),
            permits: Vec::new(),
            left,
            answered: false,
            values,
            sum: 0,
            failure: None,
        };
        let whole = Arc::new(Whole {
            combination,
            positions: keys.iter().map(|(_, _, index)| *index).collect(),
            begins,
            progress: Mutex::new(progress),
        });
        Some(Cut { name: words.name, keyed, shared, step, keys, whole })
    }

    /// Returns the numbers of the nodes that the parts go to.
    pub fn nodes(&self) -> Vec<usize> {
        let mut nodes: Vec<usize> = self.keys.iter().filter_map(|(node, ..)| *node).collect();
        nodes.dedup();
        nodes
    }

    /// Holds permits until the command is completed.
    pub fn hold(&self, permits: Vec<Permit>) {
        self.whole.progress().permits = permits;
    }

    /// Sets the node that all parts go to.
    pub fn set_node(&self, node: u32) {
        self.whole.progress().trace.node = node;
    }

    /// Completes the command, of which nothing was sent.
    pub fn refuse(self, failure: Failure) {
        if let Some(ticket) = self.whole.progress().ticket.take() {
            ticket.complete(Err(failure));
        }
    }

    /// Returns the parts, node by node. Those of which it is not known where
    /// they go are returned each for itself.
    pub fn by_node(&self) -> impl Iterator<Item = (Option<usize>, Parts)> {
        let parts = self.whole.begins.len() - 1;
        let mut next = 0;
        iter::from_fn(move || {
            let first = next;
            if first == parts {
                return None;
            }
            let of = |part: usize| &self.keys[self.whole.begins[part] as usize];
            let (node, _, _) = *of(first);
            next += 1;
            while next < parts && node.is_some() && of(next).0 == node {
                next += 1;
            }
            Some((node, Parts { whole: self.whole.clone(), range: first..next }))
        })
    }

    /// Returns the slots of some parts.
    pub fn slots(&self, parts: &Parts) -> impl Iterator<Item = u16> {
        let first = |part: usize| self.keys[self.whole.begins[part] as usize].1;
        parts.range.clone().map(first)
    }

    /// Returns the commands of some parts.
    pub fn commands<'c>(&'c self, parts: &Parts) -> impl Iterator<Item = Cmd> + use<'c, 'a> {
        let Cut { name, keyed, shared, step, whole, .. } = self;
        parts.range.clone().map(move |part| {
            let positions = whole.positions_of(part).iter();
            let keyed = positions.flat_map(|position| &keyed[*position as usize * step..][..*step]);
            let words = keyed.chain(shared);
            let size = name.len() + words.clone().map(|word| word.len()).sum::<usize>();
            let mut cmd = Cmd::with_capacity(1 + words.clone().count(), size);
            cmd.arg(name);
            for word in words {
                cmd.arg(*word);
            }
            cmd
        })
    }
}

impl Whole {
    fn positions_of(&self, part: usize) -> &[u32] {
        &self.positions[self.begins[part] as usize..self.begins[part + 1] as usize]
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Puts a part's reply where it belongs.
    fn put(&self, progress: &mut Progress, part: usize, reply: Reply) {
        let positions = self.positions_of(part);
        progress.left -= 1;
        progress.answered |= reply.is_ok();
        match (self.combination, reply) {
            (_, Err(failure)) => progress.fail(failure),
            (Combination::Values, Ok(Value::Array(values))) if values.len() == positions.len() => {
                for (position, value) in positions.iter().zip(values) {
                    progress.values[*position as usize] = value;
                }
            }
            (Combination::Sum, Ok(Value::Int(number))) => progress.sum += number,
            (Combination::Done, Ok(Value::Okay)) => {}
            _ => progress
                .fail(Failure::new(Outcome::UnexpectedReply, "a part was answered otherwise")),
        }
    }

    /// Completes the command if all parts are.
    fn settle(&self, progress: &mut Progress) {
        if progress.left > 0 {
            return;
        }
        let Some(mut ticket) = progress.ticket.take() else { return };
        ticket.set_trace(progress.trace);
        // They are free before the caller can ask for others.
        progress.permits.clear();
        ticket.complete(match progress.failure.take() {
            Some(failure) if progress.answered => Err(failure.after_others_were_sent()),
            Some(failure) => Err(failure),
            None => Ok(match self.combination {
                Combination::Values => Value::Array(std::mem::take(&mut progress.values)),
                Combination::Sum => Value::Int(progress.sum),
                Combination::Done => Value::Okay,
            }),
        });
    }
}

impl Progress {
    /// The first failure is that of the whole command.
    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }
}

impl Parts {
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Completes them with their replies, but for those that have none: of
    /// these it returns the positions among them, and each separately.
    pub fn complete(
        mut self,
        mut replies: impl Iterator<Item = Option<Reply>>,
    ) -> Vec<(usize, Parts)> {
        let mut others = Vec::new();
        let range = std::mem::take(&mut self.range);
        let mut progress = self.whole.progress();
        for (index, part) in range.enumerate() {
            match replies.next().flatten() {
                Some(reply) => self.whole.put(&mut progress, part, reply),
                None => {
                    let whole = self.whole.clone();
                    others.push((index, Parts { whole, range: part..part + 1 }));
                }
            }
        }
        self.whole.settle(&mut progress);
        drop(progress);
        others
    }

    /// Records how a part went that was sent directly.
    pub fn note(&self, part: Trace) {
        let trace = &mut self.whole.progress().trace;
        trace.resends = trace.resends.saturating_add(part.resends);
        if trace.node != part.node {
            trace.node = 0;
        }
    }

    /// Holds permits until the whole is completed.
    pub fn hold(&self, permits: Vec<Permit>) {
        self.whole.progress().permits = permits;
    }

    /// Returns each part for itself.
    pub fn each(mut self) -> Vec<Parts> {
        let whole = &self.whole;
        let part = |part| Parts { whole: whole.clone(), range: part..part + 1 };
        std::mem::take(&mut self.range).map(part).collect()
    }

    /// Completes them all with the same failure.
    pub fn fail(mut self, failure: Failure) {
        self.fail_all(failure);
    }

    fn fail_all(&mut self, failure: Failure) {
        let mut progress = self.whole.progress();
        progress.left -= std::mem::take(&mut self.range).len();
        progress.fail(failure);
        self.whole.settle(&mut progress);
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if !self.range.is_empty() {
            self.fail_all(match std::thread::panicking() {
                true => failure::panicked(),
                false => failure::closed(),
            });
        }
    }
}
