//! Sets of slots.

use std::ops::RangeInclusive;

/// How many slots a cluster has.
/// cbindgen:ignore
pub const SLOTS: u16 = 16384;

/// Returns the slot that has a number, if there is one.
pub fn slot(number: impl TryInto<u16>) -> Option<u16> {
    number.try_into().ok().filter(|slot| *slot < SLOTS)
}

/// Returns the slot that a text names, if there is one.
pub fn parse(text: &str) -> Option<u16> {
    slot(text.parse::<u16>().ok()?)
}

/// Returns the slots from a first to a last one. They are at least one.
pub fn range(first: u16, last: u16) -> Option<RangeInclusive<u16>> {
    (first <= last).then_some(first..=last)
}

/// A set of slots, a bit for each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotSet(Box<[u64; WORDS]>);

const WORDS: usize = SLOTS as usize / 64;

impl Default for SlotSet {
    fn default() -> Self {
        SlotSet(Box::new([0; WORDS]))
    }
}

impl SlotSet {
    pub fn contains(&self, slot: u16) -> bool {
        self.0[usize::from(slot) / 64] & 1 << (slot % 64) != 0
    }

    pub fn insert(&mut self, slots: RangeInclusive<u16>) {
        for slot in slots {
            self.0[usize::from(slot) / 64] |= 1 << (slot % 64);
        }
    }

    pub fn remove(&mut self, slot: u16) {
        self.0[usize::from(slot) / 64] &= !(1 << (slot % 64));
    }

    pub fn insert_all(&mut self, other: &SlotSet) {
        self.change(other, |word, other| word | other);
    }

    pub fn retain_common(&mut self, other: &SlotSet) {
        self.change(other, |word, other| word & other);
    }

    /// Adds the slots that are not in the other.
    pub fn insert_missing(&mut self, other: &SlotSet) {
        self.change(other, |word, other| word | !other);
    }

    fn change(&mut self, other: &SlotSet, change: impl Fn(u64, u64) -> u64) {
        for (word, other) in self.0.iter_mut().zip(other.0.iter()) {
            *word = change(*word, *other);
        }
    }

    pub fn first(&self) -> Option<u16> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word as u16 * 64 + self.0[word].trailing_zeros() as u16)
    }

    pub fn last(&self) -> Option<u16> {
        let word = self.0.iter().rposition(|word| *word != 0)?;
        Some(word as u16 * 64 + 63 - self.0[word].leading_zeros() as u16)
    }

    /// Returns the first slot that is not in the set.
    pub fn first_missing(&self) -> Option<u16> {
        let word = self.0.iter().position(|word| *word != u64::MAX)?;
        Some(word as u16 * 64 + self.0[word].trailing_ones() as u16)
    }
}

/// Returns a key of a slot: each slot has four of two bytes.
pub fn key_in(slot: u16) -> [u8; 2] {
    let mut keys = (0..=u16::MAX).map(u16::to_be_bytes);
    keys.find(|key| redis::cluster_topology::get_slot(key) == slot).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[RangeInclusive<u16>]) -> SlotSet {
        let mut set = SlotSet::default();
        ranges.iter().for_each(|range| set.insert(range.clone()));
        set
    }

    #[test]
    fn sets_know_their_slots() {
        let mut slots = set(&[70..=99, 101..=101]);
        assert_eq!(
            (slots.first(), slots.last(), slots.first_missing()),
            (Some(70), Some(101), Some(0))
        );
        assert!(slots.contains(99) && !slots.contains(100) && slots.contains(101));
        slots.insert_all(&set(&[0..=69, 150..=200]));
        assert_eq!(slots.first_missing(), Some(100));
        slots.retain_common(&set(&[90..=180]));
        assert_eq!(slots, set(&[90..=99, 101..=101, 150..=180]));
        slots.insert_missing(&set(&[100..=149]));
        assert_eq!(slots.first_missing(), Some(100));
        slots.insert(100..=149);
        assert_eq!((slots.first_missing(), slots.last()), (None, Some(SLOTS - 1)));
        assert_eq!((SlotSet::default().first(), SlotSet::default().last()), (None, None));
        slots.remove(SLOTS - 1);
        assert_eq!(slots.first_missing(), Some(SLOTS - 1));
    }
}
