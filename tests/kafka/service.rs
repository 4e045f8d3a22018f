//! The service as an operator meets it: the real binary on a real broker, seen only from outside.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use postern::simulate::{Mix, Options, Simulation};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::endpoint::{Endpoint, Request};
use crate::support::kafka::{RealKafka, Record, real_kafka_or_say_so};
use crate::support::kcat::kcat_or_say_so;
use crate::support::ledger::{Contents, contents};
use crate::support::postern::{Postern, free_address, post};
use crate::support::relay::Relay;

/// `shutdown_ms` of every test.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// What a loaded machine may take to notice that a process has ended.
const GRACE: Duration = Duration::from_secs(3);
const BATCH: usize = 100;
/// The port that the configuration insists on for Event Hubs.
const EVENT_HUBS_PORT: u16 = 9093;
/// What a pod of the documented size may use.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn what_kcat_sends_is_judged_and_kcat_receives_the_alerts_of_the_ledger() {
    let Some(scene) = Scene::set("kcat-mail") else { return };
    let Some(kcat) = kcat_or_say_so(scene.kafka.bootstrap()) else { return };
    scene.kafka.create_topic("kcat-alerts", 1);
    let payloads = batches(&mail(2_000));
    kcat.produce(scene.topic, &payloads);
    let sink = format!(
        "[[sink.kafka]]\nbootstrap = {:?}\ntopic = \"kcat-alerts\"\nauth = {{ kind = \"none\" }}",
        scene.kafka.bootstrap()
    );
    let mut postern = scene.start(&sink);
    scene.wait_read(&mut postern, payloads.len());
    let ledger = scene.ledger();
    wait_told(&mut postern, "kafka", ledger.alerts.len());

    let received: BTreeMap<_, _> = kcat.consume("kcat-alerts").into_iter().map(keyed).collect();
    assert_eq!(received, ledger.alerts);
    let alerts: Vec<Value> = received.values().map(|body| parsed(body)).collect();
    assert!(alerts.iter().all(|alert| alert["schema"] == "postern.alert/1"), "{alerts:?}");
    let is_burst = |alert: &Value| alert["rule"] == "direct-send-spoof" && alert.to_string().contains("self-addressed");
    assert!(alerts.iter().any(is_burst), "{alerts:?}");
}

#[test]
fn the_event_hubs_login_works_as_documented_and_its_secret_is_shown_nowhere() {
    let Some(scene) = Scene::set("event-hubs-mail") else { return };
    let login = scene.kafka.sasl_ssl();
    let _relay = Relay::open(EVENT_HUBS_PORT, login.bootstrap);
    let secret_file = scene.path().join("connection-string");
    fs::write(&secret_file, format!("{}\n", login.password)).unwrap();
    let source = format!(
        "bootstrap = \"127.0.0.1:{EVENT_HUBS_PORT}\"\nca_file = {:?}\n\
         auth = {{ kind = \"event-hubs-connection-string\", value_file = {secret_file:?} }}",
        login.ca_file
    );
    let payloads = batches(&mail(500));
    scene.produce(&payloads);
    let mut postern = Postern::start(scene.path(), &scene.config(&source, ""));
    scene.wait_read(&mut postern, payloads.len());
    let (status, _) = postern.stop();
    assert!(status.success(), "{status}");

    let shown = [printed_config(scene.path()), fs::read_to_string(scene.path().join("postern.log")).unwrap()];
    let (_, key) = login.password.split_once("SharedAccessKey=").unwrap();
    assert!(shown[0].contains("event-hubs-connection-string"), "{}", shown[0]);
    assert!(shown.iter().all(|text| !text.is_empty() && !text.contains(key)), "{shown:?}");
}

#[test]
fn a_sink_that_hangs_delays_no_other() {
    let Some(scene) = Scene::set("hang-mail") else { return };
    // Nobody takes the connections, but the system accepts them.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let sinks = scene.webhook_sink(&format!("http://{}/", silent.local_addr().unwrap())) + &scene.file_sink();
    let payloads = batches(&mail(2_000));
    scene.produce(&payloads);
    let mut postern = scene.start(&sinks);
    scene.wait_read(&mut postern, payloads.len());
    let alerts = scene.ledger().alerts;
    wait_told(&mut postern, "file", alerts.len());

    assert_eq!(lines(&scene.path().join("alerts.jsonl")).into_iter().map(told).collect::<BTreeMap<_, _>>(), alerts);
    let backlog = alerts.len() as f64;
    postern.wait_until("the backlog shows", |postern| backlog_of(postern, "webhook") == Some(backlog));
    assert_eq!(postern.metric("postern_sink_delivered_total", &[&labelled("webhook")]), Some(0.0));
    assert_stops(postern);
}

#[test]
fn what_an_unauthorised_sink_holds_is_told_signed_and_each_alert_in_order_once_it_is_let_in() {
    let Some(scene) = Scene::set("hold-mail") else { return };
    let answer = Arc::new(AtomicU16::new(401));
    let status = Arc::clone(&answer);
    let endpoint = Endpoint::open(move || status.load(Ordering::Relaxed));
    let payloads = batches(&mail(2_000));
    scene.produce(&payloads);
    let mut postern = scene.start(&(scene.webhook_sink(&endpoint.url) + &scene.file_sink()));
    scene.wait_read(&mut postern, payloads.len());
    let holding = |postern: &Postern| postern.metric("postern_sink_holding", &[&labelled("webhook")]);
    postern.wait_until("it holds", |postern| holding(postern) == Some(1.0));
    answer.store(200, Ordering::Relaxed);
    let alerts = scene.ledger().alerts.len();
    wait_told(&mut postern, "webhook", alerts);
    wait_told(&mut postern, "file", alerts);

    let requests = endpoint.requests();
    assert!(requests.iter().any(|request| request.status == 401));
    let webhook = standardwebhooks::Webhook::new(WEBHOOK_SECRET).unwrap();
    assert!(requests.iter().all(|Request { body, headers, .. }| webhook.verify(body, headers).is_ok()));
    let accepted = requests.iter().filter(|request| request.status == 200);
    let mut accepted: Vec<Value> =
        accepted.map(|request| parsed(str::from_utf8(&request.body).unwrap())["data"].take()).collect();
    let mut in_order: Vec<Value> = lines(&scene.path().join("alerts.jsonl")).iter().map(|line| parsed(line)).collect();
    // Records of different alerts overtake one another; those of one never do.
    for records in [&mut accepted, &mut in_order] {
        records.sort_by_key(|record| record["id"].to_string());
    }
    assert!(accepted == in_order && accepted.len() == alerts, "{accepted:?}\n{in_order:?}");
}

#[test]
fn with_every_receiver_down_a_full_topic_is_read_within_bounds_of_memory_and_of_time() {
    let Some(scene) = Scene::set("down-mail") else { return };
    // Of most of a day: campaigns of one hour would be told as a few storms.
    let payloads = batches(&mail_at(NonZeroU32::MIN, 60_000));
    let bytes: usize = payloads.iter().map(String::len).sum();
    scene.produce(&payloads);
    let kafka_sink = format!("[[sink.kafka]]\nbootstrap = \"{}\"\ntopic = \"alerts\"\n", free_address());
    let webhook_sink = scene.webhook_sink(&format!("http://{}/", free_address()));
    let mut postern = scene.start(&(webhook_sink + &kafka_sink));
    scene.wait_read(&mut postern, payloads.len());

    let backlog = scene.ledger().alerts.len() as f64;
    for sink in ["webhook", "kafka"] {
        postern.wait_until("the backlog shows", |postern| backlog_of(postern, sink) == Some(backlog));
    }
    let peak = postern.peak_memory();
    println!("{} MB in the topic, {backlog} alerts waiting, peak {} MiB", bytes / 1_000_000, peak >> 20);
    assert!(backlog > 50.0 && peak < MEMORY_BYTES_MAX, "{backlog} alerts, {peak} bytes");
    assert_stops(postern);
}

#[test]
fn what_cannot_be_read_is_kept_with_its_reason_and_every_record_is_counted_once() {
    let Some(scene) = Scene::set("dead-mail") else { return };
    let (good, broken) = (mail(300), broken());
    let mut payloads = batches(&good);
    payloads.extend(broken.iter().map(|(_, payload)| (*payload).to_owned()));
    payloads.push(batch(&[good[0].clone(), broken[0].1.to_owned(), good[1].clone()]));
    payloads.extend(batches(&good[..BATCH]));
    scene.produce(&payloads);
    let mut postern = scene.start("");
    scene.wait_read(&mut postern, payloads.len());
    let dead = broken.len() + 1;
    wait_told(&mut postern, "dead-letter", dead);

    let letters: Vec<Value> = lines(&scene.path().join("dead-letters.jsonl")).iter().map(|line| parsed(line)).collect();
    let first_broken = good.len() / BATCH;
    for ((place, (reason, payload)), letter) in broken.iter().enumerate().zip(&letters) {
        let origin = format!("kafka/{}/0/{}", scene.topic, first_broken + place);
        assert_eq!((&letter["reason"], &letter["origin"]), (&(*reason).into(), &origin.into()), "{letter}");
        assert_eq!(BASE64_STANDARD.decode(letter["raw"].as_str().unwrap()).unwrap(), payload.as_bytes());
    }
    let sent = good.len() + broken.len() + 3 + BATCH;
    let counted = |name| postern.metric(name, &[]);
    assert_eq!(letters.len(), dead);
    assert_eq!(counted("postern_dead_letters_total"), Some(dead as f64));
    assert_eq!(counted("postern_records_total"), Some(sent as f64));
}

#[test]
fn a_graceful_stop_under_load_leaves_nothing_to_do_twice() {
    let Some(scene) = Scene::set("stop-mail") else { return };
    let records = mail(12_000);
    let (before, during) = records.split_at(records.len() / 2);
    scene.produce(before);
    let mut postern = scene.start(&scene.file_sink());
    postern.wait_until("it reads", |postern| postern.metric("postern_records_total", &[]) > Some(0.0));
    std::thread::scope(|scope| {
        scope.spawn(|| scene.produce(during));
        assert_stops(postern);
    });
    let stopped_at: i64 = scene.ledger().positions.values().sum();
    assert!(stopped_at < records.len() as i64, "everything was read before it stopped: the test shows nothing");

    let started = Instant::now();
    let mut postern = scene.start(&scene.file_sink());
    postern.wait_ready();
    let joined_after = started.elapsed();
    assert!(joined_after < Duration::from_secs(20), "the group waited {joined_after:?} for a member that had left");
    scene.wait_read(&mut postern, records.len());
    let (alerts, told_by_file) = (scene.ledger().alerts.len(), || lines(&scene.path().join("alerts.jsonl")).len());
    postern.wait_until("everything is told", |_| told_by_file() >= alerts);
    assert_stops(postern);
    assert_eq!(told_by_file(), alerts, "told twice");

    let undisturbed = scene.elsewhere();
    let mut postern = undisturbed.start(&undisturbed.file_sink());
    undisturbed.wait_read(&mut postern, records.len());
    assert_stops(postern);
    assert_eq!(scene.ledger(), undisturbed.ledger());
}

#[test]
fn a_posted_batch_is_in_the_ledger_when_it_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let listen = free_address();
    let mut postern =
        Postern::start(dir.path(), &format!("{}[[source.webhook]]\nlisten = \"{listen}\"\n", head(dir.path())));
    postern.wait_ready();
    for (count, records) in (1_i64..).zip(mail(2_000).chunks(BATCH)) {
        let with_a_broken_one = [records, &[String::from("{}")]].concat();
        assert_eq!(post(listen, &batch(&with_a_broken_one)), 200);
        let ledger = contents(dir.path());
        assert_eq!(ledger.dead_letters.values().sum::<i64>(), count, "{:?}", ledger.dead_letters);
    }
    assert!(!contents(dir.path()).alerts.is_empty());
    assert_stops(postern);
}

#[test]
fn a_lost_position_ends_with_code_4_and_names_the_choices() {
    let Some(scene) = Scene::set("lost-mail") else { return };
    let records = mail(200);
    scene.produce(&records);
    let mut postern = scene.start("");
    scene.wait_read(&mut postern, records.len());
    assert_stops(postern);
    scene.produce(&records);
    scene.kafka.delete_records(scene.topic, 0, 300);

    let mut postern = scene.start("");
    assert_eq!(postern.wait().code(), Some(4));
    let log = postern.log();
    for word in ["lost_position", "earliest", "latest", "100 records", scene.topic] {
        assert!(log.contains(word), "{word} is not in\n{log}");
    }
}

/// A topic of one partition on the real broker, and a data directory.
struct Scene {
    kafka: &'static RealKafka,
    topic: &'static str,
    dir: TempDir,
}

impl Scene {
    fn set(topic: &'static str) -> Option<Self> {
        let kafka = real_kafka_or_say_so()?;
        kafka.create_topic(topic, 1);
        Some(Self { kafka, topic, dir: tempfile::tempdir().unwrap() })
    }

    /// The same topic, seen for the first time.
    fn elsewhere(&self) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), ..*self }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn produce(&self, payloads: &[String]) {
        let payloads = payloads.iter().map(String::as_bytes);
        self.kafka.produce(self.topic, payloads.map(|payload| Record { partition: 0, key: &[], payload }));
    }

    fn start(&self, sinks: &str) -> Postern {
        let source = format!("bootstrap = {:?}\nauth = {{ kind = \"none\" }}", self.kafka.bootstrap());
        Postern::start(self.path(), &self.config(&source, sinks))
    }

    /// The group is named after the data directory: who has another ledger is in another group.
    fn config(&self, source: &str, sinks: &str) -> String {
        let (head, topic, group) = (head(self.path()), self.topic, self.path());
        format!("{head}[[source.kafka]]\ntopics = [{topic:?}]\ngroup = {group:?}\n{source}\n\n{sinks}")
    }

    fn file_sink(&self) -> String {
        format!("[[sink.file]]\npath = {:?}\n", self.path().join("alerts.jsonl"))
    }

    fn webhook_sink(&self, url: &str) -> String {
        let secret_file = self.path().join("webhook-secret");
        fs::write(&secret_file, WEBHOOK_SECRET).unwrap();
        format!("[[sink.webhook]]\nurl = {url:?}\nsecret_file = {secret_file:?}\nbackoff_ms_max = 500\n")
    }

    fn wait_read(&self, postern: &mut Postern, payloads: usize) {
        let end = i64::try_from(payloads).unwrap();
        postern.wait_ready();
        postern.wait_until("everything is read", |_| self.ledger().positions.values().sum::<i64>() == end);
    }

    fn ledger(&self) -> Contents {
        contents(self.path())
    }
}

fn head(dir: &Path) -> String {
    format!(
        "data_dir = {dir:?}\nshutdown_ms = {}\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\n\
         name = \"contoso\"\naccepted_domains = [\"contoso.com\"]\n\n",
        SHUTDOWN.as_millis()
    )
}

/// Mail of contoso.com, a good part of it bursts.
fn mail(records: u64) -> Vec<String> {
    mail_at(Options::default().records_per_second, records)
}

fn mail_at(records_per_second: NonZeroU32, records: u64) -> Vec<String> {
    let mix = Mix { attack: 150, ..Mix::default() };
    let options = Options { records, mix, records_per_second, ..Options::default() };
    Simulation::new(options).map(|record| record.json).collect()
}

/// As Event Hubs delivers them.
fn batches(records: &[String]) -> Vec<String> {
    records.chunks(BATCH).map(batch).collect()
}

fn batch(records: &[String]) -> String {
    format!(r#"{{"records":[{}]}}"#, records.join(","))
}

/// What nobody can read, each with the reason; the first is whole enough to stand in a batch.
fn broken() -> [(&'static str, &'static str); 4] {
    [
        ("missing_column", r#"{"category":"AdvancedHunting-EmailEvents","properties":{}}"#),
        ("not_json", r#"{"category":"AdvancedHunting-EmailEvents","properties":{"Timestamp":"#),
        ("no_category", r#"{"properties":{}}"#),
        ("not_a_record", "17"),
    ]
}

/// Waits until a sink has told so many entries, and has nothing left.
fn wait_told(postern: &mut Postern, sink: &str, entries: usize) {
    let delivered = |postern: &Postern| postern.metric("postern_sink_delivered_total", &[&labelled(sink)]);
    postern.wait_until("everything is told", |postern| delivered(postern) == Some(entries as f64));
    assert_eq!(backlog_of(postern, sink), Some(0.0));
}

fn backlog_of(postern: &Postern, sink: &str) -> Option<f64> {
    postern.metric("postern_sink_backlog_entries", &[&labelled(sink)])
}

fn labelled(sink: &str) -> String {
    format!("sink={sink:?}")
}

fn assert_stops(postern: Postern) {
    let (status, took) = postern.stop();
    assert!(status.success() && took < SHUTDOWN + GRACE, "{status} after {took:?}");
}

fn printed_config(dir: &Path) -> String {
    let mut print = Command::new(env!("CARGO_BIN_EXE_postern"));
    let output = print.args(["config", "print"]).arg(dir.join("postern.toml")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// An alert record under its id and number.
fn told(body: String) -> ((String, i64), String) {
    let alert = parsed(&body);
    ((alert["id"].as_str().unwrap().to_owned(), alert["seq"].as_i64().unwrap()), body)
}

/// A record of the topic, which must be keyed by the id of its alert.
fn keyed((key, body): (String, String)) -> ((String, i64), String) {
    let told = told(body);
    assert_eq!(key, told.0.0);
    told
}
