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
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_microsecond()));
        }
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| TimeError)?;
        let instant = jiff::tz::TimeZone::UTC.to_timestamp(civil).map_err(|_| TimeError)?;
        Ok(Self(instant.as_microsecond()))
    }
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

    #[test]
    fn what_is_no_time_is_refused_and_arithmetic_saturates() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1764000000"] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
        assert_eq!(Time::MIN - Span::hours(1), Time::MIN);
    }
}
