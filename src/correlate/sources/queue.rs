//! Which source is missed least, and which has been silent for longest.
//!
//! A heap for each rank, by the time of the latest message; there are forty ranks, so the source that has been silent
//! for longest is at the top of one of few heaps, and one index answers both questions. Heaps whose members know where
//! they stand cost twenty bytes a source, where an ordered set would take fifty.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::event::Time;

use super::shelf::{Shelf, Slot};

/// All sources, by rank and time.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// None of them empty.
    heaps: BTreeMap<u8, Vec<Waiting>>,
    /// Where a slot stands in its heap.
    places: Vec<u32>,
}

/// One source in its heap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// Event time of the latest message.
    pub(super) since: Time,
    /// Which entry.
    pub(super) slot: Slot,
}

impl Waiting {
    /// Two are never equal: times may be, so the sources themselves decide.
    fn compare(&self, other: &Self, shelf: &Shelf) -> Ordering {
        self.since.cmp(&other.since).then_with(|| shelf.compare(self.slot, other.slot))
    }
}

impl Queue {
    /// Adds a source, whose entry is on the shelf.
    pub(super) fn insert(&mut self, rank: u8, waiting: Waiting, shelf: &Shelf) {
        let places_min = waiting.slot as usize + 1;
        if self.places.len() < places_min {
            self.places.resize(places_min, 0);
        }
        let mut heap = self.heap(rank, shelf);
        heap.members.push(waiting);
        heap.settle(heap.members.len() - 1);
    }

    /// Takes a source out, whose entry is still on the shelf.
    pub(super) fn remove(&mut self, rank: u8, slot: Slot, shelf: &Shelf) {
        let Some(place) = self.places.get(slot as usize).map(|place| *place as usize) else { return };
        let mut heap = self.heap(rank, shelf);
        if place < heap.members.len() {
            heap.members.swap_remove(place);
            heap.settle(place);
        }
        if heap.members.is_empty() {
            self.heaps.remove(&rank);
        }
    }

    /// The source that is missed least: of the lowest rank, and silent for longest among its like.
    pub(super) fn least_missed(&self) -> Option<Slot> {
        self.heaps.first_key_value().and_then(|(_, heap)| heap.first()).map(|waiting| waiting.slot)
    }

    /// The source that has been silent for longest, whatever its rank.
    pub(super) fn most_silent(&self, shelf: &Shelf) -> Option<Waiting> {
        let tops = self.heaps.values().filter_map(|heap| heap.first());
        tops.min_by(|left, right| left.compare(right, shelf)).copied()
    }

    fn heap<'a>(&'a mut self, rank: u8, shelf: &'a Shelf) -> Heap<'a> {
        Heap { members: self.heaps.entry(rank).or_default(), places: &mut self.places, shelf }
    }
}

/// One heap at work.
struct Heap<'a> {
    members: &'a mut Vec<Waiting>,
    places: &'a mut [u32],
    shelf: &'a Shelf,
}

impl Heap<'_> {
    /// Moves the member at a place, if there is one, to where it belongs.
    fn settle(&mut self, mut place: usize) {
        while let Some(parent) = place.checked_sub(1).map(|below| below / 2).filter(|it| self.is_before(place, *it)) {
            place = self.swap(place, parent);
        }
        while let Some(child) = self.first_child(place).filter(|it| self.is_before(*it, place)) {
            place = self.swap(place, child);
        }
        self.note(place);
    }

    fn first_child(&self, place: usize) -> Option<usize> {
        let (left, right) = (2 * place + 1, 2 * place + 2);
        let first = if self.is_before(right, left) { right } else { left };
        (first < self.members.len()).then_some(first)
    }

    fn is_before(&self, left: usize, right: usize) -> bool {
        match (self.members.get(left), self.members.get(right)) {
            (Some(left), Some(right)) => left.compare(right, self.shelf).is_lt(),
            _ => false,
        }
    }

    fn swap(&mut self, place: usize, with: usize) -> usize {
        self.members.swap(place, with);
        self.note(place);
        with
    }

    fn note(&mut self, place: usize) {
        let noted = self.members.get(place).and_then(|member| self.places.get_mut(member.slot as usize));
        if let Some(noted) = noted {
            *noted = place as u32;
        }
    }
}
