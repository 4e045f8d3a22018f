//! `[[source.kafka]]` and `[[source.webhook]]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::secret::SecretSource;
use crate::event::Time;

/// How to reach a Kafka cluster; shared by the source and the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaConnection {
    /// `bootstrap`: `host:port`, several with commas.
    pub bootstrap: String,
    /// `auth`.
    pub auth: KafkaAuth,
    /// `tls`: whether the connection is encrypted; always for Event Hubs.
    pub tls: bool,
    /// `ca_file`: the certificate authority to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How to authenticate to Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KafkaAuth {
    /// `kind = "none"`.
    None,
    /// `kind = "plain"`: SASL PLAIN.
    Plain {
        /// `username`.
        username: String,
        /// `password_file` or `password = "${NAME}"`.
        password: SecretSource,
    },
    /// `kind = "scram-sha-256"` or `"scram-sha-512"`.
    Scram {
        /// librdkafka's mechanism name: `SCRAM-SHA-256` or `SCRAM-SHA-512`.
        mechanism: &'static str,
        /// `username`.
        username: String,
        /// `password_file` or `password = "${NAME}"`.
        password: SecretSource,
    },
    /// `kind = "event-hubs-connection-string"`: SASL PLAIN over TLS, user `$ConnectionString`.
    EventHubs {
        /// `value_file` or `value = "${NAME}"`: the whole connection string.
        connection_string: SecretSource,
    },
}

/// A Kafka or Event Hubs source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSource {
    /// `name`, default `kafka` (then `kafka-2`, …): part of the ledger's positions, so it must not change.
    pub name: String,
    /// How to reach it.
    pub connection: KafkaConnection,
    /// `topics`; at least one.
    pub topics: Vec<String>,
    /// `group`.
    pub group: String,
    /// `start`: where to begin where the ledger has no position. Default earliest.
    pub start: Start,
    /// `lost_position`: what to do where the ledger's position no longer exists. Default fail.
    pub lost_position: LostPosition,
    /// `prefetch_bytes_max`: librdkafka's queue, all partitions together. Default 32 MiB.
    pub prefetch_bytes_max: u32,
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
    /// `name`, default `webhook`.
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
