//! A bounded sample of distinct texts: those that were seen first.

use serde::{Deserialize, Serialize};

use crate::event::Time;

/// The earliest N distinct texts with the event time at which each was first seen.
///
/// "Earliest" is by event time and then by the text itself, so the sample does not depend on the order of arrival: a
/// text that was pushed out could come back only with an earlier time, and then it belongs in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Earliest(Vec<(Time, String)>);

impl Earliest {
    /// How many texts are kept.
    pub const ENTRIES_MAX: usize = 20;

    /// Offers a text.
    pub fn insert(&mut self, time: Time, text: &str) {
        match self.0.iter().position(|(_, kept)| kept == text) {
            Some(place) if self.0[place].0 <= time => return,
            Some(place) => drop(self.0.remove(place)),
            None => {}
        }
        let place = self.0.partition_point(|(at, kept)| (*at, kept.as_str()) < (time, text));
        if place < Self::ENTRIES_MAX {
            self.0.insert(place, (time, text.to_owned()));
            self.0.truncate(Self::ENTRIES_MAX);
        }
    }

    /// Offers everything that the other sample kept.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(time, text)| self.insert(*time, text));
    }

    /// The texts, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, text)| text.as_str())
    }

    /// How many texts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(offers: &[(i64, String)]) -> Earliest {
        let mut sample = Earliest::default();
        offers.iter().for_each(|(micros, text)| sample.insert(Time::from_micros(*micros), text));
        sample
    }

    #[test]
    fn a_text_is_kept_once_with_its_earliest_time() {
        let offers = [(5, "b".to_owned()), (3, "a".to_owned()), (1, "b".to_owned()), (9, "b".to_owned())];
        assert_eq!(sample(&offers).iter().collect::<Vec<_>>(), ["b", "a"]);
    }

    proptest! {
        #[test]
        fn the_sample_is_bounded_and_does_not_depend_on_order_or_on_cuts(
            offers in prop::collection::vec((0_i64..50, "[a-z]{1,2}"), 0..200),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = sample(&offers);
            prop_assert!(whole.len() <= Earliest::ENTRIES_MAX);
            let reversed: Vec<_> = offers.iter().rev().cloned().collect();
            prop_assert_eq!(&whole, &sample(&reversed));
            let (left, right) = offers.split_at(if offers.is_empty() { 0 } else { cut.index(offers.len()) });
            let mut merged = sample(right);
            merged.merge(&sample(left));
            prop_assert_eq!(whole, merged);
        }
    }
}
