//! Event time, counted from the start at a fixed pace.

use super::options::Options;
use crate::event::{Span, Time};

/// From the event to its record: Microsoft's captured lag, rounded.
const PUBLISHED_AFTER: Span = Span::seconds(140);

/// When what stands at each place of the mail happens. Places are counted from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Time,
    per_second: u64,
}

impl Clock {
    pub(super) const fn of(options: &Options) -> Self {
        Self { start: options.start, per_second: options.records_per_second.get() as u64 }
    }

    /// When it happens, to the second, as the Email tables have it.
    pub(super) fn at(self, place: u64) -> Time {
        let elapsed = place.saturating_sub(1) / self.per_second;
        let elapsed = Span::seconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        (self.start + elapsed).floor_to(Span::seconds(1))
    }

    /// When a record at this place is published, to the second.
    pub(super) fn published(self, place: u64) -> Time {
        self.at(place) + PUBLISHED_AFTER
    }

    /// How many places pass within so many seconds.
    pub(super) const fn places_in(self, seconds: u32) -> u64 {
        self.per_second * seconds as u64
    }
}

/// A whole second as the columns begin, `2026-11-02T08:16:02`: written once for all records of that second.
#[derive(Debug, Default)]
pub(super) struct Stamp {
    second: Option<Time>,
    text: String,
}

impl Stamp {
    pub(super) fn of(&mut self, second: Time) -> &str {
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = second.to_string().trim_end_matches('Z').to_owned();
        }
        &self.text
    }
}
