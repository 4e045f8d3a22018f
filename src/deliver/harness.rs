//! For the tests of sinks: a ledger in memory, and the thread that owns it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::driver::Driver;
use super::status::{SinkReport, SinkState, SinkStatus};
use crate::alert::{Alert, AlertRule, Counts, SCHEMA, State};
use crate::config::{Endpoint, SinkConfig, SinkKind, Trust};
use crate::detector::StateChange;
use crate::event::Time;
use crate::judge::{RuleId, Severity};
use crate::ledger::{
    Entry, Ledger, LedgerError, LedgerId, Outbox, ReadLimit, Request, Retention, Sequences, Snapshot, Stream,
    Transaction, Wanted,
};

/// The ledger's owner: serves until the outbox is dropped.
pub(super) struct Desk {
    served: JoinHandle<Transaction>,
    _last: watch::Sender<u64>,
}

struct MemoryLedger(Vec<Entry>);

impl Ledger for MemoryLedger {
    fn id(&self) -> LedgerId {
        LedgerId::from_bits(0)
    }

    fn snapshot(&mut self) -> Result<Snapshot, LedgerError> {
        Ok(Snapshot::default())
    }

    fn state(&mut self, _: &mut dyn FnMut(StateChange) -> ControlFlow<()>) -> Result<(), LedgerError> {
        Ok(())
    }

    fn commit(&mut self, _: &Transaction) -> Result<Sequences, LedgerError> {
        Ok(Sequences::default())
    }

    fn wanted(&mut self, _: &str, _: Stream, _: ReadLimit) -> Result<Wanted, LedgerError> {
        Ok(Wanted::default())
    }

    fn told(&mut self, _: &str, _: u64, _: &mut dyn FnMut(&str, u32)) -> Result<(), LedgerError> {
        Ok(())
    }

    fn prune(&mut self, _: &Retention) -> Result<usize, LedgerError> {
        Ok(0)
    }

    fn settle(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn read(&mut self, _: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.0.iter().filter(|entry| entry.sequence > after).take(limit.entries).cloned().collect())
    }
}

/// Entries with these bodies, one record of one alert each.
pub(super) fn entries(bodies: &[&str]) -> Vec<Entry> {
    let entry = |(at, body): (usize, &&str)| Entry {
        sequence: at as u64 + 1,
        written: None,
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
    (Outbox::new("test".into(), Stream::Alerts, 0, requests, seen), Desk { served, _last: last })
}

/// A sink at work.
pub(super) struct Running {
    task: tokio::task::JoinHandle<()>,
    pub(super) status: Arc<SinkStatus>,
    pub(super) shutdown: watch::Sender<bool>,
    desk: Desk,
}

/// Starts the sink that is configured.
pub(super) fn run(config: &SinkConfig, entries: Vec<Entry>) -> Running {
    let (outbox, desk) = desk(entries);
    let (shutdown, stop) = watch::channel(false);
    let (task, status) = super::spawn(config, outbox, now, stop).unwrap();
    Running { task, status, shutdown, desk }
}

/// Starts a sink of the test's own.
pub(super) fn start(
    config: &SinkConfig,
    entries: Vec<Entry>,
    spawn: impl FnOnce(Driver) -> tokio::task::JoinHandle<()>,
) -> Running {
    let (outbox, desk) = desk(entries);
    let (shutdown, stop) = watch::channel(false);
    let driver = Driver::new(config, outbox, now, stop);
    Running { status: driver.status(), task: spawn(driver), shutdown, desk }
}

impl Running {
    /// Waits until the sink is as it should be.
    pub(super) async fn until(&self, as_it_should: impl FnMut(&SinkReport) -> bool) {
        let mut reports = self.status.subscribe();
        let waited = timeout(Duration::from_secs(30), reports.wait_for(as_it_should)).await;
        assert!(waited.is_ok(), "not within the time: {:?}", self.status.report());
    }

    /// Waits until so many entries are delivered and nothing is left.
    pub(super) async fn until_delivered(&self, count: u64) {
        self.until(|report| report.delivered == count && report.state == SinkState::Idle && report.backlog == 0).await;
    }

    /// Stops, and tells what was settled last and what was refused.
    pub(super) async fn stop(self) -> (u64, Vec<(u64, String)>) {
        self.shutdown.send_replace(true);
        self.task.await.unwrap();
        let pending = self.desk.served.join().unwrap();
        let settled = pending.cursors.first().map_or(0, |cursor| cursor.sequence);
        (settled, pending.refusals.into_iter().map(|refusal| (refusal.sequence, refusal.reason)).collect())
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

/// An address that is checked as usual.
pub(super) fn endpoint(url: &str) -> Endpoint {
    Endpoint { url: url.to_owned(), trust: Trust { ca_file: None, verify: true } }
}

/// The opening of an alert, of high severity; each number is another one.
pub(super) fn alert(number: u32) -> Alert {
    let time = |text: &str| Time::parse(text).unwrap();
    Alert {
        schema: SCHEMA.to_owned(),
        id: format!("{number:032x}").parse().unwrap(),
        seq: 1,
        state: State::Open,
        tenant: "contoso".to_owned(),
        tenant_id: "6f0c1d7e-0000-4000-8000-000000000001".to_owned(),
        rule: AlertRule::Mail(RuleId::DirectSendSpoof),
        severity: Severity::High,
        title: "Own domain spoofed by Direct Send".to_owned(),
        summary: "Three messages claimed to come from contoso.com.".to_owned(),
        first_seen: time("2026-11-20T10:00:00Z"),
        last_seen: time("2026-11-20T10:04:00Z"),
        counts: Counts { messages: 3, recipients: 3, delivered: 2, junked: 1, ..Counts::default() },
        sources: vec!["203.0.113.9".to_owned()],
        senders: vec!["ceo@contoso.com".to_owned()],
        recipients: vec!["berta@contoso.com".to_owned()],
        clicked_by: Vec::new(),
        subjects: vec!["Voice message".to_owned()],
        sample_message_ids: vec!["b0eabe4b-e1e4-4f97-80a1-688326ac374c".to_owned()],
        evidence: Vec::new(),
        severity_reasons: Vec::new(),
        techniques: vec!["T1672".to_owned()],
        actions: vec!["Remove the messages.".to_owned()],
        merged_into: None,
        link_domains: vec!["login.example".to_owned()],
        storm: None,
        test: false,
        campaigns_since: Vec::new(),
    }
}

/// The time of the machine.
pub(super) fn now() -> Time {
    Time::from_micros(jiff::Timestamp::now().as_microsecond())
}
