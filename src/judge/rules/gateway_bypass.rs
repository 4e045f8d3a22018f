//! # gateway-bypass
//!
//! ## What it detects
//! In a tenant whose MX points to a third-party filter: mail from the internet, from whomever, that reached Exchange
//! Online without passing the filter.
//!
//! ## Why it matters
//! The filter is the protection that the tenant pays for, and the tenant's endpoint is public. Microsoft also trusts such
//! a tenant's mail more than it should (compauth reasons 451 and 905), so what walks around the filter often lands in an
//! inbox.
//!
//! ## Evidence
//! The tenant is configured with `mx = "gateway"`; `EmailDirection` is Inbound; `Connectors` is empty; the source lies in
//! none of the filter's networks.
//!
//! ## False positives
//! Devices and services of the tenant that send straight to Exchange Online (an own and authenticated claim lowers the
//! severity to low); a filter whose networks have changed since they were configured.
//!
//! ## How to respond
//! Lock the tenant: a Partner connector restricted to the filter's addresses or certificate refuses all other mail.
//! Until then look at what came in.
//!
//! ## Technique
//! T1566 (Phishing), T1562 (Impair Defenses).
//!
//! ## Example
//! The MX of contoso.com points to a filter at 203.0.113.0/24; mail from billing@fabrikam.com arrives from 198.51.100.20
//! without a connector.

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
