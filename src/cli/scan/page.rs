//! The summary of a scan, on a page of eighty columns or as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{DecimalBytes, HumanCount};
use serde_json::json;

use super::alert_board::Headline;
use super::summary::Summary;
use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, FAINT, GOOD, PLAIN, Paint, TITLE};
use crate::cli::safe_text::safe_within;
use crate::detector::Outcome;
use crate::judge::Gap;

/// The width of the words in front of the numbers.
const WORDS: usize = 34;
const NUMBERS: usize = 14;
/// What is left of the line for the subject.
const SUBJECT: usize = 15;

/// The outcomes of mail, each broken down by reason.
const MAIL: [(Outcome, Paint); 4] =
    [(Outcome::Benign, GOOD), (Outcome::Sanctioned, GOOD), (Outcome::Unknown, PLAIN), (Outcome::Suspicious, BAD)];

/// The page for a person.
pub(super) fn table(summary: &Summary, took: Duration) -> String {
    let mut page = Page::new(WIDTH);
    records(&mut page, summary);
    untold(&mut page, summary);
    dead_letters(&mut page, summary);
    alerts(&mut page, summary);
    top(&mut page, &summary.alerts.top());
    page.line(FAINT.paint(format_args!(
        "\nRead {} in {:.1} s ({}/s).",
        DecimalBytes(summary.bytes),
        took.as_secs_f64(),
        DecimalBytes((summary.bytes as f64 / took.as_secs_f64().max(1e-3)) as u64),
    )));
    page.into_text()
}

/// The same for a program; without times, so that equal input gives equal output.
pub(super) fn json(summary: &Summary) -> String {
    let outcomes: BTreeMap<_, _> =
        Outcome::ALL.iter().map(|&outcome| (outcome.as_str(), summary.outcomes.get(outcome))).collect();
    let alerts: Vec<_> = summary.alerts.counts().into_iter().collect();
    let page = json!({
        "inputs": summary.inputs,
        "bytes": summary.bytes,
        "records": summary.outcomes.total(),
        "outcomes": outcomes,
        "verdicts": summary.verdicts.by_verdict(),
        "alerts": {
            "total": alerts.iter().map(|(_, count)| count).sum::<u64>(),
            "open": summary.alerts.open(),
            "merged": summary.alerts.merged(),
            "by_rule": alerts
                .iter()
                .map(|((rule, severity), count)| json!({ "rule": rule, "severity": severity, "alerts": count }))
                .collect::<Vec<_>>(),
            "top": summary.alerts.top(),
        },
    });
    format!("{page:#}\n")
}

fn title(page: &mut Page, words: &str, number: u64) {
    page.line(TITLE.paint(format_args!("{words:WORDS$}{:>NUMBERS$}", HumanCount(number).to_string())));
}

fn counted(page: &mut Page, indent: usize, words: &str, number: u64, paint: Paint) {
    let words = format!("{:indent$}{}", "", safe_within(words, WORDS - indent - 1));
    let paint = if number > 0 { paint } else { FAINT };
    page.line(paint.paint(format_args!("{words:WORDS$}{:>NUMBERS$}", HumanCount(number).to_string())));
}

fn records(page: &mut Page, summary: &Summary) {
    title(page, "Records", summary.outcomes.total());
    for (outcome, paint) in MAIL {
        counted(page, 2, outcome.as_str(), summary.outcomes.get(outcome), paint);
        for (reason, count) in summary.verdicts.of(outcome.as_str()) {
            counted(page, 4, reason, count, PLAIN);
        }
    }
    counted(page, 2, "links, attachments, clicks", summary.outcomes.get(Outcome::Related), PLAIN);
    counted(page, 2, "other tables", summary.outcomes.get(Outcome::OtherTable), PLAIN);
    counted(page, 2, "undecodable", summary.outcomes.get(Outcome::Undecodable), BAD);
    counted(page, 2, "of an unknown tenant", summary.outcomes.get(Outcome::UnknownTenant), BAD);
}

/// What the input would have to tell for a verdict.
fn untold(page: &mut Page, summary: &Summary) {
    let reasons = summary.verdicts.of(Outcome::Unknown.as_str());
    for gap in Gap::ALL.iter().filter(|gap| reasons.iter().any(|(reason, _)| *reason == gap.as_str())) {
        page.gap();
        page.paragraph("", &format!("{}: {}.", gap.as_str(), gap.explanation()));
    }
}

fn dead_letters(page: &mut Page, summary: &Summary) {
    let reasons = summary.verdicts.of("undecodable");
    if reasons.is_empty() {
        return;
    }
    page.gap();
    title(page, "Dead letters", reasons.iter().map(|(_, count)| count).sum());
    for (reason, count) in reasons {
        counted(page, 2, reason, count, PLAIN);
    }
}

fn alerts(page: &mut Page, summary: &Summary) {
    let counts = summary.alerts.counts();
    page.gap();
    title(page, "Alerts", counts.values().sum());
    for ((rule, severity), count) in counts.into_iter().rev() {
        counted(page, 2, &format!("{} {}", severity.as_str(), rule.as_str()), count, Paint::of(severity));
    }
    if summary.alerts.open() > 0 {
        counted(page, 2, "still open where the input ends", summary.alerts.open(), PLAIN);
    }
}

fn top(page: &mut Page, alerts: &[Headline]) {
    if alerts.is_empty() {
        return;
    }
    let header = format_args!("\n{:8} {:8} {:23} {:>6} {:15} SUBJECT", "ALERT", "SEVERITY", "RULE", "TO", "SOURCE");
    page.line(FAINT.paint(header));
    for alert in alerts {
        page.line(row(alert));
    }
}

fn row(alert: &Headline) -> String {
    let cell = |text: &Option<String>, width| safe_within(text.as_deref().unwrap_or_default(), width);
    format!(
        "{:.8} {:8} {:23} {:>6} {:15} {}",
        alert.id.to_string(),
        Paint::of(alert.severity).paint(alert.severity.as_str()),
        alert.rule.as_str(),
        alert.recipients,
        cell(&alert.source, 15),
        cell(&alert.subject, SUBJECT),
    )
}
