//! The few things that tests do with a cluster from outside: make a topic, fill it, read it back.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use super::super::until::until;

/// Every wait ends: a cluster that takes longer than this for anything is broken.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The shortest wait for an answer, after which a starting broker is asked again.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// A record to write.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The partition, always chosen by the test.
    pub partition: i32,
    /// The key; empty means none.
    pub key: &'a [u8],
    /// The value.
    pub payload: &'a [u8],
}

/// A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredRecord {
    /// The partition that held it.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// The key; empty where there was none.
    pub key: Vec<u8>,
    /// The value; empty where there was none.
    pub payload: Vec<u8>,
}

/// A client of a listener without authentication, silent about connections that a test cuts on purpose.
pub(super) fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("log.connection.close", "false")
        .set("reconnect.backoff.max.ms", "500")
        .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
    config
}

/// Whether a broker answers and leads every partition it knows.
pub(super) fn is_ready(config: &ClientConfig) -> bool {
    let consumer: BaseConsumer = config.create().expect("a valid configuration");
    consumer.fetch_metadata(None, PROBE_TIMEOUT).is_ok_and(|cluster| {
        !cluster.brokers().is_empty()
            && cluster.topics().iter().flat_map(|topic| topic.partitions()).all(|partition| partition.leader() >= 0)
    })
}

/// Creates a topic with one replica, and returns when all its partitions have a leader.
pub(super) fn create_topic(config: &ClientConfig, topic: &str, partitions: i32) {
    let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let results = wait(admin(config).create_topics([&new], &admin_options())).expect("an answer to CreateTopics");
    assert_eq!(results, [Ok(topic.to_owned())]);
    let consumer: BaseConsumer = config.create().expect("a valid configuration");
    until("the topic has leaders", || led_partitions(&consumer, topic).len() == partitions as usize);
}

/// Has a topic grow to so many partitions, and returns when they can be written to.
pub(super) fn grow_topic(config: &ClientConfig, topic: &str, partitions: i32) {
    let grown = NewPartitions::new(topic, partitions as usize);
    let results = wait(admin(config).create_partitions([&grown], &admin_options())).expect("an answer");
    assert_eq!(results, [Ok(topic.to_owned())]);
    let consumer: BaseConsumer = config.create().expect("a valid configuration");
    until("the topic has leaders", || led_partitions(&consumer, topic).len() == partitions as usize);
}

/// Moves the start of a partition to `before_offset`.
pub(super) fn delete_records(config: &ClientConfig, topic: &str, partition: i32, before_offset: i64) {
    let mut positions = TopicPartitionList::new();
    positions.add_partition_offset(topic, partition, Offset::Offset(before_offset)).expect("a valid offset");
    let deleted = wait(admin(config).delete_records(&positions, &admin_options())).expect("an answer to DeleteRecords");
    assert!(deleted.elements().iter().all(|element| element.error().is_ok()), "{deleted:?}");
}

/// Writes in the order given, as fast as the cluster takes it, and returns when it has acknowledged everything.
pub(super) fn produce<'a>(config: &ClientConfig, topic: &str, records: impl IntoIterator<Item = Record<'a>>) {
    let deliveries = Deliveries::default();
    let producer: BaseProducer<Deliveries> = config
        .clone()
        .set("linger.ms", "5")
        .set("enable.idempotence", "true")
        .create_with_context(deliveries.clone())
        .expect("a valid configuration");
    for record in records {
        let mut unsent = BaseRecord::to(topic).partition(record.partition).key(record.key).payload(record.payload);
        while let Err((error, refused)) = producer.send(unsent) {
            assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull), "{error}");
            producer.poll(PROBE_TIMEOUT);
            unsent = refused;
        }
    }
    producer.flush(TIMEOUT).expect("everything is acknowledged in time");
    assert_eq!(*deliveries.failed.lock().unwrap(), None);
}

/// Everything that a topic holds now, in order of partition and offset.
///
/// # Panics
/// When the topic does not exist or is not read to its end within a minute.
#[must_use]
pub fn read_all(config: &ClientConfig, topic: &str) -> Vec<StoredRecord> {
    let consumer = reader(config);
    let partitions = led_partitions(&consumer, topic);
    assert!(!partitions.is_empty(), "the topic {topic} does not exist");
    let mut from_start = TopicPartitionList::new();
    for &partition in &partitions {
        from_start.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
    }
    consumer.assign(&from_start).expect("the partitions exist");
    let mut records = read_to_ends(&consumer, partitions.len());
    records.sort();
    records
}

fn reader(config: &ClientConfig) -> BaseConsumer {
    config
        .clone()
        .set("group.id", "reader-of-tests")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .expect("a valid configuration")
}

fn read_to_ends(consumer: &BaseConsumer, partitions: usize) -> Vec<StoredRecord> {
    let deadline = Instant::now() + TIMEOUT;
    let (mut records, mut ended) = (Vec::new(), 0);
    while ended < partitions {
        assert!(Instant::now() < deadline, "{ended} of {partitions} partitions were read to their end in time");
        match consumer.poll(PROBE_TIMEOUT) {
            Some(Ok(message)) => records.push(StoredRecord {
                partition: message.partition(),
                offset: message.offset(),
                key: message.key().unwrap_or_default().to_vec(),
                payload: message.payload().unwrap_or_default().to_vec(),
            }),
            Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(error)) => panic!("reading failed: {error}"),
            None => {}
        }
    }
    records
}

fn led_partitions(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT).expect("metadata in time");
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    partitions.filter(|partition| partition.leader() >= 0).map(|partition| partition.id()).collect()
}

fn admin(config: &ClientConfig) -> AdminClient<DefaultClientContext> {
    config.create().expect("a valid configuration")
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT))
}

fn wait<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(answer)
}

/// Remembers the first record that the cluster did not take.
#[derive(Clone, Default)]
struct Deliveries {
    failed: Arc<Mutex<Option<KafkaError>>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.failed.lock().unwrap().get_or_insert(error.clone());
        }
    }
}
