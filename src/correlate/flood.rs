//! How many new campaigns may be told in an hour, before the rest becomes a storm.
//!
//! A flood of unrelated spoofs would bury the one that matters under thousands of alerts. Nothing is dropped: above the
//! budget campaigns are followed as before, but told together, as one storm. Grave ones have a budget of their own, so
//! that noise, which is cheap, cannot use up the attention that they need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Span, Time};
use crate::judge::{RuleId, Severity};

/// New campaigns of one rule that are told in an hour.
const ORDINARY_MAX: u32 = 6;
/// The same for those of high severity and above.
const GRAVE_MAX: u32 = 20;

const HOUR: Span = Span::hours(1);

/// What has been spent in the present hour of event time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Budgets(BTreeMap<RuleId, Spent>);

/// What one rule has spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Spent {
    hour: Time,
    ordinary: u32,
    grave: u32,
}

impl Budgets {
    /// Spends one new campaign; false where the hour's budget is used up.
    pub(super) fn spend(&mut self, rule: RuleId, severity: Severity, watermark: Time) -> bool {
        let hour = watermark.floor_to(HOUR);
        let fresh = Spent { hour, ordinary: 0, grave: 0 };
        let spent = self.0.entry(rule).or_insert(fresh);
        if spent.hour < hour {
            *spent = fresh;
        }
        let (used, most) = match severity >= Severity::High {
            true => (&mut spent.grave, GRAVE_MAX),
            false => (&mut spent.ordinary, ORDINARY_MAX),
        };
        let is_left = *used < most;
        *used += u32::from(is_left);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grave_campaigns_have_a_budget_that_noise_cannot_spend() {
        let mut budgets = Budgets::default();
        let mut told = |severity, minutes| {
            let at = Time::from_millis(i64::from(minutes) * 60_000);
            (0..100).filter(|_| budgets.spend(RuleId::DirectSendSpoof, severity, at)).count()
        };
        assert_eq!((told(Severity::Medium, 0), told(Severity::High, 1), told(Severity::Low, 59)), (6, 20, 0));
        assert_eq!(told(Severity::Medium, 60), 6);
    }
}
