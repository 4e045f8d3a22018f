//! # reject-direct-send-disabled
//!
//! ## What it detects
//! `Set-OrganizationConfig` with `RejectDirectSend` switched off, or set back to nothing, which is off.
//!
//! ## Why it matters
//! The setting refuses unauthenticated mail whose envelope sender is one of the tenant's own domains. Without it anybody
//! on the internet can send as the tenant to the tenant again, within about half an hour.
//!
//! ## Evidence
//! `Operation` is Set-OrganizationConfig; `Parameters` holds `RejectDirectSend` with `False`, `$null` or an empty value.
//!
//! ## False positives
//! A planned step back because a printer or a service stopped sending; a script that writes every setting each night,
//! although the setting was off before.
//!
//! ## How to respond
//! Ask the account's owner. If nobody knows of it, set `RejectDirectSend` to `$true` again and treat the account as
//! taken over. If it was planned, give the source that stopped a connector, and then switch it on again.
//!
//! ## Technique
//! T1562.001 (Impair Defenses: Disable or Modify Tools), T1672 (Email Spoofing).
//!
//! ## Example
//! admin@contoso.com runs `Set-OrganizationConfig -RejectDirectSend $false` from 203.0.113.7.

use crate::event::Cmdlet;
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Shows, Sign};
use crate::judge::posture::values::off_or_unset;
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const REJECT_DIRECT_SEND_DISABLED: PostureRule = PostureRule {
    id: PostureRuleId::RejectDirectSendDisabled,
    severity: Severity::High,
    title: "Direct Send was opened again",
    techniques: &["T1562.001", "T1672"],
    actions: &[
        "Ask the owner of the account whether this was planned; if not, treat the account as taken over.",
        "Set RejectDirectSend to $true again.",
        "Give each source that needs Direct Send a connector instead.",
    ],
    signs: &[Sign::new(
        "Was RejectDirectSend switched off?",
        &[Cmdlet::SetOrganizationConfig],
        Shows::InParameter(&["RejectDirectSend"], off_or_unset),
    )],
};
