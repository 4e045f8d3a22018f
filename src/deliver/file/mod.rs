//! A file of JSON Lines, rotated by size.

mod journal;

use std::path::PathBuf;

use super::decision::{Fault, Sent};
use super::lines::LineThread;
use super::{DeliverError, Sink};
use crate::config::FileSink;
use crate::ledger::Entry;
use journal::Journal;

/// Writes to a file.
pub(super) struct File {
    lines: LineThread,
    path: PathBuf,
}

impl File {
    pub(super) fn new(name: &str, config: &FileSink) -> Result<Self, DeliverError> {
        let journal = Journal::new(config.clone());
        LineThread::spawn(name, config.format, move |lines| journal.append(lines))
            .map(|lines| Self { lines, path: config.path.clone() })
    }
}

impl Sink for File {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.lines.write(batch).await
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        let opened = tokio::fs::OpenOptions::new().append(true).create(true).open(&self.path).await;
        opened.map_err(|error| Fault::hold(format!("{}: {error}", self.path.display())))?;
        Ok(format!("{} can be written", self.path.display()))
    }
}
