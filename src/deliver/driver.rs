//! One task for each sink: read, attempt, settle, and wait when it does not work.
//!
//! There is never a second batch on its way, not even during a wait: a receiver that struggles is not helped by more,
//! and memory stays at one batch for each sink however long it is down.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tracing::{error, info, warn};

use super::decision::{Breaker, Fate, Fault, Next, Patience, Sent};
use super::status::{SinkState, SinkStatus};
use super::words::sanitised;
use super::{Clock, Sink};
use crate::config::SinkConfig;
use crate::ledger::{Entry, Outbox, OutboxClosed, ReadLimit};

/// How often it is looked whether an operator wants something to be sent again.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often the backlog is measured while an attempt or a wait lasts.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);

/// Drives one sink.
pub(super) struct Driver {
    outbox: Outbox,
    limit: ReadLimit,
    timeout: Duration,
    patience: Patience,
    looked: Option<Instant>,
    breaker: Breaker,
    clock: Clock,
    shutdown: watch::Receiver<bool>,
    status: Arc<SinkStatus>,
}

/// What is being delivered.
struct Work {
    /// What is neither accepted nor refused, in order.
    open: Vec<Entry>,
    /// Whether it was refused before and an operator wants it to be tried again: the stream has gone on behind it.
    is_second_try: bool,
}

/// There is nothing more to do: the process is stopping.
struct Stopped;

impl From<OutboxClosed> for Stopped {
    fn from(OutboxClosed: OutboxClosed) -> Self {
        Self
    }
}

impl Driver {
    pub(super) fn new(config: &SinkConfig, outbox: Outbox, clock: Clock, shutdown: watch::Receiver<bool>) -> Self {
        let limit = ReadLimit { entries: config.batch_entries_max, bytes: config.batch_bytes_max };
        let patience = Patience { min: config.backoff_min, max: config.backoff_max };
        let status = Arc::new(SinkStatus::new(&config.name, config.kind.as_str()));
        // What waits from before the start is there before anybody asks.
        status.measure(outbox.backlog());
        Self {
            outbox,
            limit,
            timeout: config.timeout,
            patience,
            breaker: Breaker::default(),
            looked: None,
            clock,
            shutdown,
            status,
        }
    }

    pub(super) fn status(&self) -> Arc<SinkStatus> {
        Arc::clone(&self.status)
    }

    /// Delivers until the process stops.
    pub(super) async fn run(mut self, mut sink: impl Sink) {
        while let Ok(work) = self.read().await {
            if self.deliver(&mut sink, work).await.is_err() {
                return;
            }
            self.status.enter(SinkState::Idle);
            self.status.oldest_unsent(None);
        }
    }

    /// Waits for what comes next in the stream, and now and then looks whether something is to be sent again.
    async fn read(&mut self) -> Result<Work, Stopped> {
        loop {
            if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_INTERVAL) {
                self.looked = Some(Instant::now());
                let wanted = self.outbox.wanted(self.limit).await?;
                self.status.dead_letters(wanted.refused);
                if !wanted.entries.is_empty() {
                    return Ok(Work { open: wanted.entries, is_second_try: true });
                }
            }
            tokio::select! {
                biased;
                () = stopping(&mut self.shutdown) => return Err(Stopped),
                batch = self.outbox.next(self.limit) => return Ok(Work { open: batch?, is_second_try: false }),
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Attempts until every entry of the batch is settled.
    async fn deliver(&mut self, sink: &mut impl Sink, mut work: Work) -> Result<(), Stopped> {
        let last = work.open.last().map_or(0, |entry| entry.sequence);
        while !work.open.is_empty() {
            self.status.oldest_unsent(work.open.first().and_then(|entry| entry.written));
            let tried = self.breaker.allows(work.open.len());
            let sent = self.attempt(sink, &work.open[..tried]).await?;
            debug_assert!(sent.is_progress() || sent.fault.is_some(), "an attempt without an outcome");
            if sent.is_progress() {
                self.note_success(&sent);
                self.take_out(&mut work, &sent.fates, last)?;
            }
            if let Some(fault) = sent.fault {
                self.face(fault, &mut work, last).await?;
            }
        }
        Ok(())
    }

    async fn attempt(&mut self, sink: &mut impl Sink, batch: &[Entry]) -> Result<Sent, Stopped> {
        if *self.shutdown.borrow() || self.shutdown.has_changed().is_err() {
            return Err(Stopped);
        }
        if self.status.state() != SinkState::Holding {
            self.status.enter(SinkState::Sending);
        }
        let attempt = timeout(self.timeout, sink.send(batch));
        let sent = measuring(&self.outbox, &self.status, attempt).await;
        Ok(sent.unwrap_or_else(|_| Fault::retry(format!("no answer within {:?}", self.timeout)).into()))
    }

    fn note_success(&mut self, sent: &Sent) {
        self.breaker.close();
        self.status.breaker(false);
        if sent.has_accepted() && self.status.state() == SinkState::Holding {
            info!(sink = self.status.name(), "delivery goes on");
        }
    }

    /// Takes out what is accepted and what is refused, and settles everything before the first entry that is open.
    fn take_out(&mut self, work: &mut Work, fates: &[Fate], last: u64) -> Result<(), Stopped> {
        let mut accepted = 0;
        let fates = fates.iter().chain(std::iter::repeat(&Fate::Open));
        for (entry, fate) in std::mem::take(&mut work.open).into_iter().zip(fates) {
            match fate {
                Fate::Accepted if work.is_second_try => {
                    self.outbox.absolve(entry.sequence)?;
                    accepted += 1;
                }
                Fate::Accepted => accepted += 1,
                Fate::Refused(reason) => self.refuse(&entry, sanitised(reason), work.is_second_try)?,
                Fate::Open => work.open.push(entry),
            }
        }
        if !work.is_second_try {
            self.outbox.settle(work.open.first().map_or(last, |entry| entry.sequence - 1))?;
        }
        if accepted > 0 {
            self.status.accepted(accepted, self.outbox.backlog(), (self.clock)());
        }
        Ok(())
    }

    /// Does what a fault asks for.
    async fn face(&mut self, fault: Fault, work: &mut Work, last: u64) -> Result<(), Stopped> {
        let reason = sanitised(&fault.reason);
        match self.patience.decide(fault.remedy, self.breaker.failures(), jitter) {
            Next::BackOff(wait) => {
                self.breaker.fail();
                self.status.breaker(self.breaker.is_open());
                self.back_off(reason, wait).await?;
            }
            Next::Hold(wait) => self.hold(reason, wait).await?,
            Next::Refuse => {
                self.breaker.close();
                self.take_out(work, &[Fate::Refused(reason)], last)?;
            }
            Next::Ask(wait) => {
                self.breaker.close();
                self.status.breaker(false);
                self.wait(wait).await?;
            }
        }
        Ok(())
    }

    /// Puts an entry aside.
    fn refuse(&mut self, entry: &Entry, reason: String, is_second_try: bool) -> Result<(), Stopped> {
        error!(sink = self.status.name(), sequence = entry.sequence, reason, "refused for good; kept as a dead letter");
        self.outbox.refuse(entry.sequence, reason.clone())?;
        self.status.refused(self.outbox.backlog(), reason, is_second_try);
        Ok(())
    }

    async fn back_off(&mut self, reason: String, wait: Duration) -> Result<(), Stopped> {
        warn!(sink = self.status.name(), reason, ?wait, "delivery failed; it is tried again");
        self.status.failed(SinkState::BackingOff, reason);
        self.wait(wait).await
    }

    async fn hold(&mut self, reason: String, wait: Duration) -> Result<(), Stopped> {
        error!(sink = self.status.name(), reason, ?wait, "delivery is held until an operator acts; nothing is lost");
        self.status.failed(SinkState::Holding, reason);
        self.wait(wait).await
    }

    async fn wait(&mut self, wait: Duration) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = stopping(&mut self.shutdown) => Err(Stopped),
            () = measuring(&self.outbox, &self.status, sleep(wait)) => Ok(()),
        }
    }
}

/// Full jitter, and no more random than it has to be.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}

/// Completes when the process stops; a runtime that is gone has stopped as well.
async fn stopping(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Does the work and keeps the backlog measured meanwhile: it grows while a receiver is down.
async fn measuring<T>(outbox: &Outbox, status: &SinkStatus, work: impl Future<Output = T>) -> T {
    status.measure(outbox.backlog());
    let mut work = pin!(work);
    let mut tick = interval_at(Instant::now() + MEASURE_INTERVAL, MEASURE_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = tick.tick() => status.measure(outbox.backlog()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::mpsc;

    use super::*;
    use crate::config::{Format, SinkKind, StdoutSink};
    use crate::deliver::decision::Remedy;
    use crate::deliver::harness::{Running, config, entries, start};

    /// A sink that does as it is told; told nothing, it hangs.
    struct Scripted<F>(F);

    impl<F: FnMut(&[Entry]) -> Option<Sent> + Send + 'static> Sink for Scripted<F> {
        async fn send(&mut self, batch: &[Entry]) -> Sent {
            match (self.0)(batch) {
                Some(sent) => sent,
                None => pending().await,
            }
        }

        async fn probe(&mut self) -> Result<String, Fault> {
            Ok(String::new())
        }
    }

    fn run(count: usize, timeout: Duration, script: impl FnMut(&[Entry]) -> Option<Sent> + Send + 'static) -> Running {
        run_sink(count, timeout, Scripted(script))
    }

    fn run_sink(count: usize, timeout: Duration, sink: impl Sink) -> Running {
        let config = SinkConfig { timeout, ..config(SinkKind::Stdout(StdoutSink { format: Format::Native })) };
        start(&config, entries(&vec!["{}"; count]), |driver| tokio::spawn(driver.run(sink)))
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn everything_is_told_in_order_in_bounded_batches() {
        let (told, mut heard) = mpsc::unbounded_channel();
        let sink = run(10, LONG, move |batch| {
            told.send(batch.iter().map(|entry| entry.sequence).collect::<Vec<_>>()).unwrap();
            Some(Sent::accepted(batch.len()))
        });
        sink.until_delivered(10).await;
        let report = sink.status.report();
        assert_eq!((report.backlog, report.retried, report.refused), (0, 0, 0));
        assert!(report.last_success.is_some());
        assert_eq!(sink.stop().await, (10, vec![]));
        for batch in [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]] {
            assert_eq!(heard.recv().await, Some(batch));
        }
    }

    #[tokio::test]
    async fn what_was_accepted_from_the_front_is_not_sent_again() {
        let mut attempts = Vec::new();
        let sink = run(4, LONG, move |batch| {
            attempts.push(batch[0].sequence);
            Some(match attempts.as_slice() {
                [1] => Sent::stopped(2, Fault::retry("busy")),
                [1, 3] => Fault::retry("busy\r\nstill").into(),
                [1, 3, 3] => Sent::accepted(batch.len()),
                other => panic!("{other:?}"),
            })
        });
        sink.until_delivered(4).await;
        let report = sink.status.report();
        assert_eq!((report.retried, report.last_error.as_deref()), (2, Some("busy still")));
        assert_eq!(sink.stop().await, (4, vec![]));
    }

    #[tokio::test]
    async fn a_refused_entry_is_put_aside_and_delivery_goes_on_behind_it() {
        let sink = run(4, LONG, |batch| {
            Some(match batch[0].sequence {
                1 => Sent::stopped(1, Fault::refuse("\u{1b}[31mtoo large")),
                _ => Sent::accepted(batch.len()),
            })
        });
        sink.until_delivered(3).await;
        assert_eq!(sink.status.report().refused, 1);
        assert_eq!(sink.stop().await, (4, vec![(2, "[31mtoo large".to_owned())]));
    }

    #[tokio::test]
    async fn a_held_sink_keeps_its_position_and_goes_on_when_somebody_has_acted() {
        let (fixed, is_fixed) = watch::channel(false);
        let sink = run(3, LONG, move |batch| {
            Some(if *is_fixed.borrow() { Sent::accepted(batch.len()) } else { Fault::hold("401").into() })
        });
        sink.until(|report| report.state == SinkState::Holding && report.retried >= 2).await;
        assert_eq!((sink.status.report().delivered, sink.status.report().backlog), (0, 3));
        fixed.send(true).unwrap();
        sink.until_delivered(3).await;
        assert_eq!(sink.stop().await, (3, vec![]));
    }

    #[tokio::test]
    async fn a_sink_that_hangs_is_timed_out_and_delays_no_other() {
        let hanging = run(3, Duration::from_millis(5), |_| None);
        let healthy = run(3, LONG, |batch| Some(Sent::accepted(batch.len())));
        healthy.until_delivered(3).await;
        hanging.until(|report| report.retried >= 3 && report.state == SinkState::BackingOff).await;
        assert_eq!(hanging.status.report().last_error.as_deref(), Some("no answer within 5ms"));
        assert_eq!((healthy.stop().await.0, hanging.stop().await.0), (3, 0));
    }

    #[tokio::test]
    async fn a_wait_does_not_delay_the_stop() {
        let wait = Fault { remedy: Remedy::Retry(Some(LONG)), reason: "busy".into() };
        let sink = run(3, LONG, move |_| Some(Sent::stopped(1, wait.clone())));
        sink.until(|report| report.state == SinkState::BackingOff).await;
        assert_eq!(sink.stop().await, (1, vec![]));
    }

    /// Says when an attempt begins, and ends it when it is told to.
    struct Slow(mpsc::UnboundedSender<()>, mpsc::UnboundedReceiver<()>);

    impl Sink for Slow {
        async fn send(&mut self, batch: &[Entry]) -> Sent {
            self.0.send(()).unwrap();
            self.1.recv().await;
            Sent::accepted(batch.len())
        }

        async fn probe(&mut self) -> Result<String, Fault> {
            Ok(String::new())
        }
    }

    #[tokio::test]
    async fn the_attempt_under_way_is_settled_before_the_stop() {
        let (begins, mut begun) = mpsc::unbounded_channel();
        let (end, ended) = mpsc::unbounded_channel();
        let sink = run_sink(8, LONG, Slow(begins, ended));
        begun.recv().await;
        sink.shutdown.send_replace(true);
        end.send(()).unwrap();
        assert_eq!(sink.stop().await, (4, vec![]));
    }

    #[tokio::test]
    async fn the_backlog_is_measured_while_the_receiver_is_down() {
        let sink = run(3, LONG, |_| Some(Fault::retry("down").into()));
        sink.until(|report| report.backlog == 3).await;
        assert_eq!(sink.stop().await, (0, vec![]));
    }
}
