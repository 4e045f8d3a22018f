//! Counting distinct things in bounded memory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::Fingerprint;

/// A bottom-k sketch: the k smallest hashes seen.
///
/// Up to k distinct things the count is exact; above, it is estimated from how densely the k smallest hashes lie, with
/// a standard error of about 1/√k (3 %). Unlike a counter it may be told the same thing any number of times, and unlike
/// HyperLogLog it is exact where alerts are read. The sketch is a function of the set alone, so merging two sketches of
/// overlapping sets gives the sketch of the union.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Distinct(BTreeSet<u64>);

impl Distinct {
    /// How many hashes are kept, and up to where the count is exact.
    pub const EXACT_MAX: usize = 1_024;

    /// Counts a thing, once.
    pub fn insert(&mut self, thing: Fingerprint) {
        self.keep(thing.leading());
    }

    /// Counts everything that the other sketch counted.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|hash| self.keep(*hash));
    }

    /// How many distinct things were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        let kept = self.0.len() as u64;
        match self.0.last() {
            Some(largest) if self.0.len() == Self::EXACT_MAX => kept.max(Self::estimate(kept, *largest)),
            _ => kept,
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn keep(&mut self, hash: u64) {
        self.0.insert(hash);
        if self.0.len() > Self::EXACT_MAX {
            self.0.pop_last();
        }
    }

    /// (k − 1) divided by the share of the hash space that the k smallest hashes fill.
    fn estimate(kept: u64, largest: u64) -> u64 {
        let wide = u128::from(kept - 1) << 64;
        u64::try_from(wide / (u128::from(largest) + 1)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(things: impl Iterator<Item = u32>) -> Distinct {
        let mut sketch = Distinct::default();
        things.for_each(|thing| sketch.insert(Fingerprint::of("test", &[&thing.to_le_bytes()])));
        sketch
    }

    #[test]
    fn the_count_is_exact_up_to_the_bound_and_repeats_do_not_count() {
        assert_eq!(counted(0..0).count(), 0);
        assert_eq!(counted((0..1_024).chain(0..1_024)).count(), 1_024);
    }

    #[test]
    fn above_the_bound_the_estimate_is_within_a_tenth_and_never_falls() {
        let mut sketch = Distinct::default();
        let mut before = 0;
        for thing in 0_u32..50_000 {
            sketch.insert(Fingerprint::of("test", &[&thing.to_le_bytes()]));
            assert!(sketch.count() >= before);
            before = sketch.count();
        }
        assert!((45_000..55_000).contains(&before), "{before}");
    }

    #[test]
    fn merging_is_counting_the_union_in_any_order() {
        let (mut left, right) = (counted(0..3_000), counted(2_000..5_000));
        left.merge(&right);
        assert_eq!(left, counted((0..5_000).rev()));
    }
}
