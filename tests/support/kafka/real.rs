//! A real Apache Kafka of one node (KRaft), with its own ports, data and certificate.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use tempfile::TempDir;

use super::super::components::say_missing;
use super::leash::Leashed;
use super::settings::{self, Ports};
use super::{Record, client, jars};

/// Ten seconds is usual; two slow cores that also compile need many times that.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// Any id that Kafka can parse: sixteen bytes of base64.
const CLUSTER_ID: &str = "cG9zdGVybi10ZXN0cy0wMQ";

/// The last lines of the log that a failure shows.
const LOG_TAIL_LINES: usize = 40;

/// The broker that all tests of this binary share: it costs ten seconds to start. It cannot be stopped; a test that
/// wants that takes [`own_kafka_or_say_so`]. None, after saying so, where this machine cannot run it.
///
/// # Panics
/// When it should run and does not, or cannot run and `POSTERN_REQUIRE_COMPONENTS=1`.
pub fn real_kafka_or_say_so() -> Option<&'static RealKafka> {
    static SHARED: OnceLock<Option<RealKafka>> = OnceLock::new();
    SHARED.get_or_init(own_kafka_or_say_so).as_ref()
}

/// A broker of one's own, to stop and to restart.
///
/// # Panics
/// As [`real_kafka_or_say_so`].
pub fn own_kafka_or_say_so() -> Option<RealKafka> {
    match jars::fetched() {
        Ok(jars) => Some(RealKafka::start(jars)),
        Err(reason) => {
            say_missing("a real Kafka broker", &reason);
            None
        }
    }
}

/// A broker, dead when dropped.
pub struct RealKafka {
    // Dropped before the folder it lives in.
    process: Option<Leashed>,
    home: TempDir,
    ports: Ports,
    jars: PathBuf,
}

/// How to log in as with Azure Event Hubs: `SASL_SSL`, mechanism `PLAIN`.
#[derive(Debug, Clone)]
pub struct SaslSsl {
    /// `host:port`.
    pub bootstrap: String,
    /// `$ConnectionString`, literally.
    pub username: String,
    /// The connection string.
    pub password: String,
    /// PEM of the certificate to trust.
    pub ca_file: PathBuf,
}

/// How to log in as with a self-managed cluster: `SASL_PLAINTEXT`, mechanism `SCRAM-SHA-256`.
#[derive(Debug, Clone)]
pub struct Scram {
    /// `host:port`.
    pub bootstrap: String,
    /// The account.
    pub username: String,
    /// Its password.
    pub password: String,
}

// === impl RealKafka ===

impl RealKafka {
    fn start(jars: PathBuf) -> Self {
        let home = tempfile::Builder::new().prefix("postern-kafka-").tempdir().expect("a temporary folder");
        let mut kafka = Self { process: None, home, ports: Ports::reserve(), jars };
        settings::write(kafka.home(), kafka.ports);
        kafka.format();
        kafka.launch();
        kafka
    }

    /// `host:port` of the listener without authentication.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        settings::address(self.ports.client)
    }

    /// A client of the listener without authentication.
    #[must_use]
    pub fn client_config(&self) -> ClientConfig {
        client::config(&self.bootstrap())
    }

    /// The listener that behaves like Event Hubs.
    #[must_use]
    pub fn sasl_ssl(&self) -> SaslSsl {
        SaslSsl {
            bootstrap: settings::address(self.ports.event_hubs),
            username: settings::EVENT_HUBS_USER.to_owned(),
            password: settings::EVENT_HUBS_PASSWORD.to_owned(),
            ca_file: settings::ca_file(self.home()),
        }
    }

    /// The listener that wants SCRAM.
    #[must_use]
    pub fn scram(&self) -> Scram {
        Scram {
            bootstrap: settings::address(self.ports.scram),
            username: settings::SCRAM_USER.to_owned(),
            password: settings::SCRAM_PASSWORD.to_owned(),
        }
    }

    /// Stops in good order, as an administrator does.
    pub fn stop(&mut self) {
        self.end_with("TERM");
    }

    /// Stops at once, as a power cut does.
    pub fn kill(&mut self) {
        self.end_with("KILL");
    }

    /// Starts again on the same ports with the same data; stops in good order first if it still runs.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Creates a topic, and returns when it can be written to.
    pub fn create_topic(&self, topic: &str, partitions: i32) {
        client::create_topic(&self.client_config(), topic, partitions);
    }

    /// Has a topic grow to so many partitions, and returns when they can be written to.
    pub fn grow_topic(&self, topic: &str, partitions: i32) {
        client::grow_topic(&self.client_config(), topic, partitions);
    }

    /// Writes, and returns when the broker has everything.
    pub fn produce<'a>(&self, topic: &str, records: impl IntoIterator<Item = Record<'a>>) {
        client::produce(&self.client_config(), topic, records);
    }

    /// Moves the start of a partition, so that positions before it no longer exist.
    pub fn delete_records(&self, topic: &str, partition: i32, before_offset: i64) {
        client::delete_records(&self.client_config(), topic, partition, before_offset);
    }

    fn end_with(&mut self, signal: &str) {
        if let Some(process) = self.process.take() {
            process.end_with(signal);
        }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    fn format(&self) {
        let scram = format!("SCRAM-SHA-256=[name={},password={}]", settings::SCRAM_USER, settings::SCRAM_PASSWORD);
        let done = self
            .java("kafka.tools.StorageTool")
            .args(["format", "--standalone", "--cluster-id", CLUSTER_ID, "--add-scram", &scram, "--config"])
            .arg(settings::properties_file(self.home()))
            .output()
            .expect("java was found before");
        assert!(done.status.success(), "Kafka's storage could not be formatted: {done:?}");
    }

    fn launch(&mut self) {
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log can be written");
        let mut broker = self.java("kafka.Kafka");
        broker.arg(settings::properties_file(self.home()));
        let mut process = Leashed::spawn(&broker, self.home(), &log);
        let deadline = Instant::now() + START_TIMEOUT;
        while !client::is_ready(&self.client_config()) {
            assert!(process.is_running(), "Kafka ended while starting; its log ends with\n{}", self.log_tail());
            assert!(
                Instant::now() < deadline,
                "Kafka did not answer within {START_TIMEOUT:?}; its log ends with\n{}",
                self.log_tail()
            );
        }
        self.process = Some(process);
    }

    /// A JVM that starts fast rather than runs fast: it lives for seconds.
    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=INFO", "-cp"]);
        java.arg(self.jars.join("*")).arg(class);
        java
    }

    fn log_file(&self) -> PathBuf {
        self.home().join("broker.log")
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }
}

// === impl SaslSsl ===

impl SaslSsl {
    /// A client that logs in this way.
    #[must_use]
    pub fn client_config(&self) -> ClientConfig {
        let mut config = client::config(&self.bootstrap);
        config
            .set("security.protocol", "SASL_SSL")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &self.username)
            .set("sasl.password", &self.password)
            .set("ssl.ca.location", self.ca_file.display().to_string());
        config
    }
}

// === impl Scram ===

impl Scram {
    /// A client that logs in this way.
    #[must_use]
    pub fn client_config(&self) -> ClientConfig {
        let mut config = client::config(&self.bootstrap);
        config
            .set("security.protocol", "SASL_PLAINTEXT")
            .set("sasl.mechanism", "SCRAM-SHA-256")
            .set("sasl.username", &self.username)
            .set("sasl.password", &self.password);
        config
    }
}
