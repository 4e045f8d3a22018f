//! Where bytes come in: Kafka, webhooks, files.
//!
//! A receiver decodes and judges on the spot, on borrowed bytes, and hands over the little that is left as an
//! [`Intake`]. It never decides when something is durable: it is told.

pub mod files;
pub mod kafka;
pub mod webhook;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::detector::Slice;

/// What a receiver hands to the commit loop, over a bounded channel: when it is full the receiver waits, or says 503.
#[derive(Debug)]
pub struct Intake {
    /// One stretch for each partition that contributed, or one for the request.
    pub stretches: Vec<Stretch>,
    /// Told when everything in here is durable; dropped without a word when it never will be.
    pub durable: Option<tokio::sync::oneshot::Sender<()>>,
}

/// A stretch of one input.
#[derive(Debug)]
pub struct Stretch {
    /// Which input.
    pub origin: Origin,
    /// What it contributed.
    pub slice: Slice,
}

/// The input of a stretch.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A partition, with the offsets that the stretch covers.
    Partition {
        /// Which.
        id: PartitionId,
        /// The offset of the next record to read once the stretch is committed.
        next_offset: i64,
    },
    /// A request, which has no position: its sender repeats it unless it is told that it is durable.
    Request {
        /// The source's name.
        source: Arc<str>,
    },
}

/// A partition of a topic of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId {
    /// The source's name.
    pub source: Arc<str>,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
}

/// Where each partition durably stands: written by the commit loop, read by the receivers.
///
/// A lock, because two threads really share it: the loop enters it once a commit, a receiver once an assignment and once
/// a second.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<PartitionId, i64>>);

impl Board {
    /// Posts where partitions stand.
    pub fn post(&self, positions: impl IntoIterator<Item = (PartitionId, i64)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(positions);
    }

    /// Whether a partition of the same topic and source has a position.
    #[must_use]
    pub fn knows_topic(&self, id: &PartitionId) -> bool {
        let positions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        positions.keys().any(|known| known.source == id.source && known.topic == id.topic)
    }

    /// The offset of the next record to read.
    #[must_use]
    pub fn next_offset(&self, id: &PartitionId) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }
}
