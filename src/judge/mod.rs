//! One message at a time: whom it claims to be, by which door it came, and whether anything proves the claim.
//!
//! Facts come first ([`facts`](Facts)), each with the field it was read from; rules only combine facts. Nothing here
//! remembers anything: the verdict on a message is a function of the message and the tenant's configuration, so it can
//! be computed where the bytes arrive, in any order, on any thread.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod alignment;
mod answer;
mod catalog;
mod claim;
mod entry;
mod evidence;
mod facts;
mod glance;
mod observation;
mod organisation;
pub mod posture;
#[cfg(test)]
mod properties;
mod rules;
mod sanction;
mod severity;
mod tenant;
mod travel;
mod verdict;
mod visit;

pub use alignment::Alignment;
pub use answer::{Answer, Gap};
pub use catalog::{Condition, Decision, RULES, Rule, RuleId, RuleSet};
pub use claim::Claim;
pub use entry::Entry;
pub use evidence::Evidence;
pub use facts::Facts;
pub use glance::{Glance, at_a_glance};
pub use observation::{Content, Observation, message_name, recipient_name};
pub use organisation::{PUBLIC_SUFFIX_LIST, SuffixList, is_shared_by_tenants, organisational_domain};
pub use sanction::{Miss, NearMiss, Permission, Sanction};
pub use severity::{CAMPAIGN_WEIGHING, Factor, FactorSet, Severity, SeverityReason, Weighing, weigh};
pub use tenant::{
    AcceptedDomain, ExpiryDate, Gateway, MxTarget, SanctionedSource, SenderPattern, SimulationVendor, Tenant,
    TenantIndex, Tenants,
};
pub use travel::{Arrival, Departure, MailName};
pub use verdict::{BenignReason, Judgement, Verdict, judge};
pub use visit::{OwnMail, Standing, Visit};
