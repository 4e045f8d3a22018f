//! Findings in the words of the people who read them.

use std::fmt::Write;

use crate::correlate::{Campaign, Finding};
use crate::judge::Tenant;

use super::{Alert, AlertId, Counts, Reason, SAMPLES_MAX, SCHEMA, State};

impl Alert {
    /// The alert record that tells a finding.
    #[must_use]
    pub fn of(finding: &Finding, tenant: &Tenant) -> Self {
        let campaign = finding.campaign();
        let rule = campaign.rule.rule();
        let weighing = campaign.weighing();
        Self {
            schema: SCHEMA.to_owned(),
            id: AlertId(campaign.id),
            seq: campaign.told.seq,
            state: state(finding),
            tenant: tenant.name.clone(),
            tenant_id: tenant.id.clone(),
            rule: campaign.rule,
            severity: weighing.severity,
            title: rule.title.to_owned(),
            summary: summary(finding),
            first_seen: campaign.first_seen,
            last_seen: campaign.last_seen,
            counts: counts(campaign),
            sources: sample(campaign.sources.iter()),
            senders: sample(campaign.senders.iter()),
            subjects: sample(campaign.subjects.iter()),
            sample_message_ids: sample(campaign.message_ids.iter()),
            evidence: campaign.earliest.2.clone(),
            severity_reasons: weighing.reasons.into_iter().map(Reason::from).collect(),
            techniques: rule.techniques.iter().map(|&technique| technique.to_owned()).collect(),
            actions: rule.actions.iter().map(|&action| action.to_owned()).collect(),
            merged_into: if let Finding::Merged(_, into) = finding { Some(AlertId(*into)) } else { None },
        }
    }
}

const fn state(finding: &Finding) -> State {
    match finding {
        Finding::Opened(_) => State::Open,
        Finding::Updated(_) => State::Updated,
        Finding::Closed(_) | Finding::Merged(..) => State::Closed,
    }
}

fn counts(campaign: &Campaign) -> Counts {
    Counts {
        messages: campaign.messages.count(),
        recipients: campaign.recipients.count(),
        delivered: campaign.delivered,
        junked: campaign.junked,
        blocked: campaign.blocked,
        clicked: 0,
    }
}

fn sample<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.take(SAMPLES_MAX).map(str::to_owned).collect()
}

/// Numbers and our own words only: what the attacker chose stands in fields, where a console treats it as data.
fn summary(finding: &Finding) -> String {
    let campaign = finding.campaign();
    let counts = counts(campaign);
    let mut text = format!(
        "{} to {} from {}.",
        plural(counts.messages, "message"),
        plural(counts.recipients, "recipient"),
        plural(campaign.networks.len() as u64, "network"),
    );
    // Writing to a String cannot fail.
    let _ = write!(text, " {} delivered, {} junked, {} blocked.", counts.delivered, counts.junked, counts.blocked);
    let others: Vec<_> =
        campaign.rules.iter().filter(|rule| rule.id != campaign.rule).map(|rule| rule.id.as_str()).collect();
    if !others.is_empty() {
        let _ = write!(text, " Also: {}.", others.join(", "));
    }
    match finding {
        Finding::Merged(_, into) => drop(write!(text, " Part of the older campaign {into}.")),
        Finding::Closed(_) => text.push_str(" The campaign is over."),
        Finding::Opened(_) | Finding::Updated(_) => {}
    }
    text
}

/// A count with its noun, which takes an s where it is more than one.
#[must_use]
pub fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
