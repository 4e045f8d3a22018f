//! What a person would have been told.

mod gates;
mod markdown;
mod page;

use std::sync::Arc;

use super::options::Format;
use super::{Evaluation, NextLabel, label_of};
use crate::cli::failure::Failure;
use crate::cli::input::LIMITS;
use crate::evaluate::{AlertFigures, Watcher};
use crate::judge::Tenants;

pub(super) use gates::AlertGates;

/// What is told of whom.
pub(super) struct Alerts {
    watcher: Watcher,
    records: u64,
}

impl Alerts {
    pub(super) fn figures(&self) -> AlertFigures {
        self.watcher.board().figures()
    }
}

impl Evaluation for Alerts {
    fn new(tenants: Arc<Tenants>) -> Self {
        Self { watcher: Watcher::new(tenants, LIMITS), records: 0 }
    }

    fn payload(&mut self, payload: &[u8], next_label: NextLabel<'_>) -> Result<(), Failure> {
        let records = &mut self.records;
        self.watcher.watch(payload, &mut |watched| {
            *records += 1;
            label_of(*records, watched.map(|it| (it.message.as_str(), it.recipient.as_str())), next_label)
        })
    }

    fn records(&self) -> u64 {
        self.records
    }
}

/// The result in a format.
pub(super) fn print(figures: &AlertFigures, format: Format) -> String {
    match format {
        Format::Table => page::page(figures),
        Format::Json => serde_json::to_string_pretty(figures).map_or_else(|error| error.to_string(), |it| it + "\n"),
        Format::Markdown => markdown::tables(figures),
    }
}
