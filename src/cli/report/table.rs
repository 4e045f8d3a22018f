//! The inventory on pages of eighty columns: for each tenant, the busiest sources of each kind.
//!
//! The busiest of each kind and not of all, because the three messages of an attacker would never be among them.

use std::collections::BTreeMap;

use indicatif::HumanCount;

use crate::alert::plural;
use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, DOUBTFUL, FAINT, GOOD, Paint, TITLE};
use crate::cli::safe_text::{columns, safe_within};
use crate::event::Time;
use crate::inventory::{Counts, Entry, Form, Kind, Owner, Sign, Source, Survey, date};

/// How many sources of a kind are shown.
const SHOWN: usize = 10;

/// The widths of the columns, which with a blank between them fill the page.
const SENDER: usize = 39;
const DAYS: usize = 4;
const MESSAGES: usize = 10;
const RECIPIENTS: usize = 9;

/// The form `text`.
pub(super) struct Table {
    has_styles: bool,
    has_tenant: bool,
    head: String,
    /// Of each kind at most [`SHOWN`], the busiest first; where two are as busy, as they came.
    busiest: BTreeMap<Kind, Vec<Row>>,
}

/// A source as it is shown.
struct Row {
    messages: u64,
    text: String,
}

impl Table {
    /// A table, with styles where somebody may see them.
    pub(super) const fn new(has_styles: bool) -> Self {
        Self { has_styles, has_tenant: false, head: String::new(), busiest: BTreeMap::new() }
    }

    fn add(&self, page: &str, text: &mut String) {
        if self.has_styles {
            text.push_str(page);
        } else {
            text.push_str(&anstream::adapter::strip_str(page).to_string());
        }
    }
}

impl Form for Table {
    fn open(&mut self, _: &mut String) {}

    fn tenant(&mut self, owner: &Owner<'_>, survey: &Survey, _: &mut String) {
        let up_to = survey.up_to().map(|up_to| format!(", up to {}", date(up_to))).unwrap_or_default();
        let name = safe_within(owner.name, WIDTH / 2);
        self.head = format!("{}{up_to}", TITLE.paint(name));
    }

    fn source(&mut self, source: &Source<'_>, _: &mut String) {
        let rows = self.busiest.entry(source.assessment.kind).or_default();
        let place = rows.partition_point(|row| row.messages >= source.entry.messages.total);
        if place < SHOWN {
            rows.insert(place, Row::of(source));
            rows.truncate(SHOWN);
        }
    }

    fn tenant_end(&mut self, counts: &Counts, text: &mut String) {
        let mut page = Page::new(WIDTH);
        if std::mem::replace(&mut self.has_tenant, true) {
            page.gap();
        }
        page.line(format_args!("{}: {}", self.head, plural(counts.values().sum(), "source")));
        if !self.busiest.is_empty() {
            page.gap();
            page.line(FAINT.paint(header()));
        }
        for (kind, rows) in std::mem::take(&mut self.busiest) {
            section(&mut page, kind, &rows, counts.get(&kind).copied().unwrap_or(0));
        }
        self.add(&page.into_text(), text);
    }

    fn close(&mut self, text: &mut String) {
        if !self.has_tenant {
            text.push_str("Nothing has come through Direct Send in the name of a tenant yet.\n");
        }
    }
}

fn header() -> String {
    format!(
        "{:SENDER$} {:14} {:>DAYS$} {:>MESSAGES$} {:>RECIPIENTS$}",
        "SENDER", "LAST 14 DAYS", "DAYS", "MESSAGES", "TO"
    )
}

fn section(page: &mut Page, kind: Kind, rows: &[Row], count: u64) {
    page.gap();
    let title = format!("{} {}: ", HumanCount(count), kind.as_str());
    page.marked(paint(kind), &title, kind.meaning());
    rows.iter().for_each(|row| page.line(row.text.trim_end()));
    let more = count.saturating_sub(rows.len() as u64);
    if more > 0 {
        page.line(FAINT.paint(format_args!("and {} more; --format csv lists them all", HumanCount(more))));
    }
}

const fn paint(kind: Kind) -> Paint {
    match kind {
        Kind::Suspicious => BAD,
        Kind::UnderObservation | Kind::Device => DOUBTFUL,
        Kind::Aligned | Kind::Sanctioned => GOOD,
    }
}

impl Row {
    fn of(source: &Source<'_>) -> Self {
        let Source { entry, assessment, up_to, .. } = source;
        let mut page = Page::new(WIDTH);
        page.line(numbers(entry, *up_to, paint(assessment.kind)));
        page.paragraph("  ", &facts(source).join("; "));
        Self { messages: entry.messages.total, text: page.into_text() }
    }
}

/// The line that is read down: who, when, how much.
fn numbers(entry: &Entry, up_to: Time, paint: Paint) -> String {
    let sender = safe_within(&entry.sender, SENDER);
    let pad = SENDER.saturating_sub(columns(&sender));
    let days: String = entry.recent_days(up_to).map(|(_, was_seen)| if was_seen { '●' } else { '·' }).collect();
    format!(
        "{sender}{:pad$} {} {:>DAYS$} {:>MESSAGES$} {:>RECIPIENTS$}",
        "",
        paint.paint(days),
        entry.days.count(),
        short(entry.messages.total, MESSAGES),
        short(entry.recipients, RECIPIENTS),
    )
}

/// The number, in millions where there is no room for all of it.
fn short(number: u64, width: usize) -> String {
    let whole = HumanCount(number).to_string();
    if whole.len() > width { format!("{} M", HumanCount(number / 1_000_000)) } else { whole }
}

/// The line that is read across.
fn facts(source: &Source<'_>) -> Vec<String> {
    let Source { entry, assessment, .. } = source;
    let mut facts = vec![format!("{} since {}", entry.network, date(entry.first_seen)), standings(entry)];
    facts.extend(results(entry));
    facts.extend(assessment.sanction.map(|name| format!("sanction \"{}\"", safe_within(name, WIDTH / 2))));
    facts.extend(assessment.signs.iter().map(|sign| in_words(*sign).to_owned()));
    facts
}

fn standings(entry: &Entry) -> String {
    let messages = &entry.messages;
    let counts = [
        (messages.aligned, "aligned"),
        (messages.sanctioned, "sanctioned"),
        (messages.transient, "transient"),
        (messages.unaligned, "unaligned"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    told.map(|(count, word)| format!("{}\u{a0}{word}", HumanCount(*count))).collect::<Vec<_>>().join(", ")
}

/// The latest results, where any were told.
fn results(entry: &Entry) -> Option<String> {
    let latest = &entry.latest;
    let told = [
        latest.spf.map(|it| format!("SPF\u{a0}{}", it.as_str())),
        latest.dkim.map(|it| format!("DKIM\u{a0}{}", it.as_str())),
        latest.dmarc.map(|it| format!("DMARC\u{a0}{}", it.as_str())),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| format!("last {}", told.join(", ")))
}

const fn in_words(sign: Sign) -> &'static str {
    match sign {
        Sign::Personal => "to its own sender, or as a protected person",
        Sign::SeveralIdentities => "others speak without proof at its network",
        Sign::BrokeRhythm => "a burst above all days before it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::Standing;
    use crate::inventory::{entry_of, on};

    const OWNER: Owner<'_> = Owner { id: "6f0c1d7e", name: "con\u{1b}[2Jtoso", tenant: None };

    fn entry(sender: &str, messages: i64) -> Entry {
        entry_of("203.0.113.0/24", sender, (0..messages).map(|message| on(message % 5, Standing::Aligned)))
    }

    fn table(entries: &[Entry], has_styles: bool) -> String {
        let (mut form, mut text, mut survey) = (Table::new(has_styles), String::new(), Survey::default());
        entries.iter().for_each(|entry| survey.add(entry));
        form.open(&mut text);
        form.tenant(&OWNER, &survey, &mut text);
        for entry in entries {
            let (assessment, up_to) = (survey.assess(entry, None), survey.up_to().unwrap());
            form.source(&Source { owner: &OWNER, entry, assessment: &assessment, up_to }, &mut text);
        }
        form.tenant_end(&[(Kind::Aligned, entries.len() as u64)].into(), &mut text);
        form.close(&mut text);
        text
    }

    #[test]
    fn the_busiest_are_shown_and_the_rest_is_counted() {
        let entries: Vec<_> = (1..=30).map(|messages| entry(&format!("{messages:02}@contoso.com"), messages)).collect();
        let page = table(&entries, false);
        let shown: Vec<_> = page.lines().filter_map(|line| line.split_once("@contoso.com")).map(|it| it.0).collect();
        assert_eq!(shown, ["30", "29", "28", "27", "26", "25", "24", "23", "22", "21"]);
        assert!(page.ends_with("and 20 more; --format csv lists them all\n"), "{page}");
    }

    #[test]
    fn whatever_a_sender_writes_stays_in_its_line() {
        let hostile = ["\u{1b}[2J\r\n\u{202e}請求書".repeat(50), "\u{9b}31m@contoso.com".to_owned()];
        let entries = hostile.map(|sender| entry(&sender, 3));
        let page = table(&entries, false);
        assert!(!page.contains(['\u{1b}', '\r', '\u{202e}', '\u{9b}']), "{page:?}");
        assert!(page.lines().all(|line| columns(line) <= WIDTH), "{page}");
        assert_eq!(page.lines().count(), 9, "{page}");
    }

    #[test]
    fn styles_change_nothing_but_styles() {
        let entries = [entry("scanner@contoso.com", 7)];
        let (styled, plain) = (table(&entries, true), table(&entries, false));
        assert!(styled.contains('\u{1b}') && !plain.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&styled).to_string(), plain);
    }

    #[test]
    fn a_number_keeps_to_its_column() {
        assert_eq!(short(9_999_999, RECIPIENTS), "9,999,999");
        assert_eq!(short(12_345_678, RECIPIENTS), "12 M");
    }
}
