//! A receiver under test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use postern::config::{KafkaAuth, KafkaConnection, KafkaSource, LostPosition, Start};
use postern::decode::Limits;
use postern::detector::Inspector;
use postern::judge::Tenants;
use postern::receive::kafka::{KafkaError, KafkaReceiver, KafkaSnapshot, KafkaStatus};

use super::core::Core;

/// Every wait ends. A rebalance takes some heartbeats of three seconds, and more on a machine that also compiles.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A source that can be run several times, as the members of one group.
#[derive(Clone)]
pub(super) struct TestSource {
    source: KafkaSource,
    inspector: Inspector,
    drain: Duration,
}

impl TestSource {
    /// In a group of its own.
    pub(super) fn of(bootstrap: &str, topics: &[&str]) -> Self {
        let connection =
            KafkaConnection { bootstrap: bootstrap.to_owned(), auth: KafkaAuth::None, tls: false, ca_file: None };
        let source = KafkaSource {
            name: "kafka".to_owned(),
            connection,
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
            group: String::new(),
            start: Start::Earliest,
            lost_position: LostPosition::Fail,
            prefetch_bytes_max: 4 << 20,
            session_timeout: Duration::from_secs(45),
            poll_timeout: Duration::from_secs(120),
        };
        let nobody = Tenants::new(Vec::new());
        let inspector = Inspector::new(nobody.into(), Limits::default());
        Self { source, inspector, drain: Duration::from_secs(10) }.in_a_new_group()
    }

    /// A restart in the same group would do as well, because its offsets are never read, but the mock makes every
    /// member that comes back wait for the session timeout.
    pub(super) fn in_a_new_group(mut self) -> Self {
        static GROUPS: AtomicU32 = AtomicU32::new(0);
        self.source.group = format!("postern-{}", GROUPS.fetch_add(1, Ordering::Relaxed));
        self
    }

    pub(super) fn group(&self) -> String {
        self.source.group.clone()
    }

    pub(super) fn start(mut self, start: Start) -> Self {
        self.source.start = start;
        self
    }

    pub(super) fn lost_position(mut self, policy: LostPosition) -> Self {
        self.source.lost_position = policy;
        self
    }

    pub(super) fn connection(mut self, connection: KafkaConnection) -> Self {
        self.source.connection = connection;
        self
    }

    pub(super) fn inspector(mut self, inspector: Inspector) -> Self {
        self.inspector = inspector;
        self
    }

    pub(super) fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    pub(super) fn run(&self, core: &Core) -> Running {
        let (status, shutdown) = (Arc::<KafkaStatus>::default(), Arc::<AtomicBool>::default());
        let receiver = KafkaReceiver {
            source: self.source.clone(),
            inspector: self.inspector.clone(),
            intake: core.intake(),
            board: core.board(),
            ledger: core.id(),
            status: Arc::clone(&status),
            shutdown: Arc::clone(&shutdown),
            drain: self.drain,
        };
        Running { status, shutdown, thread: receiver.spawn().unwrap() }
    }
}

/// A receiver that runs.
pub(super) struct Running {
    status: Arc<KafkaStatus>,
    shutdown: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), KafkaError>>,
}

impl Running {
    pub(super) fn snapshot(&self) -> KafkaSnapshot {
        self.status.snapshot()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.status.is_ready()
    }

    pub(super) fn partitions(&self) -> usize {
        self.snapshot().lag.len()
    }

    pub(super) fn wait_until_ready(&self) {
        until("the source is ready", || self.is_ready());
    }

    pub(super) fn stop(self) -> Result<(), KafkaError> {
        self.shutdown.store(true, Ordering::Relaxed);
        self.join()
    }

    pub(super) fn join(self) -> Result<(), KafkaError> {
        until("the thread ends", || self.thread.is_finished());
        self.thread.join().unwrap()
    }
}

pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {TIMEOUT:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
