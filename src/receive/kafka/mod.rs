//! Kafka and Event Hubs: one thread a source, one client, one loop.
//!
//! The ledger decides where reading begins; the broker's group offsets are written for lag displays, and only the mark on
//! them is read, which says whose group it is. So a record is read again after any crash, and skipped by its position
//! where it has been counted already.
//!
//! One [`BaseConsumer`](rdkafka::consumer::BaseConsumer) is polled by one thread. Not `StreamConsumer` and no partition
//! queues: both rest on edge-triggered wake-ups that are known to get lost, and a partition then stands still for
//! minutes without a word. Every record is decoded and judged on the broker's own bytes, before the next poll; what is
//! left of a batch goes over a bounded channel as one [`Intake`]. Where that is full, all partitions are paused and
//! polling goes on, so that a stuck ledger never costs the membership of the group.
//!
//! A rebalance is only noted in librdkafka's callback. The loop acts on it when the poll has returned: it may then
//! wait, ask the broker and fail with an error like everything else, and librdkafka waits for its answer.

mod assignment;
mod broker;
mod context;
mod error;
mod group;
mod handover;
mod position;
mod rebalance;
mod session;
mod settings;
mod status;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;

pub use error::{GroupTaken, KafkaError};
pub use status::{KafkaSnapshot, KafkaStatus};

use super::{Board, Intake};
use crate::config::KafkaSource;
use crate::detector::Inspector;
use crate::ledger::LedgerId;
use session::Session;

/// Everything that a Kafka source needs to run.
#[derive(Debug)]
pub struct KafkaReceiver {
    /// What the configuration says.
    pub source: KafkaSource,
    /// Decodes and judges.
    pub inspector: Inspector,
    /// Where intakes go; bounded.
    pub intake: Sender<Intake>,
    /// Where each partition durably stands.
    pub board: Arc<Board>,
    /// The ledger that these positions are from.
    pub ledger: LedgerId,
    /// What the rest of the process may know about the source.
    pub status: Arc<KafkaStatus>,
    /// Set from outside to make the thread end in good order.
    pub shutdown: Arc<AtomicBool>,
    /// How long a revoke, or the end, waits until what was read is durable. Keep it below a third of the session
    /// timeout (30 s on Event Hubs, else 45 s): the rest of the group stands still meanwhile.
    pub drain: Duration,
}

impl KafkaReceiver {
    /// Starts the thread. It ends with `Ok` after a shutdown, and with the error that should end the process otherwise.
    ///
    /// A cluster that cannot be reached, a topic that does not exist and a password that is refused are no errors: the
    /// thread keeps trying, says so in the log, and the status is not ready.
    ///
    /// # Errors
    /// When a secret cannot be read, the client cannot be made, or the system has no thread left.
    pub fn spawn(self) -> Result<JoinHandle<Result<(), KafkaError>>, KafkaError> {
        let session = Session::open(self)?;
        std::thread::Builder::new()
            .name("kafka-source".to_owned())
            .spawn(move || session.run())
            .map_err(|source| KafkaError::Thread { source })
    }
}
