//! What is not good enough, one by one, so that somebody can look why.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::alert::AlertId;
use crate::event::Time;
use crate::judge::Severity;

use super::attacks::Attack;
use super::board::AlertBoard;
use super::told::{Alerts, Heard, Told};

/// How many of each kind are listed, and how many alerts of one attack.
pub const LISTED_MAX: usize = 50;

/// An attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttackLine {
    /// Whose.
    pub tenant: String,
    /// Its number.
    pub campaign: u64,
    /// What kind.
    pub family: String,
    /// Its records.
    pub records: u64,
    /// Records of which nothing was told although a rule fired.
    pub silenced: u64,
    /// Event time of the first message.
    pub first: Option<Time>,
    /// How many alerts tell of it.
    pub told: u64,
    /// Some of them.
    pub alerts: Vec<AlertLine>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertLine {
    /// The identity.
    pub id: AlertId,
    /// Whose.
    pub tenant: String,
    /// The rule.
    pub rule: &'static str,
    /// Its title.
    pub title: String,
    /// The highest that it ever had.
    pub severity: Severity,
    /// Event time of the first record.
    pub told: Time,
    /// Event time of the latest message that was told of.
    pub last_seen: Time,
    /// How many times it was told.
    pub times_told: u64,
    /// Whether it tells of a flood.
    pub is_storm: bool,
    /// Records of attacks.
    pub attacks: u64,
    /// Other records by family.
    pub benign: BTreeMap<String, u64>,
    /// Addresses it came from.
    pub sources: Vec<String>,
    /// Whom it claims to be.
    pub senders: Vec<String>,
    /// Its subjects.
    pub subjects: Vec<String>,
}

/// A device or service of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceLine {
    /// Whose.
    pub tenant: String,
    /// Its address.
    pub source: String,
    /// What kind.
    pub family: String,
    /// Its records.
    pub records: u64,
    /// How many alerts tell of it.
    pub told: u64,
    /// Some of them.
    pub alerts: Vec<AlertLine>,
}

impl AlertLine {
    fn of((id, told, heard): (AlertId, &Told, &Heard)) -> Self {
        Self {
            id,
            tenant: heard.tenant.clone(),
            rule: heard.rule,
            title: heard.title.clone(),
            severity: heard.severity,
            told: heard.told,
            last_seen: heard.last_seen,
            times_told: heard.records,
            is_storm: heard.is_storm,
            attacks: told.attacks,
            benign: told.benign.clone(),
            sources: heard.sources.clone(),
            senders: heard.senders.clone(),
            subjects: heard.subjects.clone(),
        }
    }

    /// Some alerts, the earliest first.
    fn some(mut alerts: Vec<(AlertId, &Told, &Heard)>) -> Vec<Self> {
        alerts.sort_by_key(|(id, _, heard)| (heard.told, *id));
        alerts.into_iter().take(LISTED_MAX).map(Self::of).collect()
    }
}

/// Finds what is worth listing.
pub(super) struct Lines<'b> {
    board: &'b AlertBoard,
    alerts: &'b Alerts<'b>,
}

impl<'b> Lines<'b> {
    pub(super) const fn new(board: &'b AlertBoard, alerts: &'b Alerts<'b>) -> Self {
        Self { board, alerts }
    }

    /// Attacks that were not told although a record reveals them.
    pub(super) fn missed(&self) -> Vec<AttackLine> {
        self.attacks(|told| told == 0)
    }

    /// Attacks told as several alerts.
    pub(super) fn scattered(&self) -> Vec<AttackLine> {
        self.attacks(|told| told > 1)
    }

    fn attacks(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<AttackLine> {
        let attacks = self.board.attacks.iter().filter(|(_, attack)| !attack.is_hidden());
        let attacks = attacks.map(|(name, attack)| (name, attack, self.alerts.behind(&attack.alerts)));
        let mut attacks: Vec<_> = attacks.filter(|(.., told)| is_wanted(told.len())).collect();
        attacks.sort_by_key(|(.., told)| std::cmp::Reverse(told.len()));
        let line = |((tenant, campaign), attack, told): (&(String, u64), &Attack, Vec<_>)| AttackLine {
            tenant: tenant.clone(),
            campaign: *campaign,
            family: attack.family.clone(),
            records: attack.records,
            silenced: attack.silenced,
            first: attack.first,
            told: told.len() as u64,
            alerts: AlertLine::some(told),
        };
        attacks.into_iter().take(LISTED_MAX).map(line).collect()
    }

    /// Alerts that tell of no attack, the gravest first.
    pub(super) fn wrong(&self) -> Vec<AlertLine> {
        let mut wrong: Vec<_> = self.alerts.all().filter(|(_, told, _)| told.is_wrong()).collect();
        wrong.sort_by_key(|(id, _, heard)| (std::cmp::Reverse(heard.severity), heard.told, *id));
        wrong.into_iter().take(LISTED_MAX).map(AlertLine::of).collect()
    }

    /// Sources with several alerts.
    pub(super) fn restless(&self) -> Vec<SourceLine> {
        let sources = self.board.sources.iter();
        let sources = sources.map(|(name, source)| (name, source, self.alerts.behind(&source.alerts)));
        let mut sources: Vec<_> = sources.filter(|(.., told)| told.len() > 1).collect();
        sources.sort_by_key(|(.., told)| std::cmp::Reverse(told.len()));
        let sources = sources.into_iter().take(LISTED_MAX).map(|((tenant, name), source, told)| SourceLine {
            tenant: tenant.clone(),
            source: name.clone(),
            family: source.family.clone(),
            records: source.records,
            told: told.len() as u64,
            alerts: AlertLine::some(told),
        });
        sources.collect()
    }
}
