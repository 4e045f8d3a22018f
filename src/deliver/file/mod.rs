//! A file of JSON Lines, rotated by size.

mod journal;

use super::decision::Sent;
use super::lines::LineThread;
use super::{DeliverError, Sink};
use crate::config::FileSink;
use crate::ledger::Entry;
use journal::Journal;

/// Writes to a file.
pub(super) struct File(LineThread);

impl File {
    pub(super) fn new(name: &str, config: &FileSink) -> Result<Self, DeliverError> {
        let journal = Journal::new(config.clone());
        LineThread::spawn(name, config.format, move |lines| journal.append(lines)).map(Self)
    }
}

impl Sink for File {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.0.write(batch).await
    }
}
