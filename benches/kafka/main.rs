//! `cargo bench --bench kafka`: what Kafka costs, and how long an alert takes, on a real Apache Kafka.
//!
//! The throughput of `postern run` stands next to a bare consumer that decodes with the loop that anybody would write;
//! the latency is that of the shipped defaults, from the producer's hands to a line in a file. Broker, producer and
//! consumer share this machine, so what counts is processor time, which the broker's is not part of, and the ratio.
//!
//! `-- --records N --rounds N --seconds N` changes the size; no records or no seconds leave that half out. With
//! `--settings` the bare consumer also shows what `fetch.queue.backoff.ms` is worth.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the cluster of the tests fails by panicking")]

use anyhow::Result;

use support::kafka::own_kafka_or_say_so;
use yardstick::cost::{MEASURE, measure};
use yardstick::options::number;

mod consumer;
mod latency;
mod service;
mod throughput;

#[path = "../yardstick/campaigns.rs"]
mod campaigns;
#[path = "../../tests/support/mod.rs"]
pub mod support;
#[path = "../yardstick/mod.rs"]
mod yardstick;

/// Of each topic.
const PARTITIONS: i32 = 4;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [MEASURE, command @ ..] => measure(command),
        [consumer::CONSUME, arguments @ ..] => consumer::consume(arguments),
        options => compare(options),
    }
}

fn compare(options: &[&str]) -> Result<()> {
    let (records, rounds) = (number(options, "--records", 1_000_000)?, number(options, "--rounds", 3)?.max(1));
    let seconds = number(options, "--seconds", 60)?;
    let with_settings = options.contains(&"--settings");
    let Some(kafka) = own_kafka_or_say_so() else { return Ok(()) };
    let cores = std::thread::available_parallelism()?;
    let last = if with_settings { " --settings" } else { "" };
    println!("cargo bench --bench kafka -- --records {records} --rounds {rounds} --seconds {seconds}{last}");
    println!("{cores} cores, shared by broker, producer and consumer");
    if records > 0 {
        throughput::compare(&kafka, records, rounds, with_settings)?;
    }
    if seconds > 0 {
        latency::measure(&kafka, seconds)?;
    }
    Ok(())
}
