use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::acks::Pace;
use super::*;
use crate::config::{Format, SecretSource, SinkKind};
use crate::deliver::SinkState;
use crate::deliver::decision::Remedy;
use crate::deliver::harness::{self, Running, config, entries, now, start};
use crate::deliver::receiver::{Receiver, Request};

const TOKEN: &str = "0f5c1a2b-1111-4222-8333-444455556666";
const TAKEN: (StatusCode, &str) = (StatusCode::OK, r#"{"text":"Success","code":0}"#);
const TAKEN_7: (StatusCode, &str) = (StatusCode::OK, r#"{"text":"Success","code":0,"ackId":7}"#);
const NOT_YET: (StatusCode, &str) = (StatusCode::OK, r#"{"acks":{"7":false,"0":false}}"#);
const INDEXED: (StatusCode, &str) = (StatusCode::OK, r#"{"acks":{"7":true}}"#);
const NO_ACKS: (StatusCode, &str) = (StatusCode::BAD_REQUEST, r#"{"text":"ACK is disabled","code":14}"#);
const INVALID: (StatusCode, &str) = (StatusCode::BAD_REQUEST, r#"{"text":"Invalid data format","code":6}"#);

/// A heartbeat: the smallest record there is. Its number of records tells one from another.
fn heartbeat(records: usize, digest: &str) -> String {
    format!(
        r#"{{"schema":"postern.heartbeat/1","id":"0f","seq":1,"tenant":"contoso","tenant_id":"t","since":"2026-11-22T09:00:00Z","until":"2026-11-22T10:00:00.5Z","records":{records},"digest":"{digest}"}}"#
    )
}

fn heartbeats(count: usize) -> Vec<Entry> {
    let bodies: Vec<_> = (1..=count).map(|records| heartbeat(records, "")).collect();
    entries(&bodies.iter().map(String::as_str).collect::<Vec<_>>())
}

fn sink(url: &str) -> SplunkHecSink {
    SplunkHecSink {
        endpoint: harness::endpoint(url),
        token: SecretSource::Environment { name: "HEC".into(), value: TOKEN.into() },
        index: None,
        source: "postern".into(),
        sourcetype: "postern:alert".into(),
        host: None,
        format: Format::Native,
        gzip: false,
        acknowledge: false,
        acknowledged_within: Duration::from_secs(300),
    }
}

fn run(sink: SplunkHecSink, entries: Vec<Entry>) -> Running {
    harness::run(&config(SinkKind::SplunkHec(sink)), entries)
}

/// A sink that wants acknowledgements and does not wait long before it asks.
fn acknowledged(url: &str, within: Duration) -> SplunkHec {
    let of = SplunkHecSink { acknowledge: true, acknowledged_within: within, ..sink(url) };
    let mut hec = SplunkHec::new("test", &of, now).unwrap();
    hec.acks.pace = Pace { first: Duration::from_millis(1), longest: Duration::from_millis(2) };
    hec
}

fn run_acknowledged(url: &str, within: Duration, entries: Vec<Entry>) -> Running {
    let hec = acknowledged(url, within);
    start(&config(SinkKind::SplunkHec(sink(url))), entries, |driver| tokio::spawn(driver.run(hec)))
}

const LONG: Duration = Duration::from_secs(20);

fn is_question(request: &Request) -> bool {
    request.uri.path().ends_with("/ack")
}

/// Which events a post holds, by their number of records.
fn events(request: &Request) -> Vec<u64> {
    let events = serde_json::Deserializer::from_slice(&request.body).into_iter::<Value>();
    events.map(|event| event.unwrap()["event"]["records"].as_u64().unwrap()).collect()
}

fn posts(receiver: &Receiver) -> Vec<Vec<u64>> {
    receiver.requests().iter().filter(|request| !is_question(request)).map(events).collect()
}

#[tokio::test]
async fn a_post_is_one_object_an_event_with_the_time_of_what_it_tells() {
    let hec = Receiver::open(|_, _| TAKEN).await;
    let of = SplunkHecSink { index: Some("security".into()), host: Some("postern-1".into()), ..sink(&hec.url) };
    let sink = run(of, heartbeats(2));
    sink.until_delivered(2).await;
    assert_eq!(sink.stop().await, (2, vec![]));
    let request = &hec.requests()[0];
    let event = |records| {
        let event = heartbeat(records, "");
        format!(
            r#"{{"time":1795341600.500,"host":"postern-1","source":"postern","sourcetype":"postern:alert","index":"security","event":{event}}}"#
        ) + "\n"
    };
    assert_eq!(String::from_utf8_lossy(&request.body), event(1) + &event(2));
    assert_eq!(request.uri.path(), "/hook/services/collector/event");
    assert_eq!(request.headers["authorization"], format!("Splunk {TOKEN}"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(!request.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn without_index_and_host_the_tokens_own_count_and_the_body_may_be_compressed() {
    let hec = Receiver::open(|_, _| TAKEN).await;
    let sink = run(SplunkHecSink { gzip: true, ..sink(&hec.url) }, heartbeats(1));
    sink.until_delivered(1).await;
    assert_eq!(sink.stop().await, (1, vec![]));
    let request = &hec.requests()[0];
    assert_eq!(request.headers["content-encoding"], "gzip");
    let mut body = String::new();
    GzDecoder::new(&request.body[..]).read_to_string(&mut body).unwrap();
    assert!(body.starts_with(r#"{"time":1795341600.500,"source":"postern","sourcetype":"postern:alert","event":{"#));
}

#[tokio::test]
async fn a_wrong_token_holds_and_the_right_one_needs_no_restart() {
    let hec = Receiver::open(|_, request| match request.headers["authorization"] == "Splunk right" {
        true => TAKEN,
        false => (StatusCode::FORBIDDEN, r#"{"text":"Invalid token","code":4}"#),
    })
    .await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "wrong\n").unwrap();
    let token = SecretSource::File(file.path().to_owned());
    let sink = run(SplunkHecSink { token, ..sink(&hec.url) }, heartbeats(2));
    sink.until(|report| report.state == SinkState::Holding).await;
    assert!(sink.status.report().last_error.unwrap().contains("Invalid token"));
    fs::write(&file, "right").unwrap();
    sink.until_delivered(2).await;
    assert_eq!(sink.stop().await, (2, vec![]));
}

#[tokio::test]
async fn the_event_that_is_named_is_put_aside_and_those_before_it_are_not_sent_twice() {
    let hec = Receiver::open(|count, _| match count {
        1 => (StatusCode::BAD_REQUEST, r#"{"text":"Event field cannot be blank","code":13,"invalid-event-number":1}"#),
        _ => TAKEN,
    })
    .await;
    let sink = run(sink(&hec.url), heartbeats(4));
    sink.until_delivered(3).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (4, 1, 2));
    assert!(refusals[0].1.contains("cannot be blank"), "{refusals:?}");
    assert_eq!(posts(&hec), [vec![1, 2, 3, 4], vec![3, 4]]);
}

#[tokio::test]
async fn an_event_that_is_condemned_without_a_name_is_found_alone() {
    let hec = Receiver::open(|_, request| if events(request).contains(&3) { INVALID } else { TAKEN }).await;
    let sink = run(sink(&hec.url), heartbeats(5));
    sink.until_delivered(4).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (5, 1, 3));
    assert_eq!(posts(&hec), [vec![1, 2, 3, 4], vec![1], vec![2], vec![3], vec![4], vec![5]]);
}

#[tokio::test]
async fn a_post_that_is_too_large_is_halved_and_a_single_event_that_is_too_large_is_put_aside() {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "<html>");
    let hec = Receiver::open(move |_, request| if request.body.len() > 200_000 { too_large } else { TAKEN }).await;
    let bodies: Vec<_> = [1, 2, 3, 4].map(|n| heartbeat(n, &"x".repeat(if n == 3 { 210_000 } else { 90_000 }))).into();
    let sink = run(sink(&hec.url), entries(&bodies.iter().map(String::as_str).collect::<Vec<_>>()));
    sink.until_delivered(3).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (4, 1, 3));
    assert_eq!(posts(&hec), [vec![1, 2, 3, 4], vec![1, 2], vec![3], vec![4]]);
}

#[tokio::test]
async fn a_post_stays_below_its_limit_and_a_longer_event_goes_alone() {
    let hec = Receiver::open(|_, _| TAKEN).await;
    let bodies: Vec<_> = [1, 2, 3].map(|n| heartbeat(n, &"x".repeat(if n == 2 { 1_100_000 } else { 10 }))).into();
    let sink = run(sink(&hec.url), entries(&bodies.iter().map(String::as_str).collect::<Vec<_>>()));
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(posts(&hec), [[1], [2], [3]]);
}

#[tokio::test]
async fn what_is_no_record_is_put_aside_and_the_others_are_told() {
    let hec = Receiver::open(|_, _| TAKEN).await;
    let mut entries = heartbeats(3);
    entries[1].body = r#"{"schema":"postern.alert/9"}"#.to_owned();
    let sink = run(sink(&hec.url), entries);
    sink.until_delivered(2).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (3, 1, 2));
    assert_eq!(posts(&hec), [[1], [3]]);
}

// === Acknowledgement ===

#[tokio::test]
async fn what_is_acknowledged_is_delivered_and_asked_for_on_the_channel_it_was_posted_on() {
    let hec = Receiver::open(|count, request| match (is_question(request), count) {
        (false, _) => TAKEN_7,
        (true, ..=3) => NOT_YET,
        (true, _) => INDEXED,
    })
    .await;
    let sink = run_acknowledged(&hec.url, LONG, heartbeats(3));
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (3, vec![]));
    let requests = hec.requests();
    assert_eq!(requests.iter().map(is_question).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(
        (requests[1].uri.path(), &requests[1].body[..]),
        ("/hook/services/collector/ack", &br#"{"acks":[7]}"#[..])
    );
    let channel = &requests[0].headers["x-splunk-request-channel"];
    assert_eq!(channel.len(), 36);
    assert!(requests.iter().all(|request| request.headers["x-splunk-request-channel"] == channel));
}

#[tokio::test]
async fn a_slow_indexer_is_not_taken_for_a_collector_that_is_down() {
    let hec = Receiver::open(|count, request| match (is_question(request), count) {
        (false, _) => TAKEN_7,
        (true, ..=9) => NOT_YET,
        (true, _) => INDEXED,
    })
    .await;
    let sink = run_acknowledged(&hec.url, LONG, heartbeats(3));
    sink.until_delivered(3).await;
    let report = sink.status.report();
    assert_eq!((report.retried, report.last_error, report.is_breaker_open), (0, None, false));
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(posts(&hec), [[1, 2, 3]]);
}

#[tokio::test]
async fn an_attempt_that_is_given_up_goes_on_asking_and_posts_nothing_twice() {
    let is_indexed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_indexed);
    let receiver = Receiver::open(move |_, request| match (is_question(request), seen.load(Ordering::SeqCst)) {
        (false, _) => TAKEN_7,
        (true, false) => NOT_YET,
        (true, true) => INDEXED,
    })
    .await;
    let (mut hec, batch) = (acknowledged(&receiver.url, LONG), heartbeats(3));
    for _ in 0..3 {
        let fault = hec.send(&batch).await.fault.unwrap();
        assert!(matches!(fault.remedy, Remedy::Ask(_)), "{fault:?}");
    }
    is_indexed.store(true, Ordering::SeqCst);
    assert_eq!(hec.send(&batch[..1]).await, Sent::accepted(1));
    assert_eq!(hec.send(&batch[1..]).await, Sent::accepted(2));
    assert_eq!(posts(&receiver), [[1, 2, 3]]);
}

#[tokio::test]
async fn what_is_not_acknowledged_in_time_is_sent_again() {
    let hec = Receiver::open(|count, request| match (is_question(request), count) {
        (false, _) => TAKEN_7,
        (true, ..=3) => NOT_YET,
        (true, _) => INDEXED,
    })
    .await;
    let sink = run_acknowledged(&hec.url, Duration::ZERO, heartbeats(3));
    sink.until(|report| report.last_error.as_ref().is_some_and(|error| error.contains("sticky"))).await;
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(posts(&hec), [[1, 2, 3], [1, 2, 3]]);
}

#[tokio::test]
async fn while_nobody_answers_the_question_nothing_is_sent_again() {
    let busy = (StatusCode::SERVICE_UNAVAILABLE, r#"{"text":"Server is busy","code":9}"#);
    let hec = Receiver::open(move |count, request| match (is_question(request), count) {
        (false, _) => TAKEN_7,
        (true, ..=6) => busy,
        (true, _) => INDEXED,
    })
    .await;
    let sink = run_acknowledged(&hec.url, Duration::ZERO, heartbeats(3));
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(posts(&hec), [[1, 2, 3]]);
}

/// Until somebody enables acknowledgement, which is when this collector was asked for the fifth time.
#[tokio::test]
async fn a_token_that_does_not_acknowledge_holds_and_does_not_fill_the_index_meanwhile() {
    let hec = Receiver::open(|count, request| match (is_question(request), count) {
        (false, ..=6) => TAKEN,
        (false, _) => TAKEN_7,
        (true, ..=5) => NO_ACKS,
        (true, 6) => NOT_YET,
        (true, _) => INDEXED,
    })
    .await;
    let sink = run_acknowledged(&hec.url, LONG, heartbeats(3));
    sink.until(|report| report.state == SinkState::Holding).await;
    let reason = sink.status.report().last_error.unwrap();
    assert!(reason.contains("acknowledge = false"), "{reason}");
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(posts(&hec), [vec![1, 2, 3], vec![1], vec![2, 3]]);
}
