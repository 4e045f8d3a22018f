//! `cargo bench --bench sinks`: how fast each sink tells, how soon after the event, and what one that hangs costs the
//! others.
//!
//! The first table drains a backlog into each sink by itself, into real receivers where there are such: OpenSearch, the
//! OpenTelemetry Collector's HEC receiver, rsyslog, Apache Kafka. The second sends attacks through Kafka to a Postern
//! with every sink, at a pace at which each is idle, and notes when each receiver was sent the alert; the third does the
//! same while one more sink hangs, in rounds that alternate. Receivers share this machine.
//!
//! `-- --alerts N --seconds N --rounds N` changes the size; no alerts or no seconds leave a part out. Teams, Slack and
//! Alertmanager are kept to what a person can read, and are left out.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the receivers of the tests fail by panicking")]

use anyhow::Result;

use options::number;
use support::kafka::own_kafka_or_say_so;

mod backlog;
mod latency;
mod recorder;
mod sink;
mod throughput;

#[path = "../yardstick/campaigns.rs"]
mod campaigns;
#[path = "../yardstick/options.rs"]
mod options;
#[path = "../../tests/support/mod.rs"]
pub mod support;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let alerts = number(&options, "--alerts", 50_000)?;
    let (seconds, rounds) = (number(&options, "--seconds", 60)?, number(&options, "--rounds", 3)?.max(1));
    let cores = std::thread::available_parallelism()?;
    println!("cargo bench --bench sinks -- --alerts {alerts} --seconds {seconds} --rounds {rounds}");
    println!("{cores} cores, shared with the receivers");
    let Some(kafka) = own_kafka_or_say_so() else { return Ok(()) };
    if alerts > 0 {
        throughput::measure(&kafka, alerts)?;
    }
    if seconds > 0 {
        latency::measure(&kafka, seconds, rounds)?;
    }
    Ok(())
}
