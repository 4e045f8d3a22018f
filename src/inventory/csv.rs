//! The inventory for a spreadsheet: RFC 4180, a header and a row for each source.
//!
//! Spreadsheets run what begins like a formula, and the sender is the attacker's to choose: an apostrophe in front of it
//! makes it text again. A spreadsheet that cuts at semicolons or tabs, as it does in half of Europe, sees beginnings where
//! we see none, and no quoting of ours keeps it from that; so what begins there is guarded as well.

use super::survey::Survey;
use super::{Counts, Form, Owner, Source};

const HEADER: &str = "tenant,tenant_id,network,sender,kind,signs,sanction,first_seen,last_seen,days,messages,aligned,\
                      sanctioned,transient,unaligned,recipients,spf,dkim,dmarc\r\n";

/// What a formula begins with; the wide forms are the same to a spreadsheet that speaks Japanese.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The form `csv`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Csv;

impl Form for Csv {
    fn open(&mut self, text: &mut String) {
        text.push_str(HEADER);
    }

    fn tenant(&mut self, _: &Owner<'_>, _: &Survey, _: &mut String) {}

    fn source(&mut self, source: &Source<'_>, text: &mut String) {
        let Source { owner, entry, assessment, .. } = source;
        let signs: Vec<_> = assessment.signs.iter().map(|sign| sign.as_str()).collect();
        let messages = &entry.messages;
        let latest = &entry.latest;
        let cells = [
            owner.name.to_owned(),
            owner.id.to_owned(),
            entry.network.to_string(),
            entry.sender.clone(),
            assessment.kind.as_str().to_owned(),
            signs.join(" "),
            assessment.sanction.unwrap_or_default().to_owned(),
            entry.first_seen.to_string(),
            entry.last_seen.to_string(),
            entry.days.count().to_string(),
            messages.total.to_string(),
            messages.aligned.to_string(),
            messages.sanctioned.to_string(),
            messages.transient.to_string(),
            messages.unaligned.to_string(),
            entry.recipients.to_string(),
            latest.spf.map_or("", |it| it.as_str()).to_owned(),
            latest.dkim.map_or("", |it| it.as_str()).to_owned(),
            latest.dmarc.map_or("", |it| it.as_str()).to_owned(),
        ];
        text.push_str(&cells.map(|cell| quoted(&guarded(&cell))).join(","));
        text.push_str("\r\n");
    }

    fn tenant_end(&mut self, _: &Counts, _: &mut String) {}

    fn close(&mut self, _: &mut String) {}
}

/// The text, such that no spreadsheet runs it and no terminal obeys it.
fn guarded(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    let mut is_beginning = true;
    for letter in cell.chars() {
        let is_break = matches!(letter, '\t' | '\r' | '\n');
        if is_beginning && (FORMULA.contains(&letter) || (is_break && text.is_empty())) {
            text.push('\'');
        }
        is_beginning = is_break || letter == ';' || (is_beginning && matches!(letter, ' ' | '"'));
        text.push(if letter.is_control() && !is_break { '\u{fffd}' } else { letter });
    }
    text
}

/// The cell in quotes, where it needs them.
fn quoted(cell: &str) -> String {
    let needs_quotes = cell.contains([',', ';', '"', '\t', '\r', '\n']) || cell.trim() != cell;
    if needs_quotes { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::Standing;
    use crate::inventory::fixtures::{entry_of, on};

    const OWNER: Owner<'_> = Owner { id: "6f0c1d7e-0000-4000-8000-000000000001", name: "contoso", tenant: None };

    fn row(sender: &str) -> String {
        let entry = entry_of("203.0.113.0/24", sender, [on(0, Standing::Unaligned)]);
        let mut survey = Survey::default();
        survey.add(&entry);
        let mut text = String::new();
        let assessment = survey.assess(&entry, None);
        let source = Source { owner: &OWNER, entry: &entry, assessment: &assessment, up_to: entry.last_seen };
        Csv.source(&source, &mut text);
        text
    }

    #[test]
    fn a_row_has_a_cell_for_each_column_and_ends_as_the_rfc_says() {
        let row = row("scanner@contoso.com");
        assert_eq!(
            row,
            "contoso,6f0c1d7e-0000-4000-8000-000000000001,203.0.113.0/24,scanner@contoso.com,under-observation,,,\
             2026-01-01T12:00:00Z,2026-01-01T12:00:00Z,1,1,0,0,0,1,1,,,\r\n"
        );
        assert_eq!(row.matches(',').count(), HEADER.matches(',').count());
    }

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        for start in ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}"] {
            let cell = guarded(&format!("{start}cmd|'/c calc'!a1@contoso.com"));
            assert_eq!(cell, format!("'{start}cmd|'/c calc'!a1@contoso.com"));
        }
        assert_eq!(guarded("a-b+c=d@contoso.com"), "a-b+c=d@contoso.com");
    }

    #[test]
    fn a_formula_hides_behind_no_separator_blank_or_quote() {
        assert_eq!(guarded("a;=b;-c"), "a;'=b;'-c");
        assert_eq!(guarded(" =b"), " '=b");
        assert_eq!(guarded("\"=b\"@contoso.com"), "\"'=b\"@contoso.com");
        assert_eq!(guarded("a\t@b"), "a\t'@b");
    }

    #[test]
    fn a_hostile_sender_stays_in_its_cell() {
        assert!(row("a\",\"b\r\nc;d@contoso.com").contains(",\"a\"\",\"\"b\r\nc;d@contoso.com\","));
        assert!(row("\u{1b}[2J@contoso.com").contains(",\u{fffd}[2J@contoso.com,"));
    }
}
