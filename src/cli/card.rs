//! An alert for a person at three in the morning: what it is, whom it hit, why we think so, what to do first.

use crate::alert::{Alert, AlertRule, Reason, plural};
use crate::judge::Evidence;

use super::page::Page;
use super::paint::{FAINT, Paint, TITLE};
use super::safe_text::{safe, safe_within};

/// How many sources, senders and subjects are shown; the alert itself lists more.
const SAMPLES: usize = 3;
const LABEL: usize = 10;
const FACT: usize = 14;

/// The alert on a page of so many columns, with colours or plain. Nothing in it can steer a terminal.
#[must_use]
pub fn card(alert: &Alert, width: usize, colour: bool) -> String {
    let mut page = Page::new(width);
    head(&mut page, alert, width);
    page.gap();
    let is_about_mail = matches!(alert.rule, AlertRule::Mail(_));
    samples(&mut page, "Sources", &alert.sources, width);
    samples(&mut page, if is_about_mail { "Senders" } else { "Actor" }, &alert.senders, width);
    samples(&mut page, "Sent to", &alert.recipients, width);
    samples(&mut page, "Clicked", &alert.clicked_by, width);
    samples(&mut page, "Subjects", &alert.subjects, width);
    samples(&mut page, "Links to", &alert.link_domains, width);
    page.gap();
    evidence(&mut page, &alert.evidence, width);
    page.gap();
    page.paragraph(&label("Severity"), &reasons(alert));
    if let Some(action) = alert.actions.first() {
        page.paragraph(&label("Do first"), action);
    }
    let text = page.into_text();
    if colour { text } else { anstream::adapter::strip_str(&text).to_string() }
}

fn head(page: &mut Page, alert: &Alert, width: usize) {
    let severity = format!("{:LABEL$}", alert.severity.as_str().to_uppercase());
    let title = safe_within(&alert.title, width.saturating_sub(LABEL));
    page.line(format_args!("{}{}", Paint::of(alert.severity).paint(severity), TITLE.paint(title)));
    let tenant = safe_within(&alert.tenant, width / 3);
    page.paragraph(&label(alert.state.as_str()), &format!("{} · {tenant} · {}", alert.rule.as_str(), alert.id));
    if let Some(into) = alert.merged_into {
        page.paragraph(&label(""), &format!("now part of {into}"));
    }
    page.paragraph(&label("Seen"), &format!("{} to {}", alert.first_seen, alert.last_seen));
    let (name, text) = match alert.rule {
        AlertRule::Mail(_) => ("Reached", reached(alert)),
        AlertRule::Posture(_) => ("Since", plural(alert.campaigns_since.len() as u64, "campaign")),
    };
    page.paragraph(&label(name), &text);
    if let Some(storm) = &alert.storm {
        page.paragraph(&label("Storm"), &format!("{} told as one", plural(storm.campaigns, "campaign")));
    }
}

fn reached(alert: &Alert) -> String {
    let counts = &alert.counts;
    let removed = if counts.removed > 0 { format!("{} removed, ", counts.removed) } else { String::new() };
    format!(
        "{} with {}: {} delivered, {} junked, {} blocked, {removed}{} clicked",
        plural(counts.recipients, "recipient"),
        plural(counts.messages, "message"),
        counts.delivered,
        counts.junked,
        counts.blocked,
        counts.clicked
    )
}

fn samples(page: &mut Page, name: &str, values: &[String], width: usize) {
    let room = width.saturating_sub(LABEL);
    for (place, value) in values.iter().take(SAMPLES).enumerate() {
        let label = label(if place == 0 { name } else { "" });
        page.line(format_args!("{label}{}", safe_within(value, room)));
    }
    if values.len() > SAMPLES {
        page.line(FAINT.paint(format_args!("{:LABEL$}and {} more", "", values.len() - SAMPLES)));
    }
}

fn evidence(page: &mut Page, facts: &[Evidence], width: usize) {
    let room = width.saturating_sub(FACT + 2) / 2;
    page.line(FAINT.paint(format_args!("{:FACT$} {:room$} EXPECTED", "EVIDENCE", "OBSERVED")));
    for fact in facts {
        let observed = safe_within(&fact.observed, room);
        let pad = room - super::safe_text::columns(&observed);
        let expected = safe_within(&fact.expected, room);
        page.line(format_args!("{:FACT$} {observed}{:pad$} {expected}", safe(&fact.fact), ""));
    }
}

fn reasons(alert: &Alert) -> String {
    let reasons = alert.severity_reasons.iter().map(|Reason { reason, effect }| format!("{effect} {reason}"));
    let reasons: Vec<_> = reasons.map(|reason| reason.replace(' ', "\u{a0}")).collect();
    if reasons.is_empty() { "the rule's own".to_owned() } else { reasons.join(", ") }
}

fn label(name: &str) -> String {
    format!("{name:LABEL$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::safe_text::columns;

    fn alert() -> Alert {
        serde_json::from_str(include_str!("card_alert.json")).unwrap()
    }

    #[test]
    fn the_plain_card_is_the_published_one() {
        assert_eq!(card(&alert(), 80, false), include_str!("card.txt"));
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let coloured = card(&alert(), 80, true);
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), card(&alert(), 80, false));
    }

    #[test]
    fn whatever_an_attacker_writes_stays_in_its_line() {
        let hostile = "\u{1b}[2J\r\n\u{202e}請求書".repeat(50);
        let mut alert = alert();
        alert.evidence.iter_mut().for_each(|fact| fact.observed.clone_from(&hostile));
        for values in
            [&mut alert.sources, &mut alert.senders, &mut alert.recipients, &mut alert.clicked_by, &mut alert.subjects]
        {
            values.fill(hostile.clone());
        }
        let (shown, before) = (card(&alert, 80, false), card(&self::alert(), 80, false));
        assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']));
        assert!(shown.lines().all(|line| columns(line) <= 80), "{shown}");
        assert_eq!(shown.lines().count(), before.lines().count());
    }
}
