//! How many rounds, with which chance, and what was done in them: shown where a test fails, as a table where none does.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use fastrand::Rng;

/// Any number; another one tries other moments.
const SEED: u64 = 20_261_122;

/// How many kinds of disturbance there are, and so how many rows the table has.
const KINDS: usize = 5;

static TABLE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What happened to one kind of disturbance.
pub(crate) struct Diary {
    /// Where moments come from.
    pub(crate) chance: Rng,
    kind: &'static str,
    seed: u64,
    started: Instant,
    lines: Vec<String>,
}

impl Diary {
    /// Opens the diary of a kind. `POSTERN_RELIABILITY_SEED` gives another chance.
    pub(crate) fn open(kind: &'static str) -> Self {
        let seed = std::env::var("POSTERN_RELIABILITY_SEED").map_or(SEED, |seed| seed.parse().unwrap());
        Self { chance: Rng::with_seed(seed), kind, seed, started: Instant::now(), lines: Vec::new() }
    }

    /// Notes what is done.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.lines.push(format!("{:8.3} s  {}", self.started.elapsed().as_secs_f32(), what.into()));
    }

    /// The row of the table: everything held.
    pub(crate) fn close(self, rounds: usize, records: usize, alerts: usize, entries: usize) {
        let (kind, seconds) = (self.kind, self.started.elapsed().as_secs());
        add(format!("| {kind} | {rounds} | {records} | {alerts} | {entries} | {seconds} |"));
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}, with POSTERN_RELIABILITY_SEED={}:\n{}", self.kind, self.seed, self.lines.join("\n"));
        }
    }
}

/// How many rounds: all with `POSTERN_RELIABILITY_ROUNDS=full`, else a share.
pub(crate) fn rounds(share: usize, full: usize) -> usize {
    match std::env::var("POSTERN_RELIABILITY_ROUNDS").as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("POSTERN_RELIABILITY_ROUNDS is {other:?}; it may be \"full\", or not there"),
        Err(_) => share,
    }
}

/// Adds a row, and shows the table when it is whole.
pub(crate) fn add(row: String) {
    println!("{row}");
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.push(row);
    if table.len() == KINDS {
        table.sort();
        println!("\n| disturbance | rounds | messages | alert records | state entries | seconds |");
        println!("|---|---:|---:|---:|---:|---:|\n{}\n", table.join("\n"));
    }
}
