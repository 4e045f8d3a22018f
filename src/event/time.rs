//! Points and spans of time, as numbers that arrive from outside.
//!
//! Nothing in the pure core reads a clock; a [`Time`] comes from a record or is handed in by the runtime. Microseconds
//! are kept because that is what every receiver of alerts can hold; the seventh digit of Microsoft's timestamps is cut.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: microseconds since 1970-01-01T00:00:00Z, on the proleptic Gregorian calendar without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
    /// The earliest time that can be expressed; a watermark before anything was seen.
    pub const MIN: Self = Self(i64::MIN);

    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch (Kafka's unit), saturating.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The start of the slot of a fixed grid of this width that the time falls into.
    ///
    /// Grids are anchored at the epoch, never at the first record seen, so that a replay cuts time at the same places.
    #[must_use]
    pub const fn floor_to(self, width: Span) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(width.0)))
    }

    /// Parses RFC 3339, with any number of fraction digits, or the zone-less form that Microsoft writes for UTC.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        text.parse()
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        if let Some(time) = fixed_layout(text.as_bytes()) {
            return Ok(time);
        }
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_microsecond()));
        }
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| TimeError)?;
        let instant = jiff::tz::TimeZone::UTC.to_timestamp(civil).map_err(|_| TimeError)?;
        Ok(Self(instant.as_microsecond()))
    }
}

/// `2026-11-02T08:18:30Z`, with up to seven digits of a fraction: what the streaming API writes twice a record. Anything
/// else, and anything doubtful, is left to the library.
fn fixed_layout(text: &[u8]) -> Option<Time> {
    let (head, tail) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(place, separator)| head[*place] != *separator) {
        return None;
    }
    let field = |from: usize, to: usize| digits(&head[from..to]);
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let is_plain = year >= 1970 && (1..=12).contains(&month) && (1..=28).contains(&day);
    if !is_plain || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Time(seconds * 1_000_000 + fraction_micros(tail)?))
}

/// Days since the epoch (H. Hinnant, *chrono-compatible low-level date algorithms*, `days_from_civil`).
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_era = shifted % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    shifted / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `Z`, or a point, one to seven digits and `Z`.
fn fraction_micros(tail: &[u8]) -> Option<i64> {
    let written = tail.strip_suffix(b"Z")?;
    if written.is_empty() {
        return Some(0);
    }
    let fraction = written.strip_prefix(b".").filter(|fraction| (1..=7).contains(&fraction.len()))?;
    let scale = 10_i64.pow(7 - u32::try_from(fraction.len()).ok()?);
    Some(digits(fraction)? * scale / 10)
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// The text is not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time; write it as in 2026-11-20T10:00:00Z")]
pub struct TimeError;

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => fmt::Display::fmt(&instant, f),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl Add<Span> for Time {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Span;

    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A length of time in microseconds; negative when it reaches into the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl Span {
    /// So many microseconds.
    #[must_use]
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// The number of microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_microsoft_uses_is_the_same_time() {
        let whole = Time::parse("2026-11-02T08:16:02Z").unwrap();
        for text in ["2026-11-02T08:16:02.0000000", "2026-11-02T08:16:02.0000000Z", "2026-11-02T09:16:02+01:00"] {
            assert_eq!(Time::parse(text).unwrap(), whole, "{text}");
        }
    }

    #[test]
    fn a_time_prints_as_rfc_3339_and_reads_back() {
        let time = Time::parse("2026-11-02T08:18:30.1234567Z").unwrap();
        assert_eq!(time.to_string(), "2026-11-02T08:18:30.123456Z");
        assert_eq!(Time::parse(&time.to_string()).unwrap(), time);
    }

    #[test]
    fn a_grid_is_anchored_at_the_epoch_on_both_sides_of_it() {
        let hour = Span::hours(1);
        let time = Time::parse("2026-11-02T08:59:59.999999Z").unwrap();
        assert_eq!(time.floor_to(hour).to_string(), "2026-11-02T08:00:00Z");
        assert_eq!(Time::from_micros(-1).floor_to(hour), Time::from_micros(-3_600_000_000));
    }

    proptest::proptest! {
        #[test]
        fn the_fixed_layout_says_what_the_library_says(
            micros in 0_i64..4_102_444_800_000_000,
            digits in 0_usize..8,
            garbled in proptest::option::of((0_usize..20, proptest::prelude::any::<u8>())),
        ) {
            let time = Time(micros).to_string();
            let mut text = time.trim_end_matches('Z').split('.').next().unwrap().to_owned().into_bytes();
            if digits > 0 {
                text.extend(format!(".{:07}", micros % 1_000_000 * 10)[..=digits].bytes());
            }
            text.push(b'Z');
            if let Some((place, byte)) = garbled.filter(|(place, _)| *place < text.len()) {
                text[place] = byte;
            }
            let Ok(text) = std::str::from_utf8(&text) else { return Ok(()) };
            if let Some(time) = fixed_layout(text.as_bytes()) {
                let library = text.parse::<jiff::Timestamp>().unwrap();
                proptest::prop_assert_eq!(time.as_micros(), library.as_microsecond());
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused_and_arithmetic_saturates() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1764000000"] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
        assert_eq!(Time::MIN - Span::hours(1), Time::MIN);
    }
}
