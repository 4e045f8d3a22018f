//! The commit loop: the one thread that owns the ledger and drives the shards.
//!
//! Receivers hand it stretches of input over a bounded channel; it lets the shards see them, gathers one transaction of
//! positions, changed state and alerts, and makes it durable: after the interval, after so many records, and at once
//! where an alert or a waiting webhook request is in it. While it commits, input queues up, so the next transaction is
//! as large as it needs to be: group commit without a timer.
//!
//! What goes into a transaction is decided by the [`Kernel`]; here is when, and how often it is tried.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select_biased};
use tokio::sync::{oneshot, watch};

use crate::config::CommitPolicy;
use crate::deliver::Clock;
use crate::ledger::{Ledger, LedgerError, Request, Retention, Sequences, Stream, Transaction};
use crate::observe::{Health, Metrics};
use crate::receive::{Board, Intake};

use super::heartbeat::Heartbeats;
use super::kernel::Kernel;

/// The name of the loop on the health page.
pub(super) const LOOP: &str = "commit";
/// Intakes that are taken in before sinks are served again.
const INTAKES_PER_TURN_MAX: usize = 256;
/// The first and the longest wait before a failed commit is tried again.
const RETRY_WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How often the ledger is pruned.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

/// The loop and its memory.
pub(super) struct CommitLoop {
    ledger: Box<dyn Ledger>,
    kernel: Kernel,
    heartbeats: Heartbeats,
    /// The last alert record that is durable.
    last_alert: u64,
    clock: Clock,
    policy: CommitPolicy,
    retention: Retention,
    told: Told,
    waiting: Vec<oneshot::Sender<()>>,
    since: Option<Instant>,
    pruned: Instant,
}

/// Whom the loop tells what it did.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Receivers: where partitions durably stand.
    pub(super) board: Arc<Board>,
    /// Sinks: what there is to tell.
    pub(super) tails: Arc<Tails>,
    /// Prometheus.
    pub(super) metrics: Arc<Metrics>,
    /// Kubernetes.
    pub(super) health: Arc<Health>,
}

/// The sequence number of the last durable entry of each stream.
#[derive(Debug)]
pub(super) struct Tails {
    alerts: watch::Sender<u64>,
    dead_letters: watch::Sender<u64>,
}

impl Tails {
    pub(super) fn new(last: Sequences) -> Self {
        Self { alerts: watch::Sender::new(last.alerts), dead_letters: watch::Sender::new(last.dead_letters) }
    }

    pub(super) fn follow(&self, stream: Stream) -> watch::Receiver<u64> {
        match stream {
            Stream::Alerts => self.alerts.subscribe(),
            Stream::DeadLetters => self.dead_letters.subscribe(),
        }
    }

    fn post(&self, last: Sequences) {
        for (tail, now) in [(&self.alerts, last.alerts), (&self.dead_letters, last.dead_letters)] {
            tail.send_if_modified(|before| std::mem::replace(before, now) != now);
        }
    }
}

enum Event {
    Intake(Intake),
    IntakeClosed,
    Request(Request),
    RequestsClosed,
    Due,
}

impl CommitLoop {
    /// A loop over a ledger, and over a kernel that has been restored from it.
    pub(super) fn new(
        ledger: Box<dyn Ledger>,
        kernel: Kernel,
        heartbeats: Heartbeats,
        clock: Clock,
        policy: CommitPolicy,
        retention: Retention,
        told: Told,
    ) -> Self {
        let (last_alert, pruned) = (*told.tails.follow(Stream::Alerts).borrow(), Instant::now());
        let (waiting, since) = (Vec::new(), None);
        Self { ledger, kernel, heartbeats, last_alert, clock, policy, retention, told, waiting, since, pruned }
    }

    /// Runs until every receiver and every sink has hung up; what was taken in is durable then.
    ///
    /// # Errors
    /// When the ledger fails in a way that trying again cannot help.
    pub(super) fn run(mut self, mut intake: Receiver<Intake>, requests: &Receiver<Request>) -> Result<(), LedgerError> {
        loop {
            self.told.health.turned(LOOP);
            match self.next(&intake, requests) {
                Event::Intake(first) => self.take_in(first, &intake),
                Event::IntakeClosed => intake = never(),
                Event::Request(request) => self.serve(request)?,
                Event::RequestsClosed => return self.commit(requests),
                Event::Due => {}
            }
            if self.is_due() {
                self.commit(requests)?;
            }
        }
    }

    /// Waits for what comes next. Sinks come first: they only read, and they free what the ledger holds.
    fn next(&self, intake: &Receiver<Intake>, requests: &Receiver<Request>) -> Event {
        let interval = self.policy.interval;
        let patience = self.since.map_or(interval, |since| interval.saturating_sub(since.elapsed()));
        select_biased! {
            recv(requests) -> request => request.map_or(Event::RequestsClosed, Event::Request),
            recv(intake) -> intake => intake.map_or(Event::IntakeClosed, Event::Intake),
            default(patience) => Event::Due,
        }
    }

    fn take_in(&mut self, first: Intake, queue: &Receiver<Intake>) {
        self.since.get_or_insert_with(Instant::now);
        let metrics = &self.told.metrics;
        for intake in std::iter::once(first).chain(queue.try_iter().take(INTAKES_PER_TURN_MAX)) {
            for stretch in intake.stretches {
                self.kernel.take_in(stretch, |source, slice| metrics.inspected(source, slice));
            }
            self.waiting.extend(intake.durable);
            if self.kernel.records() >= self.policy.records_max {
                return;
            }
        }
    }

    fn serve(&mut self, request: Request) -> Result<(), LedgerError> {
        self.since.get_or_insert_with(Instant::now);
        self.kernel.serve(request, self.ledger.as_mut())
    }

    fn is_due(&self) -> bool {
        self.kernel.has_alerts()
            || !self.waiting.is_empty()
            || self.kernel.records() >= self.policy.records_max
            || self.since.is_some_and(|since| since.elapsed() >= self.policy.interval)
            || self.heartbeats.is_due((self.clock)())
    }

    /// Makes everything that was gathered durable, and tells everybody who waits for it.
    fn commit(&mut self, requests: &Receiver<Request>) -> Result<(), LedgerError> {
        self.since = None;
        let waiting = std::mem::take(&mut self.waiting);
        let mut commit = self.kernel.next_commit();
        let now = (self.clock)();
        bearable(self.heartbeats.beat(now, self.last_alert, self.ledger.as_mut(), &mut commit.transaction))?;
        if !commit.transaction.is_empty() {
            let last = self.commit_until_durable(&commit.transaction, requests)?;
            self.last_alert = last.alerts;
            self.told.board.post(commit.positions);
            self.told.tails.post(last);
            self.told.metrics.alerts(&commit.alerts);
            self.told.metrics.heartbeats(&commit.transaction.pulses);
            self.told.metrics.tallies(self.kernel.tallies());
        }
        for waiting in waiting {
            // A request whose sender has gone away will come again; it is durable all the same.
            let _ = waiting.send(());
        }
        bearable(self.ledger.settle())?;
        self.prune()
    }

    /// A full disk is no reason to die: input waits in its topic until there is room again.
    fn commit_until_durable(
        &mut self,
        transaction: &Transaction,
        requests: &Receiver<Request>,
    ) -> Result<Sequences, LedgerError> {
        let mut wait = RETRY_WAIT.0;
        loop {
            let started = Instant::now();
            let outcome = self.ledger.commit(transaction);
            self.told.metrics.committed(started.elapsed(), outcome.is_ok());
            self.told.health.committed(outcome.is_ok());
            match outcome {
                Err(error @ LedgerError::Unavailable(_)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "nothing is committed; trying again");
                    self.serve_for(wait, requests)?;
                    wait = (wait * 2).min(RETRY_WAIT.1);
                }
                outcome => return outcome,
            }
        }
    }

    fn serve_for(&mut self, wait: Duration, requests: &Receiver<Request>) -> Result<(), LedgerError> {
        self.told.health.turned(LOOP);
        let until = Instant::now() + wait;
        while let Ok(request) = requests.recv_deadline(until) {
            self.serve(request)?;
        }
        // Where every sink has hung up there is nothing to serve, and still something to wait for.
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        Ok(())
    }

    fn prune(&mut self) -> Result<(), LedgerError> {
        if self.pruned.elapsed() < PRUNE_INTERVAL {
            return Ok(());
        }
        self.pruned = Instant::now();
        bearable(self.ledger.prune(&self.retention))
    }
}

/// Upkeep that the ledger cannot do now is done another time.
fn bearable<T>(upkeep: Result<T, LedgerError>) -> Result<(), LedgerError> {
    match upkeep {
        Ok(_) | Err(LedgerError::Unavailable(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
