//! # anti-phish-weakened
//!
//! ## What it detects
//! An anti-phishing policy whose spoof protection is switched off or made milder, or that is removed or no longer applied.
//!
//! ## Why it matters
//! Spoof intelligence and the sender's DMARC policy are what Exchange Online itself does about spoofs that reach it.
//! Without them an unauthenticated claim of an own domain goes to the inbox.
//!
//! ## Evidence
//! Set- or New-AntiPhishPolicy with `EnableSpoofIntelligence`, `HonorDmarcPolicy` or `Enabled` set to `False`;
//! Set-AntiPhishPolicy with `AuthenticationFailAction` or `DmarcQuarantineAction` set to `MoveToJmf`, or
//! `DmarcRejectAction` set to anything but `Reject`; Remove-AntiPhishPolicy; Remove- or Disable-AntiPhishRule.
//!
//! ## False positives
//! Policies that are merged or tested. The admin center writes settings that were so before, and `MoveToJmf` is the
//! default of `AuthenticationFailAction`.
//!
//! ## How to respond
//! Compare the policy with the recommended settings (`Quarantine`, `Reject`) and see which recipients it applies to.
//!
//! ## Technique
//! T1562.001 (Impair Defenses: Disable or Modify Tools).
//!
//! ## Example
//! `Set-AntiPhishPolicy -Identity "Office365 AntiPhish Default" -EnableSpoofIntelligence $false`.

use crate::event::{Cmdlet, Parameter};
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::sign::{Case, Shows, Sign};
use crate::judge::posture::values::{done_to, is, off, shown};
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const ANTI_PHISH_WEAKENED: PostureRule = PostureRule {
    id: PostureRuleId::AntiPhishWeakened,
    severity: Severity::Medium,
    title: "Spoof protection of an anti-phishing policy was weakened",
    techniques: &["T1562.001"],
    actions: &[
        "Set the policy back to what Microsoft recommends, unless the change was planned.",
        "See which recipients the policy applies to, and look at unauthenticated mail to them since the change.",
    ],
    signs: &[
        Sign::new(
            "Was a part of the protection switched off?",
            &[Cmdlet::NewAntiPhishPolicy, Cmdlet::SetAntiPhishPolicy],
            Shows::InParameter(&["EnableSpoofIntelligence", "HonorDmarcPolicy", "Enabled"], off),
        ),
        Sign::new(
            "Does a spoof go to the junk folder instead of quarantine?",
            &[Cmdlet::SetAntiPhishPolicy],
            Shows::InParameter(&["AuthenticationFailAction", "DmarcQuarantineAction"], |_, it| {
                is(it, "MoveToJmf").then(|| shown(it))
            }),
        ),
        Sign::new(
            "Is mail no longer refused that its domain's owner wants refused?",
            &[Cmdlet::SetAntiPhishPolicy],
            Shows::InParameter(&["DmarcRejectAction"], milder_than_reject),
        ),
        Sign::new(
            "Was a policy removed, or no longer applied?",
            &[Cmdlet::RemoveAntiPhishPolicy, Cmdlet::RemoveAntiPhishRule, Cmdlet::DisableAntiPhishRule],
            Shows::InRun(done_to),
        ),
    ],
};

/// Documented are `Reject` and `Quarantine`; an empty value is the default, which is `Reject`.
fn milder_than_reject(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    (!parameter.value.trim().is_empty() && !is(parameter, "Reject")).then(|| shown(parameter))
}
