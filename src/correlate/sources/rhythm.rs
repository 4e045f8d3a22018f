//! How many messages came on which day.

use serde::{Deserialize, Serialize};

use crate::correlate::days::{Days, REMEMBERED};
use crate::event::Time;

/// The latest days are held against those before them; a day that stood out is forgiven after so many others.
const JUDGED_DAYS: usize = 14;

/// What a day may have above four times an ordinary one: a month's end, a new floor.
const SLACK: u32 = 20;

/// The days on which a source was seen, each with its messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rhythm {
    /// The days.
    pub(super) days: Days,
    /// Their messages, the earliest day's first.
    counts: Vec<u16>,
}

impl Rhythm {
    /// The rhythm of one day.
    pub(super) fn of_one_day(time: Time, messages: u32) -> Self {
        let mut days = Days::default();
        days.insert(time);
        Self { days, counts: vec![u16::try_from(messages).unwrap_or(u16::MAX)] }
    }

    /// Counts a message.
    pub(super) fn insert(&mut self, time: Time) {
        let day = Days::number(time);
        let (is_new, kept) = (!self.days.has(day), self.days.kept());
        self.days.insert(time);
        let forgotten = (kept + u32::from(is_new)).saturating_sub(self.days.kept()) as usize;
        if !self.days.has(day) {
            return;
        }
        self.counts.drain(..forgotten.min(self.counts.len()));
        let place = (self.days.before(day) as usize).min(self.counts.len());
        if is_new {
            self.counts.insert(place, 0);
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }

    /// Whether none of the latest days stands out from an ordinary one, of all that were over at this time.
    ///
    /// Ordinary is the median of up to ninety days, and not the busiest or the latest ones: with those an attacker who
    /// sends a few times as much each day is as regular as a clock. Against the median, whoever grows steadily is caught
    /// by his own past: after n days his last one stands out from his middle one by the growth of n/2 days.
    pub(super) fn is_kept(&self, at: Time) -> bool {
        let Some(ordinary) = self.median_over(at) else { return false };
        let most = u32::from(ordinary).saturating_mul(4).saturating_add(SLACK);
        // A count that cannot rise cannot stand out either, and no device sends so much.
        self.counts.iter().rev().take(JUDGED_DAYS).all(|count| *count < u16::MAX && u32::from(*count) <= most)
    }

    fn median_over(&self, at: Time) -> Option<u16> {
        let today = Days::number(at);
        let before = self.days.before(today - REMEMBERED) as usize;
        let over = self.days.over_at(at) as usize;
        let mut settled: Vec<u16> = self.counts.iter().copied().skip(before).take(over).collect();
        let middle = settled.len().checked_sub(1)? / 2;
        Some(*settled.select_nth_unstable(middle).1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn on(day: i64) -> Time {
        Time::from_millis(day * 86_400_000)
    }

    fn counted(days: impl IntoIterator<Item = (i64, u32)>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        days.into_iter().for_each(|(day, count)| (0..count).for_each(|_| rhythm.insert(on(day))));
        rhythm
    }

    /// The most messages that a day of such a growth has while the rhythm is kept, a week after the first or later.
    fn most_of_a_ramp(growth: f64) -> u32 {
        let counts = (0..90).map(|day| (day, (20.0 * growth.powf(day as f64)) as u32)).take_while(|(_, c)| *c < 9_000);
        let mut rhythm = Rhythm::default();
        let mut most = 0;
        for (day, count) in counts {
            (0..count).for_each(|_| rhythm.insert(on(day)));
            if day >= 7 && rhythm.is_kept(on(day)) {
                most = count;
            }
        }
        most
    }

    proptest! {
        #[test]
        fn it_counts_the_messages_of_each_day_in_any_order(mut days in prop::collection::vec(0_i64..250, 1..80)) {
            let rhythm = counted(days.iter().map(|day| (*day, 1)));
            let latest = days.iter().max().copied().unwrap();
            let mut naive = BTreeMap::new();
            days.iter().filter(|day| latest - *day < 92).for_each(|day| *naive.entry(*day).or_insert(0_u16) += 1);
            prop_assert_eq!(&rhythm.counts, &naive.into_values().collect::<Vec<_>>());
            days.reverse();
            prop_assert_eq!(rhythm, counted(days.into_iter().map(|day| (day, 1))));
        }
    }

    #[test]
    fn a_burst_breaks_the_rhythm() {
        let quiet: Vec<_> = (0..7).map(|day| (day, 2)).collect();
        let with = |burst| counted(quiet.iter().copied().chain([(8, burst)]));
        assert!(with(28).is_kept(on(8)));
        assert!(!with(29).is_kept(on(8)));
    }

    #[test]
    fn a_burst_is_forgiven_after_a_fortnight() {
        let day = |day| (day, if day == 8 { 100 } else { 2 });
        assert!(!counted((0..22).map(day)).is_kept(on(22)));
        assert!(counted((0..23).map(day)).is_kept(on(23)));
    }

    #[test]
    fn a_burst_does_not_become_the_measure() {
        let weekly = (0..60).map(|day| (day, if day % 7 == 6 { 500 } else { 5 }));
        assert!(!counted(weekly).is_kept(on(60)));
    }

    #[test]
    fn a_ramp_poisons_nothing_however_slow() {
        for growth in [4.0, 2.0, 1.5] {
            assert_eq!(most_of_a_ramp(growth), 0, "{growth}");
        }
        for growth in [1.3, 1.2, 1.1, 1.05] {
            let most = most_of_a_ramp(growth);
            assert!(most < 20 * 25, "{growth}: {most} a day");
        }
    }

    #[test]
    fn what_grows_little_keeps_its_rhythm() {
        assert!(counted((0..90).map(|day| (day, 10 + day as u32 / 3))).is_kept(on(90)));
        assert!(!Rhythm::default().is_kept(on(0)));
    }

    #[test]
    fn no_device_sends_more_than_can_be_counted() {
        let quiet = Rhythm::of_one_day(on(0), 65_534);
        let endless = Rhythm::of_one_day(on(0), u32::MAX);
        assert!(quiet.is_kept(on(1)) && !endless.is_kept(on(1)));
    }
}
