//! What a storm was made of: how many campaigns, and which names stood out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Fingerprint;
use crate::judge::Observation;

use super::distinct::Distinct;

/// The campaigns that are told as one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// Distinct campaigns.
    pub campaigns: Distinct,
    /// Networks by messages.
    pub networks: Top,
    /// Claimed senders by messages.
    pub senders: Top,
    /// Subjects by messages.
    pub subjects: Top,
}

impl Storm {
    /// Takes in a message of one of the campaigns.
    pub(super) fn absorb(&mut self, campaign: Fingerprint, observation: &Observation) {
        self.campaigns.insert(campaign);
        observation.network().into_iter().for_each(|network| self.networks.count(&network.to_string()));
        observation.sender.iter().for_each(|sender| self.senders.count(sender));
        observation.subject.iter().for_each(|subject| self.subjects.count(subject));
    }
}

/// The most frequent texts, in bounded memory (Metwally, Agrawal and El Abbadi's space-saving sketch): a text that makes
/// up more than a 64th of all is never missed, and no count is more than a 64th of all too high.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Top(BTreeMap<String, u64>);

/// Texts that are counted.
const TEXTS_MAX: usize = 64;

impl Top {
    fn count(&mut self, text: &str) {
        if let Some(count) = self.0.get_mut(text) {
            *count += 1;
            return;
        }
        let mut count = 1;
        if self.0.len() == TEXTS_MAX {
            let rarest = self.0.iter().min_by_key(|(_, count)| **count).map(|(text, _)| text.clone());
            count += rarest.and_then(|rarest| self.0.remove(&rarest)).unwrap_or(0);
        }
        self.0.insert(text.to_owned(), count);
    }

    /// The most frequent ones, with at most so many messages each.
    #[must_use]
    pub fn most(&self, texts: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|(text, count)| (text.as_str(), *count)).collect();
        all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        all.truncate(texts);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_is_found_among_any_number_of_others() {
        let mut top = Top::default();
        for number in 0..10_000 {
            top.count(&format!("random {number}"));
            if number % 20 == 0 {
                top.count("the lure");
            }
        }
        assert_eq!(top.0.len(), TEXTS_MAX);
        let (text, count) = top.most(1)[0];
        assert_eq!(text, "the lure");
        assert!((500..=500 + 10_500 / 64).contains(&count), "{count}");
    }
}
