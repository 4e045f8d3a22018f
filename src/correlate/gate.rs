//! Changes that opened the gate, and what came through since.
//!
//! The change itself is told at once. That it was used is worth more than that it was made, so for a week every campaign
//! that begins after it is named in its alert.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Span, Time};
use crate::judge::posture::{PostureFinding, PostureRuleId};
use crate::judge::{Evidence, Severity};

/// How long campaigns are named, in event time.
const WATCHED: Span = Span::hours(7 * 24);

/// Campaigns that are named; how many there were is counted beside.
const CAMPAIGNS_MAX: usize = 20;

/// A change that opened the gate, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGate {
    /// The identity.
    pub id: Fingerprint,
    /// The rule that it breaks.
    pub rule: PostureRuleId,
    /// How soon somebody should look.
    pub severity: Severity,
    /// When it was done.
    pub time: Time,
    /// Who did it.
    pub actor: Option<String>,
    /// From where.
    pub client_ip: Option<String>,
    /// What was done, to what, from what to what.
    pub evidence: Vec<Evidence>,
    /// What the reader must know beside the values.
    pub note: Option<String>,
    /// The first campaigns that were told since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub campaigns: BTreeSet<(Time, Fingerprint)>,
    /// How many there were.
    #[serde(default)]
    pub campaigns_since: u64,
    /// Records told so far.
    pub seq: u32,
}

impl OpenGate {
    fn of(finding: &PostureFinding, tenant: Fingerprint) -> Self {
        Self {
            id: id_of(finding, tenant),
            rule: finding.rule,
            severity: finding.severity,
            time: finding.time,
            actor: finding.actor.clone(),
            client_ip: finding.client_ip.map(|address| address.to_string()),
            evidence: evidence(finding),
            note: finding.note.map(str::to_owned),
            campaigns: BTreeSet::new(),
            campaigns_since: 0,
            seq: 1,
        }
    }
}

/// Named by the audit record, which every repeat and every table has again; where it has no name, by all that it says.
fn id_of(finding: &PostureFinding, tenant: Fingerprint) -> Fingerprint {
    let rule = finding.rule.as_str().as_bytes();
    match &finding.record_id {
        Some(record) => Fingerprint::of("postern gate", &[tenant.as_bytes(), rule, record.as_bytes()]),
        None => {
            let said = evidence(finding).into_iter().map(|it| it.observed).collect::<Vec<_>>().join("\n");
            let time = finding.time.to_string();
            let parts = [tenant.as_bytes(), rule, time.as_bytes(), said.as_bytes()];
            Fingerprint::of("postern unnamed gate", &parts)
        }
    }
}

fn evidence(finding: &PostureFinding) -> Vec<Evidence> {
    let fact = |fact: &str, observed: &str, expected: &str, field: &str| Evidence {
        fact: fact.to_owned(),
        observed: observed.to_owned(),
        expected: expected.to_owned(),
        field: field.to_owned(),
    };
    let mut facts = vec![fact("operation", finding.operation.as_str(), "a change that was planned", "Operation")];
    facts.extend(finding.object.as_deref().map(|object| fact("object", object, "", "ObjectId")));
    facts.extend(finding.actor.as_deref().map(|actor| fact("actor", actor, "an administrator on duty", "UserId")));
    let address = finding.client_ip.map(|address| address.to_string());
    facts.extend(address.as_deref().map(|address| fact("client-ip", address, "a network of yours", "ClientIP")));
    facts.extend(finding.changes.iter().map(|change| {
        let before = change.from.as_deref().unwrap_or("not told");
        fact("changed-to", &change.to, before, &format!("Parameters.{}", change.parameter))
    }));
    facts
}

/// The changes of one tenant that are watched.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates {
    entries: BTreeMap<Fingerprint, OpenGate>,
    by_time: BTreeSet<(Time, Fingerprint)>,
}

impl Gates {
    /// Takes in a change; returns what is to be told, which is nothing where it is known.
    pub(super) fn open(&mut self, finding: &PostureFinding, tenant: Fingerprint) -> Option<OpenGate> {
        let gate = OpenGate::of(finding, tenant);
        if self.entries.contains_key(&gate.id) {
            return None;
        }
        self.restore(gate.clone());
        Some(gate)
    }

    /// Notes a campaign that was told; returns what is to be told of the changes before it.
    pub(super) fn note(&mut self, campaign: Fingerprint, begins: Time) -> (Vec<Fingerprint>, Vec<OpenGate>) {
        let (mut touched, mut told) = (Vec::new(), Vec::new());
        for gate in self.entries.values_mut().filter(|gate| gate.time <= begins && begins < gate.time + WATCHED) {
            gate.campaigns_since += 1;
            gate.campaigns.insert((begins, campaign));
            if gate.campaigns.len() > CAMPAIGNS_MAX {
                gate.campaigns.pop_last();
            }
            if gate.campaigns_since.ilog10() > (gate.campaigns_since - 1).checked_ilog10().unwrap_or(0)
                || gate.campaigns_since == 1
            {
                gate.seq = gate.seq.saturating_add(1);
                told.push(gate.clone());
            }
            touched.push(gate.id);
        }
        (touched, told)
    }

    /// Closes and returns the oldest change, where it has been watched for long enough or there are too many.
    pub(super) fn close_one(&mut self, watermark: Time, gates_max: usize) -> Option<OpenGate> {
        let (time, id) = self.by_time.first().copied()?;
        if self.entries.len() <= gates_max && time + WATCHED > watermark {
            return None;
        }
        self.by_time.remove(&(time, id));
        let mut gate = self.entries.remove(&id)?;
        gate.seq = gate.seq.saturating_add(1);
        Some(gate)
    }

    /// Puts a change back as it was stored.
    pub(super) fn restore(&mut self, gate: OpenGate) {
        self.by_time.insert((gate.time, gate.id));
        self.entries.insert(gate.id, gate);
    }

    /// The change with this identity.
    pub(super) fn get(&self, id: Fingerprint) -> Option<&OpenGate> {
        self.entries.get(&id)
    }

    /// How many are watched.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
