//! Audit records of Exchange Online, in every shape in which they are delivered.
//!
//! | shape | read by |
//! |---|---|
//! | CloudAppEvents: the record in `RawEventData`, an object (2026) or a string of JSON (2022) | [`cloud_app_event`] |
//! | the unified audit log itself; the same in Graph's `auditData`, or in `AuditData`, a string of JSON | [`audit_record`] |
//! | OfficeActivity: the record's columns under names of their own, `Parameters` a string of JSON | [`audit_record`] |
//!
//! The operation decides first, and before the rest is looked at: CloudAppEvents is a flood, and what other vendors'
//! records hold is theirs to choose. Only a record of a cmdlet that we watch is read, and then all of what is needed must
//! be readable: a change to the gate that cannot be understood is an outcome to look at, never silence.
//!
//! The cursor is the one of the other tables, for their reasons: it borrows, it takes half an emoji, and it says which
//! column was wrong. `null`, `""` and a missing column are one thing here too.

mod parameters;
mod powershell;
mod row;
mod words;

use std::fmt;

use super::undecodable::Reason;
use crate::event::{ActorKind, AuditEvent, Cmdlet, Organisation, Time};

use row::{Column, Row};

/// How many parameters a record may have. No cmdlet that we watch has more, and none takes a parameter twice.
pub const PARAMETERS_MAX: usize = 200;

/// An event; `None` where the operation is not on the watch list; a flaw where it is, and cannot be read.
pub type Decoded<'a> = Result<Option<AuditEvent<'a>>, AuditFlaw>;

/// Reads a row of CloudAppEvents: `properties` of the streaming API, or a flat row of Log Analytics.
///
/// # Errors
/// When the row is no object, does not say what was done, or says that a cmdlet we watch was run and not how.
pub fn cloud_app_event(row: &str) -> Decoded<'_> {
    let Some(cmdlet) = watched(row, Column::ActionType)? else { return Ok(None) };
    let row = Row::of(row)?;
    let record = row.written(Column::RawEventData)?.ok_or(AuditFlaw::missing(Column::RawEventData))?;
    // Where the row has no readable time, the record has one.
    let at = row.time().ok().flatten();
    let from = row.text(Column::IpAddress)?.as_deref().and_then(words::client_ip);
    nested(record, Column::RawEventData, |record| {
        let mut event = event(cmdlet, &Row::of(record)?, at)?;
        event.client_ip = event.client_ip.or(from);
        Ok(Some(event))
    })
}

/// Reads a record of the unified audit log, bare or wrapped, or a row of OfficeActivity.
///
/// # Errors
/// When the row is no object, does not say what was done, or says that a cmdlet we watch was run and not how.
pub fn audit_record(row: &str) -> Decoded<'_> {
    if Row::first(row, Column::Operation)?.is_some() && watched(row, Column::Operation)?.is_none() {
        return Ok(None);
    }
    let whole = Row::of(row)?;
    match whole.written(Column::AuditData)? {
        Some(record) => nested(record, Column::AuditData, flat_record),
        None => flat_record(row),
    }
}

/// Whether an object that says nothing of its table is an audit record: it names what was done and when, or wraps one.
#[must_use]
pub fn is_record(json: &str) -> bool {
    let has = |row: &Row<'_>, column| matches!(row.written(column), Ok(Some(_)));
    let names_both = |row: &Row<'_>| has(row, Column::Operation) && has(row, Column::Time);
    Row::of(json).is_ok_and(|row| names_both(&row) || has(&row, Column::AuditData))
}

fn flat_record(record: &str) -> Decoded<'_> {
    let Some(cmdlet) = watched(record, Column::Operation)? else { return Ok(None) };
    event(cmdlet, &Row::of(record)?, None).map(Some)
}

/// The cmdlet, where it is one that we watch; nothing behind its column is read.
fn watched(row: &str, operation: Column) -> Result<Option<Cmdlet>, AuditFlaw> {
    let written = Row::first(row, operation)?.ok_or(AuditFlaw::missing(operation))?;
    Ok(Cmdlet::parse(&row::scalar(written)))
}

/// Reads a value that is JSON, or a string of JSON, which must be copied to be read.
fn nested<'a>(written: &'a str, column: Column, read: impl for<'r> Fn(&'r str) -> Decoded<'r>) -> Decoded<'a> {
    let decoded = if written.starts_with('"') {
        read(&row::scalar(written)).map(|event| event.map(AuditEvent::into_owned))
    } else {
        read(written)
    };
    // What is wrong with all of the value is wrong with its column.
    decoded.map_err(|flaw| if flaw.column.is_none() { AuditFlaw::of(Reason::BadColumn, column) } else { flaw })
}

/// Reads a record; the row around it, where there is one, knows the time to the millisecond.
fn event<'a>(operation: Cmdlet, record: &Row<'a>, at: Option<Time>) -> Result<AuditEvent<'a>, AuditFlaw> {
    let actor = record.text(Column::UserId)?;
    let user_type = record.text(Column::UserType)?;
    let has_external_access =
        record.text(Column::ExternalAccess)?.is_some_and(|flag| flag.eq_ignore_ascii_case("true") || &*flag == "1");
    Ok(AuditEvent {
        timestamp: at.map_or_else(|| record.time()?.ok_or(AuditFlaw::missing(Column::Time)), Ok)?,
        id: record.text(Column::Id)?,
        operation,
        object: record.text(Column::ObjectId)?,
        actor_kind: ActorKind::of(actor.as_deref().unwrap_or_default(), user_type.as_deref(), has_external_access),
        actor,
        client_ip: record.text(Column::ClientIp)?.as_deref().and_then(words::client_ip),
        succeeded: record.text(Column::ResultStatus)?.as_deref().and_then(words::has_succeeded),
        organisation: Organisation {
            id: record.text(Column::OrganizationId)?,
            name: record.text(Column::OrganizationName)?,
        },
        parameters: parameters::given(record.written(Column::Parameters)?)?,
        before: parameters::before(record.written(Column::ModifiedProperties)?),
    })
}

/// Why an audit record of a watched operation, or a row that does not name its operation, could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFlaw {
    /// Why, from the set that all input shares.
    pub reason: Reason,
    /// Which column; `None` where it is the whole row.
    pub column: Option<&'static str>,
}

impl AuditFlaw {
    const fn whole(reason: Reason) -> Self {
        Self { reason, column: None }
    }

    const fn of(reason: Reason, column: Column) -> Self {
        Self { reason, column: Some(column.name()) }
    }

    const fn missing(column: Column) -> Self {
        Self::of(Reason::MissingColumn, column)
    }
}

impl fmt::Display for AuditFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "`{column}` {}", self.reason.explanation()),
            None if self.reason == Reason::NotARecord => f.write_str("this audit record is no object"),
            None => write!(f, "this audit record {}", self.reason.explanation()),
        }
    }
}
