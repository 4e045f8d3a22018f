//! The verdict that needs only a glance: mail that names nobody of ours and came by a door where that is no matter.
//!
//! Nine mails in ten end here, without their record ever being read in full. A glance may decline; where it decides, it
//! decides what [`judge`](super::judge) would.

use crate::decode::Skim;
use crate::event::Domain;

use super::facts::Entry;
use super::tenant::{MxTarget, Tenant};
use super::verdict::BenignReason;

/// What a glance tells of a benign mail. Nothing own is claimed, so its alignment is not applicable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// By which door it came.
    pub entry: Entry,
    /// Why it is benign.
    pub reason: BenignReason,
}

/// Looks at a skimmed record; `None` where the whole record must be read.
#[must_use]
pub fn at_a_glance(skim: &Skim<'_>, tenant: &Tenant) -> Option<Glance> {
    let names_us = |domain: Option<&str>| domain.is_some_and(|name| tenant.claim(&Domain::fold(name)).is_own());
    if names_us(skim.envelope_from_domain) || names_us(skim.header_from_domain) {
        return None;
    }
    let gateway = tenant.gateway(skim.connectors, None);
    let entry = Entry::of(skim.direction, skim.connectors.is_some(), gateway.is_some());
    let reason = match entry {
        Entry::Internal => BenignReason::Internal,
        Entry::Outbound => BenignReason::Outbound,
        // The source address may still name a gateway, and where the MX is one, the direct door is watched for everyone.
        Entry::Direct | Entry::Connector if !tenant.gateways.is_empty() || tenant.mx == MxTarget::Gateway => {
            return None;
        }
        _ => BenignReason::NotOwnDomain,
    };
    Some(Glance { entry, reason })
}
