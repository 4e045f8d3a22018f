//! What is known of one sender at one network.
//!
//! A profile is a function of the set of the source's messages: minima, maxima, counts and sets of days. What speaks
//! *for* a source is read from it as of a time at which nothing more can come, so that messages which overtake each
//! other within the lateness do not change an answer; what speaks against it counts at once.

use serde::{Deserialize, Serialize};

use crate::correlate::days::Days;
use crate::event::{AuthResults, Fingerprint, Time};

use super::recipients::Recipients;
use super::results;
use super::rhythm::Rhythm;
use super::standing::{Records, Standing};

/// Days on which a source must have been seen before it is known; a week, so that no attack of a few days becomes one.
pub(super) const KNOWN_DAYS: u32 = 7;

/// Days after which a source is told apart from others that write the same.
const SETTLED_DAYS: u32 = 3;

/// How many times the messages have doubled, as far as that lets a source be missed more.
const MAGNITUDE_MAX: u32 = 4;

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
    /// How it was authenticated.
    pub results: AuthResults,
}

/// One sender at one network, over ninety days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub(super) last_seen: Time,
    /// Of the latest message.
    #[serde(with = "results", skip_serializing_if = "results::are_missing", default)]
    pub(super) results: AuthResults,
    pub(super) records: Records,
    pub(super) rhythm: Rhythm,
    pub(super) recipients: Recipients,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(super) is_personal: bool,
    /// The first day before which the claim was proven on enough days of the ninety before it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) proven_since: Option<i32>,
}

impl Profile {
    /// Event time of the first message.
    #[must_use]
    pub fn first_seen(&self) -> Time {
        self.records.iter().map(|(_, record)| record.first_seen).min().unwrap_or(self.last_seen)
    }

    /// Event time of the latest message.
    #[must_use]
    pub const fn last_seen(&self) -> Time {
        self.last_seen
    }

    /// The days with any message.
    #[must_use]
    pub const fn days(&self) -> &Days {
        &self.rhythm.days
    }

    /// How many messages there were.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages_by_standing().fold(0, |sum, (_, messages)| sum.saturating_add(messages))
    }

    /// The messages by what they proved, without those standings that no message had.
    pub fn messages_by_standing(&self) -> impl Iterator<Item = (Standing, u64)> {
        self.records.iter().map(|(standing, record)| (standing, record.messages))
    }

    /// How many recipients there were: exact up to 64, estimated above.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        self.recipients.count()
    }

    /// How the latest message was authenticated.
    #[must_use]
    pub const fn latest_results(&self) -> AuthResults {
        self.results
    }

    /// Whether any message was such as no device writes.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        self.is_personal
    }

    /// The profile of one message.
    pub(super) fn begun_by(sighting: &Sighting) -> Self {
        let mut profile = Self {
            last_seen: sighting.time,
            results: sighting.results,
            records: Records::default(),
            rhythm: Rhythm::default(),
            recipients: Recipients::default(),
            is_personal: false,
            proven_since: None,
        };
        profile.observe(sighting);
        profile
    }

    /// Takes a message in.
    pub(super) fn observe(&mut self, sighting: &Sighting) {
        let Sighting { time, recipient, standing, is_personal, results } = *sighting;
        self.keep_latest(time, results);
        self.records.insert(standing, time);
        self.rhythm.insert(time);
        self.recipients.insert(recipient);
        self.is_personal |= is_personal;
        if matches!(standing, Standing::Aligned | Standing::Sanctioned) {
            self.note_proof(time);
        }
    }

    /// Of two messages at one time the one whose results come later in the alphabet, so that their order is nothing.
    fn keep_latest(&mut self, time: Time, results: AuthResults) {
        let is_later = match time == self.last_seen && results != self.results {
            true => results::words(results) > results::words(self.results),
            false => time > self.last_seen,
        };
        if is_later {
            (self.last_seen, self.results) = (time, results);
        }
    }

    /// Kept rather than read from the days, which are forgotten: a day may make it earlier, as long as it may be late.
    fn note_proof(&mut self, time: Time) {
        if self.proven_since.is_none_or(|since| Days::number(time) < i64::from(since)) {
            let since = self.records.proven_days().first_after(KNOWN_DAYS).and_then(|day| i32::try_from(day).ok());
            self.proven_since = [self.proven_since, since].into_iter().flatten().min();
        }
    }

    /// Whether it has been aligned before this time.
    pub(super) fn is_aligned_before(&self, at: Time) -> bool {
        self.records.get(Standing::Aligned).is_some_and(|record| record.first_seen < at)
    }

    /// Whether it has been aligned on enough days that were over at this time.
    #[must_use]
    pub fn is_aligned_of_old(&self, at: Time) -> bool {
        self.records.get(Standing::Aligned).is_some_and(|record| record.days.over_at(at) >= KNOWN_DAYS)
    }

    /// Whether it has behaved as a device does on the days that were over at this time: nothing personal, and no day that
    /// stands out.
    pub(super) fn is_like_a_device(&self, at: Time) -> bool {
        !self.is_personal && self.rhythm.is_kept(at)
    }

    /// Whether it has behaved so on a few days.
    pub(super) fn is_settled(&self, at: Time) -> bool {
        self.days().over_at(at) >= SETTLED_DAYS && self.is_like_a_device(at)
    }

    /// Whether it has behaved so on enough days.
    #[must_use]
    pub fn is_device_of_old(&self, at: Time) -> bool {
        self.days().over_at(at) >= KNOWN_DAYS && self.is_like_a_device(at)
    }

    /// Whether no day stands out from an ordinary one, of those that were over at this time.
    #[must_use]
    pub fn keeps_its_rhythm(&self, at: Time) -> bool {
        self.rhythm.is_kept(at)
    }

    /// Event time of the first message whose claim nothing proved, and no lookup's failure explains.
    pub(super) fn unproven_since(&self) -> Option<Time> {
        self.records.get(Standing::Unaligned).map(|record| record.first_seen)
    }

    /// How much it would be missed.
    pub(super) fn rank(&self) -> u8 {
        rank(self.days().count(), self.messages())
    }
}

/// Many days before many messages, and neither without end, so that a source of old gives way to one of today.
pub(super) fn rank(days: u32, messages: u64) -> u8 {
    let magnitude = messages.checked_ilog2().unwrap_or(0).min(MAGNITUDE_MAX);
    (days.min(KNOWN_DAYS) * (MAGNITUDE_MAX + 1) + magnitude) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{DmarcResult, SpfResult};

    fn on(day: i64) -> Sighting {
        Sighting {
            time: Time::from_millis(day * 86_400_000),
            recipient: Fingerprint::of("test", &[b"r"]),
            standing: Standing::Unaligned,
            is_personal: false,
            results: AuthResults::default(),
        }
    }

    fn seen(sightings: impl IntoIterator<Item = Sighting>) -> Profile {
        let mut sightings = sightings.into_iter();
        let mut profile = Profile::begun_by(&sightings.next().unwrap());
        sightings.for_each(|sighting| profile.observe(&sighting));
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
    fn what_was_aligned_for_a_week_is_known_and_what_was_aligned_once_is_remembered() {
        let aligned = |day| Sighting { standing: Standing::Aligned, ..on(day) };
        assert!(seen((0..7).map(aligned)).is_aligned_of_old(on(7).time));
        assert!(!seen((0..7).map(on)).is_aligned_of_old(on(7).time));
        let once = seen([aligned(3), on(4)]);
        assert!(once.is_aligned_before(on(4).time) && !once.is_aligned_before(on(3).time));
    }

    #[test]
    fn proof_by_sanction_and_by_alignment_adds_up_and_is_not_forgotten() {
        let proven =
            |day| Sighting { standing: if day % 2 == 0 { Standing::Aligned } else { Standing::Sanctioned }, ..on(day) };
        assert_eq!(seen((0..6).map(proven)).proven_since, None);
        assert_eq!(seen((0..7).map(proven)).proven_since, Some(7));
        assert_eq!(seen((0..7).map(proven).chain((8..300).step_by(50).map(on))).proven_since, Some(7));
        assert_eq!(seen((0..90).step_by(15).chain([90]).map(proven)).proven_since, None, "seven days in ninety-one");
    }

    #[test]
    fn the_results_of_the_latest_message_are_kept_whatever_came_first() {
        let told = |day, spf, dmarc| Sighting {
            results: AuthResults { spf: Some(spf), dmarc: Some(dmarc), ..AuthResults::default() },
            ..on(day)
        };
        let mut sightings = [
            told(1, SpfResult::Pass, DmarcResult::Pass),
            told(2, SpfResult::Fail, DmarcResult::Fail),
            told(2, SpfResult::SoftFail, DmarcResult::Fail),
            on(2),
        ];
        let forwards = seen(sightings);
        assert_eq!(forwards.latest_results().spf, Some(SpfResult::SoftFail));
        sightings.reverse();
        assert_eq!(seen(sightings), forwards);
    }

    #[test]
    fn the_stored_form_is_short_canonical_and_reads_back() {
        let results = AuthResults { spf: Some(SpfResult::SoftFail), ..AuthResults::default() };
        let one = seen([Sighting { results, ..on(20_759) }]);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"last_seen":"2026-11-02T00:00:00Z","results":"spf=softfail","#,
                r#""records":{"unaligned":{"first_seen":"2026-11-02T00:00:00Z","messages":1,"days":[20759,"1"]}},"#,
                r#""rhythm":{"days":[20759,"1"],"counts":[1]},"recipients":[3472666918]}"#
            )
        );
        let many = seen((0..120_i64).map(|day| Sighting {
            standing: super::super::standing::ALL[day as usize % 4],
            is_personal: day == 100,
            recipient: Fingerprint::of("test", &[&day.to_le_bytes()]),
            ..on(day)
        }));
        for profile in [one, many] {
            let text = serde_json::to_string(&profile).unwrap();
            assert_eq!(serde_json::from_str::<Profile>(&text).unwrap(), profile);
        }
    }

    #[test]
    fn the_inventory_reads_what_was_seen() {
        let aligned = Sighting { standing: Standing::Aligned, is_personal: true, ..on(9) };
        let profile = seen([on(5), aligned, on(5), on(7)]);
        assert_eq!((profile.first_seen(), profile.last_seen()), (on(5).time, on(9).time));
        assert_eq!(profile.days().numbers().collect::<Vec<_>>(), [5, 7, 9]);
        assert_eq!((profile.messages(), profile.recipients(), profile.is_personal()), (4, 1, true));
        let by_standing: Vec<_> = profile.messages_by_standing().collect();
        assert_eq!(by_standing, [(Standing::Aligned, 1), (Standing::Unaligned, 3)]);
    }
}
