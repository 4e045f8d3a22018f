//! The list of posture rules. Names are public and stable, like those of the rules about messages.

use serde::{Deserialize, Serialize};

use super::rules;
use super::sign::Sign;
use crate::judge::severity::Severity;

/// A rule about changes of settings.
#[derive(Debug, Clone, Copy)]
pub struct PostureRule {
    /// Which.
    pub id: PostureRuleId,
    /// How soon somebody should look.
    pub severity: Severity,
    /// One line for a person: the alert's title.
    pub title: &'static str,
    /// MITRE ATT&CK techniques.
    pub techniques: &'static [&'static str],
    /// What to do, most urgent first.
    pub actions: &'static [&'static str],
    /// How a record can show it; one suffices.
    pub signs: &'static [Sign],
}

/// The catalogue, gravest first.
pub const POSTURE_RULES: [PostureRule; 8] = [
    rules::TREAT_AS_INTERNAL_ENABLED,
    rules::REJECT_DIRECT_SEND_DISABLED,
    rules::INBOUND_CONNECTOR_REMOVED,
    rules::SPOOF_ALLOWED,
    rules::INBOUND_CONNECTOR_WIDENED,
    rules::SPOOF_RULE_WEAKENED,
    rules::ANTI_PHISH_WEAKENED,
    rules::ACCEPTED_DOMAINS_CHANGED,
];

/// The stable name of a posture rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostureRuleId {
    /// `treat-as-internal-enabled`.
    TreatAsInternalEnabled,
    /// `reject-direct-send-disabled`.
    RejectDirectSendDisabled,
    /// `inbound-connector-removed`.
    InboundConnectorRemoved,
    /// `spoof-allowed`.
    SpoofAllowed,
    /// `inbound-connector-widened`.
    InboundConnectorWidened,
    /// `spoof-rule-weakened`.
    SpoofRuleWeakened,
    /// `anti-phish-weakened`.
    AntiPhishWeakened,
    /// `accepted-domains-changed`.
    AcceptedDomainsChanged,
}

impl PostureRuleId {
    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TreatAsInternalEnabled => "treat-as-internal-enabled",
            Self::RejectDirectSendDisabled => "reject-direct-send-disabled",
            Self::InboundConnectorRemoved => "inbound-connector-removed",
            Self::SpoofAllowed => "spoof-allowed",
            Self::InboundConnectorWidened => "inbound-connector-widened",
            Self::SpoofRuleWeakened => "spoof-rule-weakened",
            Self::AntiPhishWeakened => "anti-phish-weakened",
            Self::AcceptedDomainsChanged => "accepted-domains-changed",
        }
    }

    /// The catalogue's entry.
    #[must_use]
    pub const fn rule(self) -> &'static PostureRule {
        &POSTURE_RULES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cmdlet;

    #[test]
    fn every_rule_stands_at_the_place_of_its_id_and_the_gravest_stand_first() {
        for (place, rule) in POSTURE_RULES.iter().enumerate() {
            assert_eq!(rule.id as usize, place);
            assert_eq!(rule.id.rule().id, rule.id);
            assert_eq!(serde_json::to_value(rule.id).unwrap(), rule.id.as_str());
        }
        assert!(POSTURE_RULES.is_sorted_by_key(|rule| std::cmp::Reverse(rule.severity)));
    }

    #[test]
    fn every_cmdlet_on_the_watch_list_is_watched_by_a_rule() {
        for cmdlet in Cmdlet::ALL {
            let watches = |rule: &PostureRule| rule.signs.iter().any(|sign| sign.on.contains(cmdlet));
            assert!(POSTURE_RULES.iter().any(watches), "{cmdlet}");
        }
    }

    #[test]
    fn every_rule_says_what_to_do_and_asks_in_questions() {
        for rule in &POSTURE_RULES {
            assert!(!rule.actions.is_empty() && rule.actions.iter().all(|action| action.ends_with('.')));
            assert!(!rule.techniques.is_empty());
            assert!(!rule.signs.is_empty() && rule.signs.iter().all(|sign| sign.question.ends_with('?')));
        }
    }
}
