//! Who speaks in the tenant's name at the direct door, and for how long already.
//!
//! A profile is kept for each pair of network and sender. It makes three things known that one message cannot tell: a
//! source that used to be aligned (a failed lookup is then no attack), a device that nobody registered (one sender at one
//! network, day after day, without a burst), and a network that speaks as several people, which no device does.
//!
//! Whatever speaks for a source counts only once it is older than the lateness, so that messages which overtake each
//! other get the same answers.
//!
//! Attackers choose addresses and senders, so the profiles are bounded, and what is forgotten is what would be missed
//! least: a pair seen once gives way before one seen on two days, however many new pairs arrive. There may be a million,
//! which is why they are kept as they are ([`kept`], [`shelf`], [`queue`]).

mod kept;
mod key;
mod networks;
mod profile;
#[cfg(test)]
mod properties;
mod queue;
mod recipients;
mod results;
mod rhythm;
mod shelf;
mod standing;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::event::{Fingerprint, Span, Time};

use super::campaign::LATENESS;
use super::days::Days;

use kept::{Entry, Kept, Marks};
use networks::Networks;
use queue::{Queue, Waiting};
use shelf::{Shelf, Slot};

pub use key::{SourceKey, SourceKeyError};
pub use profile::{Profile, Sighting};
pub use standing::Standing;

/// How long a profile is kept after its last message.
const KEPT: Span = Span::hours(90 * 24);

/// What a source is known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Familiarity {
    /// Not seen on any day before this one.
    New,
    /// Seen before, and not for long enough to say more.
    Seen,
    /// It has been aligned before, and not on enough days to say more.
    AlignedBefore,
    /// It has behaved as a device for a week and more, and speaks as nobody else.
    Device,
    /// It has been aligned on seven days and more.
    Aligned,
}

/// The profiles of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    slots: BTreeMap<Fingerprint, Slot>,
    shelf: Shelf,
    queue: Queue,
    networks: Networks,
}

impl Sources {
    /// Takes a message in, and says what its source was known for, this message included in its behaviour.
    pub fn observe(&mut self, key: &SourceKey, sighting: &Sighting) -> Familiarity {
        let name = key.name();
        let slot = match self.slots.get(&name).copied() {
            Some(slot) => {
                self.change(slot, |kept| kept.observe(sighting));
                slot
            }
            None => self.add(name, key.clone(), Profile::begun_by(sighting)),
        };
        self.shelf.get(slot).map_or(Familiarity::New, |entry| self.familiarity(slot, entry, sighting.time))
    }

    fn familiarity(&self, slot: Slot, entry: &Entry, at: Time) -> Familiarity {
        let settled = at - LATENESS;
        let profile = entry.kept.profile();
        match () {
            () if profile.is_aligned_of_old(settled) => Familiarity::Aligned,
            () if profile.is_device_of_old(settled) && !self.networks.has_unproven(entry.network, settled, slot) => {
                Familiarity::Device
            }
            () if profile.is_aligned_before(settled) => Familiarity::AlignedBefore,
            () if profile.days().over_at(settled) == 0 => Familiarity::New,
            () => Familiarity::Seen,
        }
    }

    /// Whether somebody else on the network is known: its claims were proven, by alignment or by a sanction, on seven
    /// days, or it is a device. A source that is new there is then a known one that starts to speak as somebody else.
    ///
    /// What the asker has said does not unmake the device: the answer is the same for its first message and its last.
    #[must_use]
    pub fn knows_network(&self, key: &SourceKey, at: Time) -> bool {
        let settled = at - LATENESS;
        let asker = self.slots.get(&key.name()).copied();
        let is_device =
            |slot: Slot| self.shelf.get(slot).is_some_and(|entry| entry.kept.profile().is_device_of_old(settled));
        self.networks.has_proven(key.network, Days::number(settled), asker)
            || self.networks.only_unproven(key.network, settled, asker).is_some_and(is_device)
    }

    /// Whether a source has behaved as a device on a few days already, although it is not known yet.
    #[must_use]
    pub fn is_settled(&self, key: &SourceKey, at: Time) -> bool {
        let slot = self.slots.get(&key.name()).copied();
        let entry = slot.and_then(|slot| self.shelf.get(slot));
        entry.is_some_and(|entry| entry.kept.profile().is_settled(at - LATENESS))
    }

    /// Puts a profile back as it was stored.
    pub fn restore(&mut self, key: SourceKey, profile: Profile) {
        let name = key.name();
        match self.slots.get(&name).copied() {
            Some(slot) => self.change(slot, |kept| *kept = profile.into()),
            None => {
                self.add(name, key, profile);
            }
        }
    }

    /// Forgets and returns one source: the least missed, where there are too many.
    pub fn evict_one(&mut self, profiles_max: usize) -> Option<SourceKey> {
        let is_beyond = self.len() > profiles_max;
        self.queue.least_missed().filter(|_| is_beyond).and_then(|slot| self.remove(slot))
    }

    /// Forgets and returns one source that has been silent for too long: that which has been for longest.
    pub fn forget_one_silent(&mut self, watermark: Time) -> Option<SourceKey> {
        let silent = self.queue.most_silent(&self.shelf).filter(|waiting| waiting.since < watermark - KEPT)?;
        self.remove(silent.slot)
    }

    /// The profile of a source.
    #[must_use]
    pub fn get(&self, key: &SourceKey) -> Option<Cow<'_, Profile>> {
        let slot = self.slots.get(&key.name())?;
        self.shelf.get(*slot).map(|entry| entry.kept.profile())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn add(&mut self, name: Fingerprint, key: SourceKey, profile: Profile) -> Slot {
        let kept = Kept::from(profile);
        let (network, marks) = (key.network, kept.marks());
        let slot = self.shelf.insert(Entry { network, sender: key.into_sender(), kept });
        self.slots.insert(name, slot);
        self.networks.insert(network, slot, &marks);
        self.queue.insert(marks.rank, Waiting { since: marks.last_seen, slot }, &self.shelf);
        slot
    }

    fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Kept)) {
        let Some(entry) = self.shelf.get_mut(slot) else { return };
        let before = entry.kept.marks();
        change(&mut entry.kept);
        let (network, after) = (entry.network, entry.kept.marks());
        if (before.unproven_since, before.proven_since) != (after.unproven_since, after.proven_since) {
            self.networks.remove(network, slot, &before);
            self.networks.insert(network, slot, &after);
        }
        if (before.rank, before.last_seen) != (after.rank, after.last_seen) {
            self.queue.remove(before.rank, slot, &self.shelf);
            self.queue.insert(after.rank, Waiting { since: after.last_seen, slot }, &self.shelf);
        }
    }

    fn remove(&mut self, slot: Slot) -> Option<SourceKey> {
        let Entry { network, sender, kept } = self.shelf.get(slot)?;
        let marks: Marks = kept.marks();
        self.slots.remove(&key::name(*network, sender));
        self.networks.remove(*network, slot, &marks);
        self.queue.remove(marks.rank, slot, &self.shelf);
        let Entry { network, sender, .. } = self.shelf.remove(slot)?;
        Some(SourceKey { network, sender: sender.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AuthResults, SourceNetwork};

    fn key(network: u8, sender: &str) -> SourceKey {
        SourceKey { network: SourceNetwork::V4([203, 0, network]), sender: sender.to_owned() }
    }

    /// A message at noon.
    fn on(day: i64, standing: Standing) -> Sighting {
        Sighting {
            time: Time::from_millis(day * 86_400_000 + 43_200_000),
            recipient: Fingerprint::of("test", &[b"r"]),
            standing,
            is_personal: false,
            results: AuthResults::default(),
        }
    }

    fn later(sighting: Sighting, minutes: i64) -> Sighting {
        Sighting { time: sighting.time + Span::minutes(minutes), ..sighting }
    }

    fn told(
        sources: &mut Sources,
        key: &SourceKey,
        days: std::ops::Range<i64>,
        standing: Standing,
    ) -> Vec<Familiarity> {
        days.map(|day| sources.observe(key, &on(day, standing))).collect()
    }

    #[test]
    fn a_source_is_new_then_seen_then_a_device() {
        let mut sources = Sources::default();
        let told = told(&mut sources, &key(113, "scanner@contoso.com"), 0..9, Standing::Unaligned);
        assert_eq!((told[0], told[1], told[6], told[7]), {
            (Familiarity::New, Familiarity::Seen, Familiarity::Seen, Familiarity::Device)
        });
    }

    #[test]
    fn what_was_aligned_is_known_at_first_a_little_and_after_seven_days_for_sure() {
        let mut sources = Sources::default();
        let newsletter = key(113, "news@contoso.com");
        let aligned = on(0, Standing::Aligned);
        assert_eq!(sources.observe(&newsletter, &aligned), Familiarity::New);
        assert_eq!(sources.observe(&newsletter, &later(aligned, 10)), Familiarity::New);
        assert_eq!(sources.observe(&newsletter, &later(aligned, 11)), Familiarity::AlignedBefore);
        let told = told(&mut sources, &newsletter, 1..8, Standing::Aligned);
        assert_eq!((told[5], told[6]), (Familiarity::AlignedBefore, Familiarity::Aligned));
    }

    #[test]
    fn a_day_counts_when_nothing_of_it_can_come_any_more() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        told(&mut sources, &scanner, 0..7, Standing::Unaligned);
        let midnight = Sighting { time: Time::from_millis(7 * 86_400_000), ..on(7, Standing::Unaligned) };
        assert_eq!(sources.observe(&scanner, &later(midnight, 9)), Familiarity::Seen);
        assert_eq!(sources.observe(&scanner, &later(midnight, 10)), Familiarity::Device);
    }

    #[test]
    fn a_network_that_speaks_as_somebody_else_is_no_device() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        told(&mut sources, &scanner, 0..9, Standing::Unaligned);
        sources.observe(&key(113, "ceo@contoso.com"), &on(9, Standing::Unaligned));
        assert_eq!(sources.observe(&scanner, &later(on(9, Standing::Unaligned), 10)), Familiarity::Device);
        assert_eq!(sources.observe(&scanner, &later(on(9, Standing::Unaligned), 11)), Familiarity::Seen);
    }

    #[test]
    fn neighbours_that_prove_their_claims_do_not_unmake_a_device() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        for (sender, standing) in [("a", Standing::Aligned), ("b", Standing::Sanctioned), ("c", Standing::Transient)] {
            told(&mut sources, &key(113, sender), 0..9, standing);
        }
        assert_eq!(told(&mut sources, &scanner, 0..9, Standing::Unaligned)[8], Familiarity::Device);
    }

    #[test]
    fn a_network_is_known_by_anybody_else_who_is() {
        for standing in [Standing::Aligned, Standing::Sanctioned, Standing::Unaligned] {
            let mut sources = Sources::default();
            let (known, stranger) = (key(113, "scanner@contoso.com"), key(113, "ceo@contoso.com"));
            told(&mut sources, &known, 0..7, standing);
            let at = |day| on(day, standing).time;
            assert!(!sources.knows_network(&stranger, at(6)));
            assert!(sources.knows_network(&stranger, at(7)));
            assert!(!sources.knows_network(&known, at(7)), "by somebody else");
            assert!(!sources.knows_network(&key(112, "ceo@contoso.com"), at(7)));
            told(&mut sources, &stranger, 7..9, Standing::Unaligned);
            assert!(sources.knows_network(&stranger, at(9)));
        }
    }

    #[test]
    fn a_network_of_many_voices_is_not_known() {
        let mut sources = Sources::default();
        for sender in ["a", "b"] {
            told(&mut sources, &key(113, sender), 0..20, Standing::Unaligned);
        }
        let at = on(20, Standing::Unaligned).time;
        assert!(!sources.knows_network(&key(113, "c"), at));
        assert!(sources.knows_network(&key(113, "b"), at), "what it says itself does not count");
    }

    #[test]
    fn a_scan_does_not_push_out_what_was_seen_on_two_days() {
        let mut sources = Sources::default();
        told(&mut sources, &key(113, "scanner@contoso.com"), 0..2, Standing::Unaligned);
        for number in 0..1_000 {
            sources.observe(&key(112, &format!("{number}@contoso.com")), &on(2, Standing::Unaligned));
            sources.evict_one(100);
        }
        assert_eq!(sources.len(), 100);
        assert!(sources.get(&key(113, "scanner@contoso.com")).is_some());
    }

    #[test]
    fn a_source_is_forgotten_after_ninety_silent_days() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        sources.observe(&scanner, &on(0, Standing::Aligned));
        assert_eq!(sources.forget_one_silent(on(90, Standing::Aligned).time), None);
        assert_eq!(sources.forget_one_silent(on(91, Standing::Aligned).time), Some(scanner));
        assert!(sources.is_empty() && !sources.knows_network(&key(113, "a"), on(91, Standing::Aligned).time));
    }
}
