//! Changes that opened the gate, in the words of the people who read them.

use std::fmt::Write;

use crate::correlate::{OpenGate, Stage};
use crate::judge::Tenant;

use super::words::{owned, plural};
use super::{Alert, AlertId, AlertRule, Counts, SCHEMA};

/// The alert record that tells of a change.
pub(super) fn alert(stage: Stage, gate: &OpenGate, tenant: &Tenant) -> Alert {
    let rule = gate.rule.rule();
    Alert {
        schema: SCHEMA.to_owned(),
        id: AlertId(gate.id),
        seq: gate.seq,
        state: stage.into(),
        tenant: tenant.name.clone(),
        tenant_id: tenant.id.clone(),
        rule: AlertRule::Posture(gate.rule),
        severity: gate.severity,
        title: rule.title.to_owned(),
        summary: summary(stage, gate),
        first_seen: gate.time,
        last_seen: gate.campaigns.last().map_or(gate.time, |(last, _)| *last),
        counts: Counts::default(),
        sources: gate.client_ip.iter().cloned().collect(),
        senders: gate.actor.iter().cloned().collect(),
        recipients: Vec::new(),
        clicked_by: Vec::new(),
        subjects: Vec::new(),
        sample_message_ids: Vec::new(),
        evidence: gate.evidence.clone(),
        severity_reasons: Vec::new(),
        techniques: owned(rule.techniques.iter().copied()),
        actions: owned(rule.actions.iter().copied()),
        merged_into: None,
        link_domains: Vec::new(),
        storm: None,
        test: false,
        campaigns_since: gate.campaigns.iter().map(|(_, id)| AlertId(*id)).collect(),
    }
}

/// Numbers and our own words only, as with campaigns: who did what stands in the evidence.
fn summary(stage: Stage, gate: &OpenGate) -> String {
    let mut text = format!("The setting was changed at {}.", gate.time);
    // Writing to a String cannot fail.
    let _ = match gate.campaigns_since {
        0 => write!(text, " No campaign has been seen since."),
        count => write!(text, " {} seen since.", plural(count, "campaign")),
    };
    if let Some(note) = &gate.note {
        let _ = write!(text, " {note}");
    }
    if stage == Stage::Closed {
        text.push_str(" Nothing more is told of it.");
    }
    text
}
