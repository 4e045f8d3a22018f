//! # header-from-spoof
//!
//! ## What it detects
//! Mail from the internet that entered through no connector and shows one of the tenant's own domains in its `From:`
//! header (RFC 5322), while the envelope sender is a stranger's or empty, and nothing proves the claim.
//!
//! ## Why it matters
//! The reader sees the header, not the envelope. Microsoft's `RejectDirectSend` looks at the envelope only, so this mail
//! passes it: the setting closes half of the gate.
//!
//! ## Evidence
//! `SenderFromDomain` is an accepted domain or lies below one; `SenderMailFromDomain` is foreign or empty;
//! `EmailDirection` is Inbound; `Connectors` is empty; no DMARC pass and no aligned SPF pass. An SPF pass of the
//! stranger's envelope domain proves nothing about the header.
//!
//! ## False positives
//! Mailing lists and forwarders that rewrite the envelope and break the signature; services that send in your name with
//! their own bounce domain and without DKIM for yours.
//!
//! ## How to respond
//! If the service is yours, give it DKIM for your domain. If not, remove the messages; enforce DMARC, and close direct
//! delivery with a Partner connector that is restricted to your filter, or with a transport rule.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! `MAIL FROM:<bounce@vps.example>` with `From: "Payroll" <payroll@contoso.com>`, SPF pass for vps.example, DMARC fail.

use crate::judge::answer::Gap;
use crate::judge::catalog::{Condition, Rule, RuleId};
use crate::judge::severity::Severity;

use super::{ENTERED_DIRECTLY, NOT_SANCTIONED, NOTHING_PROVES_IT, SHOWS_OWN_DOMAIN};

/// See the module's documentation.
pub(crate) const HEADER_FROM_SPOOF: Rule = Rule {
    id: RuleId::HeaderFromSpoof,
    severity: Severity::Medium,
    title: "Mail from a stranger shows your own domain as its author",
    techniques: &["T1672", "T1566"],
    actions: &[
        "Check whether the envelope sender is a service that may write in your name; if so, have it sign with your DKIM key.",
        "Otherwise remove the messages from the mailboxes and warn the recipients.",
        "RejectDirectSend does not stop this: enforce DMARC and restrict direct delivery by a connector or a transport rule.",
    ],
    conditions: &[
        SHOWS_OWN_DOMAIN,
        Condition {
            question: "Is the envelope sender (P1) a stranger's, or empty?",
            holds: |facts, _| facts.envelope_claim.answer(Gap::EnvelopeFrom, |claim| !claim.is_own()),
        },
        ENTERED_DIRECTLY,
        NOTHING_PROVES_IT,
        NOT_SANCTIONED,
    ],
};
