//! An HTTP endpoint, signed as Standard Webhooks 1.0.0 says; one request an alert record.
//!
//! The webhook-id stays the same however often a record is sent, so a receiver can drop what it has. The secret is read
//! for each request: a rotated one counts at once, and a wrong one is put right without a restart.

mod answer;
mod encode;

use std::net::IpAddr;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};

use super::decision::{Fault, Sent};
use super::words::chain;
use super::{Clock, DeliverError, Sink};
use crate::config::{SecretSource, WebhookSink};
use crate::event::Time;
use crate::ledger::Entry;
use crate::secrets;

/// Posts to an endpoint.
pub(super) struct Webhook {
    client: Client,
    url: Url,
    secret: SecretSource,
    clock: Clock,
}

impl Webhook {
    pub(super) fn new(name: &str, config: &WebhookSink, clock: Clock) -> Result<Self, DeliverError> {
        let sink = name.to_owned();
        let url = Url::parse(&config.url).ok().filter(|url| url.scheme() == "https" || is_loopback(url));
        let Some(url) = url else { return Err(DeliverError::Url { sink }) };
        let client = client(&url).map_err(|source| DeliverError::HttpClient { sink, source })?;
        Ok(Self { client, url, secret: config.secret.clone(), clock })
    }

    async fn post(&self, entry: &Entry) -> Result<(), Fault> {
        let now = (self.clock)();
        let body = encode::body(&entry.body).map_err(|error| Fault::refuse(format!("not an alert: {error}")))?;
        let secret = secrets::read(&self.secret).map_err(|error| Fault::hold(chain(&error)))?;
        let headers = encode::headers(entry, now, &body, &secret)
            .ok_or_else(|| Fault::hold("the secret is not whsec_ followed by base64; write it so, without spaces"))?;
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // The address may hold a secret of its own, so it stays out of the reason.
        let response = request.send().await.map_err(|error| Fault::retry(chain(&error.without_url())))?;
        judge(response, now).await
    }
}

impl Sink for Webhook {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let Some(entry) = batch.first() else { return Sent::accepted(0) };
        self.post(entry).await.map_or_else(Sent::from, |()| Sent::accepted(1))
    }
}

fn client(url: &Url) -> Result<Client, reqwest::Error> {
    // The client takes the process's provider. Whoever was first has set the same one, or has reasons for another.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder =
        Client::builder().user_agent(concat!("postern/", env!("CARGO_PKG_VERSION"))).redirect(redirect::Policy::none());
    if is_loopback(url) { builder.no_proxy() } else { builder.https_only(true) }.build()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    matches!(url.scheme(), "http" | "https") && address.map_or(host == "localhost", |address| address.is_loopback())
}

async fn judge(response: Response, now: Time) -> Result<(), Fault> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after =
        response.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes).and_then(|v| answer::retry_after(v, now));
    let words = answer::words(response).await;
    Err(answer::fault(status.as_u16(), after, format!("{status} {words}")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use axum::Router;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::{IntoResponse, Response as Answer};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::{SinkConfig, SinkKind};
    use crate::deliver::SinkState;
    use crate::deliver::harness::{self, Running, config, entries};

    const ALERT: &str = r#"{"schema":"postern.alert/1","last_seen":"2026-11-20T10:04:00Z"}"#;
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[derive(Clone)]
    struct Request {
        at: Instant,
        headers: HeaderMap,
        body: Bytes,
    }

    impl Request {
        fn id(&self) -> &str {
            self.headers["webhook-id"].to_str().unwrap()
        }

        fn is_signed_with(&self, key: &str) -> bool {
            standardwebhooks::Webhook::new(key).unwrap().verify(&self.body, &self.headers).is_ok()
        }
    }

    /// A receiver that answers as it is told, and remembers every request.
    struct Endpoint {
        url: String,
        requests: Arc<Mutex<Vec<Request>>>,
    }

    impl Endpoint {
        async fn open<A: IntoResponse>(answer: impl Fn(usize, &Request) -> A + Clone + Send + Sync + 'static) -> Self {
            let requests = Arc::new(Mutex::new(Vec::new()));
            let remembered = Arc::clone(&requests);
            let handle = move |headers: HeaderMap, body: Bytes| async move {
                let request = Request { at: Instant::now(), headers, body };
                let mut requests = remembered.lock().unwrap();
                requests.push(request.clone());
                answer(requests.len(), &request).into_response()
            };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/hook", listener.local_addr().unwrap());
            tokio::spawn(async { axum::serve(listener, Router::new().fallback(handle)).await });
            Self { url, requests }
        }

        fn requests(&self) -> Vec<Request> {
            self.requests.lock().unwrap().clone()
        }
    }

    /// A sink, and the file that its secret is in.
    fn run(url: &str, alerts: &[&str]) -> (Running, tempfile::NamedTempFile) {
        run_within(Duration::from_secs(20), url, alerts)
    }

    fn run_within(timeout: Duration, url: &str, alerts: &[&str]) -> (Running, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, format!("{OLD}\n")).unwrap();
        let secret = SecretSource::File(file.path().to_owned());
        let kind = SinkKind::Webhook(WebhookSink { url: url.to_owned(), secret });
        (harness::run(&SinkConfig { timeout, ..config(kind) }, entries(alerts)), file)
    }

    #[tokio::test]
    async fn every_record_is_one_signed_request_in_order() {
        let endpoint = Endpoint::open(|_, _| StatusCode::ACCEPTED).await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT; 6]);
        sink.until_delivered(6).await;
        assert_eq!(sink.stop().await, (6, vec![]));
        let requests = endpoint.requests();
        assert!(requests.iter().all(|request| request.is_signed_with(OLD) && !request.is_signed_with(NEW)));
        let ids: Vec<_> = requests.iter().map(Request::id).collect();
        let expected: Vec<_> =
            entries(&[ALERT; 6]).iter().map(|entry| format!("{}-{}", entry.key, entry.seq)).collect();
        assert_eq!(ids, expected);
        assert_eq!(requests[0].headers["content-type"], "application/json");
        let body: serde_json::Value = serde_json::from_slice(&requests[0].body).unwrap();
        assert_eq!((&body["type"], &body["data"]["schema"]), (&"postern.alert".into(), &"postern.alert/1".into()));
    }

    #[tokio::test]
    async fn a_wrong_secret_holds_and_the_right_one_needs_no_restart() {
        let endpoint = Endpoint::open(|_, request| match request.is_signed_with(NEW) {
            true => (StatusCode::OK, ""),
            false => (StatusCode::UNAUTHORIZED, "signature\r\nmismatch"),
        })
        .await;
        let (sink, secret) = run(&endpoint.url, &[ALERT; 2]);
        sink.until(|report| report.state == SinkState::Holding).await;
        assert_eq!(sink.status.report().last_error.as_deref(), Some("401 Unauthorized signature mismatch"));
        fs::remove_file(secret.path()).unwrap();
        sink.until(|report| report.last_error.as_ref().is_some_and(|e| e.contains("cannot be read"))).await;
        fs::write(secret.path(), NEW).unwrap();
        sink.until_delivered(2).await;
        assert_eq!(sink.stop().await, (2, vec![]));
    }

    #[tokio::test]
    async fn retry_after_is_honoured() {
        let endpoint = Endpoint::open(|count, _| -> Answer {
            if count > 1 {
                StatusCode::OK.into_response()
            } else {
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response()
            }
        })
        .await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT]);
        sink.until_delivered(1).await;
        let requests = endpoint.requests();
        assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
        assert_eq!(requests[0].id(), requests[1].id(), "a receiver can drop what it has");
        assert_eq!(sink.stop().await, (1, vec![]));
    }

    #[tokio::test]
    async fn a_refused_record_is_put_aside_in_the_words_of_the_receiver() {
        let endpoint = Endpoint::open(|count, _| match count {
            1 => (StatusCode::BAD_REQUEST, "unknown field: schema"),
            _ => (StatusCode::OK, ""),
        })
        .await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT, ALERT, "not json"]);
        sink.until(|report| report.refused == 2 && report.state == SinkState::Idle).await;
        let (settled, refusals) = sink.stop().await;
        assert_eq!((settled, &refusals[0]), (3, &(1, "400 Bad Request unknown field: schema".to_owned())));
        assert!(refusals[1].1.starts_with("not an alert"), "{refusals:?}");
        assert_eq!(endpoint.requests().len(), 2);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let elsewhere = Endpoint::open(|_, _| StatusCode::OK).await;
        let location = elsewhere.url.clone();
        let endpoint =
            Endpoint::open(move |_, _| (StatusCode::TEMPORARY_REDIRECT, [("location", location.clone())])).await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT]);
        sink.until(|report| report.state == SinkState::Holding).await;
        assert_eq!(sink.stop().await, (0, vec![]));
        assert!(elsewhere.requests().is_empty());
    }

    #[tokio::test]
    async fn a_receiver_that_hangs_delays_no_other() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let endpoint = Endpoint::open(|_, _| StatusCode::OK).await;
        let (hanging, _secret) = run_within(Duration::from_millis(20), &url, &[ALERT]);
        let (healthy, _secret) = run(&endpoint.url, &[ALERT; 9]);
        healthy.until_delivered(9).await;
        hanging.until(|report| report.retried >= 2).await;
        assert_eq!(hanging.status.report().last_error.as_deref(), Some("no answer within 20ms"));
        assert_eq!((healthy.stop().await.0, hanging.stop().await.0), (9, 0));
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_reached_is_tried_again_and_stays_out_of_the_reason() {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?sig=s3cret", nobody.local_addr().unwrap());
        drop(nobody);
        let (sink, _secret) = run(&url, &[ALERT]);
        sink.until(|report| report.retried >= 2).await;
        let reason = sink.status.report().last_error.unwrap();
        assert!(reason.contains("onnect") && !reason.contains("s3cret"), "{reason}");
        assert_eq!(sink.stop().await, (0, vec![]));
    }
}
