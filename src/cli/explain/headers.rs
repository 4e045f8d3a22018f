//! The headers of a message on the page: its way, and which of its results were believed.

use std::collections::BTreeMap;

use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, FAINT, GOOD, TITLE};
use crate::cli::safe_text::{safe, safe_within};
use crate::decode::{HeaderReview, HopReview, ResultReview, StatementReview};

/// The hops and fields of one kind that are shown; honest mail has a dozen, and the rest is counted.
const SHOWN_MAX: usize = 20;

/// Writes what was believed, what was not, and why.
pub(super) fn headers(page: &mut Page, review: &HeaderReview) {
    page.gap();
    page.line(TITLE.paint("Which headers count"));
    page.paragraph("   ", ground(review));
    page.line("   Way of the message, the latest hop first:");
    listed(page, &review.hops, hop);
    if !review.results.is_empty() {
        page.line("   Results of authentication:");
        listed(page, &review.results, result);
    }
    if !review.statements.is_empty() {
        page.line("   Shown, and not believed:");
        statements(page, &review.statements);
    }
}

/// What the belief rests on.
fn ground(review: &HeaderReview) -> &'static str {
    match review.front_door() {
        Some(_) => "What stands above the front door of Exchange Online is its own. What stands below is the sender's.",
        None if review.is_internal => "No server but Microsoft's wrote here, and the sender had signed in.",
        None => {
            "There is no front door of Exchange Online in this block, so none of it can be believed. Copy all of it."
        }
    }
}

fn listed<T>(page: &mut Page, entries: &[T], write: impl Fn(&mut Page, &T)) {
    entries.iter().take(SHOWN_MAX).for_each(|entry| write(page, entry));
    if let Some(more) = entries.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        page.line(FAINT.paint(format_args!("     and {more} more")));
    }
}

fn hop(page: &mut Page, hop: &HopReview) {
    let shown = |text: &Option<String>| safe_within(text.as_deref().unwrap_or("?"), WIDTH / 2);
    let (word, paint) = match (hop.is_front_door, hop.is_believed) {
        (true, _) => ("front door", TITLE),
        (_, true) => ("believed", GOOD),
        _ => ("not believed", FAINT),
    };
    let client = format!("by {} from {} ({})", shown(&hop.by), shown(&hop.helo), shown(&hop.ip));
    page.marked(paint, &label(word), &client);
}

fn result(page: &mut Page, result: &ResultReview) {
    let (word, paint) = if result.is_believed { ("believed", GOOD) } else { ("not believed", BAD) };
    let text = format!("{}: {}", result.header, result.results);
    page.marked(paint, &label(word), &safe_within(&text, 6 * WIDTH));
    page.paragraph(&label(""), &format!("({})", result.because));
    if let Some((reason, meaning)) = result.comp_auth_reason.as_ref().zip(result.comp_auth_meaning) {
        page.paragraph(&label(""), &format!("(reason {}: {meaning})", safe(reason)));
    }
}

/// Fields with the same reason stand under it together, in the order of the block.
fn statements(page: &mut Page, statements: &[StatementReview]) {
    let mut groups: BTreeMap<usize, (&str, Vec<&StatementReview>)> = BTreeMap::new();
    for statement in statements.iter().take(SHOWN_MAX) {
        let first = statements.iter().position(|other| other.because == statement.because).unwrap_or_default();
        groups.entry(first).or_insert((statement.because, Vec::new())).1.push(statement);
    }
    for (because, group) in groups.into_values() {
        for statement in group {
            page.line(format_args!("     {}", safe_within(&told(statement), WIDTH - 5)));
        }
        page.paragraph("       ", &format!("({because})"));
    }
}

fn told(statement: &StatementReview) -> String {
    if statement.parts.is_empty() {
        return format!("{}: {}", statement.header, statement.value);
    }
    let parts: Vec<_> = statement.parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}: {}", statement.header, parts.join(" "))
}

fn label(word: &str) -> String {
    format!("     {word:12} ")
}
