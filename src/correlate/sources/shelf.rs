//! The entries, side by side in one allocation: a tree of a million entries leaves a third of its nodes empty, so trees
//! and queues hold the number of a place and the place holds the entry.

use std::cmp::Ordering;

use super::kept::Entry;

/// The number of a place. Places are used again, so what is decided must never depend on the number.
pub(super) type Slot = u32;

/// Entries at numbered places.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    places: Vec<Option<Entry>>,
    free: Vec<Slot>,
}

impl Shelf {
    /// Puts an entry into a free place.
    pub(super) fn insert(&mut self, entry: Entry) -> Slot {
        let free = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            (self.places.len() - 1) as Slot
        });
        if let Some(place) = self.places.get_mut(free as usize) {
            *place = Some(entry);
        }
        free
    }

    /// Empties a place.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Entry> {
        let entry = self.places.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        Some(entry)
    }

    /// The entry at a place.
    pub(super) fn get(&self, slot: Slot) -> Option<&Entry> {
        self.places.get(slot as usize)?.as_ref()
    }

    /// The entry at a place.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Entry> {
        self.places.get_mut(slot as usize)?.as_mut()
    }

    /// The order of two entries by network and sender, which no two share.
    pub(super) fn compare(&self, left: Slot, right: Slot) -> Ordering {
        let key = |slot| self.get(slot).map(|entry| (entry.network, &entry.sender));
        key(left).cmp(&key(right))
    }
}
