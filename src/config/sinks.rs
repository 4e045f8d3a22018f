//! `[[sink.stdout]]`, `[[sink.file]]`, `[[sink.kafka]]`, `[[sink.webhook]]` and `[dead_letter]`.

use std::path::PathBuf;
use std::time::Duration;

use super::secret::SecretSource;
use super::sources::KafkaConnection;

/// Where alerts (or dead letters) go, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// `name`, default the kind: names the cursor in the ledger and the metric label, so it must not change.
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
