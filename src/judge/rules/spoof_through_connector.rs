//! # spoof-through-connector
//!
//! ## What it detects
//! Mail that was attributed to a connector of a configured filter, shows an own domain in its `From:` header, fails DMARC, and
//! comes from outside the networks that the filter is configured with.
//!
//! ## Why it matters
//! A connector is a trusted path; a spoof that is carried by one escapes most policies. Attribution by certificate or by sender
//! domain alone can be met by others than the owner, for example by another customer of the same relay.
//!
//! ## Evidence
//! - `entry`: `gateway` or `connector`; `connector`: its name.
//! - `header-from`: an accepted domain (`own`), or below one (`own-subdomain`).
//! - `dmarc`: `fail`. Nothing else will do: filters break SPF for honest mail too.
//! - `source`: outside the configured networks. Where none are configured for the connector the rule says nothing.
//!
//! ## False positives
//! A filter or relay whose networks have grown. Enhanced Filtering for Connectors, which shows the address before the filter
//! (leave the networks out, or list both). The severity is low on its own for these reasons.
//!
//! ## How to respond
//! 1. Compare the source with the addresses that the connector's owner publishes. If it is the owner's, add the network.
//! 2. If it is not, find out how it was attributed: by certificate, by address, or by sender domain. Restrict the connector to
//!    certificate and address.
//! 3. Remove the messages if they are harmful, and look at what else came through the connector from that source.
//!
//! ## What it cannot tell
//! A message trace has no results and no `From:`. The rule stays open where the trace names the connector and the source lies
//! outside its networks, and says nothing elsewhere. Headers alone do not name the connector.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! The filter sends from 192.0.2.0/24. Mail in the director's name comes through its connector from another network.
//!
//! ```json
//! {
//!   "tenantId": "11111111-2222-3333-4444-555555555555",
//!   "category": "AdvancedHunting-EmailEvents",
//!   "properties": {
//!     "Timestamp": "2026-11-02T11:20:00Z",
//!     "NetworkMessageId": "7a1c0b52-40de-4b1e-9c3f-08de19f0aa14",
//!     "SenderMailFromAddress": "bounce@vps.example",
//!     "SenderFromAddress": "ceo@contoso.com",
//!     "SenderIPv4": "198.51.100.77",
//!     "RecipientEmailAddress": "alex@contoso.com",
//!     "Subject": "Are you at your desk?",
//!     "EmailDirection": "Inbound",
//!     "Connectors": "Inbound from filter",
//!     "DeliveryAction": "Delivered",
//!     "AuthenticationDetails": "{\"SPF\":\"fail\",\"DKIM\":\"none\",\"DMARC\":\"fail\",\"CompAuth\":\"none\"}"
//!   }
//! }
//! ```
//!
//! ```toml
//! [[tenant]]
//! id = "11111111-2222-3333-4444-555555555555"
//! name = "contoso"
//! mx = "gateway"
//! accepted_domains = ["contoso.com"]
//!
//! [[tenant.gateway]]
//! connector = "Inbound from filter"
//! networks = ["192.0.2.0/24"]
//! ```
//!
//! `postern explain record.json --config postern.toml` shows the same facts for it.

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
