//! How far along a command is, for whoever is watching.

use std::io::Read;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::output::is_watched;

const BYTES: &str = "{bar:24} {bytes}/{total_bytes} {binary_bytes_per_sec} {msg}";
const UNKNOWN: &str = "{spinner} {bytes} {binary_bytes_per_sec} {msg}";
const RECORDS: &str = "{bar:24} {human_pos}/{human_len} records {per_sec}";
const REDRAWN_EVERY: Duration = Duration::from_millis(100);

/// A bar on standard error; nothing where standard error is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Counts bytes, towards a total where there is one.
    pub(super) fn of_bytes(total: Option<u64>) -> Self {
        Self::new(total, if total.is_some() { BYTES } else { UNKNOWN })
    }

    /// Counts records towards a total.
    pub(super) fn of_records(total: u64) -> Self {
        Self::new(Some(total), RECORDS)
    }

    fn new(total: Option<u64>, template: &str) -> Self {
        if !is_watched() {
            return Self(ProgressBar::hidden());
        }
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(REDRAWN_EVERY);
        Self(bar)
    }

    /// Counts what is read through the reader.
    pub(super) fn watch<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.0.wrap_read(reader)
    }

    /// Counts records, where bytes make the bar.
    pub(super) fn records(&self, count: u64) {
        if !self.0.is_hidden() {
            self.0.set_message(format!("{} records", HumanCount(count)));
        }
    }

    /// How far the bar is, seen or not.
    pub(super) fn position(&self) -> u64 {
        self.0.position()
    }

    /// Moves the bar on.
    pub(super) fn advance(&self, count: u64) {
        self.0.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
