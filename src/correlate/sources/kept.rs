//! A profile as it waits in memory.
//!
//! Nearly all of a million profiles are of senders that were seen on one day: an attacker makes as many as he likes, a
//! tenant has some thousands that come again. So what one day can show takes a few dozen bytes in the entry itself, and
//! only the others have a place of their own.

use std::borrow::Cow;

use crate::correlate::days::Days;
use crate::event::{AuthResults, SourceNetwork, Time};

use super::profile::{Profile, Sighting, rank};
use super::recipients::Recipients;
use super::rhythm::Rhythm;
use super::standing::{Record, Records, Standing};

/// One source with its profile.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) network: SourceNetwork,
    pub(super) sender: Box<str>,
    pub(super) kept: Kept,
}

/// A profile.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// Of one day and one standing.
    Brief(Brief),
    /// Any other.
    Whole(Box<Profile>),
}

/// All that one day and one standing can show.
#[derive(Debug, Clone)]
pub(super) struct Brief {
    first_seen: Time,
    last_seen: Time,
    recipients: Recipients,
    results: AuthResults,
    messages: u32,
    standing: Standing,
    is_personal: bool,
}

/// What the indexes know of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) rank: u8,
    pub(super) last_seen: Time,
    pub(super) unproven_since: Option<Time>,
    pub(super) proven_since: Option<i32>,
}

impl Kept {
    /// The profile.
    pub(super) fn profile(&self) -> Cow<'_, Profile> {
        match self {
            Self::Brief(brief) => Cow::Owned(brief.profile()),
            Self::Whole(profile) => Cow::Borrowed(profile),
        }
    }

    /// Takes a message in.
    pub(super) fn observe(&mut self, sighting: &Sighting) {
        match self {
            Self::Whole(profile) => profile.observe(sighting),
            Self::Brief(brief) => {
                let mut profile = brief.profile();
                profile.observe(sighting);
                *self = profile.into();
            }
        }
    }

    /// What the indexes should know of it.
    pub(super) fn marks(&self) -> Marks {
        match self {
            Self::Brief(brief) => Marks {
                rank: rank(1, brief.messages.into()),
                last_seen: brief.last_seen,
                unproven_since: (brief.standing == Standing::Unaligned).then_some(brief.first_seen),
                proven_since: None,
            },
            Self::Whole(profile) => Marks {
                rank: profile.rank(),
                last_seen: profile.last_seen,
                unproven_since: profile.unproven_since(),
                proven_since: profile.proven_since,
            },
        }
    }
}

impl From<Profile> for Kept {
    fn from(profile: Profile) -> Self {
        match Brief::of(&profile) {
            Some(brief) => Self::Brief(brief),
            None => Self::Whole(Box::new(profile)),
        }
    }
}

impl Brief {
    /// The short form, where it says everything.
    fn of(profile: &Profile) -> Option<Self> {
        let mut records = profile.records.iter();
        let (Some((standing, record)), None) = (records.next(), records.next()) else { return None };
        let is_of_one_day = Days::number(record.first_seen) == Days::number(profile.last_seen);
        Some(Self {
            first_seen: record.first_seen,
            last_seen: profile.last_seen,
            recipients: profile.recipients.clone(),
            results: profile.results,
            messages: u32::try_from(record.messages).ok().filter(|_| is_of_one_day)?,
            standing,
            is_personal: profile.is_personal,
        })
    }

    fn profile(&self) -> Profile {
        Profile {
            last_seen: self.last_seen,
            results: self.results,
            records: Records::of(self.standing, Record::of_one_day(self.first_seen, self.messages.into())),
            rhythm: Rhythm::of_one_day(self.first_seen, self.messages),
            recipients: self.recipients.clone(),
            is_personal: self.is_personal,
            proven_since: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Fingerprint;

    fn at(day: i64, second: i64) -> Sighting {
        Sighting {
            time: Time::from_millis((day * 86_400 + second) * 1_000),
            recipient: Fingerprint::of("test", &[&second.to_le_bytes()]),
            standing: Standing::Transient,
            is_personal: second == 3,
            results: AuthResults::default(),
        }
    }

    #[test]
    fn what_one_day_shows_is_brief_and_nothing_of_it_is_lost() {
        let mut profile = Profile::begun_by(&at(5, 7));
        let mut kept = Kept::from(profile.clone());
        for second in [1, 3, 90, 1] {
            profile.observe(&at(5, second));
            kept.observe(&at(5, second));
            assert!(matches!(kept, Kept::Brief(_)));
            assert_eq!(*kept.profile(), profile);
            assert_eq!(kept.marks(), Kept::Whole(Box::new(profile.clone())).marks());
        }
    }

    #[test]
    fn a_second_day_or_a_second_standing_is_kept_whole() {
        for second in [at(6, 0), at(4, 0), Sighting { standing: Standing::Unaligned, ..at(5, 8) }] {
            let mut profile = Profile::begun_by(&at(5, 7));
            let mut kept = Kept::from(profile.clone());
            profile.observe(&second);
            kept.observe(&second);
            assert!(matches!(kept, Kept::Whole(_)));
            assert_eq!(*kept.profile(), profile);
        }
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 80, "{}", size_of::<Entry>());
        assert!(size_of::<Profile>() <= 128, "{}", size_of::<Profile>());
    }
}
