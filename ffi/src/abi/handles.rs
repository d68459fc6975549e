//! Handles, by which the other side names what it must not touch.

use std::sync::{Arc, PoisonError, RwLock};

/// The objects that are open, by handle. A handle is an index and the generation of
/// its entry, so one that was closed names nothing when another object uses the
/// entry.
pub struct Handles<T> {
    entries: RwLock<Vec<Entry<T>>>,
}

struct Entry<T> {
    generation: u32,
    object: Option<Arc<T>>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Handles { entries: RwLock::default() }
    }
}

impl<T> Handles<T> {
    pub fn add(&self, object: Arc<T>) -> u64 {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let index = entries.iter().position(|entry| entry.object.is_none()).unwrap_or_else(|| {
            entries.push(Entry { generation: 0, object: None });
            entries.len() - 1
        });
        let entry = &mut entries[index];
        entry.generation = entry.generation.wrapping_add(1).max(1);
        entry.object = Some(object);
        (u64::from(entry.generation) << 32) | index as u64
    }

    pub fn get(&self, handle: u64) -> Option<Arc<T>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(handle as u32 as usize)?;
        if entry.generation != (handle >> 32) as u32 {
            return None;
        }
        entry.object.clone()
    }

    pub fn remove(&self, handle: u64) -> Option<Arc<T>> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(handle as u32 as usize)?;
        if entry.generation != (handle >> 32) as u32 {
            return None;
        }
        entry.object.take()
    }

    pub fn count(&self) -> usize {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|entry| entry.object.is_some()).count()
    }
}
