use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::*;
use crate::correlate::{CrowdedOut, Sizes};
use crate::deliver::{SinkReport, SinkState};
use crate::detector::{DeadLetter, Outcome, Slice, Tally};
use crate::event::{DeliveryAction, Time};
use crate::judge::{Entry, TenantIndex, Verdict};
use crate::ledger::Pulse;
use crate::receive::PartitionId;
use crate::receive::kafka::KafkaSnapshot;

fn metrics() -> Metrics {
    let list = |name: &str| vec![name.to_owned()];
    let tenants = vec!["con\"to\\so\n".to_owned()];
    let [kafka_sources, webhook_sources, sinks] = ["kafka", "webhook", "file"].map(list);
    Metrics::new(&Names { kafka_sources, webhook_sources, tenants, sinks }).unwrap()
}

fn kafka(lag: Option<u64>) -> KafkaSnapshot {
    let id = PartitionId { source: "kafka".into(), topic: "mail".into(), partition: 3 };
    KafkaSnapshot { lag: [(id, lag)].into(), ..KafkaSnapshot::default() }
}

/// The value of each series, once every line has been held against the rules of the text format.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let mut helped = None;
    let mut family = (String::new(), String::new());
    let mut series = BTreeMap::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help without text");
            assert!(help.ends_with('.'), "{line}");
            helped = Some(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(helped.take().as_deref(), Some(name), "a type stands right behind its help");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!((name.starts_with("postern_") || name.starts_with("process_")) && is_name(name), "{line}");
            family = (name.to_owned(), kind.to_owned());
        } else {
            let (id, value) = line.rsplit_once(' ').unwrap();
            let name = id.split('{').next().unwrap();
            let suffix = name.strip_prefix(&family.0).unwrap_or_else(|| panic!("{line} is outside of its family"));
            let suffixes: &[&str] = if family.1 == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            check_labels(&id[name.len()..]);
            assert!(series.insert(id.to_owned(), value.parse().unwrap()).is_none(), "{line} stands twice");
        }
    }
    series
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `{name="value",…}`, where a value escapes `\`, `"` and line ends.
fn check_labels(labels: &str) {
    let Some(mut rest) = labels.strip_prefix('{').map(|labels| labels.strip_suffix('}').unwrap()) else {
        return assert!(labels.is_empty());
    };
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap();
        assert!(is_name(name.trim_start_matches(',')), "{labels}");
        let mut escaped = false;
        let end = value.find(|c| {
            let ends = c == '"' && !escaped;
            assert!(!escaped || ['\\', '"', 'n'].contains(&c), "{labels}");
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = &value[end.unwrap() + 1..];
    }
}

#[test]
fn the_text_keeps_the_rules_of_the_exposition_format_and_begins_at_zero() {
    let metrics = metrics();
    let series = parse(&metrics.render().unwrap());
    assert!(series.len() > 100);
    let one: Vec<_> = series.iter().filter(|(_, value)| **value != 0.0).map(|(id, _)| id.as_str()).collect();
    let build = format!("postern_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(one, [build.as_str(), "process_start_time_seconds"]);
    for id in [
        r#"postern_records_total{outcome="suspicious",source="webhook"}"#,
        r#"postern_alerts_total{rule="direct-send-spoof",severity="high",state="open",tenant="con\"to\\so\n"}"#,
        r#"postern_alerts_total{rule="reject-direct-send-disabled",severity="high",state="open",tenant="con\"to\\so\n"}"#,
        r#"postern_benign_messages_total{reason="echo",tenant="con\"to\\so\n"}"#,
        r#"postern_crowded_out_total{kind="source",tenant="con\"to\\so\n"}"#,
        r#"postern_dead_letters_total{reason="not_json"}"#,
        r#"postern_webhook_requests_total{code="503",source="webhook"}"#,
        r#"postern_commits_total{outcome="failed"}"#,
        r#"postern_sink_backlog_entries{sink="file"}"#,
    ] {
        assert_eq!(series.get(id), Some(&0.0), "{id}");
    }
}

#[test]
fn every_method_moves_its_own_series() {
    let metrics = metrics();
    let mut slice = Slice::default();
    slice.outcomes.count(Outcome::Benign);
    slice.outcomes.count(Outcome::Undecodable);
    for reason in ["not_json", "invented by nobody"] {
        let [reason, detail, origin] = [reason, "", "kafka"].map(str::to_owned);
        slice.dead_letters.push((0, DeadLetter { reason, detail, origin, raw: Vec::new() }));
    }
    slice.bytes = 100;
    slice.mail_of(TenantIndex(0)).count(Entry::Direct, &Verdict::Suspicious, DeliveryAction::Junked);
    slice.advance(TenantIndex(0), Time::from_millis(2_500));
    // Of nobody, as after a change of the configuration; not counted.
    slice.advance(TenantIndex(9), Time::from_millis(9_999));
    metrics.inspected("kafka", &slice);
    metrics.tallies([3, 2].map(|evicted| (TenantIndex(0), tally(evicted))).into_iter());
    metrics.committed(Duration::from_millis(4), true);
    metrics.committed(Duration::from_secs(9), false);
    metrics.kafka(&[("kafka", kafka(Some(17)))]);
    metrics.webhook_answered("webhook", 200);
    let last_success = Some(Time::from_millis(1_500));
    let report = SinkReport {
        delivered: 9,
        retried: 1,
        refused: 2,
        backlog: 5,
        state: SinkState::Holding,
        last_success,
        ..SinkReport::default()
    };
    metrics.sink("file", &report);
    metrics.sink("file", &report);

    let series = parse(&metrics.render().unwrap());
    for (id, value) in [
        (r#"postern_records_total{outcome="benign",source="kafka"}"#, 1.0),
        (r#"postern_received_bytes_total{source="kafka"}"#, 100.0),
        (r#"postern_dead_letters_total{reason="not_json"}"#, 1.0),
        (r#"postern_dead_letters_total{reason="other"}"#, 1.0),
        (r#"postern_open_campaigns{tenant="con\"to\\so\n"}"#, 7.0),
        (r#"postern_repeated_rows_total{tenant="con\"to\\so\n"}"#, 2.0),
        (r#"postern_evicted_campaigns_total{tenant="con\"to\\so\n"}"#, 3.0),
        (r#"postern_messages_total{tenant="con\"to\\so\n",verdict="suspicious"}"#, 1.0),
        (r#"postern_entered_messages_total{entry="direct",tenant="con\"to\\so\n"}"#, 1.0),
        (r#"postern_suspicious_messages_total{delivery="Junked",tenant="con\"to\\so\n"}"#, 1.0),
        (r#"postern_newest_event_timestamp_seconds{tenant="con\"to\\so\n"}"#, 2.5),
        (r#"postern_commits_total{outcome="durable"}"#, 1.0),
        ("postern_commit_duration_seconds_count", 2.0),
        (r#"postern_kafka_assigned_partitions{source="kafka"}"#, 1.0),
        (r#"postern_kafka_consumer_lag_records{partition="3",source="kafka",topic="mail"}"#, 17.0),
        (r#"postern_webhook_requests_total{code="200",source="webhook"}"#, 1.0),
        (r#"postern_sink_delivered_total{sink="file"}"#, 9.0),
        (r#"postern_sink_holding{sink="file"}"#, 1.0),
        (r#"postern_sink_last_success_timestamp_seconds{sink="file"}"#, 1.5),
    ] {
        assert_eq!(series.get(id), Some(&value), "{id}");
    }
    assert!(series["postern_last_commit_timestamp_seconds"] > 1.7e9);
    assert!(series["postern_last_record_timestamp_seconds{tenant=\"con\\\"to\\\\so\\n\"}"] > 1.7e9);
}

#[test]
fn what_is_measured_rather_than_counted_is_what_was_measured_last() {
    let metrics = metrics();
    metrics.heartbeat_interval(Duration::from_secs(60));
    let tenant = "con\"to\\so\n".to_owned();
    metrics.heartbeats(&[Pulse { tenant, since: Time::from_millis(3_500), sequence: 0 }]);
    metrics.ledger_bytes(4_096);
    metrics.ledger_volume(Volume { capacity_bytes: 1_000, available_bytes: 100 });
    let cpu = Some(Duration::from_millis(1_500));
    let process = Process { cpu, resident_bytes: Some(77), open_files: Some(7), open_files_max: None };
    metrics.process(&process);
    metrics.process(&process);

    let series = parse(&metrics.render().unwrap());
    for (id, value) in [
        (r#"postern_last_heartbeat_timestamp_seconds{tenant="con\"to\\so\n"}"#, 3.5),
        ("postern_heartbeat_interval_seconds", 60.0),
        ("postern_ledger_bytes", 4_096.0),
        ("postern_ledger_volume_capacity_bytes", 1_000.0),
        ("postern_ledger_volume_available_bytes", 100.0),
        ("process_cpu_seconds_total", 1.5),
        ("process_resident_memory_bytes", 77.0),
        ("process_open_fds", 7.0),
        ("process_max_fds", 0.0),
    ] {
        assert_eq!(series.get(id), Some(&value), "{id}");
    }
}

fn tally(evicted: u64) -> Tally {
    Tally {
        sizes: Sizes { open_campaigns: 7, ..Sizes::default() },
        evicted,
        crowded_out: CrowdedOut::default(),
        repeated: 1,
    }
}

#[test]
fn a_partition_that_went_away_has_no_lag() {
    let metrics = metrics();
    metrics.kafka(&[("kafka", kafka(Some(17)))]);
    metrics.kafka(&[("kafka", KafkaSnapshot::default())]);
    assert!(!metrics.render().unwrap().contains("kafka_consumer_lag_records{"));
}

#[tokio::test]
async fn the_listener_answers_the_three_questions_until_it_is_stopped() {
    let (stop, shutdown) = watch::channel(false);
    let health = Arc::new(Health::new(&["commit"], &[]));
    let refresh: Refresh = Arc::new(|metrics| metrics.webhook_answered("webhook", 413));
    let listen = "127.0.0.1:0".parse().unwrap();
    let (address, task) =
        serve(listen, Arc::new(metrics()), Arc::clone(&health), refresh, status(), shutdown).await.unwrap();
    // Nothing here speaks TLS, but the client is not made without a provider; it may have been chosen by another test.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let ask = async |path: &str| {
        let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };

    let (status, text) = ask("/metrics").await;
    assert_eq!(status, 200);
    assert_eq!(parse(&text)[r#"postern_webhook_requests_total{code="413",source="webhook"}"#], 1.0);
    assert_eq!(ask("/healthz").await, (200, r#"{"alive":true,"reasons":[]}"#.to_owned()));
    assert_eq!(ask("/readyz").await, (503, r#"{"ready":false,"reasons":["starting"]}"#.to_owned()));
    health.configured();
    assert_eq!(ask("/readyz").await, (200, r#"{"ready":true,"reasons":[]}"#.to_owned()));
    assert_eq!(ask("/elsewhere").await.0, 404);

    stop.send(true).unwrap();
    task.await.unwrap();
}

fn status() -> StatusOf {
    let report = SinkReport { backlog: 3, state: SinkState::Holding, ..SinkReport::default() };
    let sink = SinkLine { name: "splunk".into(), kind: "splunk-hec".into(), report };
    Arc::new(move || StatusPage { version: "1".into(), now: Time::from_millis(1_000), sinks: vec![sink.clone()] })
}
