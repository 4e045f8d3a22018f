//! The story of a record on a page of eighty columns.

use super::headers::headers;
use super::story::{Judged, Question, RuleStory, Story};
use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, FAINT, GOOD, PLAIN, Paint, TITLE};
use crate::cli::safe_text::{columns, safe, safe_within};
use crate::judge::Evidence;

const FACT: usize = 13;
const OBSERVED: usize = 32;
const FIELD: usize = 30;

/// The page.
pub(super) fn page(story: &Story) -> String {
    let mut page = Page::new(WIDTH);
    match story {
        Story::Judged(judged) => self::judged(&mut page, judged),
        Story::NotMail { record, detail } => {
            page.paragraph(&format!("Record {record} is "), &safe(detail));
        }
        Story::Unreadable { record, reason, detail, begins } => {
            page.line(format_args!("{} {reason}", BAD.paint("undecodable")));
            page.paragraph(&format!("Record {record}: "), &safe(detail));
            page.paragraph("It begins: ", &safe_within(begins, 2 * WIDTH));
        }
    }
    page.into_text()
}

fn judged(page: &mut Page, judged: &Judged) {
    head(page, judged);
    for (number, question) in (1..).zip(&judged.questions) {
        page.gap();
        self::question(page, number, question);
    }
    judged.headers.iter().for_each(|review| headers(page, review));
    page.gap();
    page.line(TITLE.paint("Rules"));
    judged.rules.iter().for_each(|it| rule(page, it));
    severity(page, judged);
    if !judged.actions.is_empty() {
        page.gap();
        page.line(TITLE.paint("What to do"));
        for (number, action) in (1..).zip(judged.actions) {
            page.paragraph(&format!("  {number}. "), action);
        }
    }
}

fn head(page: &mut Page, judged: &Judged) {
    let why = judged.reason.as_deref().map(|reason| safe_within(reason, WIDTH / 2)).unwrap_or_default();
    match judged.severity {
        Some(severity) => {
            let verdict = format!("{}, {}", judged.verdict, severity.as_str());
            page.line(Paint::of(severity).paint(verdict));
        }
        None => {
            let paint = if judged.verdict == "unknown" { PLAIN } else { GOOD };
            page.line(format_args!("{}: {why}", paint.paint(judged.verdict)));
        }
    }
    judged.missing.iter().for_each(|missing| page.paragraph("Missing    ", missing));
    let shown = |text: &str| safe_within(text, WIDTH - 11);
    page.line(format_args!("{:11}{}", "Record", judged.record));
    page.line(format_args!("{:11}{}", "Tenant", shown(&judged.tenant)));
    page.line(format_args!("{:11}{}", "Time", judged.timestamp));
    page.line(format_args!("{:11}{}", "Message", shown(or_none(&judged.network_message_id))));
    page.line(format_args!("{:11}{}", "Recipient", shown(or_none(&judged.recipient))));
    page.line(format_args!("{:11}{}", "Subject", shown(judged.subject.as_deref().unwrap_or("none"))));
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn question(page: &mut Page, number: u32, question: &Question) {
    page.line(TITLE.paint(format_args!("{number}. {}", question.question)));
    page.line(format_args!("   {}", safe_within(&question.answer, WIDTH - 3)));
    question.facts.iter().for_each(|it| fact(page, it));
}

/// What was observed, with the field beside it, or below where there is no room.
fn fact(page: &mut Page, fact: &Evidence) {
    let label = format!("   {:FACT$} ", fact.fact);
    let field = safe_within(&fact.field, FIELD);
    let observed = safe_within(&fact.observed, 4 * WIDTH);
    match OBSERVED.checked_sub(columns(&observed)) {
        Some(pad) => page.line(format_args!("{label}{observed}{:pad$} {}", "", FAINT.paint(field))),
        None => {
            page.paragraph(&label, &observed);
            page.line(format_args!("{:1$}{2}", "", columns(&label) + OBSERVED + 1, FAINT.paint(field)));
        }
    }
}

fn rule(page: &mut Page, story: &RuleStory) {
    let name = story.rule.as_str();
    match story.fires {
        Some(true) => page.line(format_args!("  {name} {}", Paint::of(story.severity).paint("fires"))),
        Some(false) => page.line(format_args!("  {name} {}", FAINT.paint("does not fire"))),
        None => page.line(format_args!("  {name} cannot be decided")),
    }
    for condition in &story.conditions {
        let answer = match condition.answer {
            Some(true) => "    yes  ",
            Some(false) => "    no   ",
            None => "    ?    ",
        };
        page.paragraph(answer, condition.question);
    }
}

fn severity(page: &mut Page, judged: &Judged) {
    let Some(severity) = judged.severity else { return };
    page.gap();
    let own =
        judged.rules.iter().filter(|rule| rule.fires == Some(true)).map(|rule| rule.severity).max().unwrap_or(severity);
    page.line(format_args!("{} {}", TITLE.paint("Severity"), Paint::of(severity).paint(severity.as_str())));
    page.line(format_args!("  {:>6}  by the rule alone", own.as_str()));
    for reason in &judged.severity_reasons {
        page.line(format_args!("  {:>6}  {}", reason.effect, reason.reason));
    }
}
