//! The bare consumer: librdkafka as we set it, whole messages decoded into types, and nothing else.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde::Deserialize;

use crate::PARTITIONS;
use crate::yardstick::plain::Envelope;

/// The first word of the process that is this consumer.
pub(crate) const CONSUME: &str = "consume";

/// What librdkafka does without being told otherwise, in milliseconds.
pub(crate) const BACKOFF_DEFAULT: &str = "1000";
/// What we tell it.
pub(crate) const BACKOFF_OURS: &str = "5";

const PATIENCE: Duration = Duration::from_secs(30);

/// What decides about speed in `src/receive/kafka/settings.rs`, at the default prefetch.
const SETTINGS: [(&str, &str); 9] = [
    ("group.id", "bare"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    ("queued.min.messages", "10000"),
    ("queued.max.messages.kbytes", "32768"),
    ("fetch.message.max.bytes", "1048576"),
    ("fetch.max.bytes", "8388608"),
];

/// A process that reads so many records of a topic, and ends.
pub(crate) fn command(bootstrap: &str, topic: &str, records: usize, backoff: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([CONSUME, bootstrap, topic, &records.to_string(), backoff]);
    Ok(command)
}

/// What that process does.
pub(crate) fn consume(arguments: &[&str]) -> Result<()> {
    let [bootstrap, topic, records, backoff] = arguments else { bail!("{CONSUME} takes four words") };
    let consumer = connect(bootstrap, topic, backoff)?;
    let records: usize = records.parse()?;
    let (mut read, mut found, mut alerts) = (0, 0, Vec::new());
    while read < records {
        let message =
            consumer.poll(PATIENCE).with_context(|| format!("{read} of {records} records, then nothing"))??;
        let batch: Batch<'_> = serde_json::from_slice(message.payload().unwrap_or_default())?;
        for record in &batch.records {
            found += usize::from(record.judge(&mut alerts)?);
        }
        read += batch.records.len();
    }
    println!("{found} found, {} bytes of alerts", alerts.len());
    Ok(())
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    records: Vec<Envelope<'a>>,
}

fn connect(bootstrap: &str, topic: &str, backoff: &str) -> Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config.extend(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    config.set("bootstrap.servers", bootstrap).set("fetch.queue.backoff.ms", backoff);
    let consumer: BaseConsumer = config.create()?;
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&partitions)?;
    Ok(consumer)
}
