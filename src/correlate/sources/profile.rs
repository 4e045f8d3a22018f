//! What is known of one sender at one network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::correlate::days::Days;
use crate::correlate::distinct::Distinct;
use crate::event::{Fingerprint, Time};

/// Days on which a source must have been seen before it is known; a week, so that no attack of a few days becomes one.
pub(super) const KNOWN_DAYS: u32 = 7;

/// Days whose counts are kept, for the rhythm.
const RHYTHM_DAYS: usize = 14;

/// What a day may have above four times the busiest day before: a month's end, a new floor.
const RHYTHM_SLACK: u32 = 20;

/// What one message of a source showed.
#[derive(Debug, Clone, Copy)]
pub struct Sighting {
    /// Event time.
    pub time: Time,
    /// Names the recipient.
    pub recipient: Fingerprint,
    /// What the message proved.
    pub standing: Standing,
    /// Whether the message is such as no device writes: to its own sender, or as a protected person.
    pub is_personal: bool,
}

/// What a message of a source proved, as the inventory counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// DMARC passed, or SPF for the same organisation.
    Aligned,
    /// A configured source was allowed to send it.
    Sanctioned,
    /// Nothing proved the claim, because a lookup failed for the moment.
    Transient,
    /// Nothing proved the claim.
    Unaligned,
}

/// One sender at one network, over ninety days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Event time of the first and of the last message.
    pub seen: Option<(Time, Time)>,
    /// Days with any message.
    pub days: Days,
    /// Days with an aligned message.
    pub aligned_days: Days,
    /// Messages by what they proved.
    pub messages: BTreeMap<Standing, u64>,
    /// Distinct recipients.
    pub recipients: Distinct,
    /// Messages of the latest days, by day.
    rhythm: BTreeMap<i64, u32>,
    /// Whether any message was such as no device writes.
    is_personal: bool,
}

impl Profile {
    /// Takes a message in.
    pub(super) fn observe(&mut self, sighting: &Sighting) {
        let time = sighting.time;
        let (first, last) = self.seen.unwrap_or((time, time));
        self.seen = Some((first.min(time), last.max(time)));
        self.days.insert(time);
        if sighting.standing == Standing::Aligned {
            self.aligned_days.insert(time);
        }
        *self.messages.entry(sighting.standing).or_default() += 1;
        self.recipients.insert(sighting.recipient);
        *self.rhythm.entry(Days::number(time)).or_default() += 1;
        if self.rhythm.len() > RHYTHM_DAYS {
            self.rhythm.pop_first();
        }
        self.is_personal |= sighting.is_personal;
    }

    /// Whether it has been aligned on enough days that were over at this time.
    #[must_use]
    pub fn is_aligned_of_old(&self, at: Time) -> bool {
        self.aligned_days.over_at(at) >= KNOWN_DAYS
    }

    /// Whether it behaves as a device does: nothing personal, and no day that stands out from those before it.
    pub(super) fn is_like_a_device(&self) -> bool {
        !self.is_personal && self.keeps_its_rhythm()
    }

    /// Whether it has behaved so on enough days that were over at this time.
    #[must_use]
    pub fn is_device_of_old(&self, at: Time) -> bool {
        self.days.over_at(at) >= KNOWN_DAYS && self.is_like_a_device()
    }

    /// Event time of the latest message.
    pub(super) fn last_seen(&self) -> Time {
        self.seen.map_or(Time::MIN, |(_, last)| last)
    }

    /// How much it would be missed: many days before many messages, and neither without end, so that a source of old
    /// gives way to one of today.
    pub(super) fn rank(&self) -> (u32, u32) {
        let messages = self.messages.values().sum::<u64>().checked_ilog2().unwrap_or(0);
        (self.days.count().min(KNOWN_DAYS), messages.min(4))
    }

    /// Whether any message was such as no device writes.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        self.is_personal
    }

    /// Whether no day stands out from those before it.
    #[must_use]
    pub fn keeps_its_rhythm(&self) -> bool {
        let mut busiest = None;
        self.rhythm.values().all(|count| {
            let is_usual = busiest.is_none_or(|busiest: u32| *count <= busiest.saturating_mul(4) + RHYTHM_SLACK);
            busiest = busiest.max(Some(*count));
            is_usual
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: i64) -> Sighting {
        Sighting {
            time: Time::from_millis(day * 86_400_000),
            recipient: Fingerprint::of("test", &[b"r"]),
            standing: Standing::Unaligned,
            is_personal: false,
        }
    }

    fn seen(sightings: impl IntoIterator<Item = Sighting>) -> Profile {
        let mut profile = Profile::default();
        sightings.into_iter().for_each(|sighting| profile.observe(&sighting));
        profile
    }

    #[test]
    fn a_device_is_known_after_seven_days_that_are_over() {
        assert!(!seen((0..7).map(on)).is_device_of_old(on(6).time));
        assert!(seen((0..7).map(on)).is_device_of_old(on(7).time));
        assert!(!seen((0..20).map(|_| on(0))).is_device_of_old(on(7).time));
    }

    #[test]
    fn a_personal_message_is_never_forgotten() {
        let personal = Sighting { is_personal: true, ..on(3) };
        assert!(!seen((0..30).map(on).chain([personal])).is_device_of_old(on(31).time));
    }

    #[test]
    fn a_burst_breaks_the_rhythm() {
        let quiet = (0..7).flat_map(|day| [on(day), on(day)]);
        assert!(seen(quiet.clone().chain((0..28).map(|_| on(8)))).is_like_a_device());
        assert!(!seen(quiet.chain((0..29).map(|_| on(8)))).is_like_a_device());
    }

    #[test]
    fn what_was_aligned_for_a_week_is_known() {
        let aligned = |day| Sighting { standing: Standing::Aligned, ..on(day) };
        assert!(seen((0..7).map(aligned)).is_aligned_of_old(on(7).time));
        assert!(!seen((0..7).map(on)).is_aligned_of_old(on(7).time));
    }
}
