//! One alert as it was told, and what its messages truly are.

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::{Alert, AlertId};
use crate::event::Time;
use crate::judge::Severity;

use super::board::AlertBoard;
use crate::evaluate::{FAMILIES_MAX, Truth};

/// How many sources, senders and subjects are kept of an alert, to recognise it by.
const SAMPLES: usize = 3;

/// One name under which messages are told; until a record of it is heard, it may be no alert at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Records of attacks.
    pub(super) attacks: u64,
    /// Other records by family.
    pub(super) benign: BTreeMap<String, u64>,
    /// What was told; `None` while nothing was.
    pub(super) heard: Option<Heard>,
}

/// What was told under one name, or after merges under several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) tenant: String,
    pub(super) rule: &'static str,
    pub(super) title: String,
    /// The highest that it ever had.
    pub(super) severity: Severity,
    /// Event time of the first record.
    pub(super) told: Time,
    pub(super) last_seen: Time,
    /// How many times it was told.
    pub(super) records: u64,
    pub(super) is_storm: bool,
    pub(super) sources: Vec<String>,
    pub(super) senders: Vec<String>,
    pub(super) subjects: Vec<String>,
    merged_into: Option<AlertId>,
}

impl Told {
    /// Counts a record that belongs to it; whether it has been told yet.
    pub(super) fn cover(&mut self, truth: &Truth) -> bool {
        if truth.malicious {
            self.attacks += 1;
        } else if let Some(count) = self.benign.get_mut(&truth.family) {
            *count += 1;
        } else if self.benign.len() < FAMILIES_MAX {
            self.benign.insert(truth.family.clone(), 1);
        }
        self.heard.is_some()
    }

    /// Takes in a record of it.
    pub(super) fn hear(&mut self, alert: &Alert, at: Time) {
        let heard = self.heard.get_or_insert_with(|| Heard::first(alert, at));
        heard.severity = heard.severity.max(alert.severity);
        heard.last_seen = heard.last_seen.max(alert.last_seen);
        heard.records += 1;
        heard.merged_into = alert.merged_into;
        for (samples, from) in [
            (&mut heard.sources, &alert.sources),
            (&mut heard.senders, &alert.senders),
            (&mut heard.subjects, &alert.subjects),
        ] {
            *samples = from.iter().take(SAMPLES).cloned().collect();
        }
    }

    /// Whether it tells of no attack.
    pub(super) const fn is_wrong(&self) -> bool {
        self.attacks == 0
    }

    fn merge(&mut self, other: &Self) {
        self.attacks += other.attacks;
        for (family, count) in &other.benign {
            *self.benign.entry(family.clone()).or_default() += count;
        }
        match (&mut self.heard, &other.heard) {
            (Some(heard), Some(other)) => heard.merge(other),
            (heard @ None, Some(other)) => *heard = Some(other.clone()),
            (_, None) => {}
        }
    }
}

impl Heard {
    fn first(alert: &Alert, at: Time) -> Self {
        Self {
            tenant: alert.tenant.clone(),
            rule: alert.rule.as_str(),
            title: alert.title.clone(),
            severity: alert.severity,
            told: at,
            last_seen: alert.last_seen,
            records: 0,
            is_storm: alert.storm.is_some(),
            sources: Vec::new(),
            senders: Vec::new(),
            subjects: Vec::new(),
            merged_into: None,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.severity = self.severity.max(other.severity);
        self.told = self.told.min(other.told);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.records += other.records;
        self.is_storm |= other.is_storm;
    }
}

/// The alerts that a person got: those that were told, each with all that turned out to be part of it.
pub(super) struct Alerts<'b> {
    board: &'b AlertBoard,
    told: BTreeMap<AlertId, Told>,
}

impl<'b> Alerts<'b> {
    pub(super) fn of(board: &'b AlertBoard) -> Self {
        let mut alerts = Self { board, told: BTreeMap::new() };
        for (name, told) in board.alerts.iter().filter(|(_, told)| told.heard.is_some()) {
            let root = alerts.root(*name);
            alerts.told.entry(root).or_default().merge(told);
        }
        // What it is called by is what the survivor says.
        for (root, told) in &mut alerts.told {
            let survivor = board.alerts.get(root).and_then(|told| told.heard.as_ref());
            if let (Some(heard), Some(survivor)) = (&mut told.heard, survivor) {
                (heard.rule, heard.title) = (survivor.rule, survivor.title.clone());
                (heard.sources, heard.senders) = (survivor.sources.clone(), survivor.senders.clone());
                heard.subjects.clone_from(&survivor.subjects);
            }
        }
        alerts
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (AlertId, &Told, &Heard)> {
        self.told.iter().filter_map(|(id, told)| Some((*id, told, told.heard.as_ref()?)))
    }

    /// Those that stand behind some names.
    pub(super) fn behind(&self, names: &BTreeSet<AlertId>) -> Vec<(AlertId, &Told, &Heard)> {
        let is_told = |name: &&AlertId| self.board.alerts.get(name).is_some_and(|told| told.heard.is_some());
        let roots: BTreeSet<_> = names.iter().filter(is_told).map(|name| self.root(*name)).collect();
        let alert = |root: AlertId| self.told.get(&root).and_then(|told| Some((root, told, told.heard.as_ref()?)));
        roots.into_iter().filter_map(alert).collect()
    }

    /// What an alert is part of in the end.
    fn root(&self, name: AlertId) -> AlertId {
        let mut root = name;
        for _ in 0..self.board.alerts.len() {
            let heard = self.board.alerts.get(&root).and_then(|told| told.heard.as_ref());
            match heard.and_then(|heard| heard.merged_into) {
                Some(into) => root = into,
                None => break,
            }
        }
        root
    }
}
