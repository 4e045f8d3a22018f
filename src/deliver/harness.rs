//! For the tests of sinks: a ledger in memory, and the thread that owns it.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

use super::status::{SinkReport, SinkStatus};
use crate::config::{SinkConfig, SinkKind};
use crate::event::Time;
use crate::ledger::{
    Entry, Ledger, LedgerError, Outbox, ReadLimit, Refusal, Request, Retention, Sequences, Snapshot, Stream,
    Transaction,
};

/// The ledger's owner: serves until the outbox is dropped.
pub(super) struct Desk {
    served: JoinHandle<Transaction>,
    last: watch::Sender<u64>,
}

struct MemoryLedger(Vec<Entry>);

impl Ledger for MemoryLedger {
    fn snapshot(&mut self) -> Result<Snapshot, LedgerError> {
        Ok(Snapshot::default())
    }

    fn commit(&mut self, _: &Transaction) -> Result<Sequences, LedgerError> {
        Ok(Sequences::default())
    }

    fn prune(&mut self, _: &Retention) -> Result<usize, LedgerError> {
        Ok(0)
    }

    fn read(&mut self, _: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.0.iter().filter(|entry| entry.sequence > after).take(limit.entries).cloned().collect())
    }
}

/// Entries with these bodies, one record of one alert each.
pub(super) fn entries(bodies: &[&str]) -> Vec<Entry> {
    let entry = |(at, body): (usize, &&str)| Entry {
        sequence: at as u64 + 1,
        key: format!("{:032x}", at / 2),
        seq: at as u32 + 1,
        body: (*body).to_owned(),
    };
    bodies.iter().enumerate().map(entry).collect()
}

/// An outbox of these entries.
pub(super) fn desk(entries: Vec<Entry>) -> (Outbox, Desk) {
    let (requests, queue) = crossbeam_channel::bounded::<Request>(8);
    let (last, seen) = watch::channel(entries.len() as u64);
    let served = thread::spawn(move || {
        let (mut ledger, mut pending) = (MemoryLedger(entries), Transaction::default());
        for request in queue {
            request.serve(&mut ledger, &mut pending).unwrap();
        }
        pending
    });
    (Outbox::new("test".into(), Stream::Alerts, 0, requests, seen), Desk { served, last })
}

impl Desk {
    /// What was settled last and what was refused, once the sink has ended.
    pub(super) fn close(self) -> (u64, Vec<Refusal>) {
        let pending = self.served.join().unwrap();
        drop(self.last);
        (pending.cursors.first().map_or(0, |cursor| cursor.sequence), pending.refusals)
    }
}

/// A configuration that waits only milliseconds.
pub(super) fn config(kind: SinkKind) -> SinkConfig {
    SinkConfig {
        name: "test".into(),
        kind,
        batch_entries_max: 4,
        batch_bytes_max: 1_000_000,
        timeout: Duration::from_secs(20),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(8),
    }
}

/// The time of the machine.
pub(super) fn now() -> Time {
    Time::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// Waits until the sink is as it should be.
pub(super) async fn until(status: &SinkStatus, as_it_should: impl FnMut(&SinkReport) -> bool) {
    let mut reports = status.subscribe();
    let waited = tokio::time::timeout(Duration::from_secs(30), reports.wait_for(as_it_should)).await;
    assert!(waited.is_ok(), "not within the time: {:?}", status.report());
}
