//! The ledger in one SQLite file.
//!
//! SQLite because it is the store that goes on by itself after a full disk, on the connection it has; the others that
//! were measured want to be closed and opened again. One connection writes: nothing here needs two, and the one
//! corruption bug of recent years needed two. Readers from outside (`sqlite3`, a report) may look while Postern runs,
//! so exclusion is a lock on a file of its own and not on the database.
//!
//! What the log holds is written into the file *between* commits ([`Ledger::settle`]): it takes three times as long as
//! a commit, and SQLite by itself would do it inside whichever commit comes by.
//!
//! A commit costs one fsync of the write-ahead log (`synchronous=FULL`). Everything is written so that committing the
//! same transaction again changes nothing: positions and cursors only rise, records that are there stay as they are.

mod connection;
mod operator;
mod prune;
mod read;
mod reader;
mod schema;
mod write;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, ErrorCode};

pub use operator::{DeadLetterOrder, order};
pub use reader::{Backlog, LedgerReader, RefusedAlert};

use super::{
    Entry, Ledger, LedgerError, LedgerId, ReadLimit, Retention, Sequences, Snapshot, Stream, Transaction, Wanted,
};
use crate::detector::StateChange;

/// The ledger's file in the data directory.
pub const LEDGER_FILE: &str = "ledger.sqlite";

/// Bytes that the ledger of a data directory takes on the disk, its write-ahead log included; 0 where there is none.
#[must_use]
pub fn bytes_on_disk(data_dir: &Path) -> u64 {
    let files = ["", "-wal", "-shm"].map(|ending| data_dir.join(format!("{LEDGER_FILE}{ending}")));
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
}

/// A ledger in one SQLite file.
#[derive(Debug)]
pub struct SqliteLedger {
    id: LedgerId,
    connection: Connection,
    /// Rows in the log since it was last written into the file.
    logged: usize,
    /// Held until the connection is closed: fields are dropped in this order.
    _lock: Option<File>,
}

impl SqliteLedger {
    /// Opens the ledger of a data directory, and makes both where they do not exist.
    ///
    /// # Errors
    /// When another process holds it, when a newer Postern wrote it, or when it cannot be used.
    pub fn open(data_dir: &Path) -> Result<Self, LedgerError> {
        let lock = connection::lock(data_dir)?;
        Self::of(connection::open(&data_dir.join(LEDGER_FILE))?, Some(lock))
    }

    /// A ledger that is gone when it is dropped.
    ///
    /// # Errors
    /// When SQLite is too old.
    pub fn open_in_memory() -> Result<Self, LedgerError> {
        Self::of(connection::open_in_memory()?, None)
    }

    fn of(connection: Connection, lock: Option<File>) -> Result<Self, LedgerError> {
        let id = read::id(&connection).map_err(fault)?;
        Ok(Self { id, connection, logged: 0, _lock: lock })
    }
}

impl Ledger for SqliteLedger {
    fn id(&self) -> LedgerId {
        self.id
    }

    fn snapshot(&mut self) -> Result<Snapshot, LedgerError> {
        read::snapshot(&mut self.connection).map_err(fault)
    }

    fn state(&mut self, each: &mut dyn FnMut(StateChange) -> ControlFlow<()>) -> Result<(), LedgerError> {
        read::state(&self.connection, each).map_err(fault)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<Sequences, LedgerError> {
        let last = write::commit(&mut self.connection, transaction).map_err(fault)?;
        self.logged += transaction.state.len() + transaction.alerts.len() + transaction.dead_letters.len();
        Ok(last)
    }

    fn read(&mut self, stream: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>, LedgerError> {
        read::entries(&self.connection, stream, after, limit).map_err(fault)
    }

    fn wanted(&mut self, sink: &str, stream: Stream, limit: ReadLimit) -> Result<Wanted, LedgerError> {
        let entries = read::wanted(&self.connection, sink, stream, limit).map_err(fault)?;
        let refused = read::refused(&self.connection, sink).map_err(fault)?;
        Ok(Wanted { entries, refused })
    }

    fn told(&mut self, tenant: &str, after: u64, each: &mut dyn FnMut(&str, u32)) -> Result<(), LedgerError> {
        read::told(&self.connection, tenant, after, each).map_err(fault)
    }

    fn prune(&mut self, retention: &Retention) -> Result<usize, LedgerError> {
        prune::prune(&mut self.connection, retention).map_err(fault)
    }

    fn settle(&mut self) -> Result<(), LedgerError> {
        if self.logged >= LOGGED_MAX {
            connection::checkpoint(&self.connection).map_err(fault)?;
            self.logged = 0;
        }
        Ok(())
    }
}

/// Rows that may gather in the log before it is written into the file: each is a page or less, at random places of it.
const LOGGED_MAX: usize = 1_000;

/// What the owner can do about an error: wait, or stop.
fn fault(error: rusqlite::Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::DatabaseBusy) => {
            LedgerError::Unavailable(error.into())
        }
        _ => LedgerError::Unusable(error.into()),
    }
}

/// SQLite's integers are signed; a sequence number of ours never gets there, one that is handed in may.
fn integer(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// The name of a stream's table and of its row in the table `stream`.
const fn table(stream: Stream) -> &'static str {
    match stream {
        Stream::Alerts => "alert",
        Stream::DeadLetters => "dead_letter",
    }
}

#[cfg(test)]
mod tests;
