//! On which days something was seen, of the last ninety.

use serde::{Deserialize, Serialize};

use crate::event::{Span, Time};

/// A set of UTC days.
///
/// A function of the set of days alone, so the order in which they were seen does not matter; sixteen bytes, because
/// there are several for every source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Days {
    /// The latest day, counted from 1970-01-01.
    latest: i32,
    /// Bit n stands for the day n days before the latest; the lowest word first.
    ages: [u32; 3],
}

/// How many days count.
pub(super) const REMEMBERED: i64 = 90;

/// How many are kept: a message of tomorrow may come a little before the last one of today, and what is asked of today
/// must not depend on it, so the window of yesterday stays whole.
const KEPT: i64 = REMEMBERED + 2;

impl Days {
    /// The number of the day that a time falls on.
    #[must_use]
    pub const fn number(time: Time) -> i64 {
        time.as_micros().div_euclid(Span::hours(24).as_micros())
    }

    /// Adds the day of a time.
    pub fn insert(&mut self, time: Time) {
        *self = self.union(Self { latest: Self::number(time) as i32, ages: [1, 0, 0] });
    }

    /// The days of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other } else { self };
        }
        let latest = self.latest.max(other.latest);
        Self { latest, ages: words(self.seen_from(latest) | other.seen_from(latest)) }
    }

    /// How many of the days were over at a time, of the ninety before it.
    #[must_use]
    pub fn over_at(&self, time: Time) -> u32 {
        let today = Self::number(time);
        self.between(today - REMEMBERED, today)
    }

    /// How many days there are, of the ninety that end with the latest.
    #[must_use]
    pub const fn count(&self) -> u32 {
        (self.bits() & ((1 << REMEMBERED) - 1)).count_ones()
    }

    /// The numbers of the days that [`count`](Self::count) counts, the earliest first.
    pub fn numbers(&self) -> impl Iterator<Item = i64> + use<> {
        let days = *self;
        (0..REMEMBERED).rev().map(move |age| i64::from(days.latest) - age).filter(move |day| days.has(*day))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bits() == 0
    }

    /// Whether this day is among those that are kept.
    pub(super) fn has(&self, day: i64) -> bool {
        self.between(day, day + 1) == 1
    }

    /// How many are kept of the days from the first to the one before the second.
    pub(super) fn between(&self, first: i64, end: i64) -> u32 {
        self.before(end).saturating_sub(self.before(first))
    }

    /// How many are kept of the days before this one.
    pub(super) fn before(&self, day: i64) -> u32 {
        let not_before = (i64::from(self.latest) + 1 - day).clamp(0, KEPT);
        (self.bits() >> not_before).count_ones()
    }

    /// How many are kept.
    pub(super) const fn kept(&self) -> u32 {
        self.bits().count_ones()
    }

    /// The first day on which so many of the ninety days before it were in the set, as far as they are kept.
    pub(super) fn first_after(&self, wanted: u32) -> Option<i64> {
        let latest = i64::from(self.latest);
        (latest + 2 - KEPT..=latest + 1).find(|end| self.between(end - REMEMBERED, *end) >= wanted)
    }

    const fn bits(&self) -> u128 {
        let [low, middle, high] = self.ages;
        (high as u128) << 64 | (middle as u128) << 32 | low as u128
    }

    /// The ages, from a day that is no earlier than the latest.
    fn seen_from(self, day: i32) -> u128 {
        let gap = u32::try_from(i64::from(day) - i64::from(self.latest)).ok();
        gap.filter(|gap| i64::from(*gap) < KEPT).map_or(0, |gap| self.bits() << gap)
    }
}

/// The low bits of what is kept, in words.
const fn words(bits: u128) -> [u32; 3] {
    let kept = bits & ((1 << KEPT) - 1);
    [kept as u32, (kept >> 32) as u32, (kept >> 64) as u32]
}

/// As it is stored: the latest day, and the ages as a hexadecimal number, whose lowest bit is that day.
#[derive(Serialize, Deserialize)]
struct Written(i32, String);

impl From<Days> for Written {
    fn from(days: Days) -> Self {
        Self(days.latest, format!("{:x}", days.bits()))
    }
}

impl TryFrom<Written> for Days {
    type Error = std::num::ParseIntError;

    fn try_from(Written(latest, ages): Written) -> Result<Self, Self::Error> {
        Ok(Self { latest, ages: words(u128::from_str_radix(&ages, 16)?) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn on(day: i64) -> Time {
        Time::from_millis(day * 86_400_000 + 1)
    }

    fn of(days: impl IntoIterator<Item = i64>) -> Days {
        let mut set = Days::default();
        days.into_iter().for_each(|day| set.insert(on(day)));
        set
    }

    proptest! {
        #[test]
        fn it_is_the_set_of_the_last_ninety_days(mut days in prop::collection::vec(-10_i64..400, 1..60), asked in -10_i64..420) {
            let set = of(days.clone());
            let latest = days.iter().max().copied().unwrap();
            let kept: BTreeSet<i64> = days.iter().copied().filter(|day| latest - day < KEPT).collect();
            prop_assert_eq!(set.over_at(on(asked)) as usize, kept.range(asked - REMEMBERED..asked).count());
            let counted: Vec<i64> = kept.range(latest - REMEMBERED + 1..).copied().collect();
            prop_assert_eq!(set.count() as usize, counted.len());
            prop_assert_eq!(set.numbers().collect::<Vec<_>>(), counted);
            days.reverse();
            prop_assert_eq!(set, of(days));
            prop_assert_eq!(serde_json::from_str::<Days>(&serde_json::to_string(&set).unwrap()).unwrap(), set);
        }

        #[test]
        fn a_union_is_the_set_of_all_days(left in prop::collection::vec(0_i64..300, 0..40), right in prop::collection::vec(0_i64..300, 0..40)) {
            let all = of(left.iter().chain(&right).copied());
            prop_assert_eq!(of(left).union(of(right)), all);
        }

        #[test]
        fn the_first_day_after_so_many_is_found(days in prop::collection::btree_set(0_i64..92, 1..40), wanted in 1_u32..9) {
            let enough = |end: &i64| days.range((end - REMEMBERED).max(0)..*end).count() >= wanted as usize;
            prop_assert_eq!(of(days.iter().copied()).first_after(wanted), (0..=92).find(enough));
        }
    }

    #[test]
    fn a_day_is_over_when_the_next_one_begins() {
        let set = of([5]);
        assert_eq!((set.over_at(on(5)), set.over_at(on(6)), set.over_at(on(4))), (0, 1, 0));
        assert_eq!(Days::default().over_at(on(5)), 0);
        assert_eq!((set.over_at(on(95)), set.over_at(on(96))), (1, 0));
    }

    #[test]
    fn what_is_asked_of_today_does_not_depend_on_a_message_of_tomorrow() {
        let seven = [0, 20, 40, 60, 80, 81, 82];
        assert_eq!((of(seven).over_at(on(90)), of(seven.into_iter().chain([91])).over_at(on(90))), (7, 7));
    }

    #[test]
    fn times_without_end_are_days_too() {
        let mut set = of([3]);
        for time in [Time::MIN, Time::from_micros(i64::MAX)] {
            set.insert(time);
            assert_eq!(set.count(), 1);
        }
        assert_eq!(set.over_at(Time::MIN), 0);
    }

    #[test]
    fn the_stored_form_is_short() {
        assert_eq!(serde_json::to_string(&of([20_758, 20_759])).unwrap(), r#"[20759,"3"]"#);
        assert!(serde_json::from_str::<Days>(r#"[20759,"x"]"#).is_err());
    }
}
