//! One message at a time: whom it claims to be, by which door it came, and whether anything proves the claim.
//!
//! Facts come first ([`facts`](Facts)), each with the field it was read from; rules only combine facts. Nothing here
//! remembers anything: the verdict on a message is a function of the message and the tenant's configuration, so it can
//! be computed where the bytes arrive, in any order, on any thread.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod catalog;
mod facts;
mod glance;
mod observation;
pub mod posture;
mod rules;
mod severity;
mod tenant;
mod verdict;

pub use answer::{Answer, Gap};
pub use catalog::{Condition, Decision, RULES, Rule, RuleId, RuleSet};
pub use facts::{Alignment, Claim, Entry, Evidence, Facts, Sanction};
pub use glance::{Glance, at_a_glance};
pub use observation::{Content, Observation};
pub use severity::{Factor, FactorSet, Severity, SeverityReason, Weighing, weigh};
pub use tenant::{
    AcceptedDomain, ExpiryDate, Gateway, MxTarget, SanctionedSource, SenderPattern, SimulationVendor, Tenant,
    TenantIndex, Tenants,
};
pub use verdict::{BenignReason, Judgement, Verdict, judge};
