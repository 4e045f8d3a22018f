//! Processor time and wall time for a whole topic, in rounds that alternate between the two.

use std::time::Instant;

use anyhow::Result;
use postern::simulate::{Options, Simulation};

use crate::PARTITIONS;
use crate::consumer::{self, BACKOFF_DEFAULT, BACKOFF_OURS};
use crate::service::Service;
use crate::support::kafka::{RealKafka, Record};
use crate::yardstick::cost::{Cost, children_cpu_seconds};

const TOPIC: &str = "throughput";
/// Records a message, as Event Hubs gets them from Defender.
const BATCH: usize = 100;
/// Messages in memory while the topic is filled.
const FLIGHT: usize = 500;

pub(crate) fn compare(kafka: &RealKafka, records: usize, rounds: usize, with_settings: bool) -> Result<()> {
    fill(kafka, records);
    let bare = |backoff| Cost::of(&consumer::command(&kafka.bootstrap(), TOPIC, records, backoff)?);
    let (mut plain, mut service, mut alerts) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        plain.push(bare(BACKOFF_OURS)?);
        let (cost, told) = run_service(kafka, records)?;
        service.push(cost);
        alerts = told;
    }
    println!("\nThroughput: {records} records, {BATCH} a message, {PARTITIONS} partitions; medians of {rounds}");
    print_table(records, &[("bare consumer, typed serde_json", &plain), ("postern run", &service)]);
    println!("postern run told {alerts} alerts");
    if with_settings {
        let settings = [BACKOFF_OURS, BACKOFF_DEFAULT].map(|backoff| (0..rounds).map(|_| bare(backoff)).collect());
        let [ours, default]: [Result<Vec<_>>; 2] = settings;
        println!("\nThe bare consumer with another fetch.queue.backoff.ms");
        print_table(records, &[("5, as we set it", &ours?), ("1000, librdkafka's default", &default?)]);
    }
    Ok(())
}

/// The topic, message after message to one partition after the other.
fn fill(kafka: &RealKafka, records: usize) {
    kafka.create_topic(TOPIC, PARTITIONS);
    let mut stream = Simulation::new(Options { records: records as u64, ..Options::default() }).map(|it| it.json);
    loop {
        let flight: Vec<String> = (0..FLIGHT).map_while(|_| message(&mut stream)).collect();
        if flight.is_empty() {
            return;
        }
        let partitions = (0..PARTITIONS).cycle();
        kafka.produce(
            TOPIC,
            flight.iter().zip(partitions).map(|(text, partition)| Record {
                partition,
                key: &[],
                payload: text.as_bytes(),
            }),
        );
    }
}

fn message(records: &mut impl Iterator<Item = String>) -> Option<String> {
    let batch: Vec<String> = records.take(BATCH).collect();
    (!batch.is_empty()).then(|| format!(r#"{{"records":[{}]}}"#, batch.join(",")))
}

/// The time on the wall ends with the last position in the ledger, processor time with the process. Also how many
/// alerts there were.
fn run_service(kafka: &RealKafka, records: usize) -> Result<(Cost, usize)> {
    let (cpu_before, started) = (children_cpu_seconds()?, Instant::now());
    let mut service = Service::start(kafka, TOPIC, "")?;
    service.wait_for_messages(records.div_ceil(BATCH) as u64);
    let wall_seconds = started.elapsed().as_secs_f64();
    service.wait_for_sink();
    let (alerts, peak_mb) = (service.alerts()?, service.postern.peak_memory() as f64 / 1e6);
    service.stop()?;
    Ok((Cost { cpu_seconds: children_cpu_seconds()? - cpu_before, wall_seconds, peak_mb }, alerts))
}

/// One row for each, against the first.
fn print_table(records: usize, rows: &[(&str, &[Cost])]) {
    let records = records as f64;
    println!("{:32} {:>7} {:>11} {:>6} {:>10} {:>8}", "", "CPU s", "CPU s/mill.", "ratio", "records/s", "peak MB");
    let base = Cost::median(rows[0].1).cpu_seconds;
    for (name, costs) in rows {
        let Cost { cpu_seconds, wall_seconds, peak_mb } = Cost::median(costs);
        let (per_million, ratio, pace) = (cpu_seconds / records * 1e6, cpu_seconds / base, records / wall_seconds);
        println!("{name:32} {cpu_seconds:7.2} {per_million:11.2} {ratio:6.2} {pace:10.0} {peak_mb:8.0}");
    }
}
