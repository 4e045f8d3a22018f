//! The alerts on a page of eighty columns.

use std::collections::BTreeMap;

use indicatif::HumanCount;

use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, FAINT, GOOD, PLAIN, Paint, TITLE};
use crate::cli::safe_text::{columns, safe_within};
use crate::evaluate::{AlertFigures, AlertLine, AttackFigures, AttackLine, SourceLine, Spread};

/// How many of what is not good enough are shown; `--format json` has more.
const SHOWN: usize = 5;
/// How many alerts of each.
const ALERTS_SHOWN: usize = 3;
/// The name of a family; a longer one is cut.
const FAMILY: usize = 24;

/// The page.
pub(super) fn page(figures: &AlertFigures) -> String {
    let mut page = Page::new(WIDTH);
    records(&mut page, figures);
    attacks(&mut page, figures);
    alerts(&mut page, figures);
    spared(&mut page, figures);
    families(&mut page, figures);
    innocents(&mut page, figures);
    attack_lines(&mut page, "Attacks that were not told", &figures.missed);
    attack_lines(&mut page, "Attacks told as several alerts", &figures.scattered);
    wrong(&mut page, &figures.wrong);
    restless(&mut page, &figures.restless);
    page.into_text()
}

fn records(page: &mut Page, figures: &AlertFigures) {
    let records = figures.records;
    page.line(TITLE.paint(line("Records", &count(records.attacks + records.benign))));
    page.line(line("  of attacks", &count(records.attacks)));
    page.line(line("  benign, however much they look like it", &count(records.benign)));
}

fn attacks(page: &mut Page, figures: &AlertFigures) {
    let AttackFigures { attacks, told, in_storm, alerts, seconds_to_alert } = &figures.attacks;
    page.gap();
    page.line(TITLE.paint(line("Attacks that a record reveals", &count(*attacks))));
    page.line(line("  told as alerts of their own", &count(*told)));
    page.line(line("  told in a storm only", &count(*in_storm)));
    let missed = attacks - told - in_storm;
    page.line(faulty(missed > 0).paint(line("  not told", &count(missed))));
    let recall = figures.attacks.recall();
    page.line(whole(recall.is_all()).paint(line("  told, %", &recall.to_string())));
    page.line(spread("  alerts of one attack", *alerts, &count));
    page.line(spread("  from its first message to the first alert", *seconds_to_alert, &duration));
    page.line(line("Attacks that no record reveals; not scored", &count(figures.hidden.attacks)));
}

fn alerts(page: &mut Page, figures: &AlertFigures) {
    page.gap();
    page.line(TITLE.paint(line("Alerts", &count(figures.alerts.alerts))));
    page.line(line("  of them storms", &count(figures.storms)));
    page.line(spread("  times that one is told", figures.records_per_alert, &count));
    let precision = figures.alerts.precision();
    page.line(whole(precision.is_all()).paint(line("  right: with a message of an attack, %", &precision.to_string())));
    for (severity, share) in figures.severities.iter().rev().filter(|(_, share)| share.alerts > 0) {
        let text = format!("{} of {}", count(share.right), count(share.alerts));
        page.line(line(&format!("  right at {}", severity.as_str()), &text));
    }
    let rate = |rate: Option<u64>| rate.map_or("-".to_owned(), count);
    page.line(line("  wrong from medium on, in a million benign records", &rate(figures.false_alerts_per_million)));
}

fn spared(page: &mut Page, figures: &AlertFigures) {
    let (records, silence, sources) = (figures.records, figures.silence, figures.sources);
    page.gap();
    let fired_on = records.benign_suspicious + silence.benign_echoes + silence.benign_known;
    page.line(TITLE.paint(line("Benign records that a rule fired on", &count(fired_on))));
    page.line(line("  spared as mail that came back", &count(silence.benign_echoes)));
    page.line(line("  spared as of a known source", &count(silence.benign_known)));
    page.line(line("  of severity medium or above on their own", &count(records.benign_attention)));
    let lost = silence.attacks();
    page.line(faulty(lost > 0).paint(line("Records of attacks that were spared", &count(lost))));
    page.line(line("Devices and services of the tenants", &count(sources.sources)));
    page.line(line("  with an alert", &count(sources.told)));
    page.line(faulty(sources.told_again > 0).paint(line("  with more than one", &count(sources.told_again))));
    page.line(line("  alerts of the worst", &count(sources.worst)));
}

fn families(page: &mut Page, figures: &AlertFigures) {
    if figures.families.is_empty() {
        return;
    }
    page.gap();
    page.line(TITLE.paint("Attacks by family"));
    let head = format!(
        "{:FAMILY$}{:>8}{:>8}{:>8}{:>16}{:>16}",
        "FAMILY", "ATTACKS", "TOLD", "STORM", "ALERTS  WORST", "WAIT  WORST"
    );
    page.line(FAINT.paint(head));
    for (family, it) in &figures.families {
        let text = format!(
            "{}{:>8}{:>8}{:>8}{:>9}{:>7}{:>9}{:>7}",
            name(family),
            it.attacks,
            it.told,
            it.in_storm,
            it.alerts.median,
            it.alerts.worst,
            duration(it.seconds_to_alert.median),
            duration(it.seconds_to_alert.worst),
        );
        page.line(if it.recall().is_all() { PLAIN } else { BAD }.paint(text));
    }
}

fn innocents(page: &mut Page, figures: &AlertFigures) {
    if figures.innocents.is_empty() {
        return;
    }
    page.gap();
    page.line(TITLE.paint("What accuses the innocent (+: severity medium or above)"));
    let head = format!(
        "{:FAMILY$}{:>12}{:>12}{:>16}{:>16}",
        "FAMILY", "RECORDS", "RECORDS +", "WRONG ALERTS", "WRONG ALERTS +"
    );
    page.line(FAINT.paint(head));
    for (family, it) in &figures.innocents {
        page.line(format_args!(
            "{}{:>12}{:>12}{:>16}{:>16}",
            name(family),
            count(it.records),
            count(it.attention),
            it.alerts,
            it.alerts_for_attention
        ));
    }
}

fn attack_lines(page: &mut Page, title: &str, attacks: &[AttackLine]) {
    if attacks.is_empty() {
        return;
    }
    page.gap();
    page.line(TITLE.paint(title));
    for attack in attacks.iter().take(SHOWN) {
        let first = attack.first.map(|time| time.to_string()).unwrap_or_default();
        page.line(cut(&format!(
            "{first}  {} {} of {}: {} records, {} alerts",
            attack.family, attack.campaign, attack.tenant, attack.records, attack.told
        )));
        alert_lines(page, &attack.alerts);
    }
}

fn wrong(page: &mut Page, alerts: &[AlertLine]) {
    if alerts.is_empty() {
        return;
    }
    page.gap();
    page.line(TITLE.paint("Alerts that tell of no attack, the gravest first"));
    for alert in alerts.iter().take(SHOWN) {
        page.line(cut(&format!("{}  {} at {}: {}", alert.told, alert.severity.as_str(), alert.tenant, alert.title)));
        page.line(cut(&format!("  {}", families_of(&alert.benign))));
        page.line(cut(&format!("  from {} as {}", alert.sources.join(", "), alert.senders.join(", "))));
    }
}

fn restless(page: &mut Page, sources: &[SourceLine]) {
    if sources.is_empty() {
        return;
    }
    page.gap();
    page.line(TITLE.paint("Devices and services with several alerts"));
    for source in sources.iter().take(SHOWN) {
        page.line(cut(&format!(
            "{} at {}: {}, {} records, {} alerts",
            source.source, source.tenant, source.family, source.records, source.told
        )));
        alert_lines(page, &source.alerts);
    }
}

fn alert_lines(page: &mut Page, alerts: &[AlertLine]) {
    for alert in alerts.iter().take(ALERTS_SHOWN) {
        let storm = if alert.is_storm { "storm, " } else { "" };
        page.line(cut(&format!(
            "  {}  {storm}{}, {} of attacks, {} benign, from {}",
            alert.told,
            alert.severity.as_str(),
            alert.attacks,
            alert.benign.values().sum::<u64>(),
            alert.sources.join(", ")
        )));
    }
}

fn families_of(benign: &BTreeMap<String, u64>) -> String {
    let families: Vec<_> = benign.iter().map(|(family, records)| format!("{records} {family}")).collect();
    families.join(", ")
}

/// Words, and a number in its column.
fn line(words: &str, number: &str) -> String {
    format!("{words:52}{number:>14}")
}

fn spread(words: &str, spread: Spread, show: &dyn Fn(u64) -> String) -> String {
    format!("{}, at worst {}", line(words, &show(spread.median)), show(spread.worst))
}

fn count(count: u64) -> String {
    HumanCount(count).to_string()
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// A name in its column.
fn name(family: &str) -> String {
    let name = safe_within(family, FAMILY - 1);
    let pad = FAMILY.saturating_sub(columns(&name));
    format!("{name}{:pad$}", "")
}

fn cut(text: &str) -> String {
    safe_within(text, WIDTH)
}

const fn faulty(is_faulty: bool) -> Paint {
    if is_faulty { BAD } else { GOOD }
}

const fn whole(is_whole: bool) -> Paint {
    if is_whole { GOOD } else { PLAIN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    #[test]
    fn a_duration_is_short_enough_for_its_cell() {
        let shown = [0, 119, 120, 7_199, 7_200, 1_209_600].map(duration);
        assert_eq!(shown, ["0 s", "119 s", "2 min", "119 min", "2 h", "336 h"]);
    }

    #[test]
    fn a_page_of_alerts_keeps_to_its_width_and_shows_nothing_that_a_terminal_would_obey() {
        let tricky = format!("\u{1b}[2J{}", "long-".repeat(40));
        let attack = AttackLine {
            tenant: tricky.clone(),
            campaign: 1,
            family: tricky.clone(),
            records: 1,
            silenced: 0,
            first: Some(Time::from_millis(0)),
            told: 0,
            alerts: Vec::new(),
        };
        let figures = AlertFigures {
            families: BTreeMap::from([(tricky, AttackFigures { attacks: 3, ..AttackFigures::default() })]),
            missed: vec![attack],
            ..AlertFigures::default()
        };
        let page = page(&figures);
        let plain = anstream::adapter::strip_str(&page).to_string();
        assert!(plain.lines().all(|line| columns(line) <= WIDTH), "{plain}");
        assert!(!page.contains("\u{1b}[2J"));
    }
}
