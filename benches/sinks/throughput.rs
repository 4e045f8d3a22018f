//! A backlog, drained into one sink after the other.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

use crate::backlog;
use crate::recorder::Recorder;
use crate::sink;
use crate::support::collector::Collector;
use crate::support::kafka::RealKafka;
use crate::support::opensearch::OpenSearch;
use crate::support::postern::Postern;
use crate::support::rsyslog::Rsyslog;

/// From this share of the backlog on it counts: what comes before is the start of the process.
const START: f64 = 0.1;
const LOOK: Duration = Duration::from_millis(20);
const TOPIC: &str = "drained";
const TEMPLATE: &str = include_str!("../../deploy/elasticsearch/postern-alerts.json");

pub(crate) fn measure(kafka: &RealKafka, alerts: usize) -> Result<()> {
    let full = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    backlog::fill(full.path(), alerts)?;
    println!("\nThroughput: a backlog of {alerts} alert records, one sink at a time, default settings");
    println!("{:16} {:>12} {:>14} {:>16}   receiver", "sink", "alerts/s", "CPU s/1,000", "wall s");
    let secrets = full.path();
    let print = |drained: &Drained, name: &str, receiver: &str| {
        let Drained { per_second, cpu_seconds, wall_seconds } = drained;
        let each = cpu_seconds * 1e3 / alerts as f64;
        println!("{name:16} {per_second:12.0} {each:14.3} {wall_seconds:16.1}   {receiver}");
    };
    let drain = |name: &str, toml: &str, receiver: &str| -> Result<()> {
        print(&drained(full.path(), name, toml, alerts)?, name, receiver);
        Ok(())
    };
    drain("file", &sink::file(&full.path().join("told.jsonl")), "a file")?;
    kafka.create_topic(TOPIC, 4);
    drain("kafka", &sink::kafka(&kafka.bootstrap(), TOPIC), "Apache Kafka")?;
    let recorder = Recorder::http();
    drain("webhook", &sink::webhook(secrets, "webhook", &recorder.address), "says yes")?;
    drain("sentinel", &sink::sentinel(secrets, &recorder.address), "says yes")?;
    if let Some(collector) = Collector::start() {
        let address = collector.listeners.plain.to_string();
        drain("splunk-hec", &sink::splunk_hec(secrets, &address), "OpenTelemetry Collector")?;
    }
    if let Some(rsyslog) = Rsyslog::start() {
        drain("syslog", &sink::syslog(&rsyslog.listeners.tcp.to_string()), "rsyslog over TCP")?;
    }
    if let Some(opensearch) = OpenSearch::start_for_long() {
        // As `postern doctor --fix` does it: without it each text is indexed twice.
        opensearch.put("/_index_template/postern-alerts", &serde_json::from_str(TEMPLATE)?);
        drain("elasticsearch", &sink::elasticsearch(&opensearch.address.to_string()), "OpenSearch")?;
    }
    Ok(())
}

/// What it took.
struct Drained {
    per_second: f64,
    /// Postern's, from its start.
    cpu_seconds: f64,
    wall_seconds: f64,
}

fn drained(full: &Path, name: &str, toml: &str, alerts: usize) -> Result<Drained> {
    let data_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    fs::copy(full.join("ledger.sqlite"), data_dir.path().join("ledger.sqlite"))?;
    let head = format!(
        "data_dir = {:?}\n[heartbeat]\ninterval_s = 86400\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\n\
         name = \"contoso\"\naccepted_domains = [\"contoso.com\"]\n[[source.webhook]]\nlisten = \"127.0.0.1:0\"\n",
        data_dir.path()
    );
    let started = Instant::now();
    let mut postern = Postern::start(data_dir.path(), &(head + toml));
    let ledger = Connection::open_with_flags(data_dir.path().join("ledger.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut begun = None;
    let (first, at) = loop {
        postern.wait_until("delivering", |_| settled(&ledger, name) > begun.map_or(0, |(settled, _)| settled));
        let (settled, now) = (settled(&ledger, name), Instant::now());
        if begun.is_none() && settled as f64 >= START * alerts as f64 {
            begun = Some((settled, now));
        }
        if settled >= alerts {
            break begun.context("a backlog that is not gone at once")?;
        }
        std::thread::sleep(LOOK);
    };
    let ended = Instant::now();
    Ok(Drained {
        per_second: (alerts - first) as f64 / (ended - at).as_secs_f64(),
        cpu_seconds: postern.cpu_seconds(),
        wall_seconds: (ended - started).as_secs_f64(),
    })
}

/// How many entries the sink has behind it.
fn settled(ledger: &Connection, sink: &str) -> usize {
    let cursor = "SELECT coalesce((SELECT sequence FROM cursor WHERE sink = ?), 0)";
    ledger.query_row(cursor, [sink], |row| row.get::<_, i64>(0)).map_or(0, |sequence| sequence as usize)
}
