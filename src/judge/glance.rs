//! The verdict that needs only a glance: mail that came by a door where its claim is no matter, or that claims nothing.
//!
//! Nineteen mails in twenty end here, without their record ever being read in full. A glance may decline; where it
//! decides, it decides what [`judge`](super::judge) would, which a property test over both holds it to.

use crate::decode::Skim;
use crate::event::{AuthResults, Domain};

use super::alignment::{Alignment, Proofs};
use super::claim::Claim;
use super::entry::Entry;
use super::tenant::{MxTarget, Tenant};
use super::verdict::BenignReason;

/// What a glance tells of a benign mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// By which door it came.
    pub entry: Entry,
    /// Whether anything proves its claim.
    pub alignment: Alignment,
    /// Why it is benign.
    pub reason: BenignReason,
}

/// Looks at a skimmed record; `None` where the whole record must be read.
#[must_use]
pub fn at_a_glance(skim: &Skim<'_>, tenant: &Tenant) -> Option<Glance> {
    let envelope = skim.envelope_from_domain.map(Domain::fold);
    let header = skim.header_from_domain.map(Domain::fold);
    let is_own = |domain: Option<&Domain<'_>>| Claim::of(domain, tenant).is_own();
    let claims_own = is_own(envelope.as_ref()) || is_own(header.as_ref());
    let gateway = tenant.gateway(skim.connectors, None);
    let entry = Entry::of(skim.direction, skim.connectors.is_some(), gateway.is_some());
    let reason = reason(entry, claims_own, tenant)?;
    let results = if claims_own { skim.authentication() } else { AuthResults::default() };
    let proofs = Proofs { results, envelope: envelope.as_ref(), authors: &[header], signers: &[] };
    let alignment = Alignment::of(claims_own, &proofs, tenant);
    Some(Glance { entry, alignment, reason })
}

fn reason(entry: Entry, claims_own: bool, tenant: &Tenant) -> Option<BenignReason> {
    match entry {
        Entry::Internal => Some(BenignReason::Internal),
        Entry::Outbound => Some(BenignReason::Outbound),
        _ if claims_own => None,
        // The source address may still name a gateway, and where the MX is one, the direct door is watched for everyone.
        Entry::Direct | Entry::Connector if !tenant.gateways.is_empty() || tenant.mx == MxTarget::Gateway => None,
        _ => Some(BenignReason::NotOwnDomain),
    }
}
