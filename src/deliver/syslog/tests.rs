use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::SEND_BUFFER_BYTES;
use super::*;
use crate::alert::{Alert, Record};
use crate::config::{Format, SinkKind, SyslogFraming, Trust};
use crate::deliver::SinkState;
use crate::deliver::decision::Remedy;
use crate::deliver::harness;

const ALERT: &str = r#"{"schema":"postern.alert/1","id":"0123456789abcdef0123456789abcdef","seq":2,"state":"open",
    "tenant":"contoso","tenant_id":"6f0c1d7e-0000-4000-8000-000000000001","rule":"direct-send-spoof","severity":"high",
    "title":"3 messages","summary":"Somebody sends as contoso.com.","first_seen":"2026-11-20T10:00:00Z",
    "last_seen":"2026-11-20T10:04:00.123456Z",
    "counts":{"messages":3,"recipients":2,"delivered":1,"junked":1,"blocked":1,"removed":0,"clicked":0},
    "sources":["203.0.113.7"],"senders":["ceo@contoso.com"],"subjects":["Invoice"],"sample_message_ids":[],
    "evidence":[],"severity_reasons":[],"techniques":["T1566.002"],"actions":["Look."]}"#;
const HEARTBEAT: &str = r#"{"schema":"postern.heartbeat/1","id":"0f","seq":1,"tenant":"contoso","tenant_id":"t",
    "since":"2026-11-20T09:00:00Z","until":"2026-11-20T10:00:00Z","records":0,"digest":""}"#;

/// An alert with something else in it.
pub(super) fn alert<T>(change: impl FnOnce(&mut Alert) -> T) -> Record {
    let Record::Alert(mut alert) = Record::parse(ALERT).unwrap() else { unreachable!() };
    change(&mut alert);
    Record::Alert(alert)
}

pub(super) fn heartbeat() -> Record {
    Record::parse(HEARTBEAT).unwrap()
}

/// The record as the ledger keeps it.
pub(super) fn entry(record: &Record) -> Entry {
    let body = match record {
        Record::Alert(alert) => serde_json::to_string(alert).unwrap(),
        Record::Heartbeat(heartbeat) => serde_json::to_string(heartbeat).unwrap(),
    };
    Entry { sequence: 1, written: None, key: String::new(), seq: 1, body }
}

/// Plain TCP with the defaults.
pub(super) fn config(address: &str) -> SyslogSink {
    SyslogSink {
        address: address.to_owned(),
        transport: SyslogTransport::Tcp,
        format: Format::Native,
        framing: SyslogFraming::OctetCounting,
        facility: 16,
        hostname: "-".into(),
        message_bytes_max: 8_192,
        resend_max: 100,
    }
}

fn sink(config: &SyslogSink) -> Syslog {
    Syslog::new("syslog", config).unwrap()
}

/// One entry for each number, told apart by `seq`.
fn numbered(numbers: impl IntoIterator<Item = u32>) -> Vec<Entry> {
    let numbered = |number| Entry { sequence: u64::from(number), ..entry(&alert(|alert| alert.seq = number)) };
    numbers.into_iter().map(numbered).collect()
}

/// The number of a message.
fn number(message: &str) -> u32 {
    let (_, rest) = message.split_once(" seq=\"").unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

async fn listener() -> (TcpListener, SyslogSink) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config(&listener.local_addr().unwrap().to_string());
    (listener, config)
}

/// So many messages by their counted octets, and not an octet more.
async fn counted(stream: &mut (impl AsyncRead + Unpin), messages: usize) -> Vec<String> {
    let mut read = Vec::new();
    for _ in 0..messages {
        let mut length = 0;
        loop {
            match stream.read_u8().await.unwrap() {
                b' ' => break,
                digit => length = length * 10 + usize::from(digit - b'0'),
            }
        }
        let mut message = vec![0; length];
        stream.read_exact(&mut message).await.unwrap();
        read.push(String::from_utf8(message).unwrap());
    }
    read
}

async fn numbers(stream: &mut (impl AsyncRead + Unpin), messages: usize) -> Vec<u32> {
    counted(stream, messages).await.iter().map(|message| number(message)).collect()
}

#[tokio::test]
async fn messages_travel_on_one_connection_and_are_counted_in_octets() {
    let (listener, config) = listener().await;
    let sink = harness::run(&harness::config(SinkKind::Syslog(config)), numbered(1..=6));
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(numbers(&mut stream, 6).await, [1, 2, 3, 4, 5, 6]);
    sink.until(|report| report.delivered == 6).await;
    sink.stop().await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty(), "closed without another octet");
}

#[tokio::test]
async fn a_line_feed_ends_a_message_where_lines_are_asked_for() {
    let (listener, config) = listener().await;
    let mut sink = sink(&SyslogSink { framing: SyslogFraming::Lf, ..config });
    assert_eq!(sink.send(&numbered(1..=3)).await, Sent::accepted(3));
    let (mut stream, _) = listener.accept().await.unwrap();
    drop(sink);
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.lines().map(number).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(text.lines().all(|line| line.starts_with("<131>1 ")), "{text}");
}

#[tokio::test]
async fn what_was_written_last_before_a_connection_broke_comes_first_on_the_next() {
    let (listener, config) = listener().await;
    let mut sink = sink(&config);
    assert_eq!(sink.send(&numbered(1..=3)).await, Sent::accepted(3));
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(numbers(&mut stream, 3).await, [1, 2, 3]);
    drop(stream);
    // Whether the end is seen before the write or after it, nothing is missing.
    let mut sent = sink.send(&numbered(4..=4)).await;
    if sent.fault.is_some() {
        sent = sink.send(&numbered(4..=4)).await;
    }
    assert_eq!(sent, Sent::accepted(1));
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(numbers(&mut stream, 4).await, [1, 2, 3, 4]);
    assert_eq!(sink.send(&numbered(5..=5)).await, Sent::accepted(1));
    assert_eq!(numbers(&mut stream, 1).await, [5], "on a connection that holds nothing comes twice");
}

#[tokio::test]
async fn a_connection_that_is_closed_at_once_has_taken_nothing() {
    let (listener, config) = listener().await;
    let mut sink = sink(&config);
    let closing = tokio::spawn(async move {
        drop(listener.accept().await.unwrap());
        listener
    });
    let fault = sink.send(&numbered(1..=1)).await.fault.unwrap();
    assert!(fault.reason.contains("connection"), "{}", fault.reason);
    let listener = closing.await.unwrap();
    assert_eq!(sink.send(&numbered(1..=1)).await, Sent::accepted(1));
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(numbers(&mut stream, 1).await, [1]);
}

#[tokio::test]
async fn an_attempt_that_is_given_up_leaves_no_half_message_behind() {
    let (listener, config) = listener().await;
    let mut sink = sink(&SyslogSink { message_bytes_max: 1 << 20, ..config });
    assert_eq!(sink.send(&numbered(1..=1)).await, Sent::accepted(1));
    let (mut stream, _) = listener.accept().await.unwrap();
    let large = [entry(&alert(|alert| alert.summary = "x".repeat(1_000_000)))];
    // Nobody reads, so the system's buffers fill up in the middle of one of these.
    while timeout(Duration::from_secs(2), sink.send(&large)).await.is_ok() {}
    let drained = tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await.unwrap() });
    let read = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while numbers(&mut stream, 1).await != [3] {}
        stream
    });
    assert_eq!(sink.send(&numbered(3..=3)).await, Sent::accepted(1));
    read.await.unwrap();
    assert!(drained.await.unwrap() > SEND_BUFFER_BYTES as usize, "a full queue was under way");
}

/// Each message of a stream of counted octets that is there as a whole.
async fn whole(mut stream: impl AsyncRead + Unpin) -> Vec<u32> {
    let mut bytes = Vec::new();
    // A reset ends it as well as a close does; what came before it is there.
    let _ = stream.read_to_end(&mut bytes).await;
    let mut rest = bytes.as_slice();
    let mut read = Vec::new();
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = str::from_utf8(&rest[..space]).unwrap().parse().unwrap();
        let Some(message) = rest.get(space + 1..space + 1 + length) else { break };
        read.push(number(str::from_utf8(message).unwrap()));
        rest = &rest[space + 1 + length..];
    }
    read
}

/// A receiver that stalls, is given up, and says something afterwards: our system then resets the connection, and what
/// waits in our own queue never leaves. Far more than `resend_max` has been called delivered by then.
#[tokio::test]
async fn of_what_waits_in_our_own_queue_nothing_is_lost_when_a_receiver_is_given_up() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(8).unwrap();
    let mut sink = sink(&SyslogSink { resend_max: 5, ..config(&listener.local_addr().unwrap().to_string()) });
    let mut delivered = 0;
    loop {
        let batch = numbered(delivered + 1..=delivered + 50);
        let Ok(sent) = timeout(Duration::from_secs(2), sink.send(&batch)).await else { break };
        assert_eq!(sent, Sent::accepted(50));
        delivered += 50;
    }
    let (mut stalled, _) = listener.accept().await.unwrap();
    stalled.write_all(b"?").await.unwrap();
    let mut read: BTreeSet<u32> = whole(stalled).await.into_iter().collect();
    assert!(read.len() < delivered as usize, "nothing was under way");

    let next = tokio::spawn(async move { whole(listener.accept().await.unwrap().0).await });
    assert_eq!(sink.send(&numbered(delivered + 1..=delivered + 1)).await, Sent::accepted(1));
    drop(sink);
    read.extend(next.await.unwrap());
    assert_eq!((1..=delivered + 1).filter(|number| !read.contains(number)).collect::<Vec<_>>(), Vec::<u32>::new());
}

#[tokio::test]
async fn what_was_written_just_before_the_end_of_a_connection_does_not_wait_for_the_next_alert() {
    let (listener, config) = listener().await;
    let mut sink = sink(&config);
    assert_eq!(sink.send(&numbered(1..=3)).await, Sent::accepted(3));
    let (stream, _) = listener.accept().await.unwrap();
    // Unread, so that the system resets it.
    drop(stream);
    let (mut stream, _) = timeout(Duration::from_secs(30), listener.accept()).await.unwrap().unwrap();
    assert_eq!(numbers(&mut stream, 3).await, [1, 2, 3]);
}

#[tokio::test]
async fn what_is_no_record_is_refused_and_its_neighbours_travel() {
    let (listener, config) = listener().await;
    let mut sink = sink(&config);
    let mut batch = numbered(1..=3);
    batch[1].body = "not json".into();
    let sent = sink.send(&batch).await;
    assert!(matches!(&sent.fates[..], [Fate::Accepted, Fate::Refused(_), Fate::Accepted]), "{sent:?}");
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(numbers(&mut stream, 2).await, [1, 3]);
}

#[tokio::test]
async fn a_slow_receiver_gets_a_bounded_stretch_in_an_attempt() {
    let config = SyslogSink { message_bytes_max: 1 << 20, ..config("127.0.0.1:1") };
    let large = entry(&alert(|alert| alert.summary = "x".repeat(100_000)));
    let (messages, fates) = sink(&config).encode(&vec![large; 5]);
    assert_eq!((messages.len(), fates.len()), (2, 2));
}

#[tokio::test]
async fn nobody_at_the_address_is_tried_again() {
    let (listener, config) = listener().await;
    drop(listener);
    let sink = harness::run(&harness::config(SinkKind::Syslog(config.clone())), numbered(1..=2));
    sink.until(|report| report.retried >= 2).await;
    let reason = sink.status.report().last_error.unwrap();
    assert!(reason.contains(&config.address) && reason.contains("refused"), "{reason}");
    assert_eq!(sink.stop().await, (0, vec![]));
}

#[tokio::test]
async fn a_datagram_is_a_message() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let mut sink = sink(&SyslogSink { transport: SyslogTransport::Udp, ..config(&address) });
    assert_eq!(sink.send(&numbered(1..=2)).await, Sent::accepted(2));
    for expected in 1..=2 {
        let mut datagram = vec![0; 65_536];
        let length = socket.recv(&mut datagram).await.unwrap();
        let message = str::from_utf8(&datagram[..length]).unwrap();
        assert!(message.starts_with("<131>1 ") && message.ends_with('}'), "{message}");
        assert_eq!(number(message), expected);
    }
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_noticed_where_the_host_says_so() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    drop(socket);
    let mut sink = sink(&SyslogSink { transport: SyslogTransport::Udp, ..config(&address) });
    let sent = sink.send(&numbered(1..=1)).await;
    assert!(!sent.has_accepted() && sent.fault.unwrap().reason.contains("refused"));
}

/// Someone who issues certificates.
struct Authority(CertifiedKey);

/// A certificate and its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    /// Named like no other, because an authority is first of all looked for by its name.
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key_pair = KeyPair::generate().unwrap();
        params.distinguished_name.push(DnType::CommonName, STANDARD.encode(&key_pair.public_key_raw()[..16]));
        Self(CertifiedKey { cert: params.self_signed(&key_pair).unwrap(), key_pair })
    }

    fn issue(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0.cert, &self.0.key_pair).unwrap().der().clone();
        Identity { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }

    /// `ca_file` with this authority.
    fn trust(&self, dir: &Path) -> Trust {
        let path = dir.join("ca.pem");
        fs::write(&path, pem("CERTIFICATE", self.0.cert.der())).unwrap();
        Trust { ca_file: Some(path), verify: true }
    }
}

impl Identity {
    /// `client_cert_file` and `client_key_file`.
    fn files(&self, dir: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.join("client.pem"), dir.join("client.key"));
        fs::write(&certificate, pem("CERTIFICATE", &self.certificate)).unwrap();
        fs::write(&key, pem("PRIVATE KEY", self.key.secret_der())).unwrap();
        (certificate, key)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A receiver with TLS; it asks for certificates of an authority, if there is one.
fn acceptor(identity: Identity, clients: Option<&Authority>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.0.cert.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![identity.certificate], identity.key).unwrap()))
}

fn tls(config: &SyslogSink, trust: Trust, client: Option<(PathBuf, PathBuf)>) -> SyslogSink {
    SyslogSink { transport: SyslogTransport::Tls { trust, client }, ..config.clone() }
}

/// Answers every connection with a handshake; what they say when it has failed or the stream has ended.
fn serve(listener: TcpListener, acceptor: TlsAcceptor) -> tokio::sync::mpsc::UnboundedReceiver<Vec<u8>> {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut text = Vec::new();
            let _ = stream.read_to_end(&mut text).await;
            let _ = stream.shutdown().await;
            tell.send(text).unwrap();
        }
    });
    told
}

#[tokio::test]
async fn a_receiver_whose_certificate_is_believed_gets_messages_over_tls() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let (listener, config) = listener().await;
    let config = tls(&config, authority.trust(dir.path()), None);
    let mut told = serve(listener, acceptor(authority.issue("127.0.0.1"), None));
    let mut sink = sink(&config);
    assert_eq!(sink.send(&numbered(1..=2)).await, Sent::accepted(2));
    assert_eq!(sink.send(&numbered(3..=3)).await, Sent::accepted(1));
    drop(sink);
    let text = told.recv().await.unwrap();
    assert_eq!(numbers(&mut &text[..], 3).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_holds_in_the_words_of_the_verifier() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    for (identity, word) in [
        (Authority::new().issue("127.0.0.1"), "UnknownIssuer"),
        (authority.issue("siem.example"), "not valid for name"),
    ] {
        let (listener, config) = listener().await;
        let _told = serve(listener, acceptor(identity, None));
        let config = tls(&config, authority.trust(dir.path()), None);
        let sink = harness::run(&harness::config(SinkKind::Syslog(config)), numbered(1..=1));
        sink.until(|report| report.state == SinkState::Holding).await;
        let reason = sink.status.report().last_error.unwrap();
        assert!(reason.contains("invalid peer certificate") && reason.contains(word), "{reason}");
        assert_eq!(sink.stop().await, (0, vec![]));
    }
}

#[tokio::test]
async fn any_certificate_is_believed_where_that_is_asked_for() {
    let (listener, config) = listener().await;
    let mut told = serve(listener, acceptor(Authority::new().issue("siem.example"), None));
    let mut sink = sink(&tls(&config, Trust { ca_file: None, verify: false }, None));
    assert_eq!(sink.send(&numbered(1..=1)).await, Sent::accepted(1));
    drop(sink);
    let text = told.recv().await.unwrap();
    assert_eq!(numbers(&mut &text[..], 1).await, [1]);
}

/// With TLS 1.3 the receiver's verdict on our certificate comes when we have long been writing.
#[tokio::test]
async fn a_receiver_that_does_not_believe_us_has_taken_nothing() {
    let (dir, authority, strangers) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let (listener, config) = listener().await;
    let trust = authority.trust(dir.path());
    let mut told = serve(listener, acceptor(authority.issue("127.0.0.1"), Some(&authority)));
    let files = strangers.issue("postern").files(dir.path());
    for client in [None, Some(files.clone())] {
        let fault = sink(&tls(&config, trust.clone(), client)).send(&numbered(1..=1)).await.fault.unwrap();
        assert_eq!(fault.remedy, Remedy::Hold, "{}", fault.reason);
        assert!(fault.reason.contains("ertificate") || fault.reason.contains("UnknownCA"), "{}", fault.reason);
    }
    let mut sink = sink(&tls(&config, trust, Some(files)));
    assert!(sink.send(&numbered(1..=1)).await.fault.is_some());
    authority.issue("postern").files(dir.path());
    assert_eq!(sink.send(&numbered(1..=1)).await, Sent::accepted(1), "a renewed certificate needs no restart");
    drop(sink);
    let text = told.recv().await.unwrap();
    assert_eq!(numbers(&mut &text[..], 1).await, [1]);
}

#[tokio::test]
async fn an_identity_that_cannot_be_read_holds_and_an_authority_that_cannot_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let (listener, config) = listener().await;
    let (missing, trust) = (dir.path().join("missing.pem"), Authority::new().trust(dir.path()));
    let client = Some((missing.clone(), missing.clone()));
    let fault = sink(&tls(&config, trust, client)).send(&numbered(1..=1)).await.fault.unwrap();
    assert_eq!(fault.remedy, Remedy::Hold);
    assert!(fault.reason.contains("missing.pem"), "{}", fault.reason);
    drop(listener);
    let config = tls(&config, Trust { ca_file: Some(missing), verify: true }, None);
    assert!(matches!(Syslog::new("syslog", &config), Err(DeliverError::Authority { .. })));
}
