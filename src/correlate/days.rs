//! On which days something was seen, of the last ninety.

use serde::{Deserialize, Serialize};

use crate::event::{Span, Time};

/// A set of UTC days: those of the ninety that end with the latest one seen.
///
/// A function of the set of days alone, so the order in which they were seen does not matter; sixteen bytes, because
/// there is one for every source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// The latest day, counted from 1970-01-01.
    latest: i64,
    /// Bit n stands for the day n days before the latest.
    near: u64,
    far: u32,
}

/// How many days are remembered.
const REMEMBERED: i64 = 90;

impl Days {
    /// The number of the day that a time falls on.
    #[must_use]
    pub const fn number(time: Time) -> i64 {
        time.as_micros().div_euclid(Span::hours(24).as_micros())
    }

    /// Adds the day of a time.
    pub fn insert(&mut self, time: Time) {
        let day = Self::number(time);
        let bits = self.bits();
        if bits == 0 || day > self.latest {
            let kept = u32::try_from(day - self.latest).ok().and_then(|gap| bits.checked_shl(gap)).unwrap_or(0);
            self.latest = day;
            self.keep(if bits == 0 { 1 } else { kept | 1 });
        } else if let Ok(age) = u32::try_from(self.latest - day) {
            self.keep(bits | 1_u128.checked_shl(age).unwrap_or(0));
        }
    }

    /// How many of the days were over at a time.
    #[must_use]
    pub fn over_at(&self, time: Time) -> u32 {
        let first_open = Self::number(time);
        match u32::try_from(self.latest - first_open + 1) {
            Ok(open) => self.bits().checked_shr(open).unwrap_or(0).count_ones(),
            Err(_) => self.bits().count_ones(),
        }
    }

    /// How many days there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.bits().count_ones()
    }

    const fn bits(&self) -> u128 {
        (self.far as u128) << 64 | self.near as u128
    }

    const fn keep(&mut self, bits: u128) {
        let kept = bits & ((1 << REMEMBERED) - 1);
        self.near = kept as u64;
        self.far = (kept >> 64) as u32;
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

    proptest! {
        #[test]
        fn it_is_the_set_of_the_last_ninety_days(mut days in prop::collection::vec(-10_i64..400, 1..60), asked in -10_i64..420) {
            let mut set = Days::default();
            days.iter().for_each(|day| set.insert(on(*day)));
            let latest = days.iter().max().copied().unwrap();
            let kept: BTreeSet<i64> = days.iter().copied().filter(|day| latest - day < REMEMBERED).collect();
            prop_assert_eq!(set.count() as usize, kept.len());
            prop_assert_eq!(set.over_at(on(asked)) as usize, kept.range(..asked).count());
            days.reverse();
            let mut reversed = Days::default();
            days.iter().for_each(|day| reversed.insert(on(*day)));
            prop_assert_eq!(set, reversed);
        }
    }

    #[test]
    fn a_day_is_over_when_the_next_one_begins() {
        let mut set = Days::default();
        set.insert(on(5));
        assert_eq!((set.over_at(on(5)), set.over_at(on(6)), set.over_at(on(4))), (0, 1, 0));
        assert_eq!(Days::default().over_at(on(5)), 0);
    }
}
