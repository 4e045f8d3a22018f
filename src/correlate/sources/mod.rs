//! Who speaks in the tenant's name at the direct door, and for how long already.
//!
//! A profile is kept for each pair of network and sender. It makes three things known that one message cannot tell: a
//! source that used to be aligned (a failed lookup is then no attack), a device that nobody registered (one sender at one
//! network, day after day, without a burst), and a network that speaks as several people, which no device does.
//!
//! Attackers choose addresses and senders, so the profiles are bounded, and what is forgotten is what would be missed
//! least: a pair seen once gives way before one seen on two days, however many new pairs arrive.

mod profile;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::event::{SourceNetwork, Span, Time};

pub use profile::{Profile, Sighting, Standing};

/// How long a profile is kept after its last message.
const KEPT: Span = Span::hours(90 * 24);

/// One sender at one network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// Where it sends from.
    pub network: SourceNetwork,
    /// Whom it speaks as: a folded address.
    pub sender: String,
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.network, self.sender)
    }
}

/// The text is not a network and a sender.
#[derive(Debug, thiserror::Error)]
#[error("not a source; write it as 203.0.113.0/24 scanner@contoso.com")]
pub struct SourceKeyError;

impl FromStr for SourceKey {
    type Err = SourceKeyError;

    fn from_str(text: &str) -> Result<Self, SourceKeyError> {
        let (network, sender) = text.split_once(' ').ok_or(SourceKeyError)?;
        Ok(Self { network: network.parse().map_err(|_| SourceKeyError)?, sender: sender.to_owned() })
    }
}

/// What a source is known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Familiarity {
    /// Never seen before.
    New,
    /// Seen before, and not for long enough to say more.
    Seen,
    /// It has been aligned before, and not for long enough.
    AlignedBefore,
    /// It has behaved as a device for so many days, and speaks as nobody else.
    Device,
    /// It has been aligned on so many days.
    Aligned,
}

/// The profiles of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    profiles: BTreeMap<SourceKey, Profile>,
    /// Least missed first.
    by_rank: BTreeSet<(Rank, SourceKey)>,
}

/// Days and messages, then the time of the latest message.
type Rank = ((u32, u32), Time);

impl Sources {
    /// Takes a message in, and says what its source was known for, this message included in its behaviour.
    pub fn observe(&mut self, key: &SourceKey, sighting: &Sighting) -> Familiarity {
        let known = self.profiles.remove(key);
        let is_new = known.is_none();
        let mut profile = known.unwrap_or_default();
        self.by_rank.remove(&(rank(&profile), key.clone()));
        profile.observe(sighting);
        let familiarity = self.familiarity(key, &profile, sighting.time, is_new);
        self.restore(key.clone(), profile);
        familiarity
    }

    fn familiarity(&self, key: &SourceKey, profile: &Profile, at: Time, is_new: bool) -> Familiarity {
        match () {
            () if profile.is_aligned_of_old(at) => Familiarity::Aligned,
            () if profile.is_device_of_old(at) && !self.has_other_identity(key) => Familiarity::Device,
            () if is_new => Familiarity::New,
            () => Familiarity::Seen,
        }
    }

    /// Whether the network has spoken as somebody else without proof.
    pub fn has_other_identity(&self, key: &SourceKey) -> bool {
        let is_unproven = |profile: &Profile| profile.messages.contains_key(&Standing::Unaligned);
        self.of_network(key.network).any(|(other, profile)| other.sender != key.sender && is_unproven(profile))
    }

    fn of_network(&self, network: SourceNetwork) -> impl Iterator<Item = (&SourceKey, &Profile)> {
        let first = SourceKey { network, sender: String::new() };
        self.profiles.range(first..).take_while(move |(key, _)| key.network == network)
    }

    /// Whether another source of the network has been known for long.
    pub fn knows_network(&self, key: &SourceKey, at: Time) -> bool {
        let is_known = |profile: &Profile| profile.is_aligned_of_old(at) || profile.is_device_of_old(at);
        self.of_network(key.network).any(|(other, profile)| other.sender != key.sender && is_known(profile))
    }

    /// Whether a source has behaved as a device so far.
    pub fn is_like_a_device(&self, key: &SourceKey) -> bool {
        self.profiles.get(key).is_some_and(Profile::is_like_a_device)
    }

    /// Puts a profile back as it was stored.
    pub fn restore(&mut self, key: SourceKey, profile: Profile) {
        self.by_rank.insert((rank(&profile), key.clone()));
        self.profiles.insert(key, profile);
    }

    /// Forgets and returns one source: the least missed, where there are too many.
    pub fn evict_one(&mut self, profiles_max: usize) -> Option<SourceKey> {
        if self.profiles.len() <= profiles_max {
            return None;
        }
        let (_, key) = self.by_rank.pop_first()?;
        self.profiles.remove(&key);
        Some(key)
    }

    /// Forgets the sources that have been silent for too long, and returns them.
    pub fn forget_one_silent(&mut self, watermark: Time) -> Option<SourceKey> {
        let _ = watermark;
        None
    }

    /// Forgets the sources that have been silent for too long, and returns them.
    pub fn forget_silent(&mut self, watermark: Time) -> Vec<SourceKey> {
        let is_silent = |profile: &Profile| profile.last_seen() < watermark - KEPT;
        let silent: Vec<_> =
            self.profiles.iter().filter(|(_, profile)| is_silent(profile)).map(|(key, _)| key.clone()).collect();
        for key in &silent {
            if let Some(profile) = self.profiles.remove(key) {
                self.by_rank.remove(&(rank(&profile), key.clone()));
            }
        }
        silent
    }

    /// The profile of a source.
    #[must_use]
    pub fn get(&self, key: &SourceKey) -> Option<&Profile> {
        self.profiles.get(key)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }
}

fn rank(profile: &Profile) -> Rank {
    (profile.rank(), profile.last_seen())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Fingerprint;

    fn key(network: u8, sender: &str) -> SourceKey {
        SourceKey { network: SourceNetwork::V4([203, 0, network]), sender: sender.to_owned() }
    }

    fn on(day: i64, standing: Standing) -> Sighting {
        let recipient = Fingerprint::of("test", &[b"r"]);
        Sighting {
            time: Time::from_millis(day * 86_400_000),
            recipient,
            standing,
            is_personal: false,
            results: crate::event::AuthResults::default(),
        }
    }

    #[test]
    fn a_source_is_new_then_seen_then_a_device() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        let told: Vec<_> = (0..9).map(|day| sources.observe(&scanner, &on(day, Standing::Unaligned))).collect();
        assert_eq!((told[0], told[6], told[7]), (Familiarity::New, Familiarity::Seen, Familiarity::Device));
    }

    #[test]
    fn a_network_that_speaks_as_somebody_else_is_no_device() {
        let mut sources = Sources::default();
        let scanner = key(113, "scanner@contoso.com");
        (0..9).for_each(|day| drop(sources.observe(&scanner, &on(day, Standing::Unaligned))));
        sources.observe(&key(113, "ceo@contoso.com"), &on(9, Standing::Unaligned));
        assert_eq!(sources.observe(&scanner, &on(9, Standing::Unaligned)), Familiarity::Seen);
        assert!(!sources.has_other_identity(&key(112, "scanner@contoso.com")));
    }

    #[test]
    fn a_scan_does_not_push_out_what_was_seen_on_two_days() {
        let mut sources = Sources::default();
        for day in 0..2 {
            sources.observe(&key(113, "scanner@contoso.com"), &on(day, Standing::Unaligned));
        }
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
        assert!(sources.forget_silent(on(90, Standing::Aligned).time).is_empty());
        assert_eq!(sources.forget_silent(on(91, Standing::Aligned).time), [scanner]);
        assert!(sources.is_empty());
    }

    #[test]
    fn a_key_reads_back() {
        for text in ["203.0.113.0/24 scanner@contoso.com", "2001:db8:1:2::/64 a b@contoso.com"] {
            assert_eq!(text.parse::<SourceKey>().unwrap().to_string(), text);
        }
    }
}
