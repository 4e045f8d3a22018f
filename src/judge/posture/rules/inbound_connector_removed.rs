//! # inbound-connector-removed
//!
//! ## What it detects
//! An inbound connector that is removed or switched off.
//!
//! ## Why it matters
//! A Partner connector that is restricted to the filter's addresses or certificate is the lock of a tenant behind a
//! filter: without it the tenant's endpoint takes mail from everybody again. Only a connector closes the door to mail with
//! a foreign envelope sender, which `RejectDirectSend` does not touch.
//!
//! ## Evidence
//! `Operation` is Remove-InboundConnector, or Set-InboundConnector with `Enabled` set to `False`.
//!
//! ## False positives
//! A filter or a server that is taken out of use; a connector that is replaced by another within minutes.
//!
//! ## How to respond
//! Find out what the connector was for. If it restricted who may send to the tenant, restore it and look at the mail that
//! came in since.
//!
//! ## Technique
//! T1562 (Impair Defenses).
//!
//! ## Example
//! `Remove-InboundConnector -Identity "Inbound from filter"`.

use crate::event::Cmdlet;
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Shows, Sign};
use crate::judge::posture::values::{done_to, off};
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const INBOUND_CONNECTOR_REMOVED: PostureRule = PostureRule {
    id: PostureRuleId::InboundConnectorRemoved,
    severity: Severity::High,
    title: "An inbound connector was removed or switched off",
    techniques: &["T1562"],
    actions: &[
        "Find out whether the connector restricted who may send to the tenant; if so, restore it.",
        "Ask the owner of the account whether this was planned; if not, treat the account as taken over.",
        "Look at mail that came in directly since the change.",
    ],
    signs: &[
        Sign::new("Was a connector removed?", &[Cmdlet::RemoveInboundConnector], Shows::InRun(done_to)),
        Sign::new(
            "Was a connector switched off?",
            &[Cmdlet::SetInboundConnector],
            Shows::InParameter(&["Enabled"], off),
        ),
    ],
};
