//! How many new campaigns are told one by one, before the rest becomes a storm.
//!
//! A flood of unrelated spoofs would bury the one that matters under thousands of alerts. Nothing is dropped: beyond the
//! budget campaigns are followed as before, but told together, as one storm. Grave ones have a budget of their own, so
//! that noise, which is cheap, cannot use up the attention that they need.
//!
//! Two buckets of tokens for each rule, filled by event time: a morning's handful of alerts passes, a flood meets the
//! bottom at once.

use serde::{Deserialize, Serialize};

use crate::event::{Span, Time};
use crate::judge::RuleId;

/// Of whose attention a campaign is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Purse {
    /// What a flood could be made of.
    Ordinary,
    /// High severity and above, by what single messages show.
    Grave,
}

impl Purse {
    /// How many may be told at once.
    const fn most(self) -> u32 {
        match self {
            Self::Ordinary => 6,
            Self::Grave => 20,
        }
    }

    /// How long it takes until one more may be.
    const fn refill(self) -> Span {
        match self {
            Self::Ordinary => Span::minutes(6),
            Self::Grave => Span::minutes(3),
        }
    }
}

/// What is left of every rule's budgets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Budgets(Vec<(RuleId, Purse, Bucket)>);

/// Tokens, and up to when they have been filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Bucket {
    tokens: u32,
    filled: Time,
}

impl Bucket {
    fn fill(&mut self, purse: Purse, watermark: Time) {
        let passed = (watermark - self.filled).as_micros().max(0) / purse.refill().as_micros();
        let gained = u32::try_from(passed).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(gained).min(purse.most());
        self.filled = self.filled + Span::micros(purse.refill().as_micros().saturating_mul(passed));
    }
}

impl Budgets {
    /// Spends one new campaign; false where nothing is left.
    pub(super) fn spend(&mut self, rule: RuleId, purse: Purse, watermark: Time) -> bool {
        let bucket = self.bucket(rule, purse, watermark);
        bucket.fill(purse, watermark);
        let is_left = bucket.tokens > 0;
        bucket.tokens -= u32::from(is_left);
        is_left
    }

    fn bucket(&mut self, rule: RuleId, purse: Purse, watermark: Time) -> &mut Bucket {
        let place = self.0.partition_point(|(of, kind, _)| (*of, *kind) < (rule, purse));
        if self.0.get(place).is_none_or(|(of, kind, _)| (*of, *kind) != (rule, purse)) {
            self.0.insert(place, (rule, purse, Bucket { tokens: purse.most(), filled: watermark }));
        }
        &mut self.0[place].2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grave_campaigns_have_a_budget_that_noise_cannot_spend() {
        let mut budgets = Budgets::default();
        let mut told = |purse, minute: i64| {
            let at = Time::from_millis(minute * 60_000);
            (0..100).filter(|_| budgets.spend(RuleId::DirectSendSpoof, purse, at)).count()
        };
        assert_eq!([told(Purse::Ordinary, 0), told(Purse::Ordinary, 5), told(Purse::Grave, 5)], [6, 0, 20]);
        assert_eq!([told(Purse::Ordinary, 6), told(Purse::Ordinary, 11), told(Purse::Ordinary, 12)], [1, 0, 1]);
        assert_eq!(told(Purse::Ordinary, 1_000), 6);
    }

    #[test]
    fn one_rule_does_not_spend_for_another() {
        let mut budgets = Budgets::default();
        while budgets.spend(RuleId::DirectSendSpoof, Purse::Ordinary, Time::MIN) {}
        assert!(budgets.spend(RuleId::GatewayBypass, Purse::Ordinary, Time::MIN));
    }
}
