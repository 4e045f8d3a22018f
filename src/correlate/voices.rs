//! Who speaks in a campaign, and whether that is how devices speak.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::SourceNetwork;
use crate::judge::{Standing, Visit};

/// Networks and senders that are told apart; a campaign of more is no device's.
const VOICES_MAX: usize = 8;

/// The own identities of a campaign, by the network that they speak from.
///
/// Bounded by dropping everything where there are too many: that there were too many is then all that matters, and it
/// does not depend on the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voices {
    networks: BTreeMap<SourceNetwork, BTreeSet<String>>,
    /// Whether somebody spoke who cannot be told apart, or too many did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_crowd: bool,
}

impl Voices {
    /// Takes in who spoke; `None` is mail that did not come by the direct door under an own name. Who proves the claim
    /// has no voice here: any number of proven identities may share a network.
    pub(super) fn hear(&mut self, visit: Option<&Visit>) {
        match visit {
            Some(visit) => self.add(visit.network, voice_of(visit)),
            None => self.is_crowd = true,
        }
        self.bound();
    }

    /// Takes in everybody whom others heard.
    pub(super) fn merge(&mut self, other: Self) {
        self.is_crowd |= other.is_crowd;
        for (network, senders) in other.networks {
            senders.into_iter().for_each(|sender| self.add(network, sender));
        }
        self.bound();
    }

    /// Whether this one has spoken before.
    pub(super) fn has(&self, visit: &Visit) -> bool {
        self.networks.get(&visit.network).is_some_and(|senders| senders.contains(&voice_of(visit)))
    }

    /// Whether somebody speaks, and each network with one voice.
    pub(super) fn are_of_devices(&self) -> bool {
        !self.is_empty() && !self.is_crowd && self.networks.values().all(|senders| senders.len() == 1)
    }

    /// Whether nobody spoke.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_crowd && self.networks.is_empty()
    }

    fn add(&mut self, network: SourceNetwork, sender: String) {
        self.networks.entry(network).or_default().insert(sender);
    }

    fn bound(&mut self) {
        self.is_crowd |= self.networks.values().map(BTreeSet::len).sum::<usize>() > VOICES_MAX;
        if self.is_crowd {
            self.networks.clear();
        }
    }
}

/// Who prove the claim are one voice.
fn voice_of(visit: &Visit) -> String {
    if visit.standing == Standing::Aligned { String::new() } else { visit.sender.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::AuthResults;

    fn visit(network: u8, sender: &str, standing: Standing) -> Visit {
        let network = SourceNetwork::V4([203, 0, network]);
        Visit { network, sender: sender.to_owned(), standing, is_personal: false, results: AuthResults::default() }
    }

    fn heard(visits: &[Visit]) -> Voices {
        let mut voices = Voices::default();
        visits.iter().for_each(|visit| voices.hear(Some(visit)));
        voices
    }

    #[test]
    fn devices_have_a_network_each_and_one_that_has_several_is_none() {
        let printer = visit(1, "printer@contoso.com", Standing::Unaligned);
        let scanner = visit(2, "scanner@contoso.com", Standing::Unaligned);
        assert!(heard(&[printer.clone(), scanner.clone(), printer.clone()]).are_of_devices());
        let other = visit(1, "ceo@contoso.com", Standing::Unaligned);
        assert!(!heard(&[printer.clone(), other]).are_of_devices());
        assert!(heard(std::slice::from_ref(&printer)).has(&printer));
        assert!(!heard(&[printer]).has(&scanner));
    }

    #[test]
    fn who_proves_the_claim_may_be_many_and_who_is_unknown_is_a_crowd() {
        let proven = [1, 2, 3].map(|n| visit(1, &format!("scanner{n}@contoso.com"), Standing::Aligned));
        assert!(heard(&proven).are_of_devices());
        let mut voices = heard(&proven);
        voices.hear(None);
        assert!(!voices.are_of_devices());
    }

    #[test]
    fn too_many_are_a_crowd_in_any_order() {
        let many: Vec<_> = (0..9).map(|n| visit(n, "printer@contoso.com", Standing::Unaligned)).collect();
        let reversed: Vec<_> = many.iter().rev().cloned().collect();
        assert_eq!(heard(&many), heard(&reversed));
        assert!(!heard(&many).are_of_devices());
        assert!(heard(&many[..8]).are_of_devices());
        let (mut left, right) = (heard(&many[..5]), heard(&many[5..]));
        left.merge(right);
        assert_eq!(left, heard(&many));
    }
}
