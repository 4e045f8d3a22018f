//! `[[sink.stdout]]`, `[[sink.file]]`, `[[sink.kafka]]`, `[[sink.webhook]]` and `[dead_letter]`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::connection::{KafkaConnection, path, topic};
use super::identity::name;
use super::secret::SecretSource;
use super::section::{Field, Section};

/// Where alerts (or dead letters) go, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// `name`, default the kind (then `file-2`, …): names the cursor in the ledger and the metric label, so it must not
    /// change. That of the dead letters is always `dead-letter`.
    pub name: String,
    /// What it is.
    pub kind: SinkKind,
    /// `batch_entries_max`, default 500.
    pub batch_entries_max: usize,
    /// `batch_bytes_max`, default 1,000,000.
    pub batch_bytes_max: usize,
    /// `timeout_ms`: one attempt. Default 30,000.
    pub timeout: Duration,
    /// `backoff_ms_min`: the first retry's longest wait. Default 500.
    pub backoff_min: Duration,
    /// `backoff_ms_max`: the longest wait between retries. Default 60,000.
    pub backoff_max: Duration,
}

/// The kinds of sinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkKind {
    /// `[[sink.stdout]]`: one line of JSON an alert.
    Stdout,
    /// `[[sink.file]]`.
    File(FileSink),
    /// `[[sink.kafka]]`.
    Kafka(KafkaSink),
    /// `[[sink.webhook]]`.
    Webhook(WebhookSink),
}

/// JSON Lines, rotated by size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSink {
    /// `path`; rotated files get `.1` (the newest), `.2`, ….
    pub path: PathBuf,
    /// `rotate_bytes`, default 100 MiB.
    pub rotate_bytes: u64,
    /// `files_max`: rotated files that are kept. Default 10.
    pub files_max: u32,
}

/// A topic, keyed by alert id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSink {
    /// How to reach it.
    pub connection: KafkaConnection,
    /// `topic`.
    pub topic: String,
}

/// An HTTP endpoint, signed as Standard Webhooks 1.0.0 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSink {
    /// `url`; https, or http to a loopback address.
    pub url: String,
    /// `secret_file` or `secret = "${NAME}"`: `whsec_` and base64.
    pub secret: SecretSource,
}

// === impl SinkConfig ===

impl SinkConfig {
    /// The sinks in `[sink]`, those of one kind together.
    pub(super) fn read_all(mut section: Section<'_>) -> Option<Vec<Self>> {
        let stdout = section.sections("stdout", |sink| Self::read(sink, "stdout", |_| Some(SinkKind::Stdout)));
        let file = section.sections("file", |sink| Self::read(sink, "file", |sink| FileSink::read(sink, None)));
        let kafka = section.sections("kafka", |sink| Self::read(sink, "kafka", KafkaSink::read));
        let webhook = section.sections("webhook", |sink| Self::read(sink, "webhook", WebhookSink::read));
        Some([stdout?, file?, kafka?, webhook?].concat())
    }

    /// `[dead_letter]`: a file in the data directory, another file, or a topic.
    pub(super) fn read_dead_letter(mut section: Section<'_>, data_dir: &Path) -> Option<Self> {
        let name = section.once("sink name", DEAD_LETTER).map(|()| DEAD_LETTER.to_owned());
        let is_kafka = section.or("kind", false, |field| field.choice(&[("file", false), ("kafka", true)]));
        let default = data_dir.join("dead-letters.jsonl");
        let kind = match is_kafka {
            Some(true) => KafkaSink::read(&mut section),
            Some(false) => FileSink::read(&mut section, Some(default)),
            None => return section.give_up(),
        };
        Self::with_patience(&mut section, name, kind)
    }

    fn read(mut section: Section<'_>, kind: &str, read: impl Fn(&mut Section<'_>) -> Option<SinkKind>) -> Option<Self> {
        let name = name(&mut section, "sink name", kind);
        let kind = read(&mut section);
        Self::with_patience(&mut section, name, kind)
    }

    fn with_patience(section: &mut Section<'_>, name: Option<String>, kind: Option<SinkKind>) -> Option<Self> {
        let batch_entries_max = section.number("batch_entries_max", 1..=10_000, 500);
        let batch_bytes_max = section.number("batch_bytes_max", 10_000..=50_000_000, 1_000_000);
        let timeout = section.millis("timeout_ms", 100..=600_000, 30_000);
        let backoff_min = section.millis("backoff_ms_min", 10..=60_000, 500);
        let backoff_max = section.millis("backoff_ms_max", 100..=3_600_000, 60_000);
        if backoff_min.zip(backoff_max).is_some_and(|(min, max)| min > max) {
            return section.wrong("backoff_ms_max must not be below backoff_ms_min");
        }
        Some(Self {
            name: name?,
            kind: kind?,
            batch_entries_max: batch_entries_max?,
            batch_bytes_max: batch_bytes_max?,
            timeout: timeout?,
            backoff_min: backoff_min?,
            backoff_max: backoff_max?,
        })
    }
}

/// The name of the dead letters' sink.
const DEAD_LETTER: &str = "dead-letter";

// === impl FileSink, KafkaSink, WebhookSink ===

impl FileSink {
    fn read(section: &mut Section<'_>, default: Option<PathBuf>) -> Option<SinkKind> {
        let path = match (section.field("path"), default) {
            (Some(field), _) => path(&field),
            (None, Some(default)) => Some(default),
            (None, None) => section.missing("path", "the file to write"),
        };
        let rotate_bytes = section.number("rotate_bytes", 1 << 10..=1 << 40, 100 << 20);
        let files_max = section.number("files_max", 1..=10_000, 10);
        let path = path?;
        section.once("file", path.to_string_lossy())?;
        Some(SinkKind::File(Self { path, rotate_bytes: rotate_bytes?, files_max: files_max? }))
    }
}

impl KafkaSink {
    fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let connection = KafkaConnection::read(section);
        let bootstrap = connection.as_ref().map(|connection| connection.bootstrap.as_str());
        let topic = section.needed("topic", "the topic, or Event Hub, to write to", |field| topic(field, bootstrap));
        Some(SinkKind::Kafka(Self { connection: connection?, topic: topic? }))
    }
}

impl WebhookSink {
    fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let url = section.needed("url", "where to post alerts, as in https://soar.example/hooks/postern", url);
        let secret = SecretSource::read(section, "secret");
        Some(SinkKind::Webhook(Self { url: url?, secret: secret? }))
    }
}

/// An https URL, or http to this machine. A URL may hold a password by mistake, so it is never shown.
fn url(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>#".contains(&byte));
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return field.wrong("a user name and password do not belong in a URL; requests are signed with the secret");
    }
    let Some(host) = host_of(authority).filter(|_| is_plain) else {
        return field.wrong("write it as in https://soar.example/hooks/postern");
    };
    match scheme {
        "https" => Some(text.to_owned()),
        "http" if is_loopback(host) => Some(text.to_owned()),
        "http" => field.wrong("alerts name people; use https (http is for loopback addresses)"),
        _ => field.wrong("write it as in https://soar.example/hooks/postern"),
    }
}

/// The host of `host`, `host:port`, `[::1]` or `[::1]:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    Some(host).filter(|host| is_port && !host.is_empty())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_a_client_will_connect_to() {
        assert_eq!(host_of("soar.example:8443"), Some("soar.example"));
        assert_eq!(host_of("[::1]:80"), Some("::1"));
        assert_eq!(host_of("[::1]"), Some("::1"));
        for authority in ["", ":80", "a:b", "[::1", "[::1]80", "a:80:90", "a:65536"] {
            assert_eq!(host_of(authority), None, "{authority}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "::1"].into_iter().all(is_loopback));
        assert!(!["localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0"].into_iter().any(is_loopback));
    }
}
