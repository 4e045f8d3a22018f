//! The durable memory: what was read, what was learnt, what must be told, in one transaction.
//!
//! After a crash everything resumes from the last commit: a position never becomes durable before the state and the
//! alerts that its records caused, and no alert before the position that keeps it from being made again. That is the
//! whole reliability argument, so it is one trait with one method that matters, [`Ledger::commit`].
//!
//! The backend is SQLite today; PostgreSQL will stand behind the same trait.

mod identity;
mod outbox;
mod sqlite;

pub use identity::{LedgerId, NoLedgerId};
pub use outbox::{Outbox, OutboxClosed, Request};
pub use sqlite::{
    Backlog, DeadLetterOrder, LEDGER_FILE, LedgerReader, RefusedAlert, SqliteLedger, bytes_on_disk, order,
};

use std::ops::ControlFlow;

use crate::detector::{DeadLetter, StateChange};
use crate::event::Time;

/// Durable memory.
pub trait Ledger: Send {
    /// Which ledger this is.
    fn id(&self) -> LedgerId;

    /// What a restart needs beside the state.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn snapshot(&mut self) -> Result<Snapshot, LedgerError>;

    /// Shows every entry of the detector's state, as it was changed and without removals, until `each` breaks off.
    ///
    /// One at a time, in the order of tenant, kind and key: there may be millions, and a list of them would be held
    /// beside the memory that it is read into.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn state(&mut self, each: &mut dyn FnMut(StateChange) -> ControlFlow<()>) -> Result<(), LedgerError>;

    /// Makes a transaction durable, all of it or nothing, and says which entries each stream now ends with.
    ///
    /// Positions never move back and an alert record (id, seq) that is already there stays as it is, so a transaction
    /// that was committed without our learning of it can be committed again.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] where trying again may help (a full disk), anything else where it cannot.
    fn commit(&mut self, transaction: &Transaction) -> Result<Sequences, LedgerError>;

    /// Reads entries of a stream that come after a sequence number, oldest first: at most `limit.entries` of them, and
    /// no more once `limit.bytes` are reached (but always one, if there is one).
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn read(&mut self, stream: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>, LedgerError>;

    /// Reads entries that a sink refused and that an operator wants to be sent again, oldest first; and how many it has
    /// refused in all.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn wanted(&mut self, sink: &str, stream: Stream, limit: ReadLimit) -> Result<Wanted, LedgerError>;

    /// Shows the id and the number of each alert record of a tenant behind a sequence number, heartbeats left out, in the
    /// order of ids and numbers.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn told(&mut self, tenant: &str, after: u64, each: &mut dyn FnMut(&str, u32)) -> Result<(), LedgerError>;

    /// Deletes some of what is settled and no longer kept, and says how many entries that were; the owner calls it now
    /// and then between commits, and again soon while it returns more than 0.
    ///
    /// # Errors
    /// As for [`Ledger::commit`]; it may be tried again at any time.
    fn prune(&mut self, retention: &Retention) -> Result<usize, LedgerError>;

    /// Does what commits leave undone, where enough of it has gathered; the owner calls it after each commit, when nobody
    /// waits for it. What is durable stays durable, whether it succeeds or not.
    ///
    /// # Errors
    /// As for [`Ledger::commit`]; it may be tried again at any time.
    fn settle(&mut self) -> Result<(), LedgerError>;
}

/// What one commit writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Where the inputs now stand.
    pub positions: Vec<Position>,
    /// Entries of the detector's state that changed, in order.
    pub state: Vec<StateChange>,
    /// Alert records to be told, in order: appended to [`Stream::Alerts`].
    pub alerts: Vec<AlertRecord>,
    /// What could not be decoded, in order: appended to [`Stream::DeadLetters`].
    pub dead_letters: Vec<DeadLetter>,
    /// How far the sinks have come.
    pub cursors: Vec<Cursor>,
    /// What sinks refused for good.
    pub refusals: Vec<Refusal>,
    /// What sinks took after all.
    pub absolved: Vec<Cursor>,
    /// Where the next heartbeats begin to count.
    pub pulses: Vec<Pulse>,
}

impl Transaction {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where one partition of one source stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The source's name in the configuration.
    pub source: String,
    /// The Kafka topic.
    pub topic: String,
    /// The Kafka partition.
    pub partition: i32,
    /// The offset of the next record to read.
    pub next_offset: i64,
}

/// An alert record, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRecord {
    /// The alert's id, 32 hexadecimal digits.
    pub id: String,
    /// The record's number within the alert.
    pub seq: u32,
    /// The tenant's name.
    pub tenant: String,
    /// The native format, one line of JSON.
    pub body: String,
}

/// How far a sink has come in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The sink's name in the configuration.
    pub sink: String,
    /// The sequence number of the last entry that it settled.
    pub sequence: u64,
}

/// An entry that a sink can never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The sink's name.
    pub sink: String,
    /// The entry.
    pub sequence: u64,
    /// Why, in the receiver's words; sanitised, bounded.
    pub reason: String,
}

/// Where a tenant's next heartbeat begins to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// The tenant's name.
    pub tenant: String,
    /// Wall clock.
    pub since: Time,
    /// Behind this alert record.
    pub sequence: u64,
}

/// What sinks read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Alert records.
    Alerts,
    /// Dead letters.
    DeadLetters,
}

/// The sequence number of the last entry of each stream; 0 before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sequences {
    /// Of [`Stream::Alerts`].
    pub alerts: u64,
    /// Of [`Stream::DeadLetters`].
    pub dead_letters: u64,
}

impl Sequences {
    /// The last entry of one stream.
    #[must_use]
    pub const fn of(self, stream: Stream) -> u64 {
        match stream {
            Stream::Alerts => self.alerts,
            Stream::DeadLetters => self.dead_letters,
        }
    }
}

/// What has to stay when the ledger is pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// The sinks that read alerts, by name; where there is none, every alert counts as settled.
    pub alert_sinks: Vec<String>,
    /// The sinks that read dead letters, by name.
    pub dead_letter_sinks: Vec<String>,
    /// The tenants that have heartbeats, by name: what theirs have not counted stays.
    pub tenants: Vec<String>,
    /// How many of the newest alerts stay although they are settled.
    pub alerts_kept_max: u64,
}

/// How much to read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    /// Entries.
    pub entries: usize,
    /// Bytes of bodies.
    pub bytes: usize,
}

/// An entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Rises by one with each entry of the stream.
    pub sequence: u64,
    /// When it became durable, by the wall clock of then; `None` where an older build wrote it.
    pub written: Option<Time>,
    /// The alert's id; empty for a dead letter.
    pub key: String,
    /// The record's number within its alert; 0 for a dead letter.
    pub seq: u32,
    /// One line of JSON: the alert, or `{"reason","detail","origin","raw"}` with the raw bytes in base64.
    pub body: String,
}

/// What a restart needs beside the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where the inputs stand.
    pub positions: Vec<Position>,
    /// How far the sinks have come.
    pub cursors: Vec<Cursor>,
    /// The last entry of each stream.
    pub last: Sequences,
    /// Where heartbeats begin to count.
    pub pulses: Vec<Pulse>,
}

/// What a sink refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What an operator wants to be sent again.
    pub entries: Vec<Entry>,
    /// How many entries the sink has refused, these counted.
    pub refused: u64,
}

/// Why the ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Trying again may help: the disk is full, or another process reads.
    #[error("the ledger cannot be written now; free space on the data directory's disk, Postern goes on by itself")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another Postern holds it.
    #[error("another postern process uses the ledger {path}; give each process a data_dir of its own")]
    Locked {
        /// The ledger's file.
        path: String,
    },
    /// Written by a newer Postern.
    #[error(
        "the ledger has schema version {found}, this build knows {known}; run the newer build, or another data_dir"
    )]
    SchemaTooNew {
        /// What the file says.
        found: u32,
        /// What this build knows.
        known: u32,
    },
    /// Written by an older Postern, and only to be read.
    #[error(
        "the ledger has schema version {found}, this build reads {known}; start `postern run` of this build once, which \
         brings the ledger up to date, or use the build that wrote it"
    )]
    SchemaTooOld {
        /// What the file says.
        found: u32,
        /// What this build knows.
        known: u32,
    },
    /// There is nothing to read.
    #[error("there is no ledger at {path}; name the data_dir of a `postern run` that has been started once")]
    Missing {
        /// Where its file would be.
        path: String,
    },
    /// It is there, and cannot be read.
    #[error("the ledger at {path} cannot be read; try again as the user that `postern run` runs as")]
    Unreadable {
        /// Its file.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It cannot be opened or is damaged.
    #[error("the ledger cannot be used; check the data directory, or restore it from a backup")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
