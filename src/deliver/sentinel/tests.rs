use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;

use super::*;
use crate::config::{EntraAuth, SecretSource, SinkConfig, SinkKind};
use crate::deliver::SinkState;
use crate::deliver::harness::{self, Running, config, entries};
use crate::deliver::receiver::{Receiver, Request};

const HEARTBEAT: &str = r#"{"schema":"postern.heartbeat/1","id":"00","seq":1,"tenant":"contoso","tenant_id":"t",
    "since":"2026-11-20T09:00:00Z","until":"2026-11-20T10:00:00Z","records":0,"digest":""}"#;
const RULE: &str = "dcr-0123456789abcdef0123456789abcdef";

/// Entra and the service on one port: tokens are numbered, calls are answered as told.
async fn service<A: IntoResponse>(answer: impl Fn(usize, &Request) -> A + Clone + Send + Sync + 'static) -> Receiver {
    let (tokens, calls) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    Receiver::open(move |_, request: &Request| -> Response {
        if request.uri.path().ends_with("/oauth2/v2.0/token") {
            let number = tokens.fetch_add(1, Ordering::Relaxed) + 1;
            return format!(r#"{{"access_token":"token-{number}","expires_in":3599}}"#).into_response();
        }
        answer(calls.fetch_add(1, Ordering::Relaxed) + 1, request).into_response()
    })
    .await
}

fn sink(service: &Receiver) -> SinkConfig {
    let origin = service.url.trim_end_matches("/hook").to_owned();
    let auth = EntraAuth::ClientSecret {
        authority: origin.clone(),
        tenant: "6f0c1d7e-0000-4000-8000-000000000001".into(),
        client: "6f0c1d7e-0000-4000-8000-00000000000a".into(),
        secret: SecretSource::Environment { name: "SECRET".into(), value: "s3cret".into() },
    };
    config(SinkKind::Sentinel(SentinelSink {
        endpoint: harness::endpoint(&origin),
        rule: RULE.into(),
        stream: "Custom-PosternAlerts_CL".into(),
        auth,
        audience: "https://monitor.azure.com".into(),
    }))
}

fn run(service: &Receiver, alerts: &[&str]) -> Running {
    harness::run(&sink(service), entries(alerts))
}

/// The calls, without the requests for tokens.
fn calls(service: &Receiver) -> Vec<Request> {
    service.requests().into_iter().filter(|request| !request.uri.path().ends_with("/token")).collect()
}

fn token(request: &Request) -> &str {
    request.headers["authorization"].to_str().unwrap()
}

fn rows(request: &Request) -> Vec<serde_json::Value> {
    let mut text = String::new();
    match request.headers.get("content-encoding") {
        Some(_) => GzDecoder::new(&request.body[..]).read_to_string(&mut text).unwrap(),
        None => (&request.body[..]).read_to_string(&mut text).unwrap(),
    };
    serde_json::from_str(&text).unwrap()
}

/// What was answered to calls with more than one row.
fn many(status: StatusCode) -> impl Fn(usize, &Request) -> StatusCode + Clone + Send + Sync + 'static {
    move |_, request| if rows(request).len() > 1 { status } else { StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn a_batch_is_an_array_of_rows_posted_to_the_stream_of_the_rule() {
    let service = service(|_, _| StatusCode::NO_CONTENT).await;
    let sink = run(&service, &[HEARTBEAT; 6]);
    sink.until_delivered(6).await;
    assert_eq!(sink.stop().await, (6, vec![]));
    let calls = calls(&service);
    assert_eq!(calls.iter().map(|call| rows(call).len()).collect::<Vec<_>>(), [4, 2]);
    for call in &calls {
        let path = format!("/dataCollectionRules/{RULE}/streams/Custom-PosternAlerts_CL?api-version=2023-01-01");
        assert_eq!(call.uri.to_string(), path);
        assert_eq!(call.headers["content-type"], "application/json");
        assert_eq!(token(call), "Bearer token-1");
        assert!(rows(call).iter().all(serde_json::Value::is_object));
    }
    assert_ne!(calls[0].headers["x-ms-client-request-id"], calls[1].headers["x-ms-client-request-id"]);
}

#[tokio::test]
async fn a_token_that_is_not_believed_any_more_is_replaced_at_once() {
    let service = service(|_, request| match token(request) {
        "Bearer token-1" if rows(request).len() < 4 => StatusCode::UNAUTHORIZED,
        _ => StatusCode::NO_CONTENT,
    })
    .await;
    let sink = run(&service, &[HEARTBEAT; 6]);
    sink.until_delivered(6).await;
    assert_eq!(sink.status.report().retried, 0);
    assert_eq!(sink.stop().await, (6, vec![]));
    let tokens: Vec<_> = calls(&service).iter().map(|call| token(call).to_owned()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_new_token_that_is_not_believed_holds() {
    let service = service(|_, _| (StatusCode::UNAUTHORIZED, "InvalidAudience")).await;
    let sink = run(&service, &[HEARTBEAT]);
    sink.until(|report| report.state == SinkState::Holding && report.retried >= 2).await;
    let reason = sink.status.report().last_error.unwrap();
    assert!(reason.contains("check that audience") && reason.contains("InvalidAudience"), "{reason}");
    assert_eq!(sink.stop().await, (0, vec![]));
    let tokens: Vec<_> = calls(&service).iter().map(|call| token(call).to_owned()).collect();
    assert_eq!(tokens[..2], ["Bearer token-1", "Bearer token-2"], "one that was just got is not got again at once");
}

#[tokio::test]
async fn a_role_that_is_not_there_yet_is_waited_for_and_nothing_is_lost() {
    let service = service(|count, _| match count {
        1..=2 => (StatusCode::FORBIDDEN, r#"{"error":{"code":"OperationFailed"}}"#),
        _ => (StatusCode::NO_CONTENT, ""),
    })
    .await;
    let sink = run(&service, &[HEARTBEAT; 2]);
    sink.until_delivered(2).await;
    let (report, calls) = (sink.status.report(), calls(&service));
    let id = calls[1].headers["x-ms-client-request-id"].to_str().unwrap();
    let reason = report.last_error.unwrap();
    assert!(reason.contains("30 minutes") && reason.contains(id), "{reason}");
    assert_eq!(report.retried, 2);
    assert_eq!(sink.stop().await, (2, vec![]));
}

#[tokio::test]
async fn a_call_that_is_too_large_for_somebody_on_the_way_is_split() {
    let service = service(many(StatusCode::PAYLOAD_TOO_LARGE)).await;
    let sink = run(&service, &[HEARTBEAT; 6]);
    sink.until_delivered(6).await;
    assert_eq!(sink.stop().await, (6, vec![]));
    assert_eq!(calls(&service).iter().map(|call| rows(call).len()).collect::<Vec<_>>(), [4, 1, 1, 1, 1, 2, 1, 1]);
}

#[tokio::test]
async fn a_row_of_usual_size_that_is_called_too_large_is_not_condemned() {
    let service = service(|_, _| StatusCode::PAYLOAD_TOO_LARGE).await;
    let sink = run(&service, &[HEARTBEAT; 2]);
    sink.until(|report| report.state == SinkState::Holding).await;
    assert_eq!(sink.stop().await, (0, vec![]));
}

#[tokio::test]
async fn rows_that_are_called_malformed_together_travel_alone() {
    let service = service(|count, request| match (rows(request).len(), count) {
        (2.., _) | (_, 3) => (StatusCode::BAD_REQUEST, r#"{"error":{"code":"InvalidPayload"}}"#),
        _ => (StatusCode::NO_CONTENT, ""),
    })
    .await;
    let sink = run(&service, &[HEARTBEAT; 4]);
    sink.until(|report| report.refused == 1 && report.delivered == 3 && report.state == SinkState::Idle).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.len(), refusals[0].0), (4, 1, 2));
    assert!(refusals[0].1.contains("InvalidPayload"), "{refusals:?}");
}

#[tokio::test]
async fn what_is_no_record_is_refused_and_its_neighbours_travel() {
    let service = service(|_, _| StatusCode::NO_CONTENT).await;
    let sink = run(&service, &["not json", HEARTBEAT, r#"{"schema":"postern.alert/9"}"#, HEARTBEAT]);
    sink.until(|report| report.delivered == 2 && report.refused == 2).await;
    let (settled, refusals) = sink.stop().await;
    assert_eq!((settled, refusals.iter().map(|refusal| refusal.0).collect::<Vec<_>>()), (4, vec![1, 3]));
    assert!(calls(&service).iter().all(|call| rows(call).len() == 1));
}

#[tokio::test]
async fn a_busy_service_is_met_again_when_it_asks_for_it() {
    let service = service(|count, _| match count {
        1 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
    .await;
    let sink = run(&service, &[HEARTBEAT]);
    sink.until_delivered(1).await;
    let calls = calls(&service);
    assert!(calls[1].at - calls[0].at >= std::time::Duration::from_secs(1));
    assert_eq!(sink.stop().await, (1, vec![]));
}
