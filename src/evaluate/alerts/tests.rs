//! What the figures are made of, on boards of a few records.

use crate::alert::{Alert, AlertId};
use crate::correlate::Telling;
use crate::event::{Fingerprint, Time};
use crate::judge::{BenignReason, Severity};

use super::board::{AlertBoard, FOLLOWED_MAX};
use super::figures::{AlertFigures, Spread};
use super::watcher::Became;
use crate::evaluate::{Share, Truth};

const TENANT: &str = "contoso";

fn name(text: &str) -> Fingerprint {
    Fingerprint::of("test", &[text.as_bytes()])
}

fn at(minute: i64) -> Time {
    Time::from_millis(minute * 60_000)
}

fn attack(campaign: u64) -> Truth {
    Truth { family: "payroll-burst".to_owned(), malicious: true, campaign: Some(campaign), ..Truth::default() }
}

fn hidden(campaign: u64) -> Truth {
    Truth { ambiguous: true, ..attack(campaign) }
}

fn printer(source: &str) -> Truth {
    let (family, source) = ("unregistered-device".to_owned(), Some(source.to_owned()));
    Truth { family, source, ambiguous: true, ..Truth::default() }
}

fn alert(id: &str, severity: Severity) -> Alert {
    let sample: Alert = serde_json::from_str(include_str!("../../cli/card_alert.json")).unwrap();
    Alert { id: AlertId(name(id)), severity, ..sample }
}

fn merged(id: &str, into: &str) -> Alert {
    Alert { merged_into: Some(AlertId(name(into))), ..alert(id, Severity::Medium) }
}

/// A board that is told what happens in the order of the machine: a record comes, alerts are told, the record is ruled.
#[derive(Default)]
struct Story(AlertBoard);

impl Story {
    fn comes(&mut self, truth: &Truth, minute: i64) -> &mut Self {
        self.0.meet(truth, TENANT, at(minute));
        self
    }

    fn joins(&mut self, truth: &Truth, minute: i64, campaign: &str, storm: Option<&str>) -> &mut Self {
        let telling = Telling { campaign: name(campaign), storm: storm.map(name) };
        self.comes(truth, minute);
        self.0.rule(truth, TENANT, at(minute), Became::Told(Severity::Medium, Some(telling)));
        self
    }

    fn is_silenced(&mut self, truth: &Truth, reason: BenignReason) -> &mut Self {
        self.comes(truth, 0);
        self.0.rule(truth, TENANT, at(0), Became::Silenced(reason));
        self
    }

    fn tells(&mut self, minute: i64, alert: &Alert) -> &mut Self {
        self.0.hear(alert, at(minute));
        self
    }

    fn figures(&self) -> AlertFigures {
        self.0.figures()
    }
}

#[test]
fn an_attack_is_told_where_one_of_its_messages_belongs_to_an_alert_that_was_told() {
    let mut story = Story::default();
    story.comes(&attack(1), 0).tells(5, &alert("a", Severity::High)).joins(&attack(1), 5, "a", None);
    story.comes(&attack(2), 0).joins(&attack(2), 1, "never told", None);
    story.comes(&hidden(3), 0);
    let figures = story.figures();
    assert_eq!(figures.attacks.recall(), Share { part: 1, whole: 2 });
    assert_eq!(figures.attacks.seconds_to_alert, Spread { median: 300, worst: 300 });
    assert_eq!((figures.hidden.attacks, figures.hidden.told), (1, 0));
    assert_eq!(figures.missed.iter().map(|line| line.campaign).collect::<Vec<_>>(), [2]);
    assert_eq!(figures.alerts.precision(), Share { part: 1, whole: 1 });
}

#[test]
fn what_is_told_in_a_storm_is_told_and_counted_apart() {
    let storm = Alert { storm: story_of_a_flood(), ..alert("storm", Severity::Medium) };
    let mut story = Story::default();
    story.tells(0, &storm).joins(&attack(1), 0, "a", Some("storm")).joins(&attack(2), 1, "b", Some("storm"));
    story.tells(9, &alert("b", Severity::High)).joins(&attack(2), 9, "b", None);
    let figures = story.figures();
    assert_eq!((figures.attacks.told, figures.attacks.in_storm, figures.storms), (1, 1, 1));
    assert_eq!(figures.attacks.alerts, Spread { median: 2, worst: 2 });
}

fn story_of_a_flood() -> Option<crate::alert::StormReport> {
    let (networks, senders, subjects) = (Vec::new(), Vec::new(), Vec::new());
    Some(crate::alert::StormReport { campaigns: 2, networks, senders, subjects })
}

#[test]
fn alerts_that_turn_out_to_be_one_count_as_one_with_all_that_they_were() {
    let mut story = Story::default();
    story.tells(0, &alert("old", Severity::Low)).joins(&attack(1), 0, "old", None);
    story.tells(1, &alert("young", Severity::Critical)).joins(&attack(1), 1, "young", None);
    story.tells(2, &alert("other", Severity::Low)).joins(&attack(1), 2, "other", None);
    assert_eq!(story.figures().attacks.alerts.worst, 3);
    story.tells(3, &merged("young", "old")).tells(3, &merged("other", "young"));
    let figures = story.figures();
    assert_eq!((figures.attacks.alerts.worst, figures.alerts.alerts), (1, 1));
    assert_eq!(figures.severities[&Severity::Critical].alerts, 1);
    assert_eq!(figures.records_per_alert.worst, 5);
    assert!(figures.scattered.is_empty());
}

#[test]
fn an_alert_without_an_attack_is_wrong_at_the_highest_severity_that_it_had() {
    let mut story = Story::default();
    story.tells(0, &alert("a", Severity::Medium)).joins(&printer("ups"), 0, "a", None);
    story.tells(1, &alert("a", Severity::Low)).joins(&printer("ups"), 1, "a", None);
    story.tells(2, &alert("b", Severity::Low)).joins(&printer("nas"), 2, "b", None);
    story.tells(3, &alert("c", Severity::High)).joins(&attack(1), 3, "c", None).joins(&printer("nas"), 3, "c", None);
    let figures = story.figures();
    assert_eq!(figures.alerts.precision(), Share { part: 1, whole: 3 });
    assert_eq!(figures.severities[&Severity::Medium].precision(), Share { part: 0, whole: 1 });
    assert_eq!(figures.false_alerts_per_million, Some(250_000));
    assert_eq!(figures.false_records_per_million, Some(1_000_000));
    let innocent = figures.innocents["unregistered-device"];
    assert_eq!((innocent.records, innocent.alerts, innocent.alerts_for_attention), (4, 2, 1));
    assert_eq!(figures.wrong.iter().map(|line| line.severity).collect::<Vec<_>>(), [Severity::Medium, Severity::Low]);
    assert_eq!((figures.sources.sources, figures.sources.told, figures.sources.told_again), (2, 2, 1));
    assert_eq!(figures.restless[0].source, "nas");
}

#[test]
fn who_is_spared_is_counted_with_the_reason_and_so_is_an_attack_that_should_not_have_been() {
    let mut story = Story::default();
    story.is_silenced(&printer("ups"), BenignReason::KnownSource).is_silenced(&printer("ups"), BenignReason::Echo);
    story.is_silenced(&attack(1), BenignReason::KnownSource);
    let figures = story.figures();
    assert_eq!((figures.silence.benign_echoes, figures.silence.benign_known), (1, 1));
    assert_eq!((figures.silence.attacks(), figures.missed[0].silenced), (1, 1));
}

#[test]
fn of_an_even_count_the_middle_is_the_greater_one() {
    assert_eq!(Spread::of(vec![4, 1, 2, 1]), Spread { median: 2, worst: 4 });
    assert_eq!(Spread::of(Vec::new()), Spread::default());
}

#[test]
fn a_change_of_settings_is_not_an_alert_about_messages() {
    let mut story = Story::default();
    let rule = serde_json::from_str(r#""spoof-allowed""#).unwrap();
    story.tells(0, &Alert { rule, ..alert("gate", Severity::High) });
    assert_eq!(story.figures().alerts.alerts, 0);
}

#[test]
fn what_is_too_much_to_follow_is_counted() {
    let mut story = Story::default();
    for campaign in 0..FOLLOWED_MAX as u64 + 3 {
        story.comes(&attack(campaign), 0);
    }
    assert_eq!(story.figures().left_out, 3);
}
