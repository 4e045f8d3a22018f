//! A Kafka topic or event hub, keyed by alert id, so that a compacted topic keeps the last record of each alert.
//!
//! The client is thrown away after every fault. That drops what is queued in it, reads rotated credentials, and leaves
//! behind the states from which an idempotent producer does not come back by itself. An attempt that merely takes too
//! long keeps its client: the next one waits on for the same reports instead of sending everything again.

mod fault;
mod session;

use super::Sink;
use super::decision::{Fault, Remedy, Sent};
use crate::config::KafkaSink;
use crate::ledger::Entry;
use session::Session;

/// Produces to a topic.
pub(super) struct Kafka {
    config: KafkaSink,
    session: Option<Session>,
    /// Entries up to this one travel alone: together they were too large, which is the fault of one, or of none.
    alone_until: u64,
}

impl Kafka {
    pub(super) fn new(config: &KafkaSink) -> Self {
        Self { config: config.clone(), session: None, alone_until: 0 }
    }

    fn session(&mut self) -> Result<&mut Session, Fault> {
        match &mut self.session {
            Some(session) => Ok(session),
            none => Ok(none.insert(Session::open(&self.config)?)),
        }
    }

    /// Closing waits for the client's threads, which is not for ours to do.
    fn close_session(&mut self) {
        let session = self.session.take();
        tokio::task::spawn_blocking(move || drop(session));
    }
}

impl Sink for Kafka {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let alone = batch.first().is_some_and(|entry| entry.sequence <= self.alone_until);
        let batch = if alone { &batch[..1] } else { batch };
        let mut sent = match self.session() {
            Ok(session) => session.deliver(batch).await,
            Err(fault) => return fault.into(),
        };
        if let Some(fault) = &mut sent.fault {
            self.close_session();
            if fault.remedy == Remedy::Refuse && batch.len() > 1 {
                self.alone_until = batch.last().map_or(0, |entry| entry.sequence);
                fault.remedy = Remedy::Retry(None);
            }
        }
        sent
    }
}
