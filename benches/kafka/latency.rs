//! From the producer's hands to a line in the sink's file, at the shipped defaults.
//!
//! A thousand messages a second of ordinary mail, of which every hundredth is the first of a new campaign: another
//! network, another subject, so that each must be told at once and as an alert of its own. The producer does not linger;
//! the reader looks twice in a millisecond. Both clocks are this process's.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use postern::event::Time;
use postern::simulate::{Mix, Options, Simulation};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::{Value, json};

use crate::PARTITIONS;
use crate::service::Service;
use crate::support::kafka::RealKafka;

const TOPIC: &str = "latency";
const PER_SECOND: u32 = 1_000;
const ATTACK_EVERY: u32 = 100;
/// Sent like the rest and not counted: the first connections to a broker that has just started are slow by themselves.
const WARM_UP_SECONDS: usize = 2;
const LOOK: Duration = Duration::from_micros(500);
/// How long the reader waits for what is missing after the last message.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn measure(kafka: &RealKafka, seconds: usize) -> Result<()> {
    kafka.create_topic(TOPIC, PARTITIONS);
    let mut service = Service::start(kafka, TOPIC)?;
    service.postern.wait_ready();
    let duration = Duration::from_secs((WARM_UP_SECONDS + seconds) as u64);
    let (alerts, campaigns) = (service.alerts_path(), campaigns(WARM_UP_SECONDS + seconds));
    let deadline = Instant::now() + duration + PATIENCE;
    let (sent, seen) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&alerts, campaigns, deadline));
        (send(kafka, duration.as_secs()), reader.join())
    });
    let (sent, seen) = (sent?, seen.expect("the reader does not panic")?);
    service.stop()?;
    print(&sent, &seen, seconds);
    Ok(())
}

const fn campaigns(seconds: usize) -> usize {
    seconds * (PER_SECOND / ATTACK_EVERY) as usize
}

// === the producer ===

/// When each campaign was handed to the producer.
fn send(kafka: &RealKafka, seconds: u64) -> Result<Vec<Instant>> {
    let producer: BaseProducer = kafka.client_config().set("linger.ms", "0").create()?;
    let started = Instant::now();
    let mut attacks = stream(2, Mix { attack: 1, ..NOTHING }, PER_SECOND / ATTACK_EVERY, seconds).enumerate();
    let ordinary = stream(1, Mix { attack: 0, ..Mix::default() }, PER_SECOND, seconds);
    let mut sent = Vec::new();
    for (place, ordinary) in (0_u32..).zip(ordinary) {
        let is_attack = place % ATTACK_EVERY == ATTACK_EVERY - 1;
        let record = if is_attack { attacks.next().map(campaign) } else { None }.transpose()?.unwrap_or(ordinary);
        // Not simply the place, which would lead every attack to the same partition.
        let partition = ((place + place / ATTACK_EVERY) % PARTITIONS as u32) as i32;
        std::thread::sleep((started + Duration::from_secs(1) * place / PER_SECOND).duration_since(Instant::now()));
        if is_attack {
            sent.push(Instant::now());
        }
        let message = BaseRecord::<(), _>::to(TOPIC).partition(partition).payload(&record);
        producer.send(message).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE)?;
    Ok(sent)
}

const NOTHING: Mix = Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 0 };

/// Records whose event time is that of their sending.
fn stream(seed: u64, mix: Mix, per_second: u32, seconds: u64) -> impl Iterator<Item = String> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
    let options = Options {
        seed,
        start: Time::from_millis(now),
        records: seconds * u64::from(per_second),
        records_per_second: NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN),
        mix,
        repeats_per_mille: 0,
        ..Options::default()
    };
    Simulation::new(options).map(|record| record.json)
}

/// The attack as the only one of its campaign. The message's id says which; digits of a subject are not looked at, so
/// the subject says it in letters.
fn campaign((number, attack): (usize, String)) -> Result<String> {
    let mut record: Value = serde_json::from_str(&attack)?;
    let properties = &mut record["properties"];
    let letters: String = format!("{number:05}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    properties["Subject"] = json!(format!("Invoice {letters}"));
    properties["NetworkMessageId"] = json!(format!("00000000-0000-4000-8000-{number:012x}"));
    properties["EmailClusterId"] = Value::Null;
    properties["SenderIPv4"] = Value::Null;
    properties["SenderIPv6"] = json!(format!("2001:db8:{:x}:{:x}::1", number >> 16, number & 0xffff));
    Ok(record.to_string())
}

// === the reader ===

/// When each campaign's first line was seen, in the order of the file.
fn read(path: &Path, campaigns: usize, deadline: Instant) -> Result<Vec<(usize, Instant)>> {
    let (mut file, mut unread, mut seen) = (None, Vec::new(), Vec::new());
    while seen.len() < campaigns && Instant::now() < deadline {
        std::thread::sleep(LOOK);
        if file.is_none() {
            file = File::open(path).ok();
        }
        let Some(file) = &mut file else { continue };
        file.read_to_end(&mut unread)?;
        let now = Instant::now();
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unread.drain(..=end).collect();
            seen.extend(campaign_told(&line)?.map(|number| (number, now)));
        }
    }
    Ok(seen)
}

/// The number of the campaign that this line is the first to tell of.
fn campaign_told(line: &[u8]) -> Result<Option<usize>> {
    let alert: Value = serde_json::from_slice(line)?;
    if alert["seq"] != 1 {
        return Ok(None);
    }
    let id = alert["sample_message_ids"][0].as_str().and_then(|id| id.rsplit('-').next()).context("a sample")?;
    Ok(Some(usize::from_str_radix(id, 16)?))
}

// === the table ===

fn print(sent: &[Instant], seen: &[(usize, Instant)], seconds: usize) {
    let pair = |(number, seen): &(usize, Instant)| Some(seen.duration_since(*sent.get(*number)?));
    let mut latencies: Vec<Duration> =
        seen.iter().filter(|(number, _)| *number >= campaigns(WARM_UP_SECONDS)).filter_map(pair).collect();
    latencies.sort_unstable();
    println!("\nLatency: {PER_SECOND} messages/s for {seconds} s, linger.ms=0, default settings, file sink");
    println!("from before the send to the alert's line in the file, after {WARM_UP_SECONDS} s of warming up;");
    println!("{} campaigns sent", campaigns(seconds));
    println!("{:>8} {:>10} {:>10} {:>10} {:>10}", "n", "p50 ms", "p90 ms", "p99 ms", "max ms");
    print!("{:8}", latencies.len());
    for percent in [50, 90, 99, 100] {
        // Nearest rank.
        let rank = (latencies.len() * percent).div_ceil(100).max(1);
        let millis = latencies.get(rank - 1).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3);
        print!(" {millis:10.1}");
    }
    println!();
}
