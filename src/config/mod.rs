//! From one TOML file to a configuration that needs no more checking.
//!
//! Two acts: the raw file knows nothing but its syntax; the validated [`Config`] can be run. Every mistake is
//! reported at once, each with its path in the file, before a port is opened or a byte is read. Nothing here touches a
//! file or the environment: text comes in, and the environment is an argument.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod secret;
mod sinks;
mod sources;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use secret::SecretSource;
pub use sinks::{FileSink, KafkaSink, SinkConfig, SinkKind, WebhookSink};
pub use sources::{KafkaAuth, KafkaConnection, KafkaSource, LostPosition, Start, WebhookAuth, WebhookSource};

use crate::judge::Tenants;

/// A configuration that can be run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the ledger and the dead letters live (`data_dir`).
    pub data_dir: PathBuf,
    /// The tenants (`[[tenant]]`); at least one.
    pub tenants: Tenants,
    /// Kafka and Event Hubs sources (`[[source.kafka]]`).
    pub kafka_sources: Vec<KafkaSource>,
    /// Webhook listeners (`[[source.webhook]]`).
    pub webhook_sources: Vec<WebhookSource>,
    /// Where alerts go (`[[sink.*]]`).
    pub sinks: Vec<SinkConfig>,
    /// Where dead letters go (`[dead_letter]`); a file in the data directory unless said otherwise.
    pub dead_letter: SinkConfig,
    /// Metrics and health (`[metrics] listen`, default 127.0.0.1:9464).
    pub metrics_listen: SocketAddr,
    /// When to commit (`[commit]`).
    pub commit: CommitPolicy,
    /// How long a graceful stop, or a revoke, may take (`shutdown_ms`, default 10 s).
    pub drain: Duration,
    /// How many shards tenants are spread over (`shards`, default 4).
    pub shards: u32,
    /// How many settled alerts the ledger keeps (`alerts_kept_max`, default 100,000).
    pub alerts_kept_max: u64,
}

/// When a transaction is committed: at the latest after the interval, or with this many records, or at once when an
/// alert is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitPolicy {
    /// `interval_ms`, default 200.
    pub interval: Duration,
    /// `records_max`, default 50,000.
    pub records_max: u64,
}
