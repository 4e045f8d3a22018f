//! An HTTP endpoint, signed as Standard Webhooks 1.0.0 says; one request an alert record.
//!
//! The webhook-id stays the same however often a record is sent, so a receiver can drop what it has. The secret is read
//! for each attempt: a rotated one counts at once, and a wrong one is put right without a restart. Records of different
//! alerts travel at once, those of one alert one behind the other.

mod encode;

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use tokio::task::JoinSet;

use super::decision::{Fate, Fault, Remedy, Sent};
use super::format::told;
use super::http::Http;
use super::words::chain;
use super::{Clock, DeliverError, Sink};
use crate::config::{Format, SecretSource, WebhookSink};
use crate::ledger::Entry;
use crate::secrets::{self, Secret};

/// Posts to an endpoint.
pub(super) struct Webhook {
    post: Arc<Post>,
    secret: SecretSource,
    in_flight_max: usize,
}

/// What every request has in common.
struct Post {
    http: Http,
    url: Url,
    format: Format,
    clock: Clock,
}

impl Webhook {
    pub(super) fn new(name: &str, config: &WebhookSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, url) = Http::to(name, &config.endpoint, clock)?;
        let post = Arc::new(Post { http, url, format: config.format, clock });
        Ok(Self { post, secret: config.secret.clone(), in_flight_max: config.in_flight_max })
    }
}

impl Sink for Webhook {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let secret = match secrets::read(&self.secret) {
            Ok(secret) => secret,
            Err(error) => return Fault::hold(chain(&error)).into(),
        };
        let window = &batch[..window(batch, self.in_flight_max)];
        let mut under_way = JoinSet::new();
        for (place, entry) in window.iter().cloned().enumerate() {
            let (post, secret) = (Arc::clone(&self.post), secret.clone());
            under_way.spawn(async move { (place, post.send(&entry, &secret).await) });
        }
        let mut fates = vec![Fate::Open; window.len()];
        let mut first = None;
        while let Some(done) = under_way.join_next().await {
            let Ok((place, outcome)) = done else { continue };
            match outcome {
                Ok(()) => fates[place] = Fate::Accepted,
                Err(Fault { remedy: Remedy::Refuse, reason }) => fates[place] = Fate::Refused(reason),
                Err(fault) => first = first.filter(|(before, _)| *before < place).or(Some((place, fault))),
            }
        }
        Sent::each(fates, first.map(|(_, fault)| fault))
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        secrets::read(&self.secret).map_err(|error| Fault::hold(chain(&error)))?;
        self.post.http.reach(self.post.url.clone()).await
    }
}

/// How many entries may travel at once: none behind another one of its own alert.
fn window(batch: &[Entry], in_flight_max: usize) -> usize {
    let mut alerts = HashSet::new();
    batch.iter().take(in_flight_max).take_while(|entry| alerts.insert(entry.key.as_str())).count()
}

impl Post {
    async fn send(&self, entry: &Entry, secret: &Secret) -> Result<(), Fault> {
        let data = told(entry, self.format)?;
        let body = encode::body(&entry.body, &data).map_err(|error| Fault::refuse(format!("not an alert: {error}")))?;
        let headers = encode::headers(entry, (self.clock)(), &body, secret)
            .ok_or_else(|| Fault::hold("the secret is not whsec_ followed by base64; write it so, without spaces"))?;
        let mut request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = self.http.send(request).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.fault()) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use axum::http::StatusCode;
    use axum::response::{IntoResponse, Response as Answer};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::{SinkConfig, SinkKind};
    use crate::deliver::SinkState;
    use crate::deliver::harness::{self, Running, config, entries};
    use crate::deliver::receiver::{Receiver, Request};

    const ALERT: &str = r#"{"schema":"postern.alert/1","last_seen":"2026-11-20T10:04:00Z"}"#;
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn id(request: &Request) -> &str {
        request.headers["webhook-id"].to_str().unwrap()
    }

    fn is_signed_with(request: &Request, key: &str) -> bool {
        standardwebhooks::Webhook::new(key).unwrap().verify(&request.body, &request.headers).is_ok()
    }

    /// A sink, and the file that its secret is in.
    fn run(url: &str, alerts: &[&str]) -> (Running, tempfile::NamedTempFile) {
        run_within(Duration::from_secs(20), url, alerts)
    }

    fn run_within(timeout: Duration, url: &str, alerts: &[&str]) -> (Running, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, format!("{OLD}\n")).unwrap();
        let secret = SecretSource::File(file.path().to_owned());
        let kind = SinkKind::Webhook(WebhookSink {
            endpoint: harness::endpoint(url),
            secret,
            format: Format::Native,
            in_flight_max: 8,
        });
        (harness::run(&SinkConfig { timeout, ..config(kind) }, entries(alerts)), file)
    }

    #[tokio::test]
    async fn every_record_is_one_signed_request_and_those_of_an_alert_come_in_order() {
        let endpoint = Receiver::open(|_, _| StatusCode::ACCEPTED).await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT; 6]);
        sink.until_delivered(6).await;
        assert_eq!(sink.stop().await, (6, vec![]));
        let requests = endpoint.requests();
        assert!(requests.iter().all(|request| is_signed_with(request, OLD) && !is_signed_with(request, NEW)));
        let mut ids: Vec<_> = requests.iter().map(id).collect();
        // Each alert has two records; what belongs together is where the first of it came.
        ids.sort_by_key(|id| id.split('-').next());
        let expected: Vec<_> =
            entries(&[ALERT; 6]).iter().map(|entry| format!("{}-{}", entry.key, entry.seq)).collect();
        assert_eq!(ids, expected);
        assert_eq!(requests[0].headers["content-type"], "application/json");
        let body: serde_json::Value = serde_json::from_slice(&requests[0].body).unwrap();
        assert_eq!((&body["type"], &body["data"]["schema"]), (&"postern.alert".into(), &"postern.alert/1".into()));
    }

    #[tokio::test]
    async fn a_wrong_secret_holds_and_the_right_one_needs_no_restart() {
        let endpoint = Receiver::open(|_, request| match is_signed_with(request, NEW) {
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
        let endpoint = Receiver::open(|count, _| -> Answer {
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
        assert_eq!(id(&requests[0]), id(&requests[1]), "a receiver can drop what it has");
        assert_eq!(sink.stop().await, (1, vec![]));
    }

    #[tokio::test]
    async fn a_refused_record_is_put_aside_in_the_words_of_the_receiver() {
        let endpoint = Receiver::open(|count, _| match count {
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
        let elsewhere = Receiver::open(|_, _| StatusCode::OK).await;
        let location = elsewhere.url.clone();
        let endpoint =
            Receiver::open(move |_, _| (StatusCode::TEMPORARY_REDIRECT, [("location", location.clone())])).await;
        let (sink, _secret) = run(&endpoint.url, &[ALERT]);
        sink.until(|report| report.state == SinkState::Holding).await;
        assert_eq!(sink.stop().await, (0, vec![]));
        assert!(elsewhere.requests().is_empty());
    }

    #[tokio::test]
    async fn a_receiver_that_hangs_delays_no_other() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let endpoint = Receiver::open(|_, _| StatusCode::OK).await;
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
