//! # treat-as-internal-enabled
//!
//! ## What it detects
//! A new or changed inbound connector with `TreatMessagesAsInternal` or `CloudServicesMailEnabled` switched on.
//!
//! ## Why it matters
//! Mail through such a connector that shows an own domain counts as internal. It skips the spam and spoof filters, it
//! carries no warning, and telemetry shows it as trusted. No other setting of a connector gives away as much.
//!
//! ## Evidence
//! `Operation` is New-InboundConnector or Set-InboundConnector; `Parameters` holds one of the two with `True`.
//!
//! ## False positives
//! The Hybrid Configuration Wizard switches `CloudServicesMailEnabled` on, and does so again whenever it runs.
//!
//! ## How to respond
//! Find out which addresses or certificate the connector accepts and whether they are the organisation's own servers.
//! If not, switch the connector off, look for mail that came through it, and treat the account as taken over.
//!
//! ## Technique
//! T1562 (Impair Defenses), T1672 (Email Spoofing).
//!
//! ## Example
//! `New-InboundConnector -Name Relay -ConnectorType OnPremises -SenderDomains * -SenderIPAddresses 198.51.100.77
//! -TreatMessagesAsInternal $true`.

use crate::event::Cmdlet;
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Shows, Sign};
use crate::judge::posture::values::on;
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const TREAT_AS_INTERNAL_ENABLED: PostureRule = PostureRule {
    id: PostureRuleId::TreatAsInternalEnabled,
    severity: Severity::Critical,
    title: "An inbound connector now makes mail from outside internal",
    techniques: &["T1562", "T1672"],
    actions: &[
        "Check whether the connector's addresses or certificate are servers of your own.",
        "If not, switch the connector off and treat the account that changed it as taken over.",
        "Look for mail that came through the connector since the change: nothing has filtered it.",
    ],
    signs: &[Sign::new(
        "Does the connector now make mail internal?",
        &[Cmdlet::NewInboundConnector, Cmdlet::SetInboundConnector],
        Shows::InParameter(&["TreatMessagesAsInternal", "CloudServicesMailEnabled"], on),
    )],
};
