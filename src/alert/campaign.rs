//! Campaigns in the words of the people who read them.

use std::fmt::Write;

use crate::correlate::{Campaign, Kind, Stage, Storm, Top};
use crate::judge::Tenant;

use super::words::{owned, plural};
use super::{Alert, AlertId, AlertRule, Counts, Frequent, Reason, SCHEMA, StormReport};

/// How many names of each kind a storm lists.
const FREQUENT: usize = 10;

/// The alert record that tells of a campaign.
pub(super) fn alert(stage: Stage, campaign: &Campaign, tenant: &Tenant) -> Alert {
    let rule = campaign.rule.rule();
    let weighing = campaign.weighing();
    Alert {
        schema: SCHEMA.to_owned(),
        id: AlertId(campaign.id),
        seq: campaign.told.seq,
        state: stage.into(),
        tenant: tenant.name.clone(),
        tenant_id: tenant.id.clone(),
        rule: AlertRule::Mail(campaign.rule),
        severity: weighing.severity,
        title: title(campaign),
        summary: summary(stage, campaign),
        first_seen: campaign.first_seen,
        last_seen: campaign.last_seen,
        counts: counts(campaign),
        sources: owned(campaign.sources.iter()),
        senders: owned(campaign.senders.iter()),
        recipients: owned(campaign.recipient_addresses.iter()),
        clicked_by: owned(campaign.clicked_by.iter()),
        subjects: owned(campaign.subjects.iter()),
        sample_message_ids: owned(campaign.message_ids.iter()),
        evidence: campaign.earliest.2.clone(),
        severity_reasons: weighing.reasons.into_iter().map(Reason::from).collect(),
        techniques: owned(rule.techniques.iter().copied()),
        actions: owned(rule.actions.iter().copied()),
        merged_into: if let Stage::Merged(into) = stage { Some(AlertId(into)) } else { None },
        link_domains: owned(campaign.link_domains.iter()),
        storm: campaign.storm.as_ref().map(report),
        test: false,
        campaigns_since: Vec::new(),
    }
}

fn title(campaign: &Campaign) -> String {
    let title = campaign.rule.rule().title;
    match campaign.kind {
        Kind::Ordinary => title.to_owned(),
        Kind::Returns => format!("{title}: mail of yours that comes back, from where nothing proves"),
        Kind::Exercise => format!("{title}: your phishing simulation"),
        Kind::Proven => format!("{title}: it proves your name"),
        Kind::Lapses => format!("{title}: a lookup failed, of who proved your name before"),
        Kind::Storm => format!("{title}: a flood, told as one"),
    }
}

fn counts(campaign: &Campaign) -> Counts {
    Counts {
        messages: campaign.messages.count(),
        recipients: campaign.recipients.count(),
        delivered: campaign.delivered,
        junked: campaign.junked,
        blocked: campaign.blocked,
        removed: campaign.removed,
        clicked: campaign.clicks.count(),
    }
}

fn report(storm: &Storm) -> StormReport {
    let frequent = |top: &Top| {
        let most = top.most(FREQUENT).into_iter();
        most.map(|(value, messages)| Frequent { value: value.to_owned(), messages }).collect()
    };
    StormReport {
        campaigns: storm.campaigns.count(),
        networks: frequent(&storm.networks),
        senders: frequent(&storm.senders),
        subjects: frequent(&storm.subjects),
    }
}

/// Numbers and our own words only: what the attacker chose stands in fields, where a console treats it as data.
fn summary(stage: Stage, campaign: &Campaign) -> String {
    let counts = counts(campaign);
    let mut text = match &campaign.storm {
        Some(storm) => format!(
            "{} of {} that would have been alerts of their own, to {}.",
            plural(counts.messages, "message"),
            plural(storm.campaigns.count(), "campaign"),
            plural(counts.recipients, "recipient"),
        ),
        None => format!(
            "{} to {} from {}.",
            plural(counts.messages, "message"),
            plural(counts.recipients, "recipient"),
            plural(campaign.networks.len() as u64, "network"),
        ),
    };
    // Writing to a String cannot fail.
    let _ = write!(text, " {} delivered, {} junked, {} blocked.", counts.delivered, counts.junked, counts.blocked);
    if counts.removed > 0 {
        let _ = write!(text, " {} removed after delivery.", counts.removed);
    }
    if counts.clicked > 0 {
        let _ = write!(text, " {}.", plural(counts.clicked, "click"));
    }
    let others: Vec<_> =
        campaign.rules.iter().filter(|rule| rule.id != campaign.rule).map(|rule| rule.id.as_str()).collect();
    if !others.is_empty() {
        let _ = write!(text, " Also: {}.", others.join(", "));
    }
    match stage {
        Stage::Merged(into) => drop(write!(text, " Part of the older campaign {into}.")),
        Stage::Closed => text.push_str(" The campaign is over."),
        Stage::Opened | Stage::Updated => {}
    }
    text
}
