//! The alerts of a scan, followed from record to record.
//!
//! Each is remembered in a line: a closed one may come to life again when somebody clicks. The budgets of the detector bound
//! how many there are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::alert::{Alert, AlertId, AlertRule, State};
use crate::event::Time;
use crate::judge::Severity;

/// How many alerts a summary names.
const TOP: usize = 10;

/// What has become of the alerts.
#[derive(Debug, Default)]
pub(super) struct AlertBoard {
    open: BTreeMap<AlertId, Headline>,
    closed: BTreeMap<AlertId, Headline>,
    merged: u64,
    gravest: Option<Severity>,
}

/// The latest of one alert, in a line.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Headline {
    /// Which.
    pub(super) id: AlertId,
    /// How bad.
    pub(super) severity: Severity,
    /// The rule that opened it.
    pub(super) rule: AlertRule,
    /// Distinct recipients.
    pub(super) recipients: u64,
    /// The earliest source, as the mail has it.
    pub(super) source: Option<String>,
    /// The earliest subject, as the mail has it.
    pub(super) subject: Option<String>,
    /// Event time of the earliest message.
    pub(super) first_seen: Time,
}

impl AlertBoard {
    /// Takes note of one record of an alert.
    pub(super) fn follow(&mut self, alert: &Alert) {
        self.gravest = self.gravest.max(Some(alert.severity));
        self.closed.remove(&alert.id);
        self.open.insert(alert.id, Headline::of(alert));
        if alert.state == State::Closed {
            self.close(alert);
        }
    }

    fn close(&mut self, alert: &Alert) {
        let Some(headline) = self.open.remove(&alert.id) else { return };
        if alert.merged_into.is_some() {
            self.merged += 1;
            return;
        }
        self.closed.insert(alert.id, headline);
    }

    /// The highest severity that any alert ever had.
    pub(super) const fn gravest(&self) -> Option<Severity> {
        self.gravest
    }

    /// Alerts that turned out to be part of another; they count no more.
    pub(super) const fn merged(&self) -> u64 {
        self.merged
    }

    /// Alerts that are still open.
    pub(super) fn open(&self) -> u64 {
        self.open.len() as u64
    }

    /// The number of alerts by rule and latest severity.
    pub(super) fn counts(&self) -> BTreeMap<(AlertRule, Severity), u64> {
        let mut counts = BTreeMap::new();
        for alert in self.open.values().chain(self.closed.values()) {
            *counts.entry((alert.rule, alert.severity)).or_default() += 1;
        }
        counts
    }

    /// The gravest alerts, the most recipients first.
    pub(super) fn top(&self) -> Vec<Headline> {
        let mut top: Vec<_> = self.open.values().chain(self.closed.values()).cloned().collect();
        keep_gravest(&mut top);
        top
    }
}

impl Headline {
    fn of(alert: &Alert) -> Self {
        Self {
            id: alert.id,
            severity: alert.severity,
            rule: alert.rule,
            recipients: alert.counts.recipients,
            source: alert.sources.first().cloned(),
            subject: alert.subjects.first().cloned(),
            first_seen: alert.first_seen,
        }
    }
}

fn keep_gravest(alerts: &mut Vec<Headline>) {
    alerts.sort_by_key(|alert| (Reverse((alert.severity, alert.recipients)), alert.first_seen, alert.id));
    alerts.truncate(TOP);
}
