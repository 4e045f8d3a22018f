//! One source, as its profile tells.

use serde::Serialize;

use crate::correlate::{Days, Profile, SourceKey, Standing};
use crate::event::{AuthResults, SourceNetwork, Span, Time};

/// The kind of state that holds the profiles.
pub const SOURCE_KIND: &str = "source";

/// Days whose mail is shown one by one.
pub(super) const RECENT_DAYS: i64 = 14;

/// What one sender at one network has done in the last ninety days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// An IPv4 /24 or an IPv6 /64.
    pub network: SourceNetwork,
    /// Whom it speaks as: a folded address, as the sender chose it.
    pub sender: String,
    /// Event time of its first message.
    pub first_seen: Time,
    /// Event time of its last message.
    pub last_seen: Time,
    /// Its messages.
    pub messages: Messages,
    /// Distinct recipients.
    pub recipients: u64,
    /// What authentication came to, the last time that it was told.
    pub latest: AuthResults,
    /// Days with any message, of the last ninety.
    pub days: Days,
    /// For what depends on the time that it is.
    profile: Profile,
}

/// Messages by what they proved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Messages {
    /// All of them.
    pub total: u64,
    /// DMARC passed, or SPF for the same organisation.
    pub aligned: u64,
    /// A configured source was allowed to send them.
    pub sanctioned: u64,
    /// Nothing proved the claim, because a lookup failed for the moment.
    pub transient: u64,
    /// Nothing proved the claim.
    pub unaligned: u64,
}

impl Entry {
    /// The facts of a profile.
    #[must_use]
    pub fn of(key: SourceKey, profile: Profile) -> Self {
        let mut messages = Messages { total: profile.messages(), ..Messages::default() };
        for (standing, count) in profile.messages_by_standing() {
            match standing {
                Standing::Aligned => messages.aligned = count,
                Standing::Sanctioned => messages.sanctioned = count,
                Standing::Transient => messages.transient = count,
                Standing::Unaligned => messages.unaligned = count,
            }
        }
        Self {
            network: key.network,
            sender: key.sender,
            first_seen: profile.first_seen(),
            last_seen: profile.last_seen(),
            messages,
            recipients: profile.recipients(),
            latest: profile.latest_results(),
            days: *profile.days(),
            profile,
        }
    }

    /// Reads an entry of the state of kind [`SOURCE_KIND`].
    ///
    /// # Errors
    /// When it is not one that this build stores.
    pub fn read(key: &str, value: &str) -> Result<Self, EntryError> {
        let unreadable = |source: Option<serde_json::Error>| EntryError { key: key.to_owned(), source };
        let parsed: SourceKey = key.parse().map_err(|_| unreadable(None))?;
        let profile: Profile = serde_json::from_str(value).map_err(|error| unreadable(Some(error)))?;
        Ok(Self::of(parsed, profile))
    }

    /// Whether it was seen on each of the fourteen days that end with the day of this time, the oldest first.
    pub fn recent_days(&self, up_to: Time) -> impl Iterator<Item = (Time, bool)> {
        let start = |day: i64| Time::from_micros(day.saturating_mul(Span::hours(24).as_micros()));
        let last = Days::number(up_to);
        (last - RECENT_DAYS + 1..=last).map(move |day| {
            let was_seen = self.days.over_at(start(day + 1)) > self.days.over_at(start(day));
            (start(day), was_seen)
        })
    }

    /// Whether it has been aligned for long enough.
    pub(super) fn is_aligned_of_old(&self, at: Time) -> bool {
        self.profile.is_aligned_of_old(at)
    }

    /// Whether it has been like a device for long enough, whoever else speaks at its network.
    pub(super) fn is_device_of_old(&self, at: Time) -> bool {
        self.profile.is_device_of_old(at)
    }

    /// Whether any message was such as no device writes.
    pub(super) const fn is_personal(&self) -> bool {
        self.profile.is_personal()
    }

    /// Whether a day stands out from an ordinary one; on its first day nobody has an ordinary one.
    pub(super) fn breaks_its_rhythm(&self, at: Time) -> bool {
        self.days.over_at(at) > 0 && !self.profile.keeps_its_rhythm(at)
    }
}

/// The day of a time, UTC, as in `2026-11-20`.
#[must_use]
pub fn date(time: Time) -> String {
    time.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// A stored profile that this build does not understand.
#[derive(Debug, thiserror::Error)]
#[error("what is stored of the source {key:?} cannot be read; was it written by another version of postern?")]
pub struct EntryError {
    key: String,
    source: Option<serde_json::Error>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::{at, entry_of, on};

    #[test]
    fn an_entry_has_the_counts_of_its_profile() {
        let standings = [Standing::Aligned, Standing::Sanctioned, Standing::Transient, Standing::Unaligned];
        let sightings = (0..).zip(standings).flat_map(|(day, standing)| (0..=day).map(move |_| on(day, standing)));
        let entry = entry_of("203.0.113.0/24", "scanner@contoso.com", sightings);
        let messages = Messages { total: 10, aligned: 1, sanctioned: 2, transient: 3, unaligned: 4 };
        assert_eq!((entry.messages, entry.recipients, entry.days.count()), (messages, 1, 4));
        assert_eq!((entry.first_seen, entry.last_seen), (at(0), at(3)));
        assert_eq!((date(entry.first_seen).as_str(), entry.sender.as_str()), ("2026-01-01", "scanner@contoso.com"));
    }

    #[test]
    fn the_recent_days_are_those_that_end_with_the_day_asked_for() {
        let entry = entry_of("203.0.113.0/24", "s@contoso.com", [0, 1, 13, 20].map(|day| on(day, Standing::Unaligned)));
        let seen = |up_to| {
            let days = entry.recent_days(at(up_to));
            days.map(|(day, was_seen)| (date(day), was_seen)).filter(|(_, was_seen)| *was_seen).map(|(day, _)| day)
        };
        assert!(seen(14).eq(["2026-01-02", "2026-01-14"]));
        assert!(seen(20).eq(["2026-01-14", "2026-01-21"]));
        assert_eq!(seen(90).count(), 0);
        assert_eq!(entry.recent_days(at(90)).count(), 14);
    }

    #[test]
    fn what_is_no_profile_is_refused_with_its_key() {
        for (key, value) in [("203.0.113.0/24 s@contoso.com", "{}"), ("nowhere", "{}"), ("203.0.113.0/24 s", "null")] {
            let error = Entry::read(key, value).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
