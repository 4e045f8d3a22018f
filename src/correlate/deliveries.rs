//! Which rows have been counted already, and what became of each delivery.
//!
//! About three rows in a hundred are delivered twice, with equal properties and a new envelope; others come again
//! because something changed. A row is a repeat when its message, its recipient and its ReportId have been seen; a later
//! row for the same message and recipient replaces the earlier one. Names are 128-bit fingerprints and not a Bloom
//! filter: what suppresses must not be wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{DeliveryAction, Fingerprint, Span, Time};
use crate::judge::Observation;

/// How long a delivery is remembered, in event time behind the tenant's watermark.
pub(super) const REMEMBERED: Span = Span::hours(24);

/// The deliveries of a tenant's suspicious messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Deliveries {
    entries: BTreeMap<Fingerprint, Delivery>,
    by_time: BTreeSet<(Time, Fingerprint)>,
}

/// The newest row of one message to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    /// The row's event time.
    pub(super) time: Time,
    /// The row's ReportId.
    pub(super) row: Fingerprint,
    /// What became of the delivery.
    pub(super) fate: Fate,
}

/// What became of a delivery, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fate {
    /// In a mailbox, outside the junk folder.
    Delivered,
    /// In the junk folder.
    Junked,
    /// Blocked or quarantined.
    Blocked,
    /// The row does not say.
    Unknown,
}

impl Fate {
    const fn of(action: DeliveryAction) -> Self {
        match action {
            DeliveryAction::Delivered | DeliveryAction::Replaced => Self::Delivered,
            DeliveryAction::Junked => Self::Junked,
            DeliveryAction::Blocked => Self::Blocked,
            DeliveryAction::Unknown => Self::Unknown,
        }
    }
}

/// What a row means beside the rows that were seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The first row of this delivery.
    New(Fate),
    /// A newer row: the delivery's fate was the first and is the second.
    Changed(Fate, Fate),
    /// Seen before, or older than what was seen.
    Repeated,
}

impl Deliveries {
    /// The name of the delivery that an observation tells of.
    pub(super) fn key(observation: &Observation) -> Fingerprint {
        Fingerprint::of("postern delivery", &[observation.message.as_bytes(), observation.recipient.as_bytes()])
    }

    /// Records a row.
    pub(super) fn observe(&mut self, key: Fingerprint, observation: &Observation) -> Row {
        let fate = Fate::of(observation.delivery);
        let row = Delivery { time: observation.time, row: observation.row, fate };
        match self.entries.get(&key).copied() {
            None => {
                self.restore(key, row);
                Row::New(fate)
            }
            Some(known) if (known.time, known.row) < (row.time, row.row) => {
                self.by_time.remove(&(known.time, key));
                self.restore(key, row);
                Row::Changed(known.fate, fate)
            }
            Some(_) => Row::Repeated,
        }
    }

    /// Puts an entry back as it was stored.
    pub(super) fn restore(&mut self, key: Fingerprint, delivery: Delivery) {
        self.entries.insert(key, delivery);
        self.by_time.insert((delivery.time, key));
    }

    /// Forgets and returns the oldest entry that the watermark has left behind, or that exceeds the bound.
    pub(super) fn forget_one(&mut self, watermark: Time, entries_max: usize) -> Option<Fingerprint> {
        let (time, key) = self.by_time.first().copied()?;
        if self.entries.len() <= entries_max && time > watermark - REMEMBERED {
            return None;
        }
        self.by_time.remove(&(time, key));
        self.entries.remove(&key);
        Some(key)
    }

    /// The entry with this name.
    pub(super) fn get(&self, key: Fingerprint) -> Option<&Delivery> {
        self.entries.get(&key)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
