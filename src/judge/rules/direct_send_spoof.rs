//! # direct-send-spoof
//!
//! ## What it detects
//! Mail from the internet that entered through no connector, names one of the tenant's own domains as its envelope
//! sender (RFC 5321 `MAIL FROM`), and proves it with nothing.
//!
//! ## Why it matters
//! This is Direct Send: Exchange Online takes such mail from anyone on port 25 and may put it into an inbox, where it
//! looks internal. It is the abuse reported since May 2025, mostly self-addressed voicemail and payroll lures.
//!
//! ## Evidence
//! `SenderMailFromDomain` is an accepted domain or lies below one; `EmailDirection` is Inbound; `Connectors` is empty;
//! `AuthenticationDetails` has neither a DMARC pass nor an SPF pass of the same organisation.
//!
//! ## False positives
//! Printers, scanners and applications that use Direct Send and are not in SPF; forwarders that keep the sender and
//! break the signature.
//!
//! ## How to respond
//! Look at the source and the recipients. If it is yours, sanction the pair of network and sender, then move it to a
//! connector. If it is not, remove the messages and set `RejectDirectSend`, which refuses exactly this mail.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! `MAIL FROM:<alex@contoso.com>` from 203.0.113.9 to alex@contoso.com, SPF softfail, DMARC fail, no connector.

use crate::judge::answer::Gap;
use crate::judge::catalog::{Condition, Rule, RuleId};
use crate::judge::claim::Claim;
use crate::judge::severity::Severity;

use super::{ENTERED_DIRECTLY, NOT_SANCTIONED, NOTHING_PROVES_IT};

/// See the module's documentation.
pub(crate) const DIRECT_SEND_SPOOF: Rule = Rule {
    id: RuleId::DirectSendSpoof,
    severity: Severity::Medium,
    title: "Unauthenticated mail through Direct Send claims your own domain",
    techniques: &["T1672", "T1566"],
    actions: &[
        "Check whether the source is a device or service of yours; if so, sanction the pair of network and sender.",
        "Otherwise remove the messages from the mailboxes and warn the recipients.",
        "Set RejectDirectSend to refuse such mail once every legitimate source uses a connector.",
    ],
    conditions: &[
        Condition {
            question: "Does the envelope sender (P1) use an own domain?",
            holds: |facts, _| facts.envelope_claim.answer(Gap::EnvelopeFrom, Claim::is_own),
        },
        ENTERED_DIRECTLY,
        NOTHING_PROVES_IT,
        NOT_SANCTIONED,
    ],
};
