//! From the producer's hands to a line in the sink's file, at the shipped defaults.
//!
//! A thousand messages a second of ordinary mail, of which every hundredth is the first of a new campaign, which must be
//! told at once and as an alert of its own. The producer does not linger; the reader looks twice in a millisecond. Both
//! clocks are this process's.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use postern::simulate::{Mix, Options, Simulation};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::PARTITIONS;
use crate::campaigns::{Campaigns, Seen, at_pace, percentile};
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
    let count = campaigns(WARM_UP_SECONDS + seconds);
    let attacks = Campaigns::now(count)?;
    let mut service = Service::start(kafka, TOPIC, &attacks.configuration())?;
    service.postern.wait_ready();
    let duration = Duration::from_secs((WARM_UP_SECONDS + seconds) as u64);
    let (alerts, deadline) = (service.alerts_path(), Instant::now() + duration + PATIENCE);
    let (sent, seen) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&alerts, count, deadline));
        (send(kafka, duration.as_secs(), attacks.records()), reader.join())
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
fn send(kafka: &RealKafka, seconds: u64, attacks: &[String]) -> Result<Vec<Instant>> {
    let producer: BaseProducer = kafka.client_config().set("linger.ms", "0").create()?;
    let started = Instant::now();
    let mut attacks = attacks.iter();
    let mut sent = Vec::new();
    for (place, ordinary) in (0_u32..).zip(ordinary(seconds)) {
        let attack = if place % ATTACK_EVERY == ATTACK_EVERY - 1 { attacks.next() } else { None };
        // Not simply the place, which would lead every attack to the same partition.
        let partition = ((place + place / ATTACK_EVERY) % PARTITIONS as u32) as i32;
        std::thread::sleep((started + Duration::from_secs(1) * place / PER_SECOND).duration_since(Instant::now()));
        if attack.is_some() {
            sent.push(Instant::now());
        }
        let message = BaseRecord::<(), _>::to(TOPIC).partition(partition).payload(attack.unwrap_or(&ordinary));
        producer.send(message).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE)?;
    Ok(sent)
}

/// Mail of a tenant that nobody attacks.
fn ordinary(seconds: u64) -> impl Iterator<Item = String> {
    let pace = at_pace(NonZeroU32::new(PER_SECOND).unwrap_or(NonZeroU32::MIN));
    let mix = Mix { attack: 0, ..Mix::default() };
    Simulation::new(Options { records: seconds * u64::from(PER_SECOND), mix, ..pace }).map(|record| record.json)
}

// === the reader ===

/// When each campaign was first seen in the file.
fn read(path: &Path, campaigns: usize, deadline: Instant) -> Result<Seen> {
    let (mut file, mut unread, mut seen) = (None, Vec::new(), Seen::default());
    while seen.len() < campaigns && Instant::now() < deadline {
        std::thread::sleep(LOOK);
        if file.is_none() {
            file = File::open(path).ok();
        }
        let Some(file) = &mut file else { continue };
        if file.read_to_end(&mut unread)? > 0 {
            let whole = unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            seen.note(&unread[..whole], Instant::now());
            unread.drain(..whole);
        }
    }
    Ok(seen)
}

// === the table ===

fn print(sent: &[Instant], seen: &Seen, seconds: usize) {
    let took = |(number, sent): (usize, &Instant)| Some(seen.first(number)?.duration_since(*sent).as_secs_f64() * 1e3);
    let mut latencies: Vec<f64> = sent.iter().enumerate().skip(campaigns(WARM_UP_SECONDS)).filter_map(took).collect();
    latencies.sort_by(f64::total_cmp);
    println!("\nLatency: {PER_SECOND} messages/s for {seconds} s, linger.ms=0, default settings, file sink");
    println!("from before the send to the alert's line in the file, after {WARM_UP_SECONDS} s of warming up;");
    println!("{} campaigns sent", campaigns(seconds));
    println!("{:>8} {:>10} {:>10} {:>10} {:>10}", "n", "p50 ms", "p90 ms", "p99 ms", "max ms");
    print!("{:8}", latencies.len());
    [50, 90, 99, 100].iter().for_each(|percent| print!(" {:10.1}", percentile(&latencies, *percent)));
    println!();
}
