//! How many recipients a source has written to.

use serde::{Deserialize, Serialize};

use crate::event::Fingerprint;

/// How many hashes are kept, and up to where the count is exact.
const EXACT_MAX: usize = 64;

/// A bottom-k sketch, as [`Distinct`](crate::correlate::Distinct) is, at the size of which there may be a million: short
/// hashes, one of them without an allocation, and an error of an eighth above the exact counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u32>", from = "Vec<u32>")]
pub(super) enum Recipients {
    /// What most sources have: one.
    One(u32),
    /// None or several, ascending.
    Several(Box<[u32]>),
}

impl Default for Recipients {
    fn default() -> Self {
        Self::Several(Box::default())
    }
}

impl Recipients {
    /// Counts a recipient, once.
    pub(super) fn insert(&mut self, recipient: Fingerprint) {
        let hash = (recipient.leading() >> 32) as u32;
        let hashes = self.hashes();
        let is_beyond = hashes.len() >= EXACT_MAX && hashes.last() < Some(&hash);
        if !is_beyond && hashes.binary_search(&hash).is_err() {
            *self = hashes.iter().copied().chain([hash]).collect::<Vec<_>>().into();
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let hashes = self.hashes();
        let kept = hashes.len() as u64;
        match hashes.last() {
            Some(largest) if hashes.len() == EXACT_MAX => kept.max(((kept - 1) << 32) / (u64::from(*largest) + 1)),
            _ => kept,
        }
    }

    fn hashes(&self) -> &[u32] {
        match self {
            Self::One(hash) => std::slice::from_ref(hash),
            Self::Several(hashes) => hashes,
        }
    }
}

impl From<Vec<u32>> for Recipients {
    fn from(mut hashes: Vec<u32>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(EXACT_MAX);
        match *hashes {
            [hash] => Self::One(hash),
            _ => Self::Several(hashes.into()),
        }
    }
}

impl From<Recipients> for Vec<u32> {
    fn from(recipients: Recipients) -> Self {
        recipients.hashes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(recipients: impl Iterator<Item = u32>) -> Recipients {
        let mut counted = Recipients::default();
        recipients.for_each(|number| counted.insert(Fingerprint::of("test", &[&number.to_le_bytes()])));
        counted
    }

    #[test]
    fn few_are_counted_exactly_and_repeats_do_not_count() {
        for count in [0, 1, 2, 64] {
            assert_eq!(after((0..count).chain(0..count)).count(), u64::from(count));
        }
    }

    #[test]
    fn many_are_estimated_and_the_count_never_falls() {
        let mut counted = Recipients::default();
        let mut before = 0;
        for number in 0_u32..20_000 {
            counted.insert(Fingerprint::of("test", &[&number.to_le_bytes()]));
            assert!(counted.count() >= before);
            before = counted.count();
        }
        assert!((14_000..26_000).contains(&before), "{before}");
    }

    #[test]
    fn the_order_does_not_matter_and_the_stored_form_reads_back() {
        for count in [0, 1, 5, 1_000] {
            let counted = after(0..count);
            assert_eq!(counted, after((0..count).rev()));
            let text = serde_json::to_string(&counted).unwrap();
            assert_eq!(serde_json::from_str::<Recipients>(&text).unwrap(), counted);
        }
    }
}
