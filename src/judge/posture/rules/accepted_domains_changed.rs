//! # accepted-domains-changed
//!
//! ## What it detects
//! A change of the tenant's accepted domains that the configuration of Postern does not know.
//!
//! ## Why it matters
//! The list of accepted domains is what "own" means. A domain that is missing from it can be spoofed unseen; a domain
//! that was removed from the tenant may belong to somebody else tomorrow and is still taken for the tenant's.
//!
//! ## Evidence
//! New-AcceptedDomain or Set-AcceptedDomain of a domain that the configuration does not list; Remove-AcceptedDomain of
//! one that it lists; `MatchSubDomains` other than the configuration's `match_subdomains`. Where the configuration agrees
//! already the rule is silent.
//!
//! ## False positives
//! None in the usual sense: it is about the configuration. Domains are mostly added by the service itself, on behalf of
//! an administrator who added them elsewhere.
//!
//! ## How to respond
//! Bring `accepted_domains` up to date. If nobody knows of the domain, ask who added it: a domain of an attacker's in the
//! tenant is a place to send from.
//!
//! ## Technique
//! T1484 (Domain or Tenant Policy Modification).
//!
//! ## Example
//! `Remove-AcceptedDomain -Identity contoso.co.uk`, which is in `accepted_domains`.

use crate::event::{Cmdlet, Domain, Parameter};
use crate::judge::claim::Claim;
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Case, Shows, Sign};
use crate::judge::posture::values::{flag, shown};
use crate::judge::severity::Severity;
use crate::judge::tenant::AcceptedDomain;

/// See the module's documentation.
pub(crate) const ACCEPTED_DOMAINS_CHANGED: PostureRule = PostureRule {
    id: PostureRuleId::AcceptedDomainsChanged,
    severity: Severity::Low,
    title: "The tenant's accepted domains are no longer the configured ones",
    techniques: &["T1484"],
    actions: &[
        "Bring the tenant's `accepted_domains` up to date.",
        "If nobody knows of the domain, find out who added it and what was sent from it.",
    ],
    signs: &[
        Sign::new(
            "Was a domain added that the configuration does not list?",
            &[Cmdlet::NewAcceptedDomain],
            Shows::InRun(|case| {
                domain(case).filter(|domain| case.tenant.claim(domain) != Claim::Own).as_ref().map(text)
            }),
        )
        .note("The configuration does not list this domain, so nobody watches for spoofs of it."),
        Sign::new(
            "Was a domain removed that the configuration lists?",
            &[Cmdlet::RemoveAcceptedDomain],
            Shows::InRun(|case| domain(case).filter(|domain| configured(case, domain).is_some()).as_ref().map(text)),
        )
        .note("The configuration still lists this domain, so it is still taken for the tenant's own."),
        Sign::new(
            "Was a domain changed that the configuration does not list?",
            &[Cmdlet::SetAcceptedDomain],
            Shows::InRun(|case| {
                domain(case).filter(|domain| case.tenant.claim(domain) != Claim::Own).as_ref().map(text)
            }),
        )
        .note("The configuration does not list this domain, so nobody watches for spoofs of it."),
        Sign::new(
            "Are its subdomains accepted otherwise than the configuration says?",
            &[Cmdlet::SetAcceptedDomain],
            Shows::InParameter(&["MatchSubDomains"], other_subdomains),
        )
        .note("The configuration's `match_subdomains` says otherwise."),
    ],
};

/// The domain that the record is about.
fn domain<'c>(case: &Case<'c>) -> Option<Domain<'c>> {
    let event = case.event;
    let named = |name| event.values(name).find(|value| !value.is_empty());
    let written =
        named("DomainName").or(event.object.as_deref()).or_else(|| named("Identity")).or_else(|| named("Name"))?;
    // Long object paths end in the name.
    Some(Domain::fold(written.rsplit(['/', '\\']).next().unwrap_or(written)))
}

fn configured<'c>(case: &Case<'c>, domain: &Domain<'_>) -> Option<&'c AcceptedDomain> {
    case.tenant.accepted_domains.iter().find(|accepted| accepted.name == domain.as_str())
}

fn other_subdomains(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let accepted = configured(case, &domain(case)?)?;
    (flag(&parameter.value)? != accepted.match_subdomains).then(|| shown(parameter))
}

fn text(domain: &Domain<'_>) -> String {
    domain.as_str().to_owned()
}
