//! Commands over keys of several slots: cut by slot, and put together again.
//!
//! The core can do that too, but sends every part as a command of its own.
//! Here the parts travel with everybody's, in pipelines to their nodes. Each
//! part is atomic, the whole is not: its error is the first of a part, and the
//! other parts are done all the same.

use crate::{
    client::Ticket,
    failure,
    reply::Failure,
    request::Words,
    status::Outcome,
};
use redis::{
    Cmd, Value, cluster_async::InflightRequestTracker, cluster_topology::get_slot,
};
use std::sync::{Arc, Mutex};

/// How a command's words are cut and the replies to its parts put together.
#[derive(Clone, Copy)]
struct Shape {
    /// How many words belong to a key, itself included.
    step: usize,
    /// How many words at the end are every part's.
    shared: usize,
    together: Together,
}

#[derive(Clone, Copy)]
enum Together {
    /// An array with a value for each key.
    Values,
    /// The sum of numbers.
    Sum,
    /// OK.
    Done,
}

/// The commands that can be cut.
const SHAPES: [(&[u8], Shape); 8] = [
    (b"MGET", Shape { step: 1, shared: 0, together: Together::Values }),
    (b"JSON.MGET", Shape { step: 1, shared: 1, together: Together::Values }),
    (b"DEL", Shape { step: 1, shared: 0, together: Together::Sum }),
    (b"EXISTS", Shape { step: 1, shared: 0, together: Together::Sum }),
    (b"TOUCH", Shape { step: 1, shared: 0, together: Together::Sum }),
    (b"UNLINK", Shape { step: 1, shared: 0, together: Together::Sum }),
    (b"MSET", Shape { step: 2, shared: 0, together: Together::Done }),
    (b"JSON.MSET", Shape { step: 3, shared: 0, together: Together::Done }),
];

fn shape(name: &[u8]) -> Option<Shape> {
    SHAPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, shape)| *shape)
}

/// A command that was cut, while its parts are on their way.
struct Whole {
    together: Together,
    /// The places of the keys among the command's, slot by slot.
    places: Vec<u32>,
    /// Its one place in the inflight limit.
    _place: InflightRequestTracker,
    progress: Mutex<Progress>,
}

struct Progress {
    ticket: Option<Ticket>,
    left: usize,
    values: Vec<Value>,
    sum: i64,
    failure: Option<Failure>,
}

/// A part that waits for its completion; like a ticket it is completed exactly
/// once.
pub struct Part {
    whole: Arc<Whole>,
    first: usize,
    count: usize,
    completed: bool,
}

/// Whether a command of so many words may have keys of several slots.
pub fn spans_slots(name: &[u8], words: usize) -> bool {
    shape(name).is_some_and(|shape| words > 1 + shape.step + shape.shared)
}

/// Whether a command may have keys of several slots and be cut for it.
pub fn applies(words: &Words<'_>) -> bool {
    spans_slots(words.name, words.count)
        && shape(words.name).is_some_and(|shape| {
            (words.count - 1 - shape.shared).is_multiple_of(shape.step)
        })
}

/// Cuts a command that `applies`, and gives each part with its slot.
pub fn cut(
    words: &Words<'_>,
    ticket: Ticket,
    place: InflightRequestTracker,
) -> Vec<(u16, Cmd, Part)> {
    let Some(Shape { step, shared, together }) = shape(words.name) else {
        return Vec::new();
    };
    let words: Vec<&[u8]> = words.iter().collect();
    let (name, rest) = (words[0], &words[1..]);
    let (keyed, shared) = rest.split_at(rest.len() - shared);
    let keys: Vec<&[&[u8]]> = keyed.chunks_exact(step).collect();

    let mut slots: Vec<(u16, u32)> =
        keys.iter().zip(0..).map(|(key, index)| (get_slot(key[0]), index)).collect();
    slots.sort_unstable();
    let cuts: Vec<&[(u16, u32)]> = slots.chunk_by(|a, b| a.0 == b.0).collect();
    let values = match together {
        Together::Values => vec![Value::Nil; keys.len()],
        _ => Vec::new(),
    };
    let progress =
        Progress { ticket: Some(ticket), left: cuts.len(), values, sum: 0, failure: None };
    let whole = Arc::new(Whole {
        together,
        places: slots.iter().map(|(_, index)| *index).collect(),
        _place: place,
        progress: Mutex::new(progress),
    });

    let mut first = 0;
    let parts = cuts.into_iter().map(|slots| {
        let words = || slots.iter().flat_map(|(_, index)| keys[*index as usize]).chain(shared);
        let size = name.len() + words().map(|word| word.len()).sum::<usize>();
        let mut cmd = Cmd::with_capacity(1 + words().count(), size);
        cmd.arg(name);
        for word in words() {
            cmd.arg(*word);
        }
        let part = Part { whole: whole.clone(), first, count: slots.len(), completed: false };
        first += slots.len();
        (slots[0].0, cmd, part)
    });
    parts.collect()
}

impl Part {
    pub fn complete(mut self, result: Result<Value, Failure>) {
        self.finish(result);
    }

    fn finish(&mut self, result: Result<Value, Failure>) {
        self.completed = true;
        let mut progress = self.whole.progress.lock().unwrap_or_else(|e| e.into_inner());
        if let Err(failure) = result.and_then(|value| self.put(&mut progress, value)) {
            progress.failure.get_or_insert(failure);
        }
        progress.left -= 1;
        if progress.left > 0 {
            return;
        }
        let answer = match progress.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(match self.whole.together {
                Together::Values => Value::Array(std::mem::take(&mut progress.values)),
                Together::Sum => Value::Int(progress.sum),
                Together::Done => Value::Okay,
            }),
        };
        if let Some(ticket) = progress.ticket.take() {
            ticket.complete(answer);
        }
    }

    /// Puts the part's reply where it belongs.
    fn put(&self, progress: &mut Progress, value: Value) -> Result<(), Failure> {
        match (self.whole.together, value) {
            (Together::Values, Value::Array(values)) if values.len() == self.count => {
                let places = &self.whole.places[self.first..self.first + self.count];
                for (place, value) in places.iter().zip(values) {
                    progress.values[*place as usize] = value;
                }
                Ok(())
            }
            (Together::Sum, Value::Int(number)) => {
                progress.sum += number;
                Ok(())
            }
            (Together::Done, Value::Okay) => Ok(()),
            _ => Err(Failure::new(Outcome::UnexpectedReply, "a part was answered otherwise")),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.completed {
            self.finish(Err(match std::thread::panicking() {
                true => failure::panicked(),
                false => failure::closed(),
            }));
        }
    }
}
