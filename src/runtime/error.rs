//! Why the service cannot start, or had to end.

use crate::deliver::DeliverError;
use crate::detector::RestoreError;
use crate::ledger::LedgerError;
use crate::observe::ObserveError;
use crate::receive::kafka::KafkaError;

/// Why the service cannot start, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The ledger.
    #[error("the ledger failed")]
    Ledger(#[from] LedgerError),
    /// What the ledger holds.
    #[error("the state in the ledger cannot be restored")]
    Restore(#[from] RestoreError),
    /// A Kafka source.
    #[error("a kafka source failed")]
    Kafka(#[from] KafkaError),
    /// A sink.
    #[error("a sink cannot be started")]
    Deliver(#[from] DeliverError),
    /// The metrics listener.
    #[error("metrics and health cannot be served")]
    Observe(#[from] ObserveError),
    /// The metrics registry.
    #[error("the metrics cannot be registered; this is a mistake in postern, please report it")]
    Metrics(#[from] prometheus::Error),
    /// A thread.
    #[error("a thread cannot be started; raise the limit of processes")]
    Thread(#[from] std::io::Error),
    /// A part of the service that panicked.
    #[error("a part of postern ended without a word; this is a mistake in postern, please report it with the log")]
    Vanished,
}
