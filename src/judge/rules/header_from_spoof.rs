//! # header-from-spoof
//!
//! ## What it detects
//! Mail from the internet that entered through no connector and shows one of the tenant's own domains in its `From:` header
//! (RFC 5322), while the envelope sender is a stranger's or empty, and nothing proves the claim.
//!
//! ## Why it matters
//! The reader sees the header, not the envelope. Microsoft's `RejectDirectSend` looks at the envelope only, so this mail
//! passes it: the setting closes half of the gate.
//!
//! ## Evidence
//! - `header-from`: an accepted domain (`own`), or below one (`own-subdomain`). Where a message names several authors, the one
//!   that claims most counts, and each own one needs a proof; an author that the sender added himself proves nothing.
//! - `envelope-from`: `foreign`, or `null` (the empty reverse-path of a bounce).
//! - `entry`: `direct`, which is `EmailDirection` Inbound and an empty `Connectors`.
//! - `spf`, `dkim`, `dmarc`: no DMARC pass and nothing aligned. An SPF pass of the stranger's envelope domain, and a signature
//!   of his, prove his name and not yours.
//!
//! ## False positives
//! Mailing lists and forwarders that rewrite the envelope and break the signature. Services that send in your name with their
//! own bounce domain and without DKIM for yours: newsletters, tickets, surveys, e-signatures.
//!
//! ## How to respond
//! 1. Look at the envelope's domain. A service that you have bought: give it DKIM for your domain, and the alerts end.
//! 2. A stranger's: remove the messages from the mailboxes, warn the recipients, and look for clicks and replies.
//! 3. Enforce DMARC (`p=reject`) and let Exchange Online honour it. Close direct delivery with a Partner connector that is
//!    restricted to your filter, or with a transport rule; `RejectDirectSend` does not stop this mail.
//!
//! ## What it cannot tell
//! A message trace has no `From:`; the rule stays open there. Look-alike domains (c0ntoso.com) are not own and no spoof of
//! yours; a display name that shows an own address is not read.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! "Payroll" writes from a rented server whose SPF is in order, for itself.
//!
//! ```json
//! {
//!   "tenantId": "11111111-2222-3333-4444-555555555555",
//!   "category": "AdvancedHunting-EmailEvents",
//!   "properties": {
//!     "Timestamp": "2026-11-02T09:30:00Z",
//!     "NetworkMessageId": "7a1c0b52-40de-4b1e-9c3f-08de19f0aa12",
//!     "SenderMailFromAddress": "bounce@vps.example",
//!     "SenderFromAddress": "payroll@contoso.com",
//!     "SenderIPv4": "203.0.113.40",
//!     "RecipientEmailAddress": "alex@contoso.com",
//!     "Subject": "Your salary adjustment",
//!     "EmailDirection": "Inbound",
//!     "DeliveryAction": "Delivered",
//!     "AuthenticationDetails": "{\"SPF\":\"pass\",\"DKIM\":\"none\",\"DMARC\":\"fail\",\"CompAuth\":\"fail\"}"
//!   }
//! }
//! ```
//!
//! `postern explain record.json --domain contoso.com` shows the same facts for it.

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
