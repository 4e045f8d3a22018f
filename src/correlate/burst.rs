//! How many somebody reached in a short time: what tells a lure from a device that scans all day.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Span, Time};

/// Recipients that make a burst, in two neighbouring slots.
const RECIPIENTS: usize = 10;

/// The grid that time is cut by.
const SLOT: Span = Span::minutes(30);

/// Slots that are kept: the latest. What is older is too late to join.
const SLOTS_MAX: usize = 4;

/// Who was reached in which half hour; nothing more once a burst is reached, for then it stays one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    slots: BTreeMap<Time, BTreeSet<u64>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_reached: bool,
}

impl Burst {
    /// Takes in that somebody was reached.
    pub(super) fn insert(&mut self, time: Time, recipient: Fingerprint) {
        self.slots.entry(time.floor_to(SLOT)).or_default().insert(recipient.leading());
        self.settle();
    }

    /// Takes in everybody whom another reached.
    pub(super) fn merge(&mut self, other: Self) {
        self.is_reached |= other.is_reached;
        for (slot, recipients) in other.slots {
            self.slots.entry(slot).or_default().extend(recipients);
        }
        self.settle();
    }

    /// Whether ten people were reached within an hour, or within half an hour wherever that lies.
    pub(super) const fn is_reached(&self) -> bool {
        self.is_reached
    }

    /// Whether nobody was reached.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_reached && self.slots.is_empty()
    }

    fn settle(&mut self) {
        self.is_reached |= self.slots.iter().any(|(slot, recipients)| {
            let next = self.slots.get(&(*slot + SLOT));
            recipients.len() + next.map_or(0, |next| next.difference(recipients).count()) >= RECIPIENTS
        });
        if self.is_reached {
            self.slots.clear();
        }
        while self.slots.len() > SLOTS_MAX {
            self.slots.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(minutes: impl IntoIterator<Item = i64>) -> Burst {
        let mut burst = Burst::default();
        for (number, minute) in minutes.into_iter().enumerate() {
            burst.insert(Time::from_millis(minute * 60_000), Fingerprint::of("test", &[&number.to_le_bytes()]));
        }
        burst
    }

    #[test]
    fn ten_people_in_half_an_hour_are_a_burst_wherever_the_half_hour_lies() {
        assert!(reached(20..30).is_reached());
        assert!(reached(25..35).is_reached());
        assert!(!reached(25..34).is_reached());
        assert!(!reached((0..100).map(|number| number * 30)).is_reached());
    }

    #[test]
    fn one_person_who_is_written_to_all_day_is_none() {
        let mut burst = Burst::default();
        (0..100).for_each(|minute| burst.insert(Time::from_millis(minute * 60_000), Fingerprint::of("test", &[])));
        assert!(!burst.is_reached());
    }

    #[test]
    fn merging_is_reaching_both() {
        let mut burst = reached(0..6);
        let mut other = Burst::default();
        (6..12_i64).for_each(|n| other.insert(Time::from_millis(n), Fingerprint::of("other", &[&n.to_le_bytes()])));
        burst.merge(other);
        assert!(burst.is_reached());
    }
}
