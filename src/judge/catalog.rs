//! The list of rules. Names are public and stable: dashboards, suppressions and tickets refer to them.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Gap};
use super::facts::Facts;
use super::rules;
use super::severity::Severity;
use super::tenant::Tenant;

/// A rule: its public name and what it needs to fire.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Which.
    pub id: RuleId,
    /// The severity that a message has by this rule alone.
    pub severity: Severity,
    /// One line for a person: the alert's title.
    pub title: &'static str,
    /// MITRE ATT&CK techniques.
    pub techniques: &'static [&'static str],
    /// What to do, most urgent first.
    pub actions: &'static [&'static str],
    /// Each condition with its name, in the order in which an analyst would ask.
    pub conditions: &'static [Condition],
}

impl Rule {
    /// Asks every condition. One "no" decides; else one open question leaves it open.
    #[must_use]
    pub fn decide(&self, facts: &Facts<'_>, tenant: &Tenant) -> Decision {
        let mut decision = Decision::Fires;
        for condition in self.conditions {
            match (condition.holds)(facts, tenant) {
                Answer::Yes => {}
                Answer::No => return Decision::Silent,
                Answer::Untold(gap) if decision == Decision::Fires => decision = Decision::Open(gap),
                Answer::Untold(_) => {}
            }
        }
        decision
    }
}

/// What a rule makes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Every condition holds.
    Fires,
    /// One does not.
    Silent,
    /// None fails, but one cannot be answered: the first gap.
    Open(Gap),
}

/// One condition of a rule, with the words in which `explain` asks it.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// The question, answered by yes where the rule may fire.
    pub question: &'static str,
    /// The answer.
    pub holds: fn(&Facts<'_>, &Tenant) -> Answer,
}

/// The catalogue, gravest first: where several rules fire on a message, the first one names the alert.
pub const RULES: [Rule; 4] =
    [rules::DIRECT_SEND_SPOOF, rules::HEADER_FROM_SPOOF, rules::GATEWAY_BYPASS, rules::SPOOF_THROUGH_CONNECTOR];

/// The stable name of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleId {
    /// `direct-send-spoof`.
    DirectSendSpoof,
    /// `header-from-spoof`.
    HeaderFromSpoof,
    /// `gateway-bypass`.
    GatewayBypass,
    /// `spoof-through-connector`.
    SpoofThroughConnector,
}

impl RuleId {
    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DirectSendSpoof => "direct-send-spoof",
            Self::HeaderFromSpoof => "header-from-spoof",
            Self::GatewayBypass => "gateway-bypass",
            Self::SpoofThroughConnector => "spoof-through-connector",
        }
    }

    /// The catalogue's entry.
    #[must_use]
    pub const fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }
}

/// The rules that fired on a message or in a campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleSet(u8);

impl RuleSet {
    /// The rules that fire on these facts.
    #[must_use]
    pub fn fired(facts: &Facts<'_>, tenant: &Tenant) -> Self {
        let fires = |rule: &&Rule| rule.decide(facts, tenant) == Decision::Fires;
        RULES.iter().filter(fires).fold(Self::default(), |set, rule| set.with(rule.id))
    }

    /// With one more rule.
    #[must_use]
    pub const fn with(self, id: RuleId) -> Self {
        Self(self.0 | 1 << id as u8)
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no rule fired.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules, gravest first.
    pub fn iter(self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().filter(move |rule| self.0 & (1 << rule.id as u8) != 0)
    }

    /// The gravest rule.
    #[must_use]
    pub fn first(self) -> Option<&'static Rule> {
        self.iter().next()
    }

    /// The highest severity that any of the rules has on its own.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.iter().map(|rule| rule.severity).max().unwrap_or(Severity::Low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_at_the_place_of_its_id() {
        for (place, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.id as usize, place);
            assert_eq!(rule.id.rule().id, rule.id);
            assert_eq!(serde_json::to_value(rule.id).unwrap(), rule.id.as_str());
        }
    }
}
