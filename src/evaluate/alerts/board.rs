//! The tallies of a run, from which the figures are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::{Alert, AlertId, AlertRule};
use crate::event::Time;
use crate::judge::{BenignReason, Severity};

use super::attacks::Attack;
use super::told::Told;
use super::watcher::Became;
use crate::evaluate::{FAMILIES_MAX, Truth};

/// How many attacks, alerts and standing sources are followed, of each. What comes after them is left out and counted,
/// because a figure that silently leaves something out is a lie.
pub(super) const FOLLOWED_MAX: usize = 100_000;

/// The family of what comes after too many families.
const OTHERS: &str = "other families";

/// From this severity on, a person is asked for attention.
const ATTENTION: Severity = Severity::Medium;

/// What came of the records of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertBoard {
    pub(super) attacks: BTreeMap<(String, u64), Attack>,
    pub(super) alerts: BTreeMap<AlertId, Told>,
    pub(super) sources: BTreeMap<(String, String), StandingSource>,
    pub(super) families: BTreeMap<String, Rulings>,
    pub(super) left_out: u64,
}

/// How the records of a family were ruled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rulings {
    pub(super) attacks: Ruled,
    pub(super) benign: Ruled,
}

/// How records were ruled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ruled {
    pub(super) records: u64,
    pub(super) suspicious: u64,
    /// Of the suspicious, those that ask for attention.
    pub(super) attention: u64,
    pub(super) echoes: u64,
    pub(super) known: u64,
}

/// A device or service of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StandingSource {
    pub(super) family: String,
    pub(super) records: u64,
    pub(super) alerts: BTreeSet<AlertId>,
}

impl AlertBoard {
    /// Counts a record of mail, before it is ruled on.
    pub(super) fn meet(&mut self, truth: &Truth, tenant: &str, time: Time) {
        self.ruled(truth).records += 1;
        if let Some(attack) = self.attack(truth, tenant) {
            attack.meet(truth, time);
        }
        if let Some(source) = self.source(truth, tenant) {
            source.records += 1;
        }
    }

    /// Counts what became of a suspicious record.
    pub(super) fn rule(&mut self, truth: &Truth, tenant: &str, time: Time, became: Became) {
        self.ruled(truth).count(became);
        if let Became::Silenced(_) = became
            && let Some(attack) = self.attack(truth, tenant)
        {
            attack.silence();
        }
        let Became::Told(_, Some(telling)) = became else { return };
        let names = [Some(telling.campaign), telling.storm].map(|name| name.map(AlertId));
        for name in names.into_iter().flatten() {
            let is_told = self.alert(name).is_some_and(|alert| alert.cover(truth));
            if let Some(attack) = self.attack(truth, tenant) {
                attack.join(name, time, is_told);
            }
            if let Some(source) = self.source(truth, tenant) {
                source.alerts.insert(name);
            }
        }
    }

    /// Takes in an alert record that is told at this event time. What is told of settings is of no message.
    pub(super) fn hear(&mut self, alert: &Alert, at: Time) {
        if let AlertRule::Mail(_) = alert.rule
            && let Some(told) = self.alert(alert.id)
        {
            told.hear(alert, at);
        }
    }

    fn ruled(&mut self, truth: &Truth) -> &mut Ruled {
        let is_full = self.families.len() >= FAMILIES_MAX && !self.families.contains_key(&truth.family);
        let family = if is_full { OTHERS } else { &truth.family };
        if !self.families.contains_key(family) {
            self.families.insert(family.to_owned(), Rulings::default());
        }
        let rulings = self.families.entry(family.to_owned()).or_default();
        if truth.malicious { &mut rulings.attacks } else { &mut rulings.benign }
    }

    fn attack(&mut self, truth: &Truth, tenant: &str) -> Option<&mut Attack> {
        let campaign = truth.campaign.filter(|_| truth.malicious)?;
        follow(&mut self.attacks, (tenant.to_owned(), campaign), &mut self.left_out)
    }

    fn source(&mut self, truth: &Truth, tenant: &str) -> Option<&mut StandingSource> {
        let name = truth.source.clone().filter(|_| !truth.malicious)?;
        let source = follow(&mut self.sources, (tenant.to_owned(), name), &mut self.left_out)?;
        // A source may send of several families: the first by name, so that their order is nothing.
        if source.family.is_empty() || truth.family < source.family {
            source.family.clone_from(&truth.family);
        }
        Some(source)
    }

    fn alert(&mut self, name: AlertId) -> Option<&mut Told> {
        follow(&mut self.alerts, name, &mut self.left_out)
    }
}

fn follow<'m, K: Ord, V: Default>(map: &'m mut BTreeMap<K, V>, key: K, left_out: &mut u64) -> Option<&'m mut V> {
    if map.len() >= FOLLOWED_MAX && !map.contains_key(&key) {
        *left_out += 1;
        return None;
    }
    Some(map.entry(key).or_default())
}

impl Ruled {
    fn count(&mut self, became: Became) {
        match became {
            Became::Told(severity, _) => {
                self.suspicious += 1;
                self.attention += u64::from(severity >= ATTENTION);
            }
            Became::Silenced(BenignReason::Echo) => self.echoes += 1,
            Became::Silenced(_) => self.known += 1,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.suspicious += other.suspicious;
        self.attention += other.attention;
        self.echoes += other.echoes;
        self.known += other.known;
    }
}
