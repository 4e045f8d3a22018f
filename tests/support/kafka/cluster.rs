//! One face for the mock and the real broker, so that a test is written once and run on both.

use std::sync::atomic::{AtomicU32, Ordering};

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::{RealKafka, Record, StoredRecord, client, real_kafka_or_say_so};

/// A cluster to test against.
pub enum Cluster {
    /// In this process.
    Mock(MockKafka),
    /// Apache Kafka, shared by the tests of this binary.
    Real(&'static RealKafka),
}

/// librdkafka's in-process cluster, which can be told to fail.
///
/// It keeps 5 MB a partition, knows no admin requests and no authentication, and shows aborted transactions.
pub struct MockKafka {
    /// The controls: request errors, brokers down, round-trip times.
    pub controls: MockCluster<'static, DefaultProducerContext>,
}

// === impl Cluster ===

impl Cluster {
    /// A new mock of one broker.
    #[must_use]
    pub fn mock() -> Self {
        Self::Mock(MockKafka::start(1))
    }

    /// The shared real broker; none, after saying so, where this machine cannot run it.
    #[must_use]
    pub fn real() -> Option<Self> {
        real_kafka_or_say_so().map(Self::Real)
    }

    /// `host:port`, or several with commas between them.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        match self {
            Self::Mock(kafka) => kafka.bootstrap(),
            Self::Real(kafka) => kafka.bootstrap(),
        }
    }

    /// A client of it.
    #[must_use]
    pub fn client_config(&self) -> ClientConfig {
        client::config(&self.bootstrap())
    }

    /// A new topic whose name begins with `stem`, so that tests which share a broker do not share a topic.
    #[must_use]
    pub fn new_topic(&self, stem: &str, partitions: i32) -> String {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let topic = format!("{stem}-{}", CREATED.fetch_add(1, Ordering::Relaxed));
        match self {
            Self::Mock(kafka) => kafka.create_topic(&topic, partitions),
            Self::Real(kafka) => kafka.create_topic(&topic, partitions),
        }
        topic
    }

    /// Writes, and returns when the cluster has everything.
    pub fn produce<'a>(&self, topic: &str, records: impl IntoIterator<Item = Record<'a>>) {
        client::produce(&self.client_config(), topic, records);
    }

    /// Everything that a topic holds now, in order of partition and offset.
    #[must_use]
    pub fn read_all(&self, topic: &str) -> Vec<StoredRecord> {
        client::read_all(&self.client_config(), topic)
    }
}

// === impl MockKafka ===

impl MockKafka {
    /// A cluster of so many brokers.
    ///
    /// # Panics
    /// When librdkafka cannot open its ports.
    #[must_use]
    pub fn start(brokers: i32) -> Self {
        Self { controls: MockCluster::new(brokers).expect("librdkafka starts its mock") }
    }

    /// `host:port` of each broker.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        self.controls.bootstrap_servers()
    }

    /// Creates a topic.
    ///
    /// # Panics
    /// When it exists.
    pub fn create_topic(&self, topic: &str, partitions: i32) {
        self.controls.create_topic(topic, partitions, 1).expect("the topic is new");
    }
}
