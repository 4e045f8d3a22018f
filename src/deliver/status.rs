//! How a sink is doing, for the metrics, the console and the health page.

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::event::Time;

/// How a sink is doing; written by its driver, read by anyone.
#[derive(Debug)]
pub struct SinkStatus {
    name: String,
    kind: &'static str,
    report: watch::Sender<SinkReport>,
}

/// How a sink is doing now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkReport {
    /// What it does.
    pub state: SinkState,
    /// Entries that the receiver accepted, since the start.
    pub delivered: u64,
    /// Attempts that failed and were, or will be, made again; since the start.
    pub retried: u64,
    /// Entries that the receiver refused for good, since the start.
    pub refused: u64,
    /// Entries that are durable and not settled.
    pub backlog: u64,
    /// Why the last attempt that failed did, in the receiver's own words: one line, at most 512 bytes.
    pub last_error: Option<String>,
    /// When the receiver last accepted something.
    pub last_success: Option<Time>,
    /// When the oldest entry that is not told became durable; `None` where everything is told, or nobody noted it.
    pub oldest_unsent: Option<Time>,
    /// Entries that are kept because the receiver refused them, until an operator has them sent again or dropped.
    pub dead_letters: u64,
    /// Whether the receiver is believed to be down, so that it is only probed.
    pub is_breaker_open: bool,
}

/// What a sink does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinkState {
    /// Everything is told.
    #[default]
    Idle,
    /// An attempt is under way.
    Sending,
    /// The receiver cannot take anything now; the next attempt comes by itself.
    BackingOff,
    /// The receiver will not take anything until an operator acts; it is probed slowly.
    Holding,
}

impl SinkState {
    /// Every state, for the metrics.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Sending, Self::BackingOff, Self::Holding];

    /// The word in metrics and API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Sending => "sending",
            Self::BackingOff => "backing-off",
            Self::Holding => "holding",
        }
    }
}

impl SinkStatus {
    pub(super) fn new(name: &str, kind: &'static str) -> Self {
        Self { name: name.to_owned(), kind, report: watch::Sender::default() }
    }

    /// The sink's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, as in `[[sink.…]]`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// How it is doing now.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.report.borrow().clone()
    }

    /// How it is doing, for those who want to be told of changes.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<SinkReport> {
        self.report.subscribe()
    }

    pub(super) fn state(&self) -> SinkState {
        self.report.borrow().state
    }

    pub(super) fn enter(&self, state: SinkState) {
        self.report.send_if_modified(|report| std::mem::replace(&mut report.state, state) != state);
    }

    pub(super) fn measure(&self, backlog: u64) {
        self.report.send_if_modified(|report| std::mem::replace(&mut report.backlog, backlog) != backlog);
    }

    pub(super) fn accepted(&self, entries: usize, backlog: u64, now: Time) {
        self.report.send_modify(|report| {
            report.state = SinkState::Sending;
            report.delivered += entries as u64;
            report.backlog = backlog;
            report.last_success = Some(now);
        });
    }

    pub(super) fn oldest_unsent(&self, written: Option<Time>) {
        self.report.send_if_modified(|report| std::mem::replace(&mut report.oldest_unsent, written) != written);
    }

    pub(super) fn dead_letters(&self, refused: u64) {
        self.report.send_if_modified(|report| std::mem::replace(&mut report.dead_letters, refused) != refused);
    }

    pub(super) fn breaker(&self, is_open: bool) {
        self.report.send_if_modified(|report| std::mem::replace(&mut report.is_breaker_open, is_open) != is_open);
    }

    pub(super) fn failed(&self, state: SinkState, reason: String) {
        self.report.send_modify(|report| {
            report.state = state;
            report.retried += 1;
            report.last_error = Some(reason);
        });
    }

    /// An entry was refused; one that had been refused before is no further dead letter.
    pub(super) fn refused(&self, backlog: u64, reason: String, is_known: bool) {
        self.report.send_modify(|report| {
            report.state = SinkState::Sending;
            report.refused += 1;
            report.dead_letters += u64::from(!is_known);
            report.backlog = backlog;
            report.last_error = Some(reason);
        });
    }
}
