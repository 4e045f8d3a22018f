//! A real Apache Kafka of one node (KRaft), with its own ports, data and certificate.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rdkafka::ClientConfig;

use super::super::components::found_or_say_so;
use super::super::daemon::{self, Daemon};
use super::settings::{self, Ports};
use super::{Record, client, jars};

/// Any id that Kafka can parse: sixteen bytes of base64.
const CLUSTER_ID: &str = "cG9zdGVybi10ZXN0cy0wMQ";

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
    found_or_say_so("a real Kafka broker", jars::fetched()).map(|jars| RealKafka::start(&jars))
}

/// A broker, dead when dropped.
pub struct RealKafka {
    process: Daemon,
    ports: Ports,
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
    fn start(jars: &Path) -> Self {
        let home = daemon::new_home("kafka");
        let ports = Ports::reserve();
        settings::write(home.path(), ports);
        format_storage(jars, home.path());
        let mut broker = java(jars, "kafka.Kafka");
        broker.arg(settings::properties_file(home.path()));
        let client = client::config(&settings::address(ports.client));
        Self { process: Daemon::start(home, broker, move || client::is_ready(&client)), ports }
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
            ca_file: settings::ca_file(self.process.home()),
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
        self.process.stop();
    }

    /// Stops at once, as a power cut does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts again on the same ports with the same data; stops in good order first if it still runs.
    pub fn restart(&mut self) {
        self.process.restart();
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

fn format_storage(jars: &Path, home: &Path) {
    let scram = format!("SCRAM-SHA-256=[name={},password={}]", settings::SCRAM_USER, settings::SCRAM_PASSWORD);
    let done = java(jars, "kafka.tools.StorageTool")
        .args(["format", "--standalone", "--cluster-id", CLUSTER_ID, "--add-scram", &scram, "--config"])
        .arg(settings::properties_file(home))
        .output()
        .expect("java was found before");
    assert!(done.status.success(), "Kafka's storage could not be formatted: {done:?}");
}

/// A JVM that starts fast rather than runs fast: it lives for seconds.
fn java(jars: &Path, class: &str) -> Command {
    let mut java = Command::new("java");
    java.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=INFO", "-cp"]);
    java.arg(jars.join("*")).arg(class);
    java
}
