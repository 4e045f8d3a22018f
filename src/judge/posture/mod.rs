//! The gate itself: changes to a tenant's settings that let unauthenticated mail in.
//!
//! A message is judged by what it claims; a change is judged by what it opens. Each rule is a table of *signs*: which
//! cmdlet, which parameter, which values. Nothing is remembered and no setting is known, so a rule speaks of the change
//! and not of the state: what was open before is reported when it is opened again. Tightening is silent, and so is a
//! cmdlet that failed.
//!
//! Microsoft's own runs count like anybody's, because a gate that the service opened is open; the finding says whose
//! account it was.

mod catalog;
mod entries;
mod finding;
mod rules;
mod sign;
mod values;

use crate::event::AuditEvent;

use super::tenant::Tenant;

pub use catalog::{POSTURE_RULES, PostureRule, PostureRuleId};
pub use finding::{Change, PostureFinding};
pub use sign::{Case, Shows, Sign};

/// Judges one run of a cmdlet: a finding for each rule that it breaks, the gravest first.
#[must_use]
pub fn judge_audit(event: &AuditEvent<'_>, tenant: &Tenant) -> Vec<PostureFinding> {
    if event.succeeded == Some(false) {
        return Vec::new();
    }
    let case = Case { event, tenant };
    POSTURE_RULES.iter().filter_map(|rule| PostureFinding::of(rule, &case)).collect()
}
