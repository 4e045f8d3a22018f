//! What the stream of alerts carries: alerts, and once in an hour the word that all is well.

use serde::{Deserialize, Serialize};

use super::{Alert, SCHEMA};
use crate::event::Time;

/// The name and version of the heartbeat's format.
pub const HEARTBEAT_SCHEMA: &str = "postern.heartbeat/1";

/// A record as every sink reads it from the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// One record of an alert's life.
    Alert(Box<Alert>),
    /// One hour of a tenant.
    Heartbeat(Heartbeat),
}

/// One hour of a tenant in which Postern ran: what was to be told, so that a SOC can compare it with what it has.
///
/// A SIEM that has an hour's heartbeat and as many records as it says lost nothing; one that has no heartbeat at all
/// should ask why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// [`HEARTBEAT_SCHEMA`].
    pub schema: String,
    /// The same for one tenant and one beginning: 32 hexadecimal digits.
    pub id: String,
    /// Always 1: a heartbeat is told once.
    pub seq: u32,
    /// The tenant's name.
    pub tenant: String,
    /// The tenant's Entra id.
    pub tenant_id: String,
    /// When the last heartbeat was written, or the ledger was made. Wall clock.
    pub since: Time,
    /// When this one was written. Wall clock.
    pub until: Time,
    /// How many alert records were written between the two, this one not counted.
    pub records: u64,
    /// SHA-256, in lower-case hexadecimal, of their `id-seq`, sorted and joined by commas; of nothing where there are none.
    pub digest: String,
}

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
#[error("not a record of this version: {0}")]
pub struct NotARecord(#[source] serde_json::Error);

/// Just enough to know what it is.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

impl Record {
    /// Reads a record as the ledger keeps it.
    ///
    /// # Errors
    /// When it is no JSON, or of a schema that this build does not know.
    pub fn parse(text: &str) -> Result<Self, NotARecord> {
        let Named { schema } = serde_json::from_str(text).map_err(NotARecord)?;
        let record = match schema.as_str() {
            SCHEMA => serde_json::from_str(text).map(|alert| Self::Alert(Box::new(alert))),
            HEARTBEAT_SCHEMA => serde_json::from_str(text).map(Self::Heartbeat),
            other => Err(serde::de::Error::custom(format_args!("unknown schema {other:?}"))),
        };
        record.map_err(NotARecord)
    }

    /// The alert, if it is one.
    #[must_use]
    pub fn alert(&self) -> Option<&Alert> {
        match self {
            Self::Alert(alert) => Some(alert),
            Self::Heartbeat(_) => None,
        }
    }

    /// The time of what it tells: of the latest message, or of the heartbeat.
    #[must_use]
    pub fn time(&self) -> Time {
        match self {
            Self::Alert(alert) => alert.last_seen,
            Self::Heartbeat(heartbeat) => heartbeat.until,
        }
    }
}
