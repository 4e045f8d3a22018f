//! # spoof-rule-weakened
//!
//! ## What it detects
//! A transport rule against spoofs that is removed, switched off, set to audit, or given exceptions; and any transport
//! rule that waves mail past the spam filter or writes the headers by which Exchange knows internal mail.
//!
//! ## Why it matters
//! Many tenants hold spoofs back by a transport rule, because it reaches what `RejectDirectSend` does not. An exception
//! is the quiet way around it: the rule still stands in every list. `SetSCL -1` and forged `AuthAs` headers are quieter
//! still, because they need no rule to be touched.
//!
//! ## Evidence
//! `Operation` is Remove-, Disable- or Set-TransportRule, and the rule is one that the configuration names, or its name
//! speaks of spoofs, Direct Send, DMARC, impersonation or own domains; with `ExceptIf…`, `Mode` Audit, `State` Disabled.
//! Or New- or Set-TransportRule with `SetSCL` -1 or `SetHeaderName` of a header that carries trust. Exceptions for, and
//! passes of, the networks of configured filters and simulation vendors are silent.
//!
//! ## False positives
//! An exception for a new service; a rule that was made to bypass the filter for a sender, which is bad practice and
//! common. A rule that is only known by its GUID, or whose name says nothing, is missed.
//!
//! ## How to respond
//! Compare the rule with its last version in the audit log. Narrow exceptions to addresses that only the owner can send
//! from; a sender's domain alone is what a spoof has.
//!
//! ## Technique
//! T1562.001 (Impair Defenses: Disable or Modify Tools), T1672 (Email Spoofing).
//!
//! ## Example
//! `Set-TransportRule -Identity "Block own-domain spoof" -ExceptIfFrom payroll@contoso.com`.

use crate::event::{Cmdlet, Parameter};
use crate::judge::posture::catalog::{PostureRule, PostureRuleId};
use crate::judge::posture::entries::is_emptied;
use crate::judge::posture::sign::{Case, Shows, Sign};
use crate::judge::posture::values::{beyond_known_networks, done_to, flag, is, off, shown};
use crate::judge::severity::Severity;

/// See the module's documentation.
pub(crate) const SPOOF_RULE_WEAKENED: PostureRule = PostureRule {
    id: PostureRuleId::SpoofRuleWeakened,
    severity: Severity::Medium,
    title: "A transport rule lets spoofed mail pass",
    techniques: &["T1562.001", "T1672"],
    actions: &[
        "Compare the transport rule with its last version, and restore it unless the change was planned.",
        "Narrow exceptions to addresses that only their owner can send from.",
        "Look for mail that used the gap since the change.",
    ],
    signs: &[
        Sign::new(
            "Was a rule against spoofs removed or switched off?",
            &[Cmdlet::RemoveTransportRule, Cmdlet::DisableTransportRule],
            Shows::InRun(done_to),
        )
        .given(is_spoof_rule),
        Sign::new(
            "Was a rule against spoofs given exceptions?",
            &[Cmdlet::SetTransportRule],
            Shows::InParameter(&["ExceptIf*"], exception),
        )
        .given(is_spoof_rule),
        Sign::new(
            "Was a rule against spoofs set to audit or switched off?",
            &[Cmdlet::SetTransportRule],
            Shows::InParameter(&["Mode", "State", "Enabled"], no_longer_enforced),
        )
        .given(is_spoof_rule),
        Sign::new(
            "Does a rule wave mail past the spam filter?",
            &[Cmdlet::NewTransportRule, Cmdlet::SetTransportRule],
            Shows::InParameter(&["SetSCL"], |_, it| is(it, "-1").then(|| shown(it))),
        )
        .given(|case| !case.stays_within_known_networks("SenderIpRanges")),
        Sign::new(
            "Does a rule write a header that carries trust?",
            &[Cmdlet::NewTransportRule, Cmdlet::SetTransportRule],
            Shows::InParameter(&["SetHeaderName"], trusted_header),
        ),
    ],
};

/// Words in the name of a rule against spoofs, in small letters and without anything between them.
const SPOOF_WORDS: [&str; 8] =
    ["spoof", "directsend", "dmarc", "compauth", "impersonat", "owndomain", "internaldomain", "forged"];

/// What the headers begin with by which Exchange and Outlook tell internal, authenticated and harmless mail.
const TRUSTED_HEADERS: [&str; 7] = [
    "x-ms-exchange-organization-auth",
    "x-ms-exchange-organization-scl",
    "x-ms-exchange-organization-antispam",
    "x-ms-exchange-organization-messagedirectionality",
    "x-ms-exchange-crosstenant-auth",
    "x-ms-exchange-crosspremises-auth",
    "authentication-results",
];

/// Whether the record is about a rule against spoofs, by the configuration or by its name.
fn is_spoof_rule(case: &Case<'_>) -> bool {
    let event = case.event;
    let names = ["Identity", "Name"].into_iter().flat_map(|name| event.values(name)).chain(event.object.as_deref());
    // The name of the organisation stands in long object paths and says nothing about the rule.
    let organisation = event.organisation.name.as_deref().filter(|name| !name.is_empty());
    names.into_iter().any(|name| {
        let is_configured = |rule: &String| leaf(name).eq_ignore_ascii_case(rule) || name.eq_ignore_ascii_case(rule);
        let bare = organisation.map_or_else(|| name.to_owned(), |organisation| name.replace(organisation, ""));
        let letters: String = bare.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        case.tenant.spoof_rules.iter().any(is_configured) || SPOOF_WORDS.iter().any(|word| letters.contains(word))
    })
}

/// The last part of a path, which is the name.
fn leaf(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

fn exception(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    if parameter.name.eq_ignore_ascii_case("ExceptIfSenderIpRanges") {
        return beyond_known_networks(case, parameter);
    }
    (!is_emptied(&parameter.value) && flag(&parameter.value) != Some(false)).then(|| shown(parameter))
}

/// `Audit`, `AuditAndNotify`, `Disabled`, `False`.
fn no_longer_enforced(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let is_audit = parameter.value.trim().to_ascii_lowercase().starts_with("audit");
    if is_audit || is(parameter, "Disabled") { Some(shown(parameter)) } else { off(case, parameter) }
}

fn trusted_header(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let name = parameter.value.trim().to_ascii_lowercase();
    TRUSTED_HEADERS.iter().any(|header| name.starts_with(header)).then(|| shown(parameter))
}
