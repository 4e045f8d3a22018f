//! # spoof-through-connector
//!
//! ## What it detects
//! Mail that was attributed to a configured connector, shows an own domain in its `From:` header, fails DMARC, and comes
//! from outside the networks that the connector is configured with.
//!
//! ## Why it matters
//! A connector is a trusted path; a spoof that is carried by one escapes most policies. Attribution by certificate or by
//! sender domain alone can be met by others than the owner.
//!
//! ## Evidence
//! `Connectors` names a configured connector; `SenderFromDomain` is own; DMARC is fail; the source address lies outside
//! the connector's networks. Where no networks are configured for the connector the rule says nothing.
//!
//! ## False positives
//! A filter or relay whose networks have grown; Enhanced Filtering for Connectors, which shows the address before the
//! filter (leave the networks out, or list both).
//!
//! ## How to respond
//! Compare the connector's addresses and certificate with its owner's; restrict it by certificate; correct the
//! configured networks if they are out of date.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! `From: ceo@contoso.com` with DMARC fail, connector "Inbound from filter", source 198.51.100.77, while the filter sends
//! from 203.0.113.0/24.

use crate::event::DmarcResult;
use crate::judge::answer::{Answer, Gap};
use crate::judge::catalog::{Condition, Rule, RuleId};
use crate::judge::entry::Entry;
use crate::judge::severity::Severity;

use super::{NOT_SANCTIONED, SHOWS_OWN_DOMAIN};

/// See the module's documentation.
pub(crate) const SPOOF_THROUGH_CONNECTOR: Rule = Rule {
    id: RuleId::SpoofThroughConnector,
    severity: Severity::Low,
    title: "A trusted connector carried mail that spoofs your own domain",
    techniques: &["T1672", "T1566"],
    actions: &[
        "Compare the source with the addresses that the connector's owner sends from.",
        "Restrict the connector by certificate or by address.",
        "If the source is right, add its network to the gateway's configuration.",
    ],
    conditions: &[
        SHOWS_OWN_DOMAIN,
        Condition {
            question: "Did it come through a gateway or connector?",
            holds: |facts, _| facts.entry_answer(matches!(facts.entry, Entry::Gateway | Entry::Connector)),
        },
        Condition {
            question: "Does DMARC fail?",
            holds: |facts, _| {
                let gap = Gap::Authentication.of(facts.event.untold);
                Answer::unless(gap, facts.event.authentication.dmarc == Some(DmarcResult::Fail))
            },
        },
        Condition {
            question: "Is the source outside the connector's configured networks?",
            holds: |facts, _| (facts.inside_connector_networks == Some(false)).into(),
        },
        NOT_SANCTIONED,
    ],
};
