//! What is known of whole networks, so that no question about a network looks at everybody who speaks there: an
//! attacker can make a million senders at one.

use std::collections::BTreeSet;

use crate::event::{SourceNetwork, Time};

use super::kept::Marks;
use super::shelf::Slot;

/// The sources that matter to others on their network, each network's earliest first.
///
/// Both sets follow from the profiles alone. The slots only tell the sources apart: the answers rest on times.
#[derive(Debug, Clone, Default)]
pub(super) struct Networks {
    unproven: BTreeSet<(SourceNetwork, Time, Slot)>,
    proven: BTreeSet<(SourceNetwork, i32, Slot)>,
}

impl Networks {
    /// Adds a source.
    pub(super) fn insert(&mut self, network: SourceNetwork, slot: Slot, marks: &Marks) {
        self.unproven.extend(marks.unproven_since.map(|since| (network, since, slot)));
        self.proven.extend(marks.proven_since.map(|since| (network, since, slot)));
    }

    /// Takes a source out.
    pub(super) fn remove(&mut self, network: SourceNetwork, slot: Slot, marks: &Marks) {
        if let Some(since) = marks.unproven_since {
            self.unproven.remove(&(network, since, slot));
        }
        if let Some(since) = marks.proven_since {
            self.proven.remove(&(network, since, slot));
        }
    }

    /// Whether another source of the network has made a claim that nothing proved, before this time.
    pub(super) fn has_unproven(&self, network: SourceNetwork, before: Time, but: Slot) -> bool {
        self.unproven(network, before).take(2).any(|slot| slot != but)
    }

    /// The other source of the network that has made a claim that nothing proved, before this time, if only one has.
    pub(super) fn only_unproven(&self, network: SourceNetwork, before: Time, but: Option<Slot>) -> Option<Slot> {
        let mut others = self.unproven(network, before).take(3).filter(|slot| Some(*slot) != but);
        others.next().filter(|_| others.next().is_none())
    }

    /// Whether the claims of another source of the network were proven for long enough before this day.
    pub(super) fn has_proven(&self, network: SourceNetwork, day: i64, but: Option<Slot>) -> bool {
        let of_network = self.proven.range((network, i32::MIN, Slot::MIN)..);
        let of_old = of_network.take_while(|(of, since, _)| *of == network && i64::from(*since) <= day);
        of_old.take(2).any(|(_, _, slot)| Some(*slot) != but)
    }

    fn unproven(&self, network: SourceNetwork, before: Time) -> impl Iterator<Item = Slot> {
        let of_network = self.unproven.range((network, Time::MIN, Slot::MIN)..);
        of_network.take_while(move |(of, since, _)| *of == network && *since < before).map(|(_, _, slot)| *slot)
    }
}
