//! From the producer's hands to what each receiver was sent.
//!
//! Ten attacks a second, each the first of a campaign, so that every one is told at once and each sink has nothing else
//! to do. One more round with a sink that hangs alternates with one without, so that what the machine does besides meets
//! both.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::campaigns::{Campaigns, percentile};
use crate::recorder::{Recorder, Shared};
use crate::sink;
use crate::support::kafka::RealKafka;
use crate::support::postern::Postern;

const PER_SECOND: u32 = 10;
/// Sent like the rest and not counted: first connections are slow by themselves.
const WARM_UP: usize = 30;
/// How long a receiver may take to be sent the last of them.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(1);
const SINKS: [&str; 7] = ["file", "kafka", "webhook", "splunk-hec", "elasticsearch", "sentinel", "syslog"];

/// Milliseconds of one sink, sorted when they are printed.
type Latencies = Vec<f64>;

pub(crate) fn measure(kafka: &RealKafka, seconds: usize, rounds: usize) -> Result<()> {
    let campaigns = WARM_UP + seconds * PER_SECOND as usize;
    let mut taken = [(); 2].map(|()| [(); SINKS.len()].map(|()| Latencies::new()));
    for round in 0..2 * rounds {
        let is_hung = round % 2 == 1;
        let latencies = play(kafka, round, campaigns, is_hung)?;
        for (all, new) in taken[usize::from(is_hung)].iter_mut().zip(latencies) {
            all.extend(new);
        }
    }
    println!("\nLatency, ms: {PER_SECOND} attacks/s for {seconds} s, {rounds} rounds with each; linger.ms=0, defaults");
    println!("from before the send to what the receiver was sent; {} alerts a sink", seconds * 10 * rounds);
    let title = "and one more sink that hangs";
    println!("{:16} {:>8} {:>8} {:>8} | {title:>28}", "sink", "p50", "p99", "max");
    let [mut alone, mut beside] = taken;
    for ((name, alone), beside) in SINKS.iter().zip(&mut alone).zip(&mut beside) {
        alone.sort_by(f64::total_cmp);
        beside.sort_by(f64::total_cmp);
        let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(alone, percent));
        let hung = [50, 99, 100].map(|percent| percentile(beside, percent));
        let change = (hung[1] / p99 - 1.0) * 100.0;
        println!(
            "{name:16} {p50:8.1} {p99:8.1} {max:8.1} | {:8.1} {:8.1} {:8.1}   p99 {change:+.1} %",
            hung[0], hung[1], hung[2]
        );
    }
    Ok(())
}

/// One round; the latencies of each sink.
fn play(kafka: &RealKafka, round: usize, count: usize, is_hung: bool) -> Result<[Latencies; SINKS.len()]> {
    let data_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (source, told) = (format!("attacks-{round}"), format!("told-{round}"));
    kafka.create_topic(&source, 4);
    kafka.create_topic(&told, 1);
    let campaigns = Campaigns::now(count)?;
    let recorders = [(); 4].map(|()| Recorder::http());
    let [webhook, splunk, elastic, azure] = &recorders;
    let (syslog, hung) = (Recorder::stream(), Recorder::hung());
    let alerts = data_dir.path().join("alerts.jsonl");
    let mut config = format!(
        "data_dir = {:?}\n[[source.kafka]]\nbootstrap = {:?}\ntopics = [{source:?}]\ngroup = {source:?}\n\
         auth = {{ kind = \"none\" }}\n",
        data_dir.path(),
        kafka.bootstrap()
    );
    config += &campaigns.configuration();
    config += &[
        sink::file(&alerts),
        sink::kafka(&kafka.bootstrap(), &told),
        sink::webhook(data_dir.path(), "webhook", &webhook.address),
        sink::splunk_hec(data_dir.path(), &splunk.address),
        sink::elasticsearch(&elastic.address),
        sink::sentinel(data_dir.path(), &azure.address),
        sink::syslog(&syslog.address),
    ]
    .concat();
    if is_hung {
        config += &sink::webhook(data_dir.path(), "hung", &hung.address);
    }
    let mut postern = Postern::start(data_dir.path(), &config);
    postern.wait_ready();
    let (in_file, in_topic) = (Shared::default(), Shared::default());
    let seen = [&in_file, &in_topic, &webhook.seen, &splunk.seen, &elastic.seen, &azure.seen, &syslog.seen];
    let is_over = Arc::new(AtomicBool::new(false));
    let sent = std::thread::scope(|scope| -> Result<Vec<Instant>> {
        scope.spawn(|| follow_file(&alerts, &in_file, &is_over));
        scope.spawn(|| follow_topic(kafka, &told, &in_topic, &is_over));
        let sent = send(kafka, &source, campaigns.records());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && seen.iter().any(|seen| seen.lock().unwrap().len() < count) {
            std::thread::sleep(LOOK);
        }
        is_over.store(true, Ordering::Relaxed);
        sent
    })?;
    postern.kill();
    let missing: Vec<(&str, usize)> =
        SINKS.iter().zip(seen).map(|(name, seen)| (*name, count - seen.lock().unwrap().len())).collect();
    ensure!(missing.iter().all(|(_, missing)| *missing == 0), "alerts that nobody was sent: {missing:?}");
    Ok(seen.map(|seen| latencies(&sent, seen)))
}

fn latencies(sent: &[Instant], seen: &Shared) -> Latencies {
    let seen = seen.lock().unwrap();
    let counted = sent.iter().enumerate().skip(WARM_UP);
    counted.filter_map(|(number, sent)| Some(seen.first(number)?.duration_since(*sent).as_secs_f64() * 1e3)).collect()
}

/// When each was handed to the producer.
fn send(kafka: &RealKafka, topic: &str, records: &[String]) -> Result<Vec<Instant>> {
    let producer: BaseProducer = kafka.client_config().set("linger.ms", "0").create()?;
    let started = Instant::now();
    let mut sent = Vec::with_capacity(records.len());
    for (place, record) in (0_u32..).zip(records) {
        std::thread::sleep((started + Duration::from_secs(1) * place / PER_SECOND).duration_since(Instant::now()));
        sent.push(Instant::now());
        let message = BaseRecord::<(), _>::to(topic).partition((place % 4) as i32).payload(record);
        producer.send(message).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE)?;
    Ok(sent)
}

fn follow_file(path: &Path, seen: &Mutex<crate::campaigns::Seen>, is_over: &AtomicBool) {
    let (mut file, mut unread) = (None, Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
        if file.is_none() {
            file = File::open(path).ok();
        }
        let Some(file) = &mut file else { continue };
        if file.read_to_end(&mut unread).unwrap() > 0 {
            seen.lock().unwrap().note(&unread, Instant::now());
            unread.drain(..unread.len().saturating_sub(64));
        }
    }
}

fn follow_topic(kafka: &RealKafka, topic: &str, seen: &Mutex<crate::campaigns::Seen>, is_over: &AtomicBool) {
    let mut config = kafka.client_config();
    let config = config.set("group.id", topic).set("auto.offset.reset", "earliest").set("fetch.wait.max.ms", "5");
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    while !is_over.load(Ordering::Relaxed) {
        if let Some(Ok(message)) = consumer.poll(LOOK) {
            seen.lock().unwrap().note(message.payload().unwrap_or_default(), Instant::now());
        }
    }
}
