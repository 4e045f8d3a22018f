//! Killed at random moments, again and again, the real binary on a real broker ends where an undisturbed one does.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use postern::simulate::{Mix, Options, SimulatedTenant, Simulation};

use crate::support::kafka::{RealKafka, Record, read_all, real_kafka_or_say_so};
use crate::support::ledger::contents;
use crate::support::postern::Postern;

const ROUNDS: u32 = 50;
const RECORDS_PER_ROUND: usize = 300;
const PARTITIONS: i32 = 3;
const TENANTS: [(&str, &str); 3] = [
    ("6f0c1d7e-0000-4000-8000-000000000001", "contoso.com"),
    ("6f0c1d7e-0000-4000-8000-000000000002", "fabrikam.com"),
    ("6f0c1d7e-0000-4000-8000-000000000003", "northwind.example"),
];
/// Long enough for some rounds to die before they have joined, and for others to be in full swing.
const LIFE_MS_MAX: u64 = 2_500;

#[test]
fn killed_fifty_times_it_loses_nothing_tells_nothing_twice_differently_and_ends_in_the_same_state() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let (topic, alerts) = ("recovery-mail", "recovery-alerts");
    kafka.create_topic(topic, PARTITIONS);
    kafka.create_topic(alerts, 1);
    let records = records();
    let killed = tempfile::tempdir().unwrap();

    let mut chance = fastrand::Rng::with_seed(20_261_120);
    for (round, chunk) in records.chunks(RECORDS_PER_ROUND).enumerate() {
        produce(kafka, topic, chunk);
        let postern = Postern::start(killed.path(), &config(kafka, killed.path(), topic, alerts, round));
        std::thread::sleep(Duration::from_millis(chance.u64(0..LIFE_MS_MAX)));
        postern.kill();
    }
    finish(kafka, killed.path(), topic, alerts, records.len());

    let undisturbed = tempfile::tempdir().unwrap();
    kafka.create_topic("recovery-undisturbed", 1);
    finish(kafka, undisturbed.path(), topic, "recovery-undisturbed", records.len());

    let (killed_ledger, ledger) = (contents(killed.path()), contents(undisturbed.path()));
    assert_eq!(killed_ledger, ledger);
    assert!(ledger.alerts.len() > 15, "only {} alert records: the test would show nothing", ledger.alerts.len());
    let expected: BTreeMap<_, _> = ledger.alerts.into_iter().collect();
    assert_eq!(told_in_file(killed.path()), expected, "what the file sink was told");
    assert_eq!(told_in_topic(kafka, alerts), expected, "what the kafka sink was told");
}

fn records() -> Vec<(usize, String)> {
    let tenant = |(id, domain): (&str, &str)| SimulatedTenant::eop(id, domain);
    let simulation = Simulation::new(Options {
        tenants: TENANTS.map(tenant).to_vec(),
        records: u64::from(ROUNDS) * RECORDS_PER_ROUND as u64,
        records_per_second: std::num::NonZeroU32::MIN,
        mix: Mix { attack: 150, ..Mix::default() },
        ..Options::default()
    });
    let place = |id: &str| TENANTS.iter().position(|(own, _)| *own == id).unwrap();
    simulation.map(|record| (place(&record.label.tenant), record.json)).collect()
}

/// A tenant's records stay in one partition, as a producer that keys by tenant would have it; every hundredth message is
/// none.
fn produce(kafka: &RealKafka, topic: &str, records: &[(usize, String)]) {
    let record = |(place, json): &(usize, String)| (i32::try_from(*place).unwrap() % PARTITIONS, json.clone());
    let records: Vec<_> = records.iter().map(record).collect();
    let broken = (0, r#"{"category":"AdvancedHunting-EmailEvents","properties":{"Timestamp":"#.to_owned());
    let records = records.iter().chain([&broken]);
    kafka.produce(
        topic,
        records.map(|(partition, json)| Record { partition: *partition, key: &[], payload: json.as_bytes() }),
    );
}

/// Runs until everything has been read, told and settled, and stops in good order.
fn finish(kafka: &RealKafka, dir: &Path, topic: &str, alerts: &str, records: usize) {
    let total = i64::try_from(records).unwrap() + i64::from(ROUNDS);
    let mut postern = Postern::start(dir, &config(kafka, dir, topic, alerts, usize::MAX));
    postern.wait_ready();
    postern.wait_until("everything is read", |_| contents(dir).positions.values().sum::<i64>() >= total);
    postern
        .wait_until("everything is told", |postern| postern.metric("postern_sink_backlog_entries", &[]) == Some(0.0));
    let (status, took) = postern.stop();
    assert!(status.success() && took < Duration::from_secs(30), "{status} after {took:?}");
}

/// A new group each time: the broker keeps a dead member for its session's length, and the ledger knows where to begin.
fn config(kafka: &RealKafka, dir: &Path, topic: &str, alerts: &str, round: usize) -> String {
    let tenants = TENANTS.map(|(id, domain)| {
        format!("[[tenant]]\nid = \"{id}\"\nname = \"{domain}\"\nmx = \"eop\"\naccepted_domains = [\"{domain}\"]\n")
    });
    let (bootstrap, dir) = (kafka.bootstrap(), dir.display());
    format!(
        r#"
data_dir = "{dir}"
{tenants}
[[source.kafka]]
bootstrap = "{bootstrap}"
topics = ["{topic}"]
group = "{alerts}-{round}"
auth = {{ kind = "none" }}

[[sink.file]]
path = "{dir}/alerts.jsonl"

[[sink.kafka]]
bootstrap = "{bootstrap}"
topic = "{alerts}"
auth = {{ kind = "none" }}
"#,
        tenants = tenants.concat(),
    )
}

fn told_in_file(dir: &Path) -> BTreeMap<(String, i64), String> {
    let lines = std::fs::read_to_string(dir.join("alerts.jsonl")).unwrap();
    told(lines.lines().map(str::to_owned))
}

fn told_in_topic(kafka: &RealKafka, topic: &str) -> BTreeMap<(String, i64), String> {
    let records = read_all(&kafka.client_config(), topic);
    told(records.into_iter().map(|record| String::from_utf8(record.payload).unwrap()))
}

/// What a receiver that drops what it has seen ends up with. The same record may come twice; never with another content.
fn told(lines: impl Iterator<Item = String>) -> BTreeMap<(String, i64), String> {
    let mut told = BTreeMap::new();
    for line in lines {
        let alert: serde_json::Value = serde_json::from_str(&line).unwrap();
        let key = (alert["id"].as_str().unwrap().to_owned(), alert["seq"].as_i64().unwrap());
        let before = told.insert(key.clone(), line.clone());
        assert!(before.is_none_or(|before| before == line), "{key:?} was told with two contents");
    }
    told
}
