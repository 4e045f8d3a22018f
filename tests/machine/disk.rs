//! The ledger with everything that can happen to it, and a witness of what it was ever told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use postern::detector::{DeadLetter, StateChange};
use postern::ledger::{
    Entry, Ledger, LedgerError, LedgerId, Position, ReadLimit, Retention, Sequences, Snapshot, SqliteLedger, Stream,
    Transaction, Wanted,
};
use tempfile::TempDir;

/// The real ledger on a disk that may be full.
pub(crate) struct Disk {
    ledger: Option<SqliteLedger>,
    /// Where the ledger is a file; elsewhere it is in memory, and survives crashes because we hold it.
    directory: Option<TempDir>,
    pub(crate) mood: Mood,
    pub(crate) witness: Witness,
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It becomes durable.
    Well,
    /// There is no room.
    Full,
    /// It becomes durable, and we are told that it did not.
    Lying,
}

/// What became durable, kept apart from the ledger.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    positions: BTreeMap<(String, String, i32), i64>,
    /// Alert records by id and number: the tenant's name and the body.
    pub(crate) alerts: BTreeMap<(String, u32), (String, String)>,
    /// Their ids and numbers in the order in which the ledger numbers them, from 1.
    pub(crate) appended: Vec<(String, u32)>,
    pub(crate) dead_letters: Vec<DeadLetter>,
    pub(crate) refused: BTreeSet<(String, u64)>,
    last: Option<Transaction>,
    may_forget: bool,
    pub(crate) complaint: Option<String>,
}

impl Disk {
    /// A new ledger. Where the machine may forget so soon that it tells something twice, that is no complaint: the ledger
    /// keeps the first.
    pub(crate) fn new(is_file: bool, may_forget: bool) -> Self {
        let directory = is_file.then(|| tempfile::tempdir().unwrap());
        let witness = Witness { may_forget, ..Witness::default() };
        let mut disk = Self { ledger: None, directory, mood: Mood::Well, witness };
        disk.open();
        disk
    }

    /// What a new process finds.
    pub(crate) fn open(&mut self) {
        match &self.directory {
            Some(directory) => {
                self.ledger = None;
                self.ledger = Some(SqliteLedger::open(directory.path()).unwrap());
            }
            None => drop(self.ledger.get_or_insert_with(|| SqliteLedger::open_in_memory().unwrap())),
        }
    }

    fn ledger(&mut self) -> &mut SqliteLedger {
        self.ledger.as_mut().unwrap()
    }
}

impl Ledger for Disk {
    fn id(&self) -> LedgerId {
        self.ledger.as_ref().unwrap().id()
    }

    fn snapshot(&mut self) -> Result<Snapshot, LedgerError> {
        self.ledger().snapshot()
    }

    fn state(&mut self, each: &mut dyn FnMut(StateChange) -> ControlFlow<()>) -> Result<(), LedgerError> {
        self.ledger().state(each)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<Sequences, LedgerError> {
        let mood = self.mood;
        if mood == Mood::Full {
            return Err(no_room());
        }
        let last = self.ledger().commit(transaction)?;
        self.witness.see(transaction);
        if mood == Mood::Lying {
            self.mood = Mood::Well;
            return Err(no_room());
        }
        Ok(last)
    }

    fn read(&mut self, stream: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>, LedgerError> {
        self.ledger().read(stream, after, limit)
    }

    fn wanted(&mut self, sink: &str, stream: Stream, limit: ReadLimit) -> Result<Wanted, LedgerError> {
        self.ledger().wanted(sink, stream, limit)
    }

    fn told(&mut self, tenant: &str, after: u64, each: &mut dyn FnMut(&str, u32)) -> Result<(), LedgerError> {
        self.ledger().told(tenant, after, each)
    }

    fn prune(&mut self, retention: &Retention) -> Result<usize, LedgerError> {
        if self.mood == Mood::Full {
            return Err(no_room());
        }
        self.ledger().prune(retention)
    }

    fn settle(&mut self) -> Result<(), LedgerError> {
        if self.mood == Mood::Full { Err(no_room()) } else { self.ledger().settle() }
    }
}

fn no_room() -> LedgerError {
    LedgerError::Unavailable("no space left on device".into())
}

impl Witness {
    fn see(&mut self, transaction: &Transaction) {
        if self.last.as_ref() == Some(transaction) {
            return;
        }
        for Position { source, topic, partition, next_offset } in &transaction.positions {
            let before = self.positions.insert((source.clone(), topic.clone(), *partition), *next_offset);
            if before > Some(*next_offset) {
                let complaint = format!("COMMIT: partition {partition} went back from {before:?} to {next_offset}");
                self.complaint.get_or_insert(complaint);
            }
        }
        for alert in &transaction.alerts {
            let told = (alert.tenant.clone(), alert.body.clone());
            let key = (alert.id.clone(), alert.seq);
            match self.alerts.get(&key) {
                None => {
                    self.appended.push(key.clone());
                    self.alerts.insert(key, told);
                }
                Some(_) if self.may_forget => {}
                Some(before) => {
                    let complaint = format!("REPLAY: {key:?} is told again:\n    {}\n    {}", before.1, told.1);
                    self.complaint.get_or_insert(complaint);
                }
            }
        }
        self.dead_letters.extend(transaction.dead_letters.iter().cloned());
        self.refused.extend(transaction.refusals.iter().map(|refusal| (refusal.sink.clone(), refusal.sequence)));
        self.last = Some(transaction.clone());
    }
}
