//! `[[sink.*]]` and `[dead_letter]`: where alerts go, in which words, and how patiently.
//!
//! What every sink has is here; what one kind has is beside its like: [`plain`] carries, [`siem`] searches, [`chat`]
//! wakes somebody.

mod chat;
mod endpoint;
mod plain;
mod siem;

use std::path::Path;
use std::time::Duration;

pub use chat::{AlertmanagerSink, Attention, ChatSink};
pub use endpoint::{Endpoint, Trust, may_post_to};
pub use plain::{FileSink, KafkaSink, StdoutSink, WebhookSink};
pub use siem::{
    ElasticTarget, ElasticsearchSink, EntraAuth, HttpAuth, SentinelSink, SplunkHecSink, SyslogFraming, SyslogSink,
    SyslogTransport,
};

use super::identity::name;
use super::section::Section;

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
    /// `[[sink.stdout]]`.
    Stdout(StdoutSink),
    /// `[[sink.file]]`.
    File(FileSink),
    /// `[[sink.kafka]]`.
    Kafka(KafkaSink),
    /// `[[sink.webhook]]`.
    Webhook(WebhookSink),
    /// `[[sink.splunk-hec]]`.
    SplunkHec(SplunkHecSink),
    /// `[[sink.elasticsearch]]`, which is OpenSearch as well.
    Elasticsearch(ElasticsearchSink),
    /// `[[sink.sentinel]]`.
    Sentinel(SentinelSink),
    /// `[[sink.syslog]]`.
    Syslog(SyslogSink),
    /// `[[sink.teams]]`.
    Teams(ChatSink),
    /// `[[sink.slack]]`.
    Slack(ChatSink),
    /// `[[sink.alertmanager]]`.
    Alertmanager(AlertmanagerSink),
}

/// In whose words an alert is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `native`: `postern.alert/1`.
    Native,
    /// `ecs`: Elastic Common Schema.
    Ecs,
    /// `ocsf`: a Detection Finding of the Open Cybersecurity Schema Framework.
    Ocsf,
    /// `cef`: ArcSight's Common Event Format.
    Cef,
    /// `leef`: QRadar's Log Event Extended Format.
    Leef,
}

impl Format {
    /// What is JSON.
    const JSON: [Self; 3] = [Self::Native, Self::Ecs, Self::Ocsf];
    /// What is a line.
    const LINES: [Self; 5] = [Self::Native, Self::Ecs, Self::Ocsf, Self::Cef, Self::Leef];
    /// What is understood behind a syslog header.
    const SYSLOG: [Self; 5] = [Self::Cef, Self::Leef, Self::Native, Self::Ecs, Self::Ocsf];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Ecs => "ecs",
            Self::Ocsf => "ocsf",
            Self::Cef => "cef",
            Self::Leef => "leef",
        }
    }
}

/// `format`, one of those that the sink can carry.
fn format(section: &mut Section<'_>, default: Format, known: &[Format]) -> Option<Format> {
    let words: Vec<_> = known.iter().map(|format| (format.as_str(), *format)).collect();
    section.or("format", default, |field| field.choice(&words))
}

/// The name of the dead letters' sink.
const DEAD_LETTER: &str = "dead-letter";

// === impl SinkKind ===

impl SinkKind {
    /// The word in `[[sink.…]]`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Stdout(_) => "stdout",
            Self::File(_) => "file",
            Self::Kafka(_) => "kafka",
            Self::Webhook(_) => "webhook",
            Self::SplunkHec(_) => "splunk-hec",
            Self::Elasticsearch(_) => "elasticsearch",
            Self::Sentinel(_) => "sentinel",
            Self::Syslog(_) => "syslog",
            Self::Teams(_) => "teams",
            Self::Slack(_) => "slack",
            Self::Alertmanager(_) => "alertmanager",
        }
    }

    /// Whom it trusts, where it checks certificates itself.
    #[must_use]
    pub const fn trust(&self) -> Option<&Trust> {
        match self {
            Self::Stdout(_) | Self::File(_) | Self::Kafka(_) => None,
            Self::Webhook(sink) => Some(&sink.endpoint.trust),
            Self::SplunkHec(sink) => Some(&sink.endpoint.trust),
            Self::Elasticsearch(sink) => Some(&sink.endpoint.trust),
            Self::Sentinel(sink) => Some(&sink.endpoint.trust),
            Self::Syslog(sink) => match &sink.transport {
                SyslogTransport::Tls { trust, .. } => Some(trust),
                SyslogTransport::Udp | SyslogTransport::Tcp => None,
            },
            Self::Teams(sink) | Self::Slack(sink) => Some(&sink.trust),
            Self::Alertmanager(sink) => Some(&sink.endpoint.trust),
        }
    }
}

// === impl SinkConfig ===

/// What reads the section of one kind.
type Read = fn(&mut Section<'_>) -> Option<SinkKind>;

/// The kinds, in the order of the reference page.
const KINDS: [(&str, Read); 11] = [
    ("stdout", StdoutSink::read),
    ("file", FileSink::read),
    ("kafka", KafkaSink::read),
    ("webhook", WebhookSink::read),
    ("splunk-hec", SplunkHecSink::read),
    ("elasticsearch", ElasticsearchSink::read),
    ("sentinel", SentinelSink::read),
    ("syslog", SyslogSink::read),
    ("teams", |section| ChatSink::read(section).map(SinkKind::Teams)),
    ("slack", |section| ChatSink::read(section).map(SinkKind::Slack)),
    ("alertmanager", AlertmanagerSink::read),
];

impl SinkConfig {
    /// The sinks in `[sink]`, those of one kind together.
    pub(super) fn read_all(mut section: Section<'_>) -> Option<Vec<Self>> {
        let read = |(kind, read): (&str, Read)| section.sections(kind, |sink| Self::read(sink, kind, read));
        let kinds: Vec<_> = KINDS.into_iter().map(read).collect();
        kinds.into_iter().collect::<Option<Vec<_>>>().map(|kinds| kinds.concat())
    }

    /// `[dead_letter]`: a file in the data directory, another file, or a topic.
    pub(super) fn read_dead_letter(mut section: Section<'_>, data_dir: &Path) -> Option<Self> {
        let name = section.once("sink name", DEAD_LETTER).map(|()| DEAD_LETTER.to_owned());
        let is_kafka = section.or("kind", false, |field| field.choice(&[("file", false), ("kafka", true)]));
        let kind = match is_kafka {
            Some(true) => KafkaSink::read_dead_letter(&mut section),
            Some(false) => FileSink::read_dead_letter(&mut section, data_dir.join("dead-letters.jsonl")),
            None => return section.give_up(),
        };
        Self::with_patience(&mut section, name, kind)
    }

    fn read(mut section: Section<'_>, kind: &str, read: Read) -> Option<Self> {
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
