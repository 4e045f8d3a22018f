//! From what the ledger keeps to what a receiver is told.

use std::borrow::Cow;

use super::decision::Fault;
use crate::alert::{Record, render};
use crate::config::Format;
use crate::ledger::Entry;

/// The longest line of CEF or LEEF where nothing else bounds it.
const LINE_BYTES_MAX: usize = 64 << 10;

/// The record of an entry.
///
/// # Errors
/// When a newer build wrote it, or when it is damaged: it can never be told by this one.
pub(super) fn record(entry: &Entry) -> Result<Record, Fault> {
    Record::parse(&entry.body).map_err(|error| Fault::refuse(error.to_string()))
}

/// The entry in a format, in one line.
///
/// # Errors
/// As for [`record`]. The native format is told as it is kept.
pub(super) fn told(entry: &Entry, format: Format) -> Result<Cow<'_, str>, Fault> {
    let rendered = match format {
        Format::Native => return Ok(Cow::Borrowed(&entry.body)),
        Format::Ecs => render::ecs(&record(entry)?),
        Format::Ocsf => render::ocsf(&record(entry)?),
        Format::Cef => render::cef(&record(entry)?, LINE_BYTES_MAX),
        Format::Leef => render::leef(&record(entry)?, LINE_BYTES_MAX),
    };
    Ok(Cow::Owned(rendered))
}
