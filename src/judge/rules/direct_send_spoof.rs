//! # direct-send-spoof
//!
//! ## What it detects
//! Mail from the internet that entered through no connector, names one of the tenant's own domains as its envelope sender
//! (RFC 5321 `MAIL FROM`), and proves it with nothing.
//!
//! ## Why it matters
//! This is Direct Send: Exchange Online takes such mail from anyone on port 25 and may put it into an inbox, where it looks
//! internal. It is the abuse reported since May 2025, mostly self-addressed lures: voicemail, payroll, a document to sign.
//!
//! ## Evidence
//! - `envelope-from`: an accepted domain (`own`), or below one (`own-subdomain`).
//! - `entry`: `direct`, which is `EmailDirection` Inbound and an empty `Connectors`.
//! - `spf`, `dkim`, `dmarc`: no DMARC pass, no SPF pass and no DKIM signature of the author's organisation. A missing result
//!   proves nothing, so it does not excuse the message.
//! - `compauth`: Microsoft's opinion. It is shown and never decides; `none` means that no spoof policy ran.
//! - `sanction`: only where a sanction almost matched, with what was wrong.
//!
//! ## False positives
//! Printers, scanners and applications that use Direct Send and are not in SPF: few messages, one sender, one network, office
//! hours. Forwarders that keep the sender and break the signature. Journal reports.
//!
//! ## How to respond
//! 1. Look at the source and the recipients. Many recipients, senders that are the recipients themselves, or a source abroad:
//!    treat it as phishing. One device's address and a network of yours: it is the device.
//! 2. If it is phishing, remove the messages from the mailboxes, warn the recipients, and look for clicks and sign-ins.
//! 3. If it is yours, sanction the pair of network and sender with a date, and move it to a connector by then.
//! 4. When all sources of yours use a connector, set `RejectDirectSend`; it refuses exactly this mail.
//!
//! ## What it cannot tell
//! A message trace has no door and no results; the rule stays open, and the verdict on own mail from outside is `unknown`. Own
//! mail that entered through a connector, and mail that only shows the own domain in `From:`, are for the other rules.
//!
//! ## Technique
//! T1672 (Email Spoofing), T1566 (Phishing).
//!
//! ## Example
//! A voicemail lure to alex@contoso.com from herself, out of a network that SPF does not know.
//!
//! ```json
//! {
//!   "tenantId": "11111111-2222-3333-4444-555555555555",
//!   "category": "AdvancedHunting-EmailEvents",
//!   "properties": {
//!     "Timestamp": "2026-11-02T08:16:02Z",
//!     "NetworkMessageId": "7a1c0b52-40de-4b1e-9c3f-08de19f0aa11",
//!     "SenderMailFromAddress": "alex@contoso.com",
//!     "SenderFromAddress": "alex@contoso.com",
//!     "SenderIPv4": "203.0.113.9",
//!     "RecipientEmailAddress": "alex@contoso.com",
//!     "Subject": "Caller left a message (0:47)",
//!     "EmailDirection": "Inbound",
//!     "DeliveryAction": "Delivered",
//!     "AuthenticationDetails": "{\"SPF\":\"softfail\",\"DKIM\":\"none\",\"DMARC\":\"fail\",\"CompAuth\":\"none\"}"
//!   }
//! }
//! ```
//!
//! `postern explain record.json --domain contoso.com` shows the same facts for it.

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
