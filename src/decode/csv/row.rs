//! One row, and what of it belongs to one recipient.

use std::str::FromStr;
use std::sync::Arc;

use super::column::Column;
use super::grammar::{Field, fields};
use super::header::Header;
use super::local_time;
use crate::decode::key::Key;
use crate::decode::undecodable::{Flaw, Reason};
use crate::event::{Text, Time};

/// The fields of one row, with the header that names them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) header: Arc<Header>,
    pub(super) text: &'a str,
    fields: Vec<Field<'a>>,
}

impl<'a> Row<'a> {
    /// Reads the row; `None` where it has not as many fields as the header, because nobody knows which is which then.
    ///
    /// The same holds for a row over several lines of which a later one has separators enough for a row of its own: an
    /// unquoted writer was made to swallow rows, by one subject that opens a quote and another that closes it.
    pub(super) fn of(header: &Arc<Header>, text: &'a str) -> Option<Self> {
        let mut row = Self { header: Arc::clone(header), text, fields: Vec::with_capacity(header.fields) };
        row.fields.extend(fields(text, header.separator).take(header.fields + 1));
        (row.fields.len() == header.fields && !row.has_swallowed()).then_some(row)
    }

    fn has_swallowed(&self) -> bool {
        let separators = |line: &str| memchr::memchr_iter(self.header.separator, line.as_bytes()).count();
        let mut lines = self.text.split('\n');
        lines.next();
        lines.any(|line| separators(line) + 1 >= self.header.fields)
    }

    /// The field of a column; an empty one is as good as a missing one.
    pub(super) fn field(&self, column: Column) -> Option<Field<'a>> {
        let place = self.header.place(column)?;
        self.fields.get(place).copied().filter(|field| !field.written.trim().is_empty())
    }

    /// What stands in a column.
    pub(super) fn text(&self, column: Column) -> Option<Text<'a>> {
        self.field(column).map(Field::text)
    }

    /// What a row can do without: what cannot be parsed is not known.
    pub(super) fn parsed<T: FromStr>(&self, column: Column) -> Option<T> {
        self.text(column)?.trim().parse().ok()
    }

    /// What every row has; the key is its name where it is missing.
    pub(super) fn required(&self, column: Column, key: Key) -> Result<Text<'a>, Flaw> {
        self.text(column).ok_or(Flaw::of(Reason::MissingColumn, key))
    }

    /// A time that every row has.
    pub(super) fn required_time(&self, column: Column, key: Key) -> Result<Time, Flaw> {
        let written = local_time::rfc3339(self.required(column, key)?);
        Time::parse(&written).map_err(|_| Flaw::of(Reason::BadColumn, key))
    }

    /// Whether the column holds this word, in any case.
    pub(super) fn says(&self, column: Column, word: &str) -> bool {
        self.field(column).is_some_and(|field| field.written.trim().eq_ignore_ascii_case(word))
    }
}

/// A row as far as it is about one of its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::decode) struct Entry<'a> {
    pub(super) row: Arc<Row<'a>>,
    /// The part of the list of recipients; `None` where the report has no list, or the list is empty.
    pub(super) listed: Option<Field<'a>>,
}

impl<'a> Entry<'a> {
    /// The recipient, of a list or in a column.
    pub(super) fn recipient(&self) -> Option<Text<'a>> {
        match self.listed {
            Some(listed) => Some(listed.part(self.split(listed).0).text()),
            None => self.row.text(Column::Recipient),
        }
    }

    /// What became of the mail to this recipient, where the list tells.
    pub(super) fn listed_status(&self) -> Option<Text<'a>> {
        let listed = self.listed?;
        Some(listed.part(self.split(listed).1?).text())
    }

    /// `addr##Receive, Deliver`.
    fn split(&self, listed: Field<'a>) -> (&'a str, Option<&'a str>) {
        listed.written.split_once("##").map_or((listed.written, None), |(recipient, status)| (recipient, Some(status)))
    }
}
