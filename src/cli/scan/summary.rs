//! What a scan comes to.

use std::collections::BTreeMap;

use super::alert_board::AlertBoard;
use crate::detector::{Outcomes, VerdictLine};

/// The result of a scan, in numbers.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Files and streams.
    pub(super) inputs: u64,
    /// Bytes as they lie in the files.
    pub(super) bytes: u64,
    /// How every record ended.
    pub(super) outcomes: Outcomes,
    /// The verdicts with their reasons.
    pub(super) verdicts: VerdictTally,
    /// The alerts.
    pub(super) alerts: AlertBoard,
}

/// Counts verdicts by their reason; a suspicious one by its gravest rule.
///
/// There are a dozen of either, known only at run time (a reason may be the name of a sanction), and a million records
/// to count: a list that is looked through beats a map that is hashed into.
#[derive(Debug, Default)]
pub(super) struct VerdictTally(Vec<(String, String, u64)>);

impl VerdictTally {
    /// Counts one verdict.
    pub(super) fn count(&mut self, line: &VerdictLine<'_>) {
        let reason = line.reason.or_else(|| line.rules.first().map(|rule| rule.id.as_str())).unwrap_or_default();
        match self.0.iter_mut().find(|(verdict, why, _)| why == reason && verdict == line.verdict) {
            Some((.., count)) => *count += 1,
            None => self.0.push((line.verdict.to_owned(), reason.to_owned(), 1)),
        }
    }

    /// The counts of one verdict, by reason, the most frequent first.
    pub(super) fn of(&self, verdict: &str) -> Vec<(&str, u64)> {
        let mut counts: Vec<_> =
            self.0.iter().filter(|it| it.0 == verdict).map(|(_, reason, count)| (reason.as_str(), *count)).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        counts
    }

    /// All verdicts with their reasons and counts.
    pub(super) fn by_verdict(&self) -> BTreeMap<&str, BTreeMap<&str, u64>> {
        let mut verdicts = BTreeMap::<_, BTreeMap<_, _>>::new();
        for (verdict, reason, count) in &self.0 {
            verdicts.entry(verdict.as_str()).or_default().insert(reason.as_str(), *count);
        }
        verdicts
    }
}
