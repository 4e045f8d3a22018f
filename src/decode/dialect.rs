//! How a record is written, told by what it contains and never by where it came from: topics are renamed, files are
//! copied, and one stream may carry several forms.

use super::audit;
use super::columns::Columns;
use super::key::Key;
use super::members::Members;
use super::table::Table;
use super::trace_json::Trace;
use super::undecodable::{Flaw, Reason};
use crate::event::Text;

/// The ways to write a record as JSON.
#[expect(clippy::large_enum_variant, reason = "it lives for the length of one call")]
pub(super) enum Dialect<'a> {
    /// The streaming API: `category` names the table, `properties` holds the row.
    Streamed(Text<'a>),
    /// Log Analytics: a flat row, and `Type` names the table.
    Exported(Text<'a>),
    /// A query's reply: a flat row of the columns that the query took.
    Queried(Table),
    /// The message trace.
    Traced(Trace<'a>),
    /// The unified audit log, bare or wrapped.
    Audited,
}

impl<'a> Dialect<'a> {
    /// Recognises a record. Where two fit, the more explicit one wins: a name before columns.
    pub(super) fn of(json: &'a str, members: &Members<'a>, columns: Columns) -> Result<Self, Flaw> {
        if columns == Columns::Twice {
            return Err(Flaw { reason: Reason::KeyTwice, key: "schema" });
        }
        if let Some(category) = members.text(Key::Category)? {
            return Ok(Self::Streamed(category));
        }
        let name = if members.has(Key::Properties) { None } else { members.text(Key::TableName)? };
        name.map(Self::Exported)
            .or_else(|| columns.table(members).map(Self::Queried))
            .or_else(|| Trace::of(json).map(Self::Traced))
            .or_else(|| audit::is_record(json).then_some(Self::Audited))
            .ok_or(Flaw::of(Reason::NoCategory, Key::Category))
    }
}
