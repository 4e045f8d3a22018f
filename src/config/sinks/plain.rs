//! `[[sink.file]]`, `[[sink.kafka]]`, `[[sink.webhook]]`: they carry alerts to whoever reads them.

use std::path::PathBuf;

use super::endpoint::Endpoint;
use super::{Format, SinkKind, format};
use crate::config::connection::{KafkaConnection, path, topic};
use crate::config::secret::SecretSource;
use crate::config::section::Section;

/// JSON Lines on the standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StdoutSink {
    /// `format`, default native.
    pub format: Format,
}

/// JSON Lines, rotated by size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSink {
    /// `path`; rotated files get `.1` (the newest), `.2`, ….
    pub path: PathBuf,
    /// `format`, default native.
    pub format: Format,
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
    /// `format`, default native.
    pub format: Format,
}

/// An HTTP endpoint, signed as Standard Webhooks 1.0.0 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSink {
    /// Where to.
    pub endpoint: Endpoint,
    /// `secret_file` or `secret = "${NAME}"`: `whsec_` and base64.
    pub secret: SecretSource,
    /// `format`: of `data`. Default native.
    pub format: Format,
    /// `in_flight_max`: requests at once, for different alerts. Default 8.
    pub in_flight_max: usize,
}

impl StdoutSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        format(section, Format::Native, &Format::LINES).map(|format| SinkKind::Stdout(Self { format }))
    }
}

impl FileSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let format = format(section, Format::Native, &Format::LINES);
        Self::read_in(section, None, format).map(SinkKind::File)
    }

    /// The file of the dead letters, which have one format.
    pub(super) fn read_dead_letter(section: &mut Section<'_>, default: PathBuf) -> Option<SinkKind> {
        Self::read_in(section, Some(default), Some(Format::Native)).map(SinkKind::File)
    }

    fn read_in(section: &mut Section<'_>, default: Option<PathBuf>, format: Option<Format>) -> Option<Self> {
        let path = match (section.field("path"), default) {
            (Some(field), _) => path(&field),
            (None, Some(default)) => Some(default),
            (None, None) => section.missing("path", "the file to write"),
        };
        let rotate_bytes = section.number("rotate_bytes", 1 << 10..=1 << 40, 100 << 20);
        let files_max = section.number("files_max", 1..=10_000, 10);
        let path = path?;
        section.once("file", path.to_string_lossy())?;
        Some(Self { path, format: format?, rotate_bytes: rotate_bytes?, files_max: files_max? })
    }
}

impl KafkaSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let format = format(section, Format::Native, &Format::JSON);
        Self::read_in(section, format)
    }

    /// The topic of the dead letters, which have one format.
    pub(super) fn read_dead_letter(section: &mut Section<'_>) -> Option<SinkKind> {
        Self::read_in(section, Some(Format::Native))
    }

    fn read_in(section: &mut Section<'_>, format: Option<Format>) -> Option<SinkKind> {
        let connection = KafkaConnection::read(section);
        let bootstrap = connection.as_ref().map(|connection| connection.bootstrap.as_str());
        let topic = section.needed("topic", "the topic, or Event Hub, to write to", |field| topic(field, bootstrap));
        Some(SinkKind::Kafka(Self { connection: connection?, topic: topic?, format: format? }))
    }
}

impl WebhookSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let endpoint = Endpoint::read(section, "https://soar.example/hooks/postern");
        let secret = SecretSource::read(section, "secret");
        let format = format(section, Format::Native, &Format::JSON);
        let in_flight_max = section.number("in_flight_max", 1..=64, 8);
        Some(SinkKind::Webhook(Self {
            endpoint: endpoint?,
            secret: secret?,
            format: format?,
            in_flight_max: in_flight_max?,
        }))
    }
}
