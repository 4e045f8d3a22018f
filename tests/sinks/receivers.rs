//! The receivers themselves, without Postern: each takes what is sent to it by hand, is killed and comes back.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::support::alertmanager::Alertmanager;
use crate::support::authority::Identity;
use crate::support::collector::{Collector, Event};
use crate::support::http;
use crate::support::opensearch::OpenSearch;
use crate::support::rsyslog::{Message, Rsyslog};
use crate::support::until::until;

const NDJSON: [(&str, &str); 1] = [("Content-Type", "application/x-ndjson")];

/// Two lines of `_bulk` for a document of the given content.
fn create(id: &str, document: &Value) -> String {
    format!("{}\n{document}\n", json!({ "create": { "_index": "logs-smoke-default", "_id": id } }))
}

fn bulk(opensearch: &OpenSearch, body: &str) -> Vec<u64> {
    let answer = http::send(opensearch.address, "POST", "/_bulk", &NDJSON, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["create"]["status"].as_u64().unwrap()).collect()
}

#[test]
fn opensearch_keeps_each_id_of_a_data_stream_once_even_when_killed() {
    let Some(mut opensearch) = OpenSearch::start_with("http.max_content_length: 256kb") else { return };
    let mappings = json!({ "dynamic": "strict", "properties": { "@timestamp": { "type": "date" } } });
    let template =
        json!({ "index_patterns": ["logs-smoke-*"], "data_stream": {}, "template": { "mappings": mappings } });
    opensearch.put("/_index_template/smoke", &template);
    let good = create("a", &json!({ "@timestamp": "2026-11-02T08:00:04Z" }));
    let strange = create("b", &json!({ "@timestamp": "2026-11-02T08:00:04Z", "unknown": 1 }));
    assert_eq!(bulk(&opensearch, &format!("{good}{strange}")), [201, 400]);

    opensearch.process.kill();
    assert!(http::get(opensearch.address, "/").is_err());
    opensearch.process.restart();
    assert_eq!(bulk(&opensearch, &good), [409]);
    let documents = opensearch.documents("logs-smoke-default");
    assert_eq!(documents.iter().map(|document| &document["_id"]).collect::<Vec<_>>(), ["a"]);

    opensearch.set_read_only("logs-smoke-default", true);
    assert_eq!(bulk(&opensearch, &good), [429]);
    opensearch.set_read_only("logs-smoke-default", false);
    assert_eq!(bulk(&opensearch, &good), [409]);

    let large = "x".repeat(300 * 1024);
    let refused = http::send(opensearch.address, "POST", "/_bulk", &NDJSON, large.as_bytes()).unwrap();
    assert_eq!(refused.status, 413);
}

/// With what must be escaped in structured data, and what must not be outside of it.
const SYSLOG: &str = "<165>1 2026-11-02T08:00:04.123456Z host.example postern 42 alert [postern@32473 id=\"a\\\"b\\]\"] \
    N\u{e4}he\u{a0}\"x\" \\ y\nz";

fn counted(message: &str) -> String {
    format!("{} {message}", message.len())
}

#[test]
fn rsyslog_understands_a_message_over_each_transport() {
    let Some(mut rsyslog) = Rsyslog::start() else { return };
    let at = rsyslog.listeners;
    let frame = counted(SYSLOG);
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(SYSLOG.as_bytes(), at.udp).unwrap();
    TcpStream::connect(at.tcp).unwrap().write_all(frame.as_bytes()).unwrap();
    // Held open: closing a connection with an unread greeting resets it, and rsyslog would lose what it has not read.
    let mut tls = over_tls(&rsyslog.ca_file, at.tls, None);
    tls.write_all(frame.as_bytes()).unwrap();
    let mut mutual_tls = over_tls(&rsyslog.ca_file, at.mutual_tls, Some(&rsyslog.client));
    mutual_tls.write_all(frame.as_bytes()).unwrap();
    until("rsyslog has four messages", || rsyslog.messages().len() >= 4);
    let mut messages = rsyslog.messages();
    messages.sort_by(|a, b| a.listener.cmp(&b.listener));
    assert_eq!(messages, ["mutual_tls", "tcp", "tls", "udp"].map(understood));

    rsyslog.process.kill();
    rsyslog.process.restart();
    TcpStream::connect(at.tcp).unwrap().write_all(frame.as_bytes()).unwrap();
    until("rsyslog has a fifth message", || rsyslog.messages().len() == 5);
}

fn understood(listener: &str) -> Message {
    Message {
        listener: listener.to_owned(),
        version: 1,
        facility: 20,
        severity: 5,
        timestamp: "2026-11-02T08:00:04.123456Z".to_owned(),
        hostname: "host.example".to_owned(),
        app_name: "postern".to_owned(),
        procid: "42".to_owned(),
        msgid: "alert".to_owned(),
        structured_data: "[postern@32473 id=\"a\\\"b\\]\"]".to_owned(),
        text: "N\u{e4}he\u{a0}\"x\" \\ y\nz".to_owned(),
        raw: SYSLOG.to_owned(),
    }
}

#[test]
fn alertmanager_shows_an_alert_and_forgets_it_when_killed() {
    let Some(mut alertmanager) = Alertmanager::start() else { return };
    let alert = json!([{ "labels": { "alertname": "smoke" }, "endsAt": "9999-01-01T00:00:00Z" }]).to_string();
    assert_eq!(http::post(alertmanager.address, "/api/v2/alerts", &alert).unwrap().status, 200);
    assert_eq!(alertmanager.alerts()[0]["labels"], json!({ "alertname": "smoke" }));
    assert_eq!(http::post(alertmanager.address, "/api/v2/alerts", r#"[{"labels":{}}]"#).unwrap().status, 400);

    alertmanager.process.kill();
    alertmanager.process.restart();
    assert_eq!(alertmanager.alerts(), Vec::<Value>::new());
}

#[test]
fn the_collector_takes_events_acknowledges_them_and_keeps_them_when_killed() {
    let Some(mut collector) = Collector::start() else { return };
    let (at, path) = (collector.listeners, "/services/collector/event");
    let event = json!({ "id": "a", "reached": 2, "list": ["x", true, null], "nested": { "deep": 1.5 } });
    let sent = json!({ "time": 1_793_606_404.5, "host": "h", "source": "s", "sourcetype": "t", "index": "i",
        "event": event, "fields": { "tenant": "contoso" } });
    assert_eq!(http::post(at.plain, path, &sent.to_string()).unwrap().json()["code"], 0);
    let kept = Event {
        time: Some(1_793_606_404.5),
        host: Some("h".to_owned()),
        source: Some("s".to_owned()),
        sourcetype: Some("t".to_owned()),
        index: Some("i".to_owned()),
        event,
        fields: [("tenant".to_owned(), Value::from("contoso"))].into_iter().collect(),
    };

    collector.process.kill();
    assert_eq!(collector.events(), std::slice::from_ref(&kept));
    collector.process.restart();
    assert_eq!(http::post(at.plain, path, r#"{"no":"event"}"#).unwrap().json()["code"], 12);
    let channel = [("X-Splunk-Request-Channel", "11111111-2222-4333-8444-555555555555")];
    let acknowledged = http::send(at.acknowledging, "POST", path, &channel, br#"{"event":"b"}"#).unwrap().json();
    let question = json!({ "acks": [acknowledged["ackId"]] }).to_string();
    let answer =
        http::send(at.acknowledging, "POST", "/services/collector/ack", &channel, question.as_bytes()).unwrap();
    assert_eq!(answer.json()["acks"][acknowledged["ackId"].to_string()], true);
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13\r\n\r\n");
    let mut tls = over_tls(&collector.ca_file, at.tls, None);
    write!(tls, r#"{head}{{"event":"c"}}"#).unwrap();
    until("the collector has a third event", || collector.events().len() >= 3);
    let events = collector.events();
    assert_eq!(events.iter().map(|event| &event.event).collect::<Vec<_>>(), [&kept.event, &json!("b"), &json!("c")]);
}

/// Trusts whom it is told to, and shows a certificate where it has one.
fn over_tls(
    ca_file: &Path,
    address: SocketAddr,
    client: Option<&Identity>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ca_file)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match client {
        Some(Identity { certificate: own, key }) => {
            let key = PrivateKeyDer::from_pem_file(key).unwrap();
            config.with_client_auth_cert(vec![certificate(own)], key).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    let server = ServerName::from(address.ip());
    let connection = ClientConnection::new(Arc::new(config), server).unwrap();
    StreamOwned::new(connection, TcpStream::connect(address).unwrap())
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}
