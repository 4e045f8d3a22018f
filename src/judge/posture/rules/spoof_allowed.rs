//! # spoof-allowed
//!
//! ## What it detects
//! An allow list that lets somebody use the tenant's own name: the spoof list, the allowed senders of a spam policy, or
//! addresses that skip filtering altogether.
//!
//! ## Why it matters
//! An entry of an allow list outweighs every verdict. An own domain among the allowed sender domains makes every spoof of
//! it harmless in the filter's eyes, wherever it comes from.
//!
//! ## Evidence
//! New-TenantAllowBlockListSpoofItems with `Action` Allow and an own domain, an own address or `*` as `SpoofedUser`;
//! Set-TenantAllowBlockListSpoofItems with `Action` Allow, which does not say for whom; `AllowedSenderDomains` or
//! `AllowedSenders` of Set- or New-HostedContentFilterPolicy with an own name; `IPAllowList` of Set- or
//! New-HostedConnectionFilterPolicy with addresses that no configured filter and no simulation vendor has.
//!
//! ## False positives
//! A service that sends in the tenant's name and was allowed so instead of being given DKIM; a partner whose addresses
//! were allowed.
//!
//! ## How to respond
//! Take the entry out. Give the service a signature of the domain, or allow the pair of domain and sending
//! infrastructure only, never the domain alone.
//!
//! ## Technique
//! T1562.001 (Impair Defenses: Disable or Modify Tools), T1672 (Email Spoofing).
//!
//! ## Example
//! `New-TenantAllowBlockListSpoofItems -SpoofedUser contoso.com -SendingInfrastructure 198.51.100.0/24 -SpoofType
//! Internal -Action Allow`.

use crate::event::Cmdlet;
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Shows, Sign};
use crate::judge::posture::values::{beyond_known_networks, is, own, shown};
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const SPOOF_ALLOWED: PostureRule = PostureRule {
    id: PostureRuleId::SpoofAllowed,
    severity: Severity::High,
    title: "An allow list lets others use your own domain",
    techniques: &["T1562.001", "T1672"],
    actions: &[
        "Take the entry off the list unless you know whose it is.",
        "Give a service that sends in your name a DKIM signature of your domain instead.",
        "Look for mail that the entry has let in since the change.",
    ],
    signs: &[
        Sign::new(
            "Was a spoof of an own domain allowed?",
            &[Cmdlet::NewSpoofItems],
            Shows::InParameter(&["SpoofedUser"], own),
        )
        .given(|case| case.sets("Action", "Allow")),
        Sign::new(
            "Was an entry of the spoof list changed to allow?",
            &[Cmdlet::SetSpoofItems],
            Shows::InParameter(&["Action"], |_, it| is(it, "Allow").then(|| shown(it))),
        )
        .note("The record names the entry by its number only; Get-TenantAllowBlockListSpoofItems shows for whom."),
        Sign::new(
            "Is an own name among the allowed senders?",
            &[Cmdlet::NewContentFilterPolicy, Cmdlet::SetContentFilterPolicy],
            Shows::InParameter(&["AllowedSenderDomains", "AllowedSenders"], own),
        ),
        Sign::new(
            "Do addresses skip the filters that no configured filter has?",
            &[Cmdlet::NewConnectionFilterPolicy, Cmdlet::SetConnectionFilterPolicy],
            Shows::InParameter(&["IPAllowList"], beyond_known_networks),
        ),
    ],
};
