use std::io::Write;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use tokio::sync::watch;

use super::*;
use crate::config::{SecretSource, WebhookAuth};
use crate::decode;
use crate::detector::Slice;
use crate::judge::{Tenant, Tenants};
use crate::observe::Names;

const TENANT: &str = "6f0c1d7e-0000-4000-8000-000000000001";
/// A record of a table that is not read: it is counted, and leaves nothing behind.
const RECORD: &str =
    r#"{"category":"AdvancedHunting-DeviceEvents","tenantId":"6f0c1d7e-0000-4000-8000-000000000001","properties":{}}"#;
const KEY: &str = "s3cret";

/// A webhook with somebody who commits, or does not.
struct Hook {
    address: SocketAddr,
    client: reqwest::Client,
    metrics: Arc<Metrics>,
    committed: crossbeam_channel::Receiver<Slice>,
    _unread: crossbeam_channel::Receiver<Intake>,
    _stop: watch::Sender<bool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Commits {
    AtOnce,
    Never,
    /// Nobody even reads the channel.
    Full,
}

fn hmac() -> Option<WebhookAuth> {
    Some(WebhookAuth::Hmac { secret: secret(KEY), replay_window: Duration::from_secs(300) })
}

fn secret(value: &str) -> SecretSource {
    SecretSource::Environment { name: "HOOK".to_owned(), value: value.to_owned() }
}

fn source(auth: Option<WebhookAuth>) -> WebhookSource {
    WebhookSource {
        name: "webhook".to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        path: "/in".to_owned(),
        auth,
        body_bytes_max: 64 * 1024,
        inflated_bytes_max: 2 * 1024 * 1024,
        timeout: Duration::from_secs(5),
        allowed_origins: vec!["eventgrid.azure.net".to_owned()],
    }
}

async fn hook(source: WebhookSource, commits: Commits) -> Hook {
    let tenant = Tenant { id: TENANT.to_owned(), name: "contoso".to_owned(), ..Tenant::default() };
    let inspector = Inspector::new(Arc::new(Tenants::new(vec![tenant])), decode::Limits::default());
    let metrics = Arc::new(Metrics::new(&Names::default()).unwrap());
    let (intake, taken) = crossbeam_channel::bounded(if commits == Commits::Full { 0 } else { 8 });
    let (slices, committed) = crossbeam_channel::unbounded();
    let (stop, shutdown) = watch::channel(false);
    let (address, _) = serve(source, inspector, intake, Arc::clone(&metrics), shutdown).await.unwrap();
    let unread = taken.clone();
    if commits != Commits::Full {
        thread::spawn(move || commit(&taken, &slices, commits));
    }
    // Nothing here speaks TLS, but the client is not made without a provider; it may have been chosen by another test.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Hook { address, client: reqwest::Client::new(), metrics, committed, _unread: unread, _stop: stop }
}

fn commit(taken: &crossbeam_channel::Receiver<Intake>, slices: &crossbeam_channel::Sender<Slice>, commits: Commits) {
    let mut kept = Vec::new();
    for Intake { stretches, durable } in taken {
        stretches.into_iter().for_each(|stretch| slices.send(stretch.slice).unwrap());
        match commits {
            Commits::AtOnce => durable.unwrap().send(()).unwrap(),
            Commits::Never | Commits::Full => kept.push(durable),
        }
    }
}

impl Hook {
    async fn send(
        &self,
        method: Method,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::Response {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let request = self.client.request(method, format!("http://{}/in", self.address)).headers(headers);
        request.body(body.into()).send().await.unwrap()
    }

    async fn post(&self, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> (u16, String) {
        let answer = self.send(Method::POST, headers, body).await;
        let status = answer.status().as_u16();
        assert_eq!(status == 503, answer.headers().contains_key("retry-after"));
        (status, answer.text().await.unwrap())
    }

    /// Posts with a signature of our own dialect.
    async fn post_signed(&self, timestamp: i64, body: &str) -> (u16, String) {
        let (timestamp, signature) = sign(timestamp, body);
        self.post(&[("x-postern-timestamp", &timestamp), ("x-postern-signature", &signature)], body).await
    }

    /// The reasons of the dead letters of the next commit.
    fn dead_letters(&self) -> Vec<String> {
        let slice = self.committed.try_recv().expect("nothing was committed");
        slice.dead_letters.into_iter().map(|(_, letter)| letter.reason).collect()
    }
}

fn sign(timestamp: i64, body: &str) -> (String, String) {
    use ::hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    let code = mac.finalize().into_bytes();
    (timestamp.to_string(), code.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn records(count: u64) -> (u16, String) {
    (200, format!(r#"{{"records":{count}}}"#))
}

#[tokio::test]
async fn every_shape_of_body_is_taken_and_counted() {
    let hook = hook(source(None), Commits::AtOnce).await;
    let batch = format!(r#"{{"records":[{RECORD},{RECORD}]}}"#);
    assert_eq!(hook.post(&[], RECORD).await, records(1));
    assert_eq!(hook.post(&[], batch.as_str()).await, records(2));
    assert_eq!(hook.post(&[], format!("[{RECORD},{RECORD},{RECORD}]")).await, records(3));
    assert_eq!(hook.post(&[], format!("{RECORD}\n{RECORD}\r\n")).await, records(2));
    assert_eq!(hook.post(&[("content-encoding", "gzip")], gzip(batch.as_bytes())).await, records(2));
    assert_eq!(hook.post(&[], "").await, records(0));
    let slices: Vec<_> = hook.committed.try_iter().collect();
    assert_eq!(slices.len(), 5, "what holds nothing is not committed");
    assert_eq!(slices[4].bytes, gzip(batch.as_bytes()).len() as u64);
    let text = hook.metrics.render().unwrap();
    assert!(text.contains(r#"postern_webhook_requests_total{code="200",source="webhook"} 6"#), "{text}");
}

#[tokio::test]
async fn every_form_of_the_telemetry_can_be_posted() {
    let hook = hook(source(None), Commits::AtOnce).await;
    let trace =
        r#"{"value":[{"MessageTraceId":"m","Received":"2026-11-02T08:16:02Z","RecipientAddress":"a@contoso.com"}]}"#;
    let report = "Received,SenderAddress,RecipientAddress,FromIP\n2026-11-02T08:16:02Z,a@contoso.com,b@contoso.com,\n";
    let wide: Vec<u8> = report.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let message = "From: a@contoso.com\r\nTo: a@contoso.com\r\nDate: Mon, 02 Nov 2026 08:16:00 +0000\r\n\r\n{}\n";
    for body in [trace.as_bytes(), report.as_bytes(), wide.as_slice(), message.as_bytes()] {
        assert_eq!(hook.post(&[], body).await, records(1));
    }
    assert!(hook.dead_letters().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_a_dead_letter_and_not_a_refusal() {
    let hook = hook(source(None), Commits::AtOnce).await;
    assert_eq!(hook.post(&[], format!("{{\"records\":[{RECORD},7]}}")).await, records(2));
    assert_eq!(hook.dead_letters(), ["not_a_record"]);
    assert_eq!(hook.post(&[], &b"\xff\xfd"[..]).await, records(1));
    assert_eq!(hook.dead_letters(), ["not_utf8"]);
    assert_eq!(hook.post(&[("content-encoding", "gzip")], "no gzip").await, records(1));
    assert_eq!(hook.dead_letters(), ["not_gzip"]);
    assert_eq!(hook.post(&[("content-encoding", "gzip")], gzip(&vec![b' '; 16 << 20])).await, records(1));
    assert_eq!(hook.dead_letters(), ["inflates_too_far"]);
}

#[tokio::test]
async fn dead_letters_of_two_requests_are_told_apart() {
    let hook = hook(source(None), Commits::AtOnce).await;
    let mut origins = Vec::new();
    for _ in 0..2 {
        hook.post(&[], "7").await;
        origins.push(hook.committed.try_recv().unwrap().dead_letters.remove(0).1.origin);
    }
    assert!(origins.iter().all(|origin| origin.starts_with("webhook/")), "{origins:?}");
    assert_ne!(origins[0], origins[1]);
}

#[tokio::test]
async fn only_what_is_signed_now_with_the_key_is_taken() {
    let hook = hook(source(hmac()), Commits::AtOnce).await;
    assert_eq!(hook.post_signed(now(), RECORD).await, records(1));
    let (timestamp, signature) = sign(now(), RECORD);
    let headers = [("x-postern-timestamp", timestamp.as_str()), ("x-postern-signature", signature.as_str())];
    assert_eq!(hook.post(&headers, "{}").await.0, 401);
    assert_eq!(hook.post(&[], RECORD).await.0, 401);
    for stale in [now() - 400, now() + 400, 0] {
        assert_eq!(hook.post_signed(stale, RECORD).await.0, 401);
    }
    assert_eq!(hook.committed.len(), 1);
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_inflated_or_read() {
    let hook = hook(source(hmac()), Commits::AtOnce).await;
    let bomb = gzip(&vec![b' '; 16 << 20]);
    assert_eq!(hook.post(&[("content-encoding", "gzip")], bomb).await.0, 401);
    // The head alone is sent, with a body to come that never does: the answer does not wait for it.
    let mut stream = tokio::net::TcpStream::connect(hook.address).await.unwrap();
    let head = "POST /in HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn a_captured_request_is_answered_and_not_taken_again() {
    let hook = hook(source(hmac()), Commits::AtOnce).await;
    let timestamp = now();
    assert_eq!(hook.post_signed(timestamp, RECORD).await, records(1));
    for _ in 0..3 {
        assert_eq!(hook.post_signed(timestamp, RECORD).await, records(0));
    }
    assert_eq!(hook.post_signed(timestamp - 1, RECORD).await, records(1));
    assert_eq!(hook.committed.len(), 2);
}

#[tokio::test]
async fn what_is_not_durable_is_not_accepted_and_may_be_sent_again() {
    let slow = WebhookSource { timeout: Duration::from_millis(200), ..source(hmac()) };
    let hook = hook(slow, Commits::Never).await;
    let timestamp = now();
    for _ in 0..2 {
        assert_eq!(hook.post_signed(timestamp, RECORD).await.0, 503);
    }
    for _ in 0..2 {
        hook.committed
            .recv_timeout(Duration::from_secs(20))
            .expect("an honest repetition was taken for a captured request");
    }
}

#[tokio::test]
async fn a_full_channel_is_said_at_once() {
    let patient = WebhookSource { timeout: Duration::from_secs(60), ..source(None) };
    let hook = hook(patient, Commits::Full).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), hook.post(&[], RECORD)).await.unwrap();
    assert_eq!(answer.0, 503);
}

#[tokio::test]
async fn what_does_not_belong_here_is_refused() {
    let hook = hook(source(None), Commits::AtOnce).await;
    assert_eq!(hook.post(&[], vec![b' '; 64 * 1024]).await.0, 200);
    assert_eq!(hook.post(&[], vec![b' '; 64 * 1024 + 1]).await.0, 413);
    assert_eq!(hook.post(&[("content-encoding", "br")], RECORD).await.0, 415);
    for method in [Method::GET, Method::PUT, Method::OPTIONS] {
        let answer = hook.send(method, &[], "").await;
        assert_eq!(
            (answer.status(), &answer.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
        );
    }
    let elsewhere = hook.client.post(format!("http://{}/elsewhere", hook.address)).body(RECORD).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
    assert_eq!(hook.committed.len(), 0);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_limit() {
    let hook = hook(source(None), Commits::AtOnce).await;
    let mut stream = tokio::net::TcpStream::connect(hook.address).await.unwrap();
    let head = "POST /in HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("10001\r\n{}\r\n", " ".repeat(0x10001));
    tokio::io::AsyncWriteExt::write_all(&mut stream, format!("{head}{chunk}").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn event_grid_is_greeted_and_its_url_is_never_fetched() {
    let auth = Some(WebhookAuth::Bearer { token: secret("t0ken") });
    let hook = hook(source(auth), Commits::AtOnce).await;
    let bait = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    bait.set_nonblocking(true).unwrap();
    let url = format!("http://{}/validate", bait.local_addr().unwrap());
    let greeting = format!(
        r#"[{{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",
             "data":{{"validationCode":"512d38b6","validationUrl":"{url}"}}}}]"#
    );
    let kind = ("aeg-event-type", "SubscriptionValidation");
    assert_eq!(hook.post(&[kind], greeting.as_str()).await.0, 401);
    let token = ("authorization", "Bearer t0ken");
    let answer = hook.post(&[kind, token], greeting.as_str()).await;
    assert_eq!(answer, (200, r#"{"validationResponse":"512d38b6"}"#.to_owned()));
    for nonsense in ["[]", "{}", r#"[{"data":{}}]"#, "[1,2]"] {
        assert_eq!(hook.post(&[kind, token], nonsense).await.0, 400);
    }
    assert_eq!(bait.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(hook.committed.len(), 0);
}

#[tokio::test]
async fn records_come_as_the_data_of_events() {
    let hook = hook(source(None), Commits::AtOnce).await;
    let grid = ("aeg-event-type", "Notification");
    let event = format!(r#"{{"id":"1","eventType":"Mail","data":{RECORD}}}"#);
    let batch = format!(r#"{{"id":"2","eventType":"Mail","data":{{"records":[{RECORD},{RECORD}]}}}}"#);
    assert_eq!(hook.post(&[grid], format!("[{event},{batch}]")).await, records(3));
    assert!(hook.dead_letters().is_empty());
    let capture =
        r#"{"eventType":"Microsoft.EventHub.CaptureFileCreated","data":{"fileUrl":"https://contoso.example/x"}}"#;
    assert_eq!(hook.post(&[grid], format!("[{event},{capture}]")).await, records(2));
    assert_eq!(hook.dead_letters().len(), 1);
    let structured = ("content-type", "application/cloudevents+json; charset=utf-8");
    assert_eq!(hook.post(&[structured], format!(r#"{{"specversion":"1.0","data":{RECORD}}}"#)).await, records(1));
    assert!(hook.dead_letters().is_empty());
}

#[tokio::test]
async fn an_allowed_origin_is_given_consent_and_nobody_else() {
    let hook = hook(source(hmac()), Commits::AtOnce).await;
    let ask = async |origin: &str| hook.send(Method::OPTIONS, &[("webhook-request-origin", origin)], "").await;
    let granted = ask("eventgrid.azure.net").await;
    assert_eq!(granted.status(), StatusCode::OK);
    let header = |name: &str| granted.headers()[name].to_str().unwrap();
    let consent = ["webhook-allowed-origin", "webhook-allowed-rate", "allow"].map(header);
    assert_eq!(consent, ["eventgrid.azure.net", "*", "POST"]);
    for stranger in ["attacker.example", "eventgrid.azure.net.attacker.example", "*", ""] {
        let refused = ask(stranger).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(!refused.headers().contains_key("webhook-allowed-origin"), "{stranger}");
    }
}

#[tokio::test]
async fn a_webhook_that_would_let_anyone_in_does_not_start() {
    let (intake, _taken) = crossbeam_channel::bounded(1);
    let (_stop, shutdown) = watch::channel(false);
    let start = async |source: WebhookSource| {
        let inspector = Inspector::new(Arc::new(Tenants::default()), decode::Limits::default());
        let metrics = Arc::new(Metrics::new(&Names::default()).unwrap());
        serve(source, inspector, intake.clone(), metrics, shutdown.clone()).await.map(|(address, _)| address)
    };
    let open = WebhookSource { listen: "0.0.0.0:0".parse().unwrap(), ..source(None) };
    assert!(matches!(start(open).await, Err(WebhookError::Open { .. })));
    let no_secret = Some(WebhookAuth::Bearer { token: SecretSource::File("/nonexistent/token".into()) });
    assert!(matches!(start(source(no_secret)).await, Err(WebhookError::Secret { .. })));
    let taken = start(source(None)).await.unwrap();
    assert!(matches!(start(WebhookSource { listen: taken, ..source(None) }).await, Err(WebhookError::Listen { .. })));
}
