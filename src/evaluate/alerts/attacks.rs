//! One attack as it was meant: a campaign of the labels, which may be told as one alert, as several, or not at all.

use std::collections::BTreeSet;

use crate::alert::AlertId;
use crate::event::Time;

use crate::evaluate::Truth;

/// How many alerts of one attack are told apart; there cannot be more than it has messages.
const ALERTS_MAX: usize = 10_000;

/// What came of one attack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attack {
    pub(super) family: String,
    pub(super) records: u64,
    /// Records that reveal it.
    pub(super) revealing: u64,
    /// Records of which nothing was told although a rule fired.
    pub(super) silenced: u64,
    pub(super) first: Option<Time>,
    /// Event time of the first message that an alert tells of.
    pub(super) found: Option<Time>,
    /// The names that its messages belong to; which of them were never told is sorted out in the end.
    pub(super) alerts: BTreeSet<AlertId>,
}

impl Attack {
    /// Counts one of its records.
    pub(super) fn meet(&mut self, truth: &Truth, time: Time) {
        if self.records == 0 {
            self.family.clone_from(&truth.family);
        }
        self.records += 1;
        self.revealing += u64::from(!truth.ambiguous);
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
    }

    /// Notes that one of its messages belongs to what has this name, which may be told by now.
    pub(super) fn join(&mut self, name: AlertId, time: Time, is_told: bool) {
        if is_told {
            self.found = Some(self.found.map_or(time, |found| found.min(time)));
        }
        if self.alerts.len() < ALERTS_MAX {
            self.alerts.insert(name);
        }
    }

    /// Notes that nothing is told of one of its messages.
    pub(super) const fn silence(&mut self) {
        self.silenced += 1;
    }

    /// Whether no record reveals it: mail through a host that was taken over, for example. Nobody is scored on it.
    pub(super) const fn is_hidden(&self) -> bool {
        self.revealing == 0
    }

    /// How long it went on before the first alert, in seconds.
    pub(super) fn seconds_to_alert(&self) -> Option<u64> {
        let waited = (self.found? - self.first?).as_micros() / 1_000_000;
        Some(u64::try_from(waited).unwrap_or(0))
    }
}
