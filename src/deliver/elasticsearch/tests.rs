use std::fs;
use std::io::Read;

use axum::http::StatusCode;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::*;
use crate::config::{SecretSource, SinkKind};
use crate::deliver::SinkState;
use crate::deliver::harness::{self, Running, config, entries};
use crate::deliver::receiver::{Receiver, Request};

/// A heartbeat: the smallest record there is.
fn heartbeat(until: &str, digest: &str) -> String {
    format!(
        r#"{{"schema":"postern.heartbeat/1","id":"0f","seq":1,"tenant":"contoso","tenant_id":"t","since":"2026-11-22T09:00:00Z","until":"{until}","records":1,"digest":"{digest}"}}"#
    )
}

fn heartbeats(count: usize) -> Vec<Entry> {
    let heartbeat = heartbeat("2026-11-22T10:00:00Z", "");
    entries(&vec![heartbeat.as_str(); count])
}

fn sink(url: &str) -> ElasticsearchSink {
    ElasticsearchSink {
        endpoint: harness::endpoint(url),
        auth: HttpAuth::None,
        target: ElasticTarget::Daily("postern-alerts".into()),
        gzip: false,
    }
}

fn run(sink: ElasticsearchSink, entries: Vec<Entry>) -> Running {
    harness::run(&config(SinkKind::Elasticsearch(sink)), entries)
}

fn secret(value: &str) -> SecretSource {
    SecretSource::Environment { name: "ELASTIC".into(), value: value.into() }
}

/// The actions of a request.
fn actions(request: &Request) -> Vec<Value> {
    let lines = request.body.split(|byte| *byte == b'\n').step_by(2).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// The ids of a request, by the number that tells one entry of the test from another.
fn numbers(request: &Request) -> Vec<u64> {
    let number = |action: &Value| action["create"]["_id"].as_str()?.rsplit_once('-')?.1.parse().ok();
    actions(request).iter().map(|action| number(action).unwrap()).collect()
}

fn requests(receiver: &Receiver) -> Vec<Vec<u64>> {
    receiver.requests().iter().map(numbers).collect()
}

/// What a cluster says that finds this status, and this kind of error, for a document.
fn answered(request: &Request, find: impl Fn(u64) -> (u16, &'static str)) -> (StatusCode, String) {
    let item = |(action, number): (Value, u64)| {
        let (status, kind) = find(number);
        let error =
            if kind.is_empty() { Value::Null } else { serde_json::json!({ "type": kind, "reason": "because" }) };
        serde_json::json!({ "create": { "_id": action["create"]["_id"], "status": status, "error": error } })
    };
    let items: Vec<Value> = actions(request).into_iter().zip(numbers(request)).map(item).collect();
    (StatusCode::OK, serde_json::json!({ "took": 3, "errors": true, "items": items }).to_string())
}

fn created(request: &Request) -> (StatusCode, String) {
    answered(request, |_| (201, ""))
}

#[tokio::test]
async fn a_request_is_an_action_and_a_document_for_each_record_in_the_index_of_its_day() {
    let cluster = Receiver::open(|_, request| created(request)).await;
    let [before, after] =
        ["2026-11-22T23:59:59.999Z", "2026-11-23T00:00:00Z"].map(|until| heartbeat(until, "\\n{\\\"create\\\":{}}"));
    let sink = run(sink(&cluster.url), entries(&[&before, &after]));
    sink.until_delivered(2).await;
    assert_eq!(sink.stop().await, (2, vec![]));
    let request = &cluster.requests()[0];
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let lines: Vec<_> = body.strip_suffix('\n').unwrap().split('\n').collect();
    let [first, document, second, other] = lines[..] else { panic!("{body}") };
    assert_eq!(
        first,
        r#"{"create":{"_index":"postern-alerts-2026.11.22","_id":"00000000000000000000000000000000-1"}}"#
    );
    assert_eq!(
        second,
        r#"{"create":{"_index":"postern-alerts-2026.11.23","_id":"00000000000000000000000000000000-2"}}"#
    );
    assert!([document, other].iter().all(|line| serde_json::from_str::<Value>(line).unwrap().is_object()));
    assert_eq!(request.headers["content-type"], "application/x-ndjson");
    assert_eq!(
        request.uri,
        "/hook/_bulk?filter_path=took,errors,items.*.status,items.*.error.type,items.*.error.reason,items.*._id"
    );
    assert!(!request.headers.contains_key("authorization") && !request.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn a_data_stream_is_written_to_by_its_name_and_the_body_may_be_compressed() {
    let created = r#"{"items":[{"create":{"_id":"00000000000000000000000000000000-1","status":201}}]}"#;
    let cluster = Receiver::open(move |_, _| created).await;
    let target = ElasticTarget::DataStream("logs-postern.alerts-default".into());
    let sink = run(ElasticsearchSink { target, gzip: true, ..sink(&cluster.url) }, heartbeats(1));
    sink.until_delivered(1).await;
    assert_eq!(sink.stop().await, (1, vec![]));
    let request = &cluster.requests()[0];
    assert_eq!(request.headers["content-encoding"], "gzip");
    let mut body = String::new();
    GzDecoder::new(&request.body[..]).read_to_string(&mut body).unwrap();
    assert!(body.starts_with(r#"{"create":{"_index":"logs-postern.alerts-default","_id":"0"#), "{body}");
}

#[tokio::test]
async fn every_way_to_authenticate_is_a_header() {
    for (auth, expected) in [
        // RFC 7617, section 2.
        (
            HttpAuth::Basic { username: "Aladdin".into(), password: secret("open sesame") },
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        (HttpAuth::ApiKey { key: secret("VnVhQ2ZHY0JDZGJrUW0=") }, "ApiKey VnVhQ2ZHY0JDZGJrUW0="),
        (HttpAuth::Bearer { token: secret("e30.e30.x") }, "Bearer e30.e30.x"),
    ] {
        let cluster = Receiver::open(|_, request| created(request)).await;
        let sink = run(ElasticsearchSink { auth, ..sink(&cluster.url) }, heartbeats(1));
        sink.until_delivered(1).await;
        assert_eq!(sink.stop().await, (1, vec![]));
        assert_eq!(cluster.requests()[0].headers["authorization"], expected);
    }
}

#[tokio::test]
async fn a_wrong_key_holds_and_the_right_one_needs_no_restart() {
    let cluster = Receiver::open(|_, request| match request.headers["authorization"] == "ApiKey right" {
        true => created(request),
        false => (StatusCode::UNAUTHORIZED, r#"{"error":{"type":"security_exception"}}"#.to_owned()),
    })
    .await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "wrong\n").unwrap();
    let auth = HttpAuth::ApiKey { key: SecretSource::File(file.path().to_owned()) };
    let sink = run(ElasticsearchSink { auth, ..sink(&cluster.url) }, heartbeats(2));
    sink.until(|report| report.state == SinkState::Holding).await;
    assert!(sink.status.report().last_error.unwrap().contains("security_exception"));
    fs::write(&file, "right").unwrap();
    sink.until_delivered(2).await;
    assert_eq!(sink.stop().await, (2, vec![]));
}

#[tokio::test]
async fn only_what_is_still_open_is_sent_again() {
    let cluster = Receiver::open(|count, request| {
        answered(request, |number| match (number, count) {
            (2, 1) => (429, "es_rejected_execution_exception"),
            (3, _) => (400, "document_parsing_exception"),
            (4, 1) => (409, "version_conflict_engine_exception"),
            _ => (201, ""),
        })
    })
    .await;
    let sink = run(sink(&cluster.url), heartbeats(4));
    sink.until_delivered(3).await;
    assert_eq!(sink.stop().await, (4, vec![(3, "400 document_parsing_exception: because".to_owned())]));
    assert_eq!(requests(&cluster), [vec![1, 2, 3, 4], vec![2]]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_believed_is_asked_for_again_and_nothing_is_there_twice() {
    let cluster = Receiver::open(|count, request| match count {
        1 => (StatusCode::OK, r#"{"took":3,"errors":false,"items":[]}"#.to_owned()),
        2 => (StatusCode::OK, "<html>".to_owned()),
        _ => answered(request, |_| (409, "version_conflict_engine_exception")),
    })
    .await;
    let sink = run(sink(&cluster.url), heartbeats(3));
    sink.until_delivered(3).await;
    assert_eq!(sink.status.report().retried, 2);
    assert_eq!(sink.stop().await, (3, vec![]));
    assert_eq!(requests(&cluster), [[1, 2, 3]; 3]);
}

#[tokio::test]
async fn a_missing_index_holds_until_somebody_has_made_it() {
    let cluster = Receiver::open(|count, request| {
        answered(request, |_| if count < 3 { (404, "index_not_found_exception") } else { (201, "") })
    })
    .await;
    let sink = run(sink(&cluster.url), heartbeats(1));
    sink.until(|report| report.state == SinkState::Holding).await;
    sink.until_delivered(1).await;
    assert_eq!(sink.stop().await, (1, vec![]));
    assert_eq!(cluster.requests().len(), 3);
}

/// These documents are short, so that it is not their size that is meant.
#[tokio::test]
async fn documents_that_are_too_large_together_travel_alone() {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, String::new());
    let cluster = Receiver::open(move |_, request| match numbers(request).as_slice() {
        [_, _, ..] => too_large.clone(),
        _ => created(request),
    })
    .await;
    let sink = run(sink(&cluster.url), heartbeats(4));
    sink.until_delivered(4).await;
    assert_eq!(sink.stop().await, (4, vec![]));
    assert_eq!(requests(&cluster), [vec![1, 2, 3, 4], vec![1], vec![2], vec![3], vec![4]]);
}

#[tokio::test]
async fn what_is_no_record_is_put_aside_and_the_others_are_told() {
    let cluster = Receiver::open(|_, request| created(request)).await;
    let mut entries = heartbeats(3);
    entries[1].body = "not json".to_owned();
    let sink = run(sink(&cluster.url), entries);
    sink.until_delivered(2).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (3, 1, 2));
    assert_eq!(requests(&cluster), [[1], [3]]);
}
