//! `[[source.kafka]]` and `[[source.webhook]]`.

use std::net::SocketAddr;
use std::time::Duration;

use super::CommitPolicy;
use super::connection::{KafkaAuth, KafkaConnection, topic};
use super::identity::name;
use super::mistake::quoted;
use super::network::listen;
use super::secret::SecretSource;
use super::section::{Field, Section};
use crate::event::Time;

/// A Kafka or Event Hubs source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSource {
    /// `name`, default `kafka` (then `kafka-2`, …): part of the ledger's positions, so it must not change.
    pub name: String,
    /// How to reach it.
    pub connection: KafkaConnection,
    /// `topics`; at least one.
    pub topics: Vec<String>,
    /// `group`, default `postern`.
    pub group: String,
    /// `start`: where to begin where the ledger has no position. Default earliest.
    pub start: Start,
    /// `lost_position`: what to do where the ledger's position no longer exists. Default fail.
    pub lost_position: LostPosition,
    /// `prefetch_bytes_max`: librdkafka's queue, all partitions together. Default 32 MiB.
    pub prefetch_bytes_max: u32,
    /// `session_timeout_ms`: how long the group waits for a member's heartbeat. Default 45,000; Event Hubs 30,000.
    pub session_timeout: Duration,
    /// `poll_timeout_ms`: how long the source may be stuck before it gives its partitions up; not below the session
    /// timeout. Default 120,000; Event Hubs 300,000.
    pub poll_timeout: Duration,
}

/// Where to begin where the ledger has no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// `"earliest"`.
    Earliest,
    /// `"latest"`.
    Latest,
    /// An RFC 3339 timestamp: the first record at or after it.
    At(Time),
}

/// What to do where the ledger's position is no longer in the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostPosition {
    /// `"fail"`: stop and say what is lost; a gap is a decision, never a default.
    Fail,
    /// `"earliest"`: go on with the oldest record that is still there.
    Earliest,
    /// `"latest"`: go on with what comes now.
    Latest,
}

/// A webhook listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSource {
    /// `name`, default `webhook` (then `webhook-2`, …).
    pub name: String,
    /// `listen`; without authentication only a loopback address.
    pub listen: SocketAddr,
    /// `path`, default `/`.
    pub path: String,
    /// `auth`; `None` only on a loopback address.
    pub auth: Option<WebhookAuth>,
    /// `body_bytes_max`: on the wire. Default 4 MiB.
    pub body_bytes_max: usize,
    /// `inflated_bytes_max`: after gzip. Default 32 MiB.
    pub inflated_bytes_max: usize,
    /// `timeout_ms`: how long to wait for the commit before 503. Default 3,000.
    pub timeout: Duration,
    /// `allowed_origins`: for the CloudEvents handshake. Default `["eventgrid.azure.net"]`.
    pub allowed_origins: Vec<String>,
}

/// How webhook requests authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookAuth {
    /// `kind = "hmac"`: HMAC-SHA256 over `timestamp.body`, hexadecimal, in `X-Postern-Signature` with
    /// `X-Postern-Timestamp` (unix seconds); or Standard Webhooks headers.
    Hmac {
        /// `secret_file` or `secret = "${NAME}"`.
        secret: SecretSource,
        /// `replay_window_s`, default 300.
        replay_window: Duration,
    },
    /// `kind = "bearer"`: `Authorization: Bearer`.
    Bearer {
        /// `token_file` or `token = "${NAME}"`.
        token: SecretSource,
    },
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

// === impl KafkaSource ===

impl KafkaSource {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let name = name(&mut section, "source name", "kafka");
        let connection = KafkaConnection::read(&mut section);
        let bootstrap = connection.as_ref().map(|connection| connection.bootstrap.as_str());
        let topics = section.needed_list("topics", "the topics, or Event Hubs, to read", |item| topic(item, bootstrap));
        let group = section.or("group", "postern".to_owned(), group);
        let start = section.or("start", Start::Earliest, Start::read);
        let lost_position = section.or("lost_position", LostPosition::Fail, |field| field.choice(&LostPosition::WORDS));
        let prefetch_bytes_max = section.number("prefetch_bytes_max", 1 << 20..=1 << 30, 32 << 20);
        let (session_ms, poll_ms) = patience_ms(connection.as_ref());
        let session_timeout = section.millis("session_timeout_ms", 6_000..=300_000, session_ms);
        let poll_ms = session_timeout.map_or(poll_ms, |session| poll_ms.max(session.as_millis() as u64));
        let poll_timeout = section.millis("poll_timeout_ms", 6_000..=3_600_000, poll_ms);
        if poll_timeout.zip(session_timeout).is_some_and(|(poll, session)| poll < session) {
            return section.wrong("poll_timeout_ms must not be below session_timeout_ms");
        }
        Some(Self {
            name: name?,
            connection: connection?,
            topics: topics?,
            group: group?,
            start: start?,
            lost_position: lost_position?,
            prefetch_bytes_max: prefetch_bytes_max?,
            session_timeout: session_timeout?,
            poll_timeout: poll_timeout?,
        })
    }
}

/// How long the group waits for a member's heartbeat, and for its poll. The loop never blocks for longer than a drain,
/// so that two minutes without a poll is a wedge; for Event Hubs what its documentation recommends.
fn patience_ms(connection: Option<&KafkaConnection>) -> (u64, u64) {
    match connection.map(|connection| &connection.auth) {
        Some(KafkaAuth::EventHubs { .. }) => (30_000, 300_000),
        _ => (45_000, 120_000),
    }
}

impl Start {
    fn read(field: &Field<'_>) -> Option<Self> {
        let text = field.datetime().map_or_else(|| field.text().map(str::to_owned), |at| Some(at.to_string()))?;
        match text.as_str() {
            "earliest" => Some(Self::Earliest),
            "latest" => Some(Self::Latest),
            _ => Time::parse(&text).map(Self::At).ok().or_else(|| {
                field.wrong(format!(
                    "{} is neither earliest, latest nor a time as in 2026-11-20T10:00:00Z",
                    quoted(&text)
                ))
            }),
        }
    }
}

impl LostPosition {
    /// The words of `lost_position`.
    pub(super) const WORDS: [(&str, Self); 3] =
        [("fail", Self::Fail), ("earliest", Self::Earliest), ("latest", Self::Latest)];
}

fn group(field: &Field<'_>) -> Option<String> {
    /// The limit of Event Hubs.
    const CHARS_MAX: usize = 256;
    let text = field.text()?;
    if text.chars().count() > CHARS_MAX || text.chars().any(char::is_control) {
        return field.wrong(format!("write at most {CHARS_MAX} characters"));
    }
    Some(text.to_owned())
}

// === impl WebhookSource ===

impl WebhookSource {
    pub(super) fn read(mut section: Section<'_>, commit: Option<CommitPolicy>) -> Option<Self> {
        let name = name(&mut section, "source name", "webhook");
        let listen = section.needed("listen", "the address to listen on, as in 127.0.0.1:8088", listen);
        let auth = WebhookAuth::read(section.section("auth"));
        let path = section.or("path", "/".to_owned(), url_path);
        let body_bytes_max = section.number("body_bytes_max", KIB..=64 * MIB, 4 * MIB);
        let inflated_bytes_max = section.number("inflated_bytes_max", KIB..=512 * MIB, 32 * MIB);
        let timeout = section.millis("timeout_ms", 100..=60_000, 3_000);
        let default_origins = vec!["eventgrid.azure.net".to_owned()];
        let allowed_origins = section.list("allowed_origins", |item| item.text().map(str::to_owned));
        let allowed_origins = allowed_origins.map(|list| if list.is_empty() { default_origins } else { list });
        if timeout.zip(commit).is_some_and(|(timeout, commit)| timeout <= commit.interval) {
            return section
                .wrong("timeout_ms must be above commit.interval_ms: a request is answered after its commit");
        }
        if auth == Some(None) && listen.is_some_and(|address| !address.ip().is_loopback()) {
            return section.missing("auth", "only a listener on a loopback address may do without; use hmac or bearer");
        }
        if body_bytes_max.zip(inflated_bytes_max).is_some_and(|(body, inflated)| body > inflated) {
            return section.wrong("inflated_bytes_max must not be below body_bytes_max");
        }
        Some(Self {
            name: name?,
            listen: listen?,
            path: path?,
            auth: auth?,
            body_bytes_max: body_bytes_max?,
            inflated_bytes_max: inflated_bytes_max?,
            timeout: timeout?,
            allowed_origins: allowed_origins?,
        })
    }
}

fn url_path(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !text.starts_with('/') || !text.bytes().all(plain) {
        return field.wrong(format!("{} is no path; write it as in /events", quoted(text)));
    }
    Some(text.to_owned())
}

// === impl WebhookAuth ===

impl WebhookAuth {
    /// `Some(None)` where there is none.
    fn read(mut section: Section<'_>) -> Option<Option<Self>> {
        if section.is_missing() {
            return Some(None);
        }
        let kind = section.needed("kind", "hmac or bearer", |field| match field.text()? {
            kind @ ("hmac" | "bearer") => Some(kind),
            kind @ ("entra-jwt" | "mtls") => field.wrong(format!("{kind} is not built yet; use hmac or bearer")),
            other => field.wrong(format!("{} is neither hmac nor bearer", quoted(other))),
        });
        match kind {
            Some("hmac") => {
                let secret = SecretSource::read(&mut section, "secret");
                let replay_window = section.number("replay_window_s", 10..=3_600, 300).map(Duration::from_secs);
                Some(Some(Self::Hmac { secret: secret?, replay_window: replay_window? }))
            }
            Some(_) => SecretSource::read(&mut section, "token").map(|token| Some(Self::Bearer { token })),
            None => section.give_up(),
        }
    }
}
