//! A campaign as far as it is a function of its messages: what the machine, the reference and an observer who is never
//! late must agree on.

use std::collections::BTreeSet;

use postern::correlate::{Campaign, Distinct, Kind};
use postern::event::{SourceNetwork, Time};
use postern::judge::{Content, FactorSet, RuleSet, Severity};

/// See the module's documentation. Sketches of few things are the sets themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) first_seen: Time,
    pub(crate) last_seen: Time,
    pub(crate) last_touched: Option<Time>,
    pub(crate) kind: Kind,
    pub(crate) messages: Distinct,
    pub(crate) recipients: Distinct,
    /// Delivered, junked, blocked, removed.
    pub(crate) counts: [u64; 4],
    pub(crate) clicks: Distinct,
    pub(crate) networks: BTreeSet<SourceNetwork>,
    pub(crate) contents: BTreeSet<Content>,
    pub(crate) link_domains: BTreeSet<String>,
    /// The earliest, first.
    pub(crate) recipient_addresses: Vec<String>,
    pub(crate) clicked_by: Vec<String>,
    pub(crate) is_steady: bool,
    pub(crate) rules: RuleSet,
    pub(crate) any: FactorSet,
    pub(crate) all: FactorSet,
    pub(crate) severity: Severity,
}

impl Summary {
    /// Of what the machine stored.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        Self {
            first_seen: campaign.first_seen,
            last_seen: campaign.last_seen,
            last_touched: campaign.last_touched,
            kind: campaign.kind,
            messages: campaign.messages.clone(),
            recipients: campaign.recipients.clone(),
            counts: [campaign.delivered, campaign.junked, campaign.blocked, campaign.removed],
            clicks: campaign.clicks.clone(),
            networks: campaign.networks.clone(),
            contents: campaign.contents.clone(),
            link_domains: campaign.link_domains.iter().map(str::to_owned).collect(),
            recipient_addresses: campaign.recipient_addresses.iter().map(str::to_owned).collect(),
            clicked_by: campaign.clicked_by.iter().map(str::to_owned).collect(),
            is_steady: campaign.is_steady(),
            rules: campaign.rules,
            any: campaign.any,
            all: campaign.all,
            severity: campaign.weighing().severity,
        }
    }
}

/// Says how two lists of campaigns differ, in whatever order they are.
pub(crate) fn compare(ours: &[Summary], theirs: &[Summary]) -> Result<(), String> {
    let mut rest = theirs.to_vec();
    let mut surplus = Vec::new();
    for own in ours {
        match rest.iter().position(|other| other == own) {
            Some(place) => drop(rest.swap_remove(place)),
            None => surplus.push(own),
        }
    }
    if surplus.is_empty() && rest.is_empty() {
        return Ok(());
    }
    let lines = |list: &[&Summary]| list.iter().map(|it| format!("    {it:?}")).collect::<Vec<_>>().join("\n");
    let missing: Vec<_> = rest.iter().collect();
    Err(format!("these have no counterpart:\n{}\n  and there:\n{}", lines(&surplus), lines(&missing)))
}
