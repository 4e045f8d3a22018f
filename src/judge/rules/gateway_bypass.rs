//! # gateway-bypass
//!
//! ## What it detects
//! In a tenant whose MX points to a third-party filter: mail from the internet, from whomever, that reached Exchange Online
//! without passing the filter.
//!
//! ## Why it matters
//! The filter is the protection that the tenant pays for, and the tenant's endpoint is public. Microsoft also trusts such a
//! tenant's mail more than it should (compauth reasons 451 and 905), so what walks around the filter often lands in an inbox,
//! even where the domain's DMARC policy is `reject`.
//!
//! ## Evidence
//! - The tenant is configured with `mx = "gateway"`.
//! - `entry`: `direct`, which is `EmailDirection` Inbound, an empty `Connectors`, and a source in none of the filter's
//!   networks.
//! - `source`: who delivered it.
//! - `envelope-from`, `header-from`: anybody. Where the claim is own and unproven, the spoof rules fire as well and name the
//!   alert; where it is own and authenticated, the severity is low.
//!
//! ## False positives
//! Devices and services of the tenant that send straight to Exchange Online. A filter whose networks have changed since they
//! were configured. Microsoft's own services, such as deliveries to Microsoft 365 groups.
//!
//! ## How to respond
//! 1. Look up the source. If it is your filter, add its network to `[[tenant.gateway]]`.
//! 2. If it is a device of yours, sanction the pair of network and sender, and move it to a connector.
//! 3. Otherwise look at the messages: nothing but Exchange Online has scanned them. Remove what is harmful.
//! 4. Lock the tenant: a Partner connector for all domains that is restricted to the filter's addresses or certificate refuses
//!    all other mail. Until then this alert comes back.
//!
//! ## What it cannot tell
//! A message trace has no connector, so the rule stays open there, unless the source lies in the filter's networks. Behind
//! Enhanced Filtering for Connectors the source is the address before the filter; name the connector in the configuration.
//!
//! ## Technique
//! T1566 (Phishing), T1562 (Impair Defenses).
//!
//! ## Example
//! The MX of contoso.com points to a filter at 192.0.2.0/24. An invoice arrives from elsewhere, authenticated and all.
//!
//! ```json
//! {
//!   "tenantId": "11111111-2222-3333-4444-555555555555",
//!   "category": "AdvancedHunting-EmailEvents",
//!   "properties": {
//!     "Timestamp": "2026-11-02T10:05:00Z",
//!     "NetworkMessageId": "7a1c0b52-40de-4b1e-9c3f-08de19f0aa13",
//!     "SenderMailFromAddress": "billing@fabrikam.com",
//!     "SenderFromAddress": "billing@fabrikam.com",
//!     "SenderIPv4": "198.51.100.20",
//!     "RecipientEmailAddress": "alex@contoso.com",
//!     "Subject": "Invoice 4711",
//!     "EmailDirection": "Inbound",
//!     "DeliveryAction": "Delivered",
//!     "AuthenticationDetails": "{\"SPF\":\"pass\",\"DKIM\":\"pass\",\"DMARC\":\"pass\",\"CompAuth\":\"none\"}"
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

use crate::judge::catalog::{Condition, Rule, RuleId};
use crate::judge::severity::Severity;
use crate::judge::tenant::MxTarget;

use super::{ENTERED_DIRECTLY, NOT_SANCTIONED};

/// See the module's documentation.
pub(crate) const GATEWAY_BYPASS: Rule = Rule {
    id: RuleId::GatewayBypass,
    severity: Severity::Medium,
    title: "Mail reached Exchange Online without passing your filter",
    techniques: &["T1566", "T1562"],
    actions: &[
        "Check whether the source belongs to your filter; if so, add its network to the gateway's configuration.",
        "Restrict inbound mail to the filter by a Partner connector with its addresses or its certificate.",
        "Look at the messages: nothing but Exchange Online has scanned them.",
    ],
    conditions: &[
        Condition {
            question: "Does the tenant's MX point to a third-party filter?",
            holds: |_, tenant| (tenant.mx == MxTarget::Gateway).into(),
        },
        ENTERED_DIRECTLY,
        NOT_SANCTIONED,
    ],
};
