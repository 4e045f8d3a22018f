//! The service: everything that runs between start and stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

use crate::config::{Config, SinkConfig};
use crate::correlate;
use crate::decode;
use crate::deliver::{self, SinkState, SinkStatus};
use crate::detector::Inspector;
use crate::event::Time;
use crate::ledger::{Ledger, LedgerId, Outbox, Request, Retention, Snapshot, SqliteLedger, Stream, bytes_on_disk};
use crate::observe::{self, Health, Metrics, Names, Process, SinkLine, StatusPage, Volume};
use crate::receive::kafka::{KafkaReceiver, KafkaStatus};
use crate::receive::webhook;
use crate::receive::{Board, Intake};

use super::commit::{self, CommitLoop, Tails, Told};
use super::error::RunError;
use super::heartbeat::Heartbeats;
use super::kernel::Kernel;

/// Intakes between the receivers and the commit loop. Small: an intake is a batch, and what waits here is in memory.
const INTAKE_QUEUE: usize = 64;
/// Requests between the sinks and the commit loop.
const REQUEST_QUEUE: usize = 256;
/// How often it is looked whether the sinks have told everything, when stopping.
const FLUSH_STEP: Duration = Duration::from_millis(10);

/// Runs the service until `stop` completes or a part of it fails; then everything that was read is made durable, within
/// the configured bound, and the sinks get the rest of the bound to tell it.
///
/// # Errors
/// When it cannot start, or when a part fails in a way that a restart may mend.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    let (sources, sinks) = (config.kafka_sources.len() + config.webhook_sources.len(), config.sinks.len());
    let data_dir = config.data_dir.clone();
    let mut service = Service::start(config).await?;
    let (version, metrics) = (env!("CARGO_PKG_VERSION"), service.metrics_address);
    // Whoever looks at three in the morning wants this in the first line.
    tracing::info!(version, data_dir = %data_dir.display(), sources, sinks, %metrics, "started");
    let outcome = tokio::select! {
        () = stop => Ok(()),
        failure = service.failure() => Err(failure),
    };
    service.stop().await;
    outcome
}

/// Tells the receivers to stop, each kind in the way that it can hear.
struct ReceiversStop {
    threads: Arc<AtomicBool>,
    tasks: watch::Sender<bool>,
}

impl ReceiversStop {
    fn send(&self) {
        self.threads.store(true, Ordering::Relaxed);
        self.tasks.send_replace(true);
    }
}

/// What a sink has to tell, and has told.
struct Telling {
    cursor: u64,
    last: watch::Receiver<u64>,
    status: Arc<SinkStatus>,
}

impl Telling {
    /// Whether something is due that the sink can tell now.
    fn is_busy(&self) -> bool {
        let report = self.status.report();
        let due = self.last.borrow().saturating_sub(self.cursor);
        due > report.delivered + report.refused && !matches!(report.state, SinkState::Holding | SinkState::BackingOff)
    }
}

/// A running service.
pub struct Service {
    receivers: JoinSet<Result<(), RunError>>,
    core: JoinSet<Result<(), RunError>>,
    receivers_stop: ReceiversStop,
    webhooks: Vec<JoinHandle<()>>,
    sinks_stop: watch::Sender<bool>,
    sinks: Vec<JoinHandle<()>>,
    telling: Vec<Telling>,
    intake: Sender<Intake>,
    requests: Sender<Request>,
    metrics_address: SocketAddr,
    drain: Duration,
}

impl Service {
    /// Starts everything: the ledger first, the receivers last, so that nothing is read before it can be kept.
    ///
    /// # Errors
    /// When a part cannot be started.
    pub async fn start(config: Config) -> Result<Self, RunError> {
        let mut ledger = SqliteLedger::open(&config.data_dir)?;
        let (ledger_id, snapshot) = (ledger.id(), ledger.snapshot()?);
        let tenants = Arc::new(config.tenants.clone());
        let kernel = Kernel::restore(&tenants, config.shards, correlate::Limits::default(), &snapshot, &mut ledger)?;
        let names = Names::of(&config);
        let told = Told {
            board: Arc::new(Board::default()),
            tails: Arc::new(Tails::new(snapshot.last)),
            metrics: Arc::new(Metrics::new(&names)?),
            health: Arc::new(Health::new(&[commit::LOOP], &names.kafka_sources)),
        };
        told.board.post(kernel.positions().clone());
        let (intake, intake_queue) = bounded(INTAKE_QUEUE);
        let (requests, request_queue) = bounded(REQUEST_QUEUE);

        let (mut receivers, mut core) = (JoinSet::new(), JoinSet::new());
        let retention = retention(&config);
        note_what_is_known(&config, &snapshot, &told.metrics);
        let heartbeats = Heartbeats::new(&tenants, config.heartbeat, &snapshot.pulses);
        let commits =
            CommitLoop::new(Box::new(ledger), kernel, heartbeats, now, config.commit, retention, told.clone());
        spawn_core(&mut core, commits, intake_queue, request_queue)?;

        let (sinks_stop, stopping) = watch::channel(false);
        let (mut sinks, mut telling) = (Vec::new(), Vec::new());
        for (sink, stream) in streams(&config) {
            let (cursor, last) = (cursor(sink, &snapshot), told.tails.follow(stream));
            let outbox = Outbox::new(sink.name.clone(), stream, cursor, requests.clone(), last.clone());
            let (task, status) = deliver::spawn(sink, outbox, now, stopping.clone())?;
            sinks.push(task);
            telling.push(Telling { cursor, last, status });
        }

        let receivers_stop = ReceiversStop { threads: Arc::default(), tasks: watch::Sender::new(false) };
        let inspector = Inspector::new(tenants, decode::Limits::default());
        let kafka =
            spawn_kafka(&mut receivers, &config, &inspector, &intake, &told.board, ledger_id, &receivers_stop.threads)?;
        let mut webhooks = Vec::new();
        for source in &config.webhook_sources {
            let (inspector, metrics) = (inspector.clone(), Arc::clone(&told.metrics));
            let stopping = receivers_stop.tasks.subscribe();
            let (_, task) = webhook::serve(source.clone(), inspector, intake.clone(), metrics, stopping).await?;
            webhooks.push(task);
        }

        let statuses = telling.iter().map(|telling| Arc::clone(&telling.status)).collect();
        let status = status(&telling);
        let refresh = refresh(statuses, kafka, Arc::clone(&told.health), config.data_dir.clone());
        let (metrics_address, metrics_task) =
            observe::serve(config.metrics_listen, told.metrics, Arc::clone(&told.health), refresh, status, stopping)
                .await?;
        sinks.push(metrics_task);
        told.health.configured();
        Ok(Self {
            receivers,
            core,
            receivers_stop,
            webhooks,
            sinks_stop,
            sinks,
            telling,
            intake,
            requests,
            metrics_address,
            drain: config.drain,
        })
    }

    /// Where metrics and health are served.
    #[must_use]
    pub const fn metrics_address(&self) -> SocketAddr {
        self.metrics_address
    }

    /// Completes when a part of the service has ended, which none does before it is stopped.
    pub async fn failure(&mut self) -> RunError {
        let ended = tokio::select! {
            Some(ended) = self.receivers.join_next() => ended,
            Some(ended) = self.core.join_next() => ended,
            else => return RunError::Vanished,
        };
        ended.map_or(RunError::Vanished, |ended| ended.err().unwrap_or(RunError::Vanished))
    }

    /// Stops in the order of the data: receivers, commit, sinks; within the configured bound.
    pub async fn stop(mut self) {
        let deadline = Instant::now() + self.drain;
        self.receivers_stop.send();
        for webhook in self.webhooks.drain(..) {
            // A request that is not answered in time is sent again.
            let _ = timeout_at(deadline, webhook).await;
        }
        while let Ok(Some(_)) = timeout_at(deadline, self.receivers.join_next()).await {}
        if !self.settle_intake(deadline).await {
            tracing::warn!("not everything that was read could be made durable in time; it will be read again");
        }
        self.flush_sinks(deadline).await;
        self.sinks_stop.send_replace(true);
        for sink in self.sinks.drain(..) {
            // A sink that hangs is left behind: what it has not settled it tells after the next start.
            let _ = timeout_at(deadline, sink).await;
        }
        drop((self.intake, self.requests));
        while let Ok(Some(_)) = timeout_at(deadline, self.core.join_next()).await {}
        tracing::info!("stopped");
    }

    /// Waits until everything that receivers have handed over is durable: the channel keeps the order.
    async fn settle_intake(&mut self, deadline: Instant) -> bool {
        let (durable, told) = oneshot::channel();
        let intake = self.intake.clone();
        let sent = tokio::task::spawn_blocking(move || {
            intake.send_deadline(Intake { stretches: Vec::new(), durable: Some(durable) }, deadline.into_std()).is_ok()
        });
        sent.await.unwrap_or(false) && timeout_at(deadline, told).await.is_ok_and(|told| told.is_ok())
    }

    async fn flush_sinks(&self, deadline: Instant) {
        while Instant::now() < deadline && self.telling.iter().any(Telling::is_busy) {
            sleep(FLUSH_STEP).await;
        }
    }
}

/// Every sink with what it reads: alerts, and for the last one dead letters.
fn streams(config: &Config) -> impl Iterator<Item = (&SinkConfig, Stream)> {
    let alerts = config.sinks.iter().map(|sink| (sink, Stream::Alerts));
    alerts.chain([(&config.dead_letter, Stream::DeadLetters)])
}

fn retention(config: &Config) -> Retention {
    let names =
        |of: Stream| streams(config).filter(|(_, stream)| *stream == of).map(|(sink, _)| sink.name.clone()).collect();
    Retention {
        alert_sinks: names(Stream::Alerts),
        dead_letter_sinks: names(Stream::DeadLetters),
        tenants: config.tenants.iter().map(|(_, tenant)| tenant.name.clone()).collect(),
        alerts_kept_max: config.alerts_kept_max,
    }
}

/// How far a sink had come.
fn cursor(sink: &SinkConfig, snapshot: &Snapshot) -> u64 {
    snapshot.cursors.iter().find(|cursor| cursor.sink == sink.name).map_or(0, |cursor| cursor.sequence)
}

fn spawn_core(
    parts: &mut JoinSet<Result<(), RunError>>,
    commits: CommitLoop,
    intake: Receiver<Intake>,
    requests: Receiver<Request>,
) -> Result<(), RunError> {
    let thread =
        std::thread::Builder::new().name(commit::LOOP.to_owned()).spawn(move || commits.run(intake, &requests))?;
    watch_thread(parts, thread);
    Ok(())
}

fn spawn_kafka(
    parts: &mut JoinSet<Result<(), RunError>>,
    config: &Config,
    inspector: &Inspector,
    intake: &Sender<Intake>,
    board: &Arc<Board>,
    ledger: LedgerId,
    shutdown: &Arc<AtomicBool>,
) -> Result<Vec<(String, Arc<KafkaStatus>)>, RunError> {
    let mut statuses = Vec::new();
    for source in &config.kafka_sources {
        let status = Arc::new(KafkaStatus::default());
        statuses.push((source.name.clone(), Arc::clone(&status)));
        let receiver = KafkaReceiver {
            source: source.clone(),
            inspector: inspector.clone(),
            intake: intake.clone(),
            board: Arc::clone(board),
            ledger,
            status,
            shutdown: Arc::clone(shutdown),
            drain: config.drain,
        };
        watch_thread(parts, receiver.spawn()?);
    }
    Ok(statuses)
}

/// Has a thread's end noticed by the executor.
fn watch_thread<E>(parts: &mut JoinSet<Result<(), RunError>>, thread: std::thread::JoinHandle<Result<(), E>>)
where
    E: Into<RunError> + Send + 'static,
{
    parts.spawn_blocking(move || thread.join().map_err(|_| RunError::Vanished)?.map_err(Into::into));
}

/// Brings what others count into the metrics and the health page, before each scrape.
fn refresh(
    sinks: Vec<Arc<SinkStatus>>,
    kafka: Vec<(String, Arc<KafkaStatus>)>,
    health: Arc<Health>,
    data_dir: PathBuf,
) -> observe::Refresh {
    Arc::new(move |metrics| {
        metrics.process(&Process::measure());
        metrics.ledger_bytes(bytes_on_disk(&data_dir));
        Volume::of(&data_dir).into_iter().for_each(|volume| metrics.ledger_volume(volume));
        for status in &sinks {
            metrics.sink(status.name(), &status.report());
        }
        let sources: Vec<_> = kafka.iter().map(|(source, status)| (source.as_str(), status.snapshot())).collect();
        sources.iter().for_each(|(source, snapshot)| health.assigned(source, snapshot.is_ready()));
        metrics.kafka(&sources);
    })
}

/// Says which sinks believe any certificate, how often there is to be a heartbeat, and when the last ones were.
fn note_what_is_known(config: &Config, snapshot: &Snapshot, metrics: &Metrics) {
    metrics.heartbeat_interval(config.heartbeat);
    metrics.heartbeats(&snapshot.pulses);
    for (sink, _) in streams(config) {
        metrics.tls_unverified(&sink.name, sink.kind.trust().is_some_and(|trust| !trust.verify));
    }
}

/// What `/status` says.
fn status(telling: &[Telling]) -> observe::StatusOf {
    let sinks: Vec<_> = telling.iter().map(|telling| Arc::clone(&telling.status)).collect();
    let line = |status: &Arc<SinkStatus>| SinkLine {
        name: status.name().to_owned(),
        kind: status.kind().to_owned(),
        report: status.report(),
    };
    Arc::new(move || StatusPage {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: now(),
        sinks: sinks.iter().map(line).collect(),
    })
}

/// The time of the machine: the only clock of everything that does not merely wait.
#[must_use]
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
