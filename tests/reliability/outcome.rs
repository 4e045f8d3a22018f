//! The service as it is configured here, and where it ends.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::diary::Diary;
use crate::input::Input;
use crate::support::kafka::{RealKafka, read_all};
use crate::support::ledger::contents;
use crate::support::postern::Postern;

/// Fewer would show nothing.
const ALERTS_MIN: usize = 15;

/// The shortest session that is allowed: how long a dead member is waited for.
pub(crate) const SESSION: Duration = Duration::from_secs(6);

/// One ledger with its receivers, whatever processes come and go on it.
pub(crate) struct Installation {
    /// For the configuration and the log.
    dir: TempDir,
    /// For the ledger, the alerts and the dead letters.
    pub(crate) data: PathBuf,
    /// The topic for alerts.
    pub(crate) alerts: String,
    /// The group.
    pub(crate) group: String,
    /// Further settings of the source.
    pub(crate) settings: String,
}

impl Installation {
    /// In a folder of its own, with a new topic for its alerts.
    pub(crate) fn new(kafka: &RealKafka, name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_owned();
        Self::with_data(kafka, name, dir, data)
    }

    /// With its data elsewhere.
    pub(crate) fn with_data(kafka: &RealKafka, name: &str, dir: TempDir, data: PathBuf) -> Self {
        let alerts = format!("{name}-alerts");
        kafka.create_topic(&alerts, 1);
        let settings = format!("session_timeout_ms = {}", SESSION.as_millis());
        Self { dir, data, alerts, group: name.to_owned(), settings }
    }

    /// Starts a process on it.
    pub(crate) fn start(&self, kafka: &RealKafka, input: &Input) -> Postern {
        Postern::start(self.dir.path(), &self.config(kafka, input))
    }

    /// The messages that are durable.
    pub(crate) fn read(&self) -> usize {
        let positions = contents(&self.data).positions;
        positions.values().map(|offset| usize::try_from(*offset).unwrap()).sum()
    }

    /// Waits until everything has been read, told and settled, and stops in good order.
    pub(crate) fn finish(&self, mut postern: Postern, input: &Input) {
        postern.wait_ready();
        postern.wait_until("everything is read", |_| self.read() >= input.len());
        let backlog = |postern: &Postern| postern.metric("postern_sink_backlog_entries", &[]);
        postern.wait_until("everything is told", |postern| backlog(postern) == Some(0.0));
        let (status, took) = postern.stop();
        assert!(status.success() && took < Duration::from_secs(30), "{status} after {took:?}");
    }

    fn config(&self, kafka: &RealKafka, input: &Input) -> String {
        let Self { data, alerts, group, settings, .. } = self;
        let (bootstrap, tenants, topics) = (kafka.bootstrap(), input.tenants(), input.topics());
        let source = format!("bootstrap = {bootstrap:?}\ntopics = {topics:?}\ngroup = {group:?}\n{settings}\n");
        let file = self.data.join("alerts.jsonl");
        format!(
            "data_dir = {data:?}\n{tenants}\n[[source.kafka]]\n{source}auth = {{ kind = \"none\" }}\n\n\
             [[sink.file]]\npath = {file:?}\nbackoff_ms_max = 1000\n\n\
             [[sink.kafka]]\nbootstrap = {bootstrap:?}\ntopic = {alerts:?}\nauth = {{ kind = \"none\" }}\n\
             backoff_ms_max = 1000\n"
        )
    }
}

/// Holds a disturbed installation against one that reads the same topics and is left alone.
pub(crate) fn compare(kafka: &RealKafka, input: &Input, disturbed: &Installation, rounds: usize, diary: Diary) {
    let undisturbed = Installation::new(kafka, &format!("{}-undisturbed", disturbed.alerts));
    undisturbed.finish(undisturbed.start(kafka, input), input);
    let (found, expected) = (contents(&disturbed.data), contents(&undisturbed.data));
    assert_same("the positions", &found.positions, &expected.positions);
    assert_same("the state", &found.state, &expected.state);
    assert_same("the alerts of the ledger", &found.alerts, &expected.alerts);
    let alerts = expected.alerts.len();
    assert!(alerts > ALERTS_MIN, "only {alerts} alert records: the test would show nothing");
    assert_same("the alerts that the file sink was told", &told_in_file(&disturbed.data), &expected.alerts);
    let in_topic = told_in_topic(kafka, &disturbed.alerts);
    assert_same("the alerts that the kafka sink was told", &in_topic, &expected.alerts);
    assert_same("the dead letters", &dead_letters(&disturbed.data), &dead_letters(&undisturbed.data));
    diary.close(rounds, input.len(), alerts, expected.state.len());
}

/// Names the entries that differ, and not the thousands that do not.
fn assert_same<K: Ord + Debug, V: PartialEq + Debug>(what: &str, found: &BTreeMap<K, V>, expected: &BTreeMap<K, V>) {
    let keys = found.keys().filter(|key| !expected.contains_key(key)).chain(expected.keys());
    let differs = keys.filter(|key| found.get(key) != expected.get(key));
    let shown = |key| format!("{key:?}\n  disturbed:   {:?}\n  undisturbed: {:?}", found.get(key), expected.get(key));
    let (all, differs): (_, Vec<_>) = (expected.len(), differs.collect());
    let first: Vec<_> = differs.iter().take(3).map(|key| shown(*key)).collect();
    assert!(differs.is_empty(), "{what}: {} of {all} differ, the first:\n{}", differs.len(), first.join("\n"));
}

fn told_in_file(data: &Path) -> BTreeMap<(String, i64), String> {
    let lines = std::fs::read_to_string(data.join("alerts.jsonl")).unwrap();
    told(lines.lines().map(str::to_owned))
}

fn told_in_topic(kafka: &RealKafka, topic: &str) -> BTreeMap<(String, i64), String> {
    let records = read_all(&kafka.client_config(), topic);
    told(records.into_iter().map(|record| String::from_utf8(record.payload).unwrap()))
}

/// What could not be read, by where it was. The ledger itself forgets what has been told.
fn dead_letters(data: &Path) -> BTreeMap<String, String> {
    let lines = std::fs::read_to_string(data.join("dead-letters.jsonl")).unwrap();
    let letter = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["origin"].to_string();
    lines.lines().map(|line| (letter(line), line.to_owned())).collect()
}

/// What a receiver that drops what it has seen ends up with. The same record may come twice; never with another content.
fn told(lines: impl Iterator<Item = String>) -> BTreeMap<(String, i64), String> {
    let mut told = BTreeMap::new();
    for line in lines {
        let alert: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let key = (alert["id"].as_str().unwrap().to_owned(), alert["seq"].as_i64().unwrap());
        let before = told.insert(key.clone(), line.clone());
        assert!(before.is_none_or(|before| before == line), "{key:?} was told with two contents");
    }
    told
}
