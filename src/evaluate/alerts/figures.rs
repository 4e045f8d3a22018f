//! What the tallies come to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::judge::Severity;

use super::attacks::Attack;
use super::board::{AlertBoard, Ruled};
use super::lines::{AlertLine, AttackLine, Lines, SourceLine};
use super::told::Alerts;
use crate::evaluate::Share;

/// How good the alerts of a run are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlertFigures {
    /// What came in.
    pub records: Records,
    /// The attacks that a record reveals.
    pub attacks: AttackFigures,
    /// The same by family.
    pub families: BTreeMap<String, AttackFigures>,
    /// Attacks that no record reveals; nobody is scored on them.
    pub hidden: AttackFigures,
    /// The alerts.
    pub alerts: AlertShare,
    /// The same by the highest severity that each ever had.
    pub severities: BTreeMap<Severity, AlertShare>,
    /// Alerts that tell of a flood.
    pub storms: u64,
    /// How many records are told of one alert.
    pub records_per_alert: Spread,
    /// Wrong alerts of severity medium or above, in a million benign records, rounded up.
    pub false_alerts_per_million: Option<u64>,
    /// Benign records that ask for attention on their own, in a million of them, rounded up.
    pub false_records_per_million: Option<u64>,
    /// What wrong alerts, and benign records that ask for attention, are made of, by family.
    pub innocents: BTreeMap<String, Innocent>,
    /// Devices and services of the tenants.
    pub sources: Sources,
    /// Of what nothing was told although a rule fired.
    pub silence: Silence,
    /// What was left out because there was too much to follow.
    pub left_out: u64,
    /// Attacks that were not told.
    pub missed: Vec<AttackLine>,
    /// Attacks told as several alerts, the most first.
    pub scattered: Vec<AttackLine>,
    /// Wrong alerts, the gravest first.
    pub wrong: Vec<AlertLine>,
    /// Sources with several alerts, the most first.
    pub restless: Vec<SourceLine>,
}

/// Records by what they truly are. Here nothing is ambiguous.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Of attacks.
    pub attacks: u64,
    /// All others.
    pub benign: u64,
    /// Benign ones on which a rule fired and which the memory did not acquit.
    pub benign_suspicious: u64,
    /// Of these, those of severity medium or above.
    pub benign_attention: u64,
}

/// How attacks were told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AttackFigures {
    /// All of them.
    pub attacks: u64,
    /// Those with an alert that is not a storm's.
    pub told: u64,
    /// Those that are told in a storm only.
    pub in_storm: u64,
    /// Alerts of one attack.
    pub alerts: Spread,
    /// From the first message to the first alert, in seconds.
    pub seconds_to_alert: Spread,
}

impl AttackFigures {
    /// The attacks that were told, of all.
    #[must_use]
    pub const fn recall(&self) -> Share {
        Share { part: self.told + self.in_storm, whole: self.attacks }
    }
}

/// The middle and the worst of some numbers; of an even count the greater of the two in the middle, not to flatter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Half of them are not above it.
    pub median: u64,
    /// None is above it.
    pub worst: u64,
}

impl Spread {
    /// Of these numbers; nothing of none.
    #[must_use]
    pub fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let median = numbers.get(numbers.len() / 2).copied().unwrap_or(0);
        Self { median, worst: numbers.last().copied().unwrap_or(0) }
    }
}

/// Alerts, and those of them that tell of an attack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AlertShare {
    /// All of them.
    pub alerts: u64,
    /// Those with a message of an attack.
    pub right: u64,
}

impl AlertShare {
    /// The alerts that are right, of all.
    #[must_use]
    pub const fn precision(self) -> Share {
        Share { part: self.right, whole: self.alerts }
    }

    const fn count(&mut self, is_wrong: bool) {
        self.alerts += 1;
        self.right += !is_wrong as u64;
    }
}

/// A family that is accused for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Innocent {
    /// Its records.
    pub records: u64,
    /// Those that ask for attention on their own.
    pub attention: u64,
    /// Wrong alerts with at least one of its records.
    pub alerts: u64,
    /// Of these, those of severity medium or above.
    pub alerts_for_attention: u64,
}

/// Devices and services, and how often one of them is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sources {
    /// All that were seen.
    pub sources: u64,
    /// Those with an alert.
    pub told: u64,
    /// Those with more than one.
    pub told_again: u64,
    /// The most alerts of one.
    pub worst: u64,
}

/// Records that the memory acquitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// Benign ones that are mail of the tenant's which came back.
    pub benign_echoes: u64,
    /// Benign ones of known sources.
    pub benign_known: u64,
    /// Attacks that passed for echoes.
    pub attack_echoes: u64,
    /// Attacks that passed for known sources.
    pub attack_known: u64,
}

impl Silence {
    /// Records of attacks that passed for something honest.
    #[must_use]
    pub const fn attacks(self) -> u64 {
        self.attack_echoes + self.attack_known
    }
}

impl AlertBoard {
    /// What it all comes to.
    #[must_use]
    pub fn figures(&self) -> AlertFigures {
        let alerts = Alerts::of(self);
        let lines = Lines::new(self, &alerts);
        let (attacks, benign) = self.ruled_in_all();
        let records = Records {
            attacks: attacks.records,
            benign: benign.records,
            benign_suspicious: benign.suspicious,
            benign_attention: benign.attention,
        };
        let severities = severities(&alerts);
        let false_alerts = severities.iter().filter(|(severity, _)| **severity >= Severity::Medium);
        let false_alerts = false_alerts.map(|(_, share)| share.alerts - share.right).sum();
        AlertFigures {
            attacks: attack_figures(self.attacks.values().filter(|it| !it.is_hidden()), &alerts),
            families: self.by_family(&alerts),
            hidden: attack_figures(self.attacks.values().filter(|it| it.is_hidden()), &alerts),
            alerts: AlertShare {
                alerts: severities.values().map(|share| share.alerts).sum(),
                right: severities.values().map(|share| share.right).sum(),
            },
            severities,
            storms: alerts.all().filter(|(_, _, heard)| heard.is_storm).count() as u64,
            records_per_alert: Spread::of(alerts.all().map(|(_, _, heard)| heard.records).collect()),
            false_alerts_per_million: per_million(false_alerts, records.benign),
            false_records_per_million: per_million(records.benign_attention, records.benign),
            innocents: self.innocents(&alerts),
            sources: self.source_figures(&alerts),
            silence: Silence {
                benign_echoes: benign.echoes,
                benign_known: benign.known,
                attack_echoes: attacks.echoes,
                attack_known: attacks.known,
            },
            left_out: self.left_out,
            missed: lines.missed(),
            scattered: lines.scattered(),
            wrong: lines.wrong(),
            restless: lines.restless(),
            records,
        }
    }

    fn ruled_in_all(&self) -> (Ruled, Ruled) {
        let (mut attacks, mut benign) = (Ruled::default(), Ruled::default());
        for rulings in self.families.values() {
            attacks.add(&rulings.attacks);
            benign.add(&rulings.benign);
        }
        (attacks, benign)
    }

    fn by_family(&self, alerts: &Alerts<'_>) -> BTreeMap<String, AttackFigures> {
        let mut families: BTreeMap<&str, Vec<&Attack>> = BTreeMap::new();
        for attack in self.attacks.values().filter(|attack| !attack.is_hidden()) {
            families.entry(&attack.family).or_default().push(attack);
        }
        let figures = |attacks: Vec<&Attack>| attack_figures(attacks.into_iter(), alerts);
        families.into_iter().map(|(family, attacks)| (family.to_owned(), figures(attacks))).collect()
    }

    fn innocents(&self, alerts: &Alerts<'_>) -> BTreeMap<String, Innocent> {
        let mut innocents: BTreeMap<String, Innocent> = BTreeMap::new();
        for (family, rulings) in &self.families {
            let Ruled { records, attention, .. } = rulings.benign;
            innocents.insert(family.clone(), Innocent { records, attention, ..Innocent::default() });
        }
        for (_, told, heard) in alerts.all().filter(|(_, told, _)| told.is_wrong()) {
            for family in told.benign.keys() {
                let innocent = innocents.entry(family.clone()).or_default();
                innocent.alerts += 1;
                innocent.alerts_for_attention += u64::from(heard.severity >= Severity::Medium);
            }
        }
        innocents.retain(|_, innocent| innocent.alerts > 0 || innocent.attention > 0);
        innocents
    }

    fn source_figures(&self, alerts: &Alerts<'_>) -> Sources {
        let mut figures = Sources { sources: self.sources.len() as u64, ..Sources::default() };
        for source in self.sources.values() {
            let told = alerts.behind(&source.alerts).len() as u64;
            figures.told += u64::from(told > 0);
            figures.told_again += u64::from(told > 1);
            figures.worst = figures.worst.max(told);
        }
        figures
    }
}

fn attack_figures<'b>(attacks: impl Iterator<Item = &'b Attack>, alerts: &Alerts<'_>) -> AttackFigures {
    let (mut figures, mut counts, mut waits) = (AttackFigures::default(), Vec::new(), Vec::new());
    for attack in attacks {
        let told = alerts.behind(&attack.alerts);
        let has_own = told.iter().any(|(_, _, heard)| !heard.is_storm);
        figures.attacks += 1;
        figures.told += u64::from(has_own);
        figures.in_storm += u64::from(!has_own && !told.is_empty());
        counts.extend(Some(told.len() as u64).filter(|alerts| *alerts > 0));
        waits.extend(attack.seconds_to_alert());
    }
    (figures.alerts, figures.seconds_to_alert) = (Spread::of(counts), Spread::of(waits));
    figures
}

fn severities(alerts: &Alerts<'_>) -> BTreeMap<Severity, AlertShare> {
    let mut severities: BTreeMap<_, _> = Severity::ALL.map(|severity| (severity, AlertShare::default())).into();
    for (_, told, heard) in alerts.all() {
        severities.entry(heard.severity).or_default().count(told.is_wrong());
    }
    severities
}

fn per_million(part: u64, whole: u64) -> Option<u64> {
    let rate = (whole > 0).then(|| (u128::from(part) * 1_000_000).div_ceil(u128::from(whole)))?;
    u64::try_from(rate).ok()
}
