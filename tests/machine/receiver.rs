//! Receivers of alerts: slow, busy, choosy, and not always honest about what they have stored.

use std::collections::BTreeMap;

use fastrand::Rng;
use postern::ledger::{Entry, Stream};

/// Somebody who is told, and what they have stored. They outlive every crash.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) name: String,
    pub(crate) stream: Stream,
    /// Each entry by its name; a dead letter has none but its number.
    pub(crate) stored: BTreeMap<(String, u32, u64), String>,
    pub(crate) complaint: Option<String>,
    is_difficult: bool,
}

/// What came of an attempt, as the receiver tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// So many are stored.
    Stored(usize),
    /// The first can never be.
    Refused,
    /// Nothing is known.
    Silence,
}

impl Receiver {
    pub(crate) fn new(name: &str, stream: Stream, is_difficult: bool) -> Self {
        Self { name: name.to_owned(), stream, stored: BTreeMap::new(), complaint: None, is_difficult }
    }

    /// Makes an attempt with a batch that is not empty.
    pub(crate) fn hear(&mut self, batch: &[Entry], chance: &mut Rng) -> Answer {
        if !self.is_difficult {
            self.store(batch);
            return Answer::Stored(batch.len());
        }
        let part = chance.usize(1..=batch.len());
        match chance.u8(..12) {
            0 | 1 => Answer::Silence,
            2 | 3 => {
                self.store(&batch[..part]);
                Answer::Silence
            }
            4 => Answer::Refused,
            5 => {
                self.store(batch);
                self.store(batch);
                Answer::Stored(part)
            }
            _ => {
                self.store(&batch[..part]);
                Answer::Stored(part)
            }
        }
    }

    /// From now on all is well.
    pub(crate) const fn calm_down(&mut self) {
        self.is_difficult = false;
    }

    fn store(&mut self, batch: &[Entry]) {
        for entry in batch {
            let number = if entry.key.is_empty() { entry.sequence } else { 0 };
            let key = (entry.key.clone(), entry.seq, number);
            let before = self.stored.insert(key, entry.body.clone());
            if before.is_some_and(|before| before != entry.body) {
                let complaint = format!("DELIVER: {} got {} {} with two contents", self.name, entry.key, entry.seq);
                self.complaint.get_or_insert(complaint);
            }
        }
    }
}
