//! The verdict on one message: the rules that fired, or the reason why none did.

use crate::event::{MailEvent, Untold};

use super::alignment::Alignment;
use super::answer::Gap;
use super::catalog::{Decision, RULES, RuleSet};
use super::entry::Entry;
use super::facts::Facts;
use super::severity::{FactorSet, Weighing, weigh};
use super::tenant::Tenant;

/// Judges a message.
#[must_use]
pub fn judge<'a>(event: &'a MailEvent<'a>, tenant: &'a Tenant) -> Judgement<'a> {
    let facts = Facts::of(event, tenant);
    let rules = RuleSet::fired(&facts, tenant);
    let factors = if rules.is_empty() { FactorSet::default() } else { facts.factors(tenant) };
    let gap = if rules.is_empty() { first_gap(&facts, tenant) } else { None };
    Judgement { facts, rules, factors, gap }
}

/// What keeps the first open rule from being decided; forms that tell everything have no gap.
fn first_gap(facts: &Facts<'_>, tenant: &Tenant) -> Option<Gap> {
    if facts.event.untold == Untold::default() {
        return None;
    }
    RULES.iter().find_map(|rule| match rule.decide(facts, tenant) {
        Decision::Open(gap) => Some(gap),
        Decision::Fires | Decision::Silent => None,
    })
}

/// A message with what was found out about it.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The facts.
    pub facts: Facts<'a>,
    /// The rules that fired.
    pub rules: RuleSet,
    /// What makes it worse or less bad; empty where no rule fired.
    pub factors: FactorSet,
    /// What this form would have to tell for a verdict; `None` where it tells enough.
    pub gap: Option<Gap>,
}

impl<'a> Judgement<'a> {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict<'a> {
        match (self.rules.is_empty(), self.facts.sanction) {
            (false, _) => Verdict::Suspicious,
            (true, Some(sanction)) if self.is_covered_by_sanction() => Verdict::Sanctioned(sanction.name),
            (true, _) => self.gap.map_or_else(|| Verdict::Benign(BenignReason::of(&self.facts)), Verdict::Unknown),
        }
    }

    /// How bad the message is on its own.
    #[must_use]
    pub fn weighing(&self) -> Weighing {
        weigh(self.rules.severity(), self.factors, self.factors)
    }

    /// A sanction explains the silence only where something would otherwise have to be said.
    fn is_covered_by_sanction(&self) -> bool {
        matches!(self.facts.entry, Entry::Direct | Entry::Unknown) && self.facts.alignment != Alignment::Aligned
    }
}

/// What is thought of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Nothing to tell, and why.
    Benign(BenignReason),
    /// A configured source was allowed to send it; the entry's name.
    Sanctioned(&'a str),
    /// At least one rule fired.
    Suspicious,
    /// No rule fired, and one might have, had this form of the telemetry told more.
    Unknown(Gap),
}

impl Verdict<'_> {
    /// The word in verdict lines and metric labels.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Benign(_) => "benign",
            Self::Sanctioned(_) => "sanctioned",
            Self::Suspicious => "suspicious",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Why a message is benign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BenignReason {
    /// It was submitted inside the tenant.
    Internal,
    /// It left the tenant.
    Outbound,
    /// It claims nobody's name but a stranger's.
    NotOwnDomain,
    /// It came through a configured filter, from where the filter sends.
    Gateway,
    /// It came through another connector.
    Connector,
    /// Something proves the claim.
    Aligned,
    /// The record cannot tell by which door it came.
    UnknownEntry,
    /// It left the tenant before, and whom it went to sends it back. Only the memory can tell.
    Echo,
    /// Its source has been known for a week. Only the memory can tell.
    KnownSource,
}

impl BenignReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Internal,
        Self::Outbound,
        Self::NotOwnDomain,
        Self::Gateway,
        Self::Connector,
        Self::Aligned,
        Self::UnknownEntry,
        Self::Echo,
        Self::KnownSource,
    ];

    /// The word in verdict lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Outbound => "outbound",
            Self::NotOwnDomain => "not-own-domain",
            Self::Gateway => "gateway",
            Self::Connector => "connector",
            Self::Aligned => "aligned",
            Self::UnknownEntry => "unknown-entry",
            Self::Echo => "echo",
            Self::KnownSource => "known-source",
        }
    }

    fn of(facts: &Facts<'_>) -> Self {
        match facts.entry {
            Entry::Internal => Self::Internal,
            Entry::Outbound => Self::Outbound,
            _ if !facts.claims_own() => Self::NotOwnDomain,
            Entry::Gateway => Self::Gateway,
            Entry::Connector => Self::Connector,
            Entry::Direct => Self::Aligned,
            Entry::Unknown => Self::UnknownEntry,
        }
    }
}
