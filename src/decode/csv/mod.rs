//! Comma-separated values: what a historical search, PowerShell and the portals save.
//!
//! A file says in its first line which report it is, so a row means nothing without it: [`Header`] is bound once and goes
//! with every row. From there on a row is read like any other record, by the same reader of traces.
//!
//! Nothing is shifted and nothing is guessed. A row whose fields are not those of the header is a dead letter with its
//! text; a file in which two columns claim one meaning is one dead letter as a whole.
//!
//! A row of a thousand recipients is a thousand records. Its text stands in the first of them, and its part of the list
//! in each of the others, so that keeping all of them never takes more than twice the row.

mod column;
mod connector;
mod grammar;
mod header;
mod hunting;
mod local_time;
mod report;
mod row;
mod summary;

use std::sync::Arc;

pub use header::Header;
pub(super) use row::Entry;

use super::Limits;
use super::record::{RawRecord, Shape};
use super::undecodable::{Reason, Undecodable};
use grammar::{Cut, Field, ROW_BYTES_MAX, cut};
use row::Row;

impl Header {
    /// How many bytes of a text that begins with a row are whole rows. More text never makes other rows of them.
    ///
    /// There are some, or the text is shorter than a row may be, or it is the beginning of a line that is longer.
    #[must_use]
    pub fn whole_rows(&self, text: &[u8]) -> usize {
        let mut end = 0;
        while let Some((_, taken)) = cut(&text[end..], self.separator, false) {
            end += taken;
        }
        end
    }

    /// Whether a text without a whole row is the beginning of a line that is too long to be one.
    #[must_use]
    pub const fn is_too_long(&self, text: &[u8]) -> bool {
        text.len() > ROW_BYTES_MAX
    }
}

/// Walks the rows of a file: a visit for each recipient of each.
pub(super) fn records<'a>(
    header: Header,
    text: &'a [u8],
    limits: &Limits,
    visit: &mut impl FnMut(Result<RawRecord<'a>, Undecodable<'a>>),
) {
    if let Some(name) = &header.twice {
        let detail =
            format_args!("the column `{name}` stands twice; readers differ in which they believe, so neither is");
        return visit(Err(Undecodable::new(Reason::KeyTwice, &detail, text)));
    }
    let mut rest = &text[header.length()..];
    let mut rows = Rows { header: Arc::new(header), limits, visit };
    while let Some((cut, taken)) = cut(rest, rows.header.separator, true).filter(|_| !rest.is_empty()) {
        rows.take(cut);
        rest = &rest[taken..];
    }
}

struct Rows<'s, V> {
    header: Arc<Header>,
    limits: &'s Limits,
    visit: &'s mut V,
}

impl<'a, V: FnMut(Result<RawRecord<'a>, Undecodable<'a>>)> Rows<'_, V> {
    fn take(&mut self, cut: Cut<'a>) {
        let outcome = match cut {
            Cut::Row([]) => Ok(()),
            Cut::Row(row) => self.row(row),
            Cut::Broken(line) => Err(Undecodable::new(Reason::BrokenRow, &UNCLOSED, line)),
            Cut::TooLong(line) => Err(Undecodable::whole(Reason::TooLarge, line)),
        };
        if let Err(undecodable) = outcome {
            (self.visit)(Err(undecodable));
        }
    }

    fn row(&mut self, bytes: &'a [u8]) -> Result<(), Undecodable<'a>> {
        let text = std::str::from_utf8(bytes).map_err(|error| Undecodable::new(Reason::NotUtf8, &error, bytes))?;
        let row = Row::of(&self.header, text).ok_or_else(|| Undecodable::whole(Reason::BrokenRow, bytes))?;
        let recipients = || self.header.report.recipients(&row);
        if recipients().nth(self.limits.records_max).is_some() {
            return Err(Undecodable::whole(Reason::TooManyRecords, bytes));
        }
        let recipients = self.header.report.recipients(&row);
        self.visit_each(&Arc::new(row), recipients);
        Ok(())
    }

    /// Visits each recipient, or the row alone where it lists none.
    fn visit_each(&mut self, row: &Arc<Row<'a>>, mut recipients: impl Iterator<Item = Field<'a>>) {
        let entry = |listed| Shape::Csv(Entry { row: Arc::clone(row), listed });
        (self.visit)(Ok(RawRecord::new(row.text, entry(recipients.next()))));
        for recipient in recipients {
            (self.visit)(Ok(RawRecord::new(recipient.written, entry(Some(recipient)))));
        }
    }
}

const UNCLOSED: &str = "a quote in this line is not closed, or not doubled; write values as RFC 4180 has them";
