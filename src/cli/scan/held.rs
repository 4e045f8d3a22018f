//! Verdicts that wait for the memory.
//!
//! A suspicious message may turn out to be a list's echo or a device of old, which only the memory knows; and lines come
//! in input order. So a suspicious line keeps its place in the text until the memory has ruled.

use crate::correlate::Ruling;
use crate::detector::VerdictLine;
use crate::judge::{FactorSet, RuleSet};

/// A line that waits, in words of its own.
pub(super) struct Held {
    /// Where in the text it belongs.
    at: usize,
    record: u64,
    tenant: Option<String>,
    table: String,
    network_message_id: Option<String>,
    recipient: Option<String>,
    rules: RuleSet,
    factors: FactorSet,
    entry: Option<String>,
    alignment: Option<String>,
}

impl Held {
    /// Holds a line that belongs at this place of the text.
    pub(super) fn new(line: &VerdictLine<'_>, at: usize) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            at,
            record: line.record,
            tenant: owned(line.tenant),
            table: line.table.to_owned(),
            network_message_id: owned(line.network_message_id),
            recipient: owned(line.recipient),
            rules: line.rules,
            factors: line.factors,
            entry: owned(line.entry),
            alignment: owned(line.alignment),
        }
    }

    /// The line as it was ruled, and where it belongs.
    pub(super) fn ruled(&self, ruling: Ruling) -> (usize, VerdictLine<'_>) {
        let line = VerdictLine {
            record: self.record,
            time: None,
            tenant: self.tenant.as_deref(),
            table: &self.table,
            network_message_id: self.network_message_id.as_deref(),
            recipient: self.recipient.as_deref(),
            verdict: "suspicious",
            reason: None,
            rules: self.rules,
            factors: self.factors,
            severity: None,
            entry: self.entry.as_deref(),
            alignment: self.alignment.as_deref(),
        };
        (self.at, line.ruled(ruling))
    }
}
