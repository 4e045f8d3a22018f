//! # inbound-connector-widened
//!
//! ## What it detects
//! An inbound connector that accepts more than before: addresses outside the networks of the configured filters, any
//! sender with nothing else to bind it, or a restriction that is taken away.
//!
//! ## Why it matters
//! Mail that is attributed to a connector is trusted: `RejectDirectSend` lets it pass, and most filters look the other
//! way. A connector for one more network is a private entrance for whoever sends from there.
//!
//! ## Evidence
//! `Operation` is New-InboundConnector or Set-InboundConnector. `SenderIPAddresses` holds a network that lies in none of
//! the networks of `[[tenant.gateway]]`, so a /24 around a configured address counts too; or it, or
//! `TlsSenderCertificateName`, is emptied; or `SenderDomains` is `*` with neither known addresses nor a certificate; or
//! `RequireTls` or a `RestrictDomainsTo…` is switched off, unless the other restriction takes its place. Networks of the
//! configured filters, `RequireTls` and restrictions that are switched on, and `Enabled` are silent: they tighten, or
//! they bring back what somebody had decided on.
//!
//! ## False positives
//! A filter or server that gets new addresses before the configuration knows them. The admin center writes settings that
//! were so before; the record does not tell the difference.
//!
//! ## How to respond
//! Ask whose addresses these are. If they are the filter's or the organisation's, add them to the configuration; if
//! nobody knows them, take them out and look for mail that came through the connector.
//!
//! ## Technique
//! T1562 (Impair Defenses).
//!
//! ## Example
//! `Set-InboundConnector -Identity "Inbound from filter" -SenderIPAddresses 203.0.113.0/24,198.51.100.0/24`, while the
//! filter sends from 203.0.113.0/24.

use crate::event::{Cmdlet, Parameter};
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::entries::entries;
use crate::judge::posture::sign::{Case, Shows, Sign};
use crate::judge::posture::values::{beyond_gateways, off, shown, unset};
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const INBOUND_CONNECTOR_WIDENED: PostureRule = PostureRule {
    id: PostureRuleId::InboundConnectorWidened,
    severity: Severity::Medium,
    title: "An inbound connector accepts mail from more sources",
    techniques: &["T1562"],
    actions: &[
        "Check whose addresses the connector accepts now; add those of your filter to the gateway's configuration.",
        "If nobody knows them, take them out and treat the account that added them as taken over.",
        "Restrict the connector by certificate, which an attacker cannot move to another network.",
    ],
    signs: &[
        Sign::new(
            "Does it accept addresses outside the networks of the configured filters?",
            &[Cmdlet::NewInboundConnector, Cmdlet::SetInboundConnector],
            Shows::InParameter(&["SenderIPAddresses"], beyond_gateways),
        ),
        Sign::new(
            "Was the address or the certificate that bound it taken away?",
            &[Cmdlet::SetInboundConnector],
            Shows::InParameter(&["SenderIPAddresses", "TlsSenderCertificateName"], unset),
        )
        .given(|case| !is_bound(case)),
        Sign::new(
            "Does it accept any sender from anywhere?",
            &[Cmdlet::NewInboundConnector, Cmdlet::SetInboundConnector],
            Shows::InParameter(&["SenderDomains"], any_sender),
        )
        .given(|case| !is_bound(case)),
        Sign::new(
            "Was a restriction taken away, and no other put in its place?",
            &[Cmdlet::SetInboundConnector],
            Shows::InParameter(&["RestrictDomainsToIPAddresses", "RestrictDomainsToCertificate"], off),
        )
        .given(|case| !is_restricted(case)),
        Sign::new(
            "Does it no longer ask for TLS?",
            &[Cmdlet::SetInboundConnector],
            Shows::InParameter(&["RequireTls"], off),
        ),
    ],
};

/// Addresses that are given are judged on their own.
fn is_bound(case: &Case<'_>) -> bool {
    case.gives("SenderIPAddresses") || case.gives("TlsSenderCertificateName")
}

fn is_restricted(case: &Case<'_>) -> bool {
    case.sets("RestrictDomainsToIPAddresses", "true") || case.sets("RestrictDomainsToCertificate", "true")
}

/// `*`, and as Exchange writes it: `smtp:*;1`.
fn any_sender(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let is_any = |entry: &str| entry == "*" || entry.eq_ignore_ascii_case("smtp:*");
    entries(&parameter.value).any(is_any).then(|| shown(parameter))
}
