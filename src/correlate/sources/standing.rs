//! What the messages of a source proved.

use serde::{Deserialize, Serialize};

use crate::correlate::days::Days;
use crate::event::Time;
pub use crate::judge::Standing;

/// All of them, in order.
pub(super) const ALL: [Standing; 4] =
    [Standing::Aligned, Standing::Sanctioned, Standing::Transient, Standing::Unaligned];

/// The messages of one standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Event time of the first.
    pub(super) first_seen: Time,
    /// How many there are.
    pub(super) messages: u64,
    /// The days on which there were any.
    pub(super) days: Days,
}

impl Record {
    /// The record of so many messages on one day.
    pub(super) fn of_one_day(first_seen: Time, messages: u64) -> Self {
        let mut days = Days::default();
        days.insert(first_seen);
        Self { first_seen, messages, days }
    }

    fn insert(&mut self, time: Time) {
        self.first_seen = self.first_seen.min(time);
        self.messages = self.messages.saturating_add(1);
        self.days.insert(time);
    }
}

/// The records of a source. Few sources have more than one, so none takes room before it is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Records {
    #[serde(skip_serializing_if = "Option::is_none")]
    aligned: Option<Box<Record>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanctioned: Option<Box<Record>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transient: Option<Box<Record>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unaligned: Option<Box<Record>>,
}

impl Records {
    /// The records where there is only one.
    pub(super) fn of(standing: Standing, record: Record) -> Self {
        let mut records = Self::default();
        *records.entry(standing) = Some(Box::new(record));
        records
    }

    /// Takes a message in.
    pub(super) fn insert(&mut self, standing: Standing, time: Time) {
        match self.entry(standing) {
            Some(record) => record.insert(time),
            missing => *missing = Some(Box::new(Record::of_one_day(time, 1))),
        }
    }

    /// The messages of one standing.
    pub(super) fn get(&self, standing: Standing) -> Option<&Record> {
        match standing {
            Standing::Aligned => self.aligned.as_deref(),
            Standing::Sanctioned => self.sanctioned.as_deref(),
            Standing::Transient => self.transient.as_deref(),
            Standing::Unaligned => self.unaligned.as_deref(),
        }
    }

    /// Those that there are, in the order of the standings.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Standing, &Record)> {
        ALL.into_iter().filter_map(|standing| Some((standing, self.get(standing)?)))
    }

    /// The days on which something proved the claim.
    pub(super) fn proven_days(&self) -> Days {
        let days = |standing| self.get(standing).map(|record| record.days).unwrap_or_default();
        days(Standing::Aligned).union(days(Standing::Sanctioned))
    }

    const fn entry(&mut self, standing: Standing) -> &mut Option<Box<Record>> {
        match standing {
            Standing::Aligned => &mut self.aligned,
            Standing::Sanctioned => &mut self.sanctioned,
            Standing::Transient => &mut self.transient,
            Standing::Unaligned => &mut self.unaligned,
        }
    }
}
