//! A record in the words of those who receive it.
//!
//! Each rendering is a pure function of a [`Record`], so that the same record is the same bytes in every attempt. What
//! attackers chose (subjects, addresses, display names) may neither end a frame nor begin a field in any of them: it is
//! made visible first (`text`), written as a value of a key of ours, and escaped as the format says. What is told where is
//! a table in `docs/renderings.md`, which is held against the code by `tests/render/`.
//!
//! Two numbers identify a record in each format: the alert's id, the same through its whole life, and `id-seq`, the same
//! in every attempt to deliver this record and in no other record.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod cef;
mod ecs;
mod leef;
mod line;
mod native;
mod object;
mod ocsf;
mod sentinel;
mod text;

use super::{Alert, AlertId, AlertRule, Record};
use crate::event::Time;
use crate::judge::{Evidence, Severity};

pub use sentinel::{COLUMNS, ColumnType, FIELD_BYTES_MAX};

/// Who made it, and what it is.
const PRODUCT: &str = "Postern";

/// Of this build.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest document of ECS and OCSF: a quarter of what Kafka takes as one message by default.
pub const DOCUMENT_BYTES_MAX: usize = 256 << 10;

/// The least room in which CEF and LEEF keep to their bound: that of the fields that always stay, with the longest
/// values that they can have.
pub const LINE_BYTES_MIN: usize = 400;

/// Elastic Common Schema 9: one JSON object in one line of at most [`DOCUMENT_BYTES_MAX`] bytes.
#[must_use]
pub fn ecs(record: &Record) -> String {
    ecs::render(record)
}

/// OCSF 1.8.0, one JSON object in one line of at most [`DOCUMENT_BYTES_MAX`] bytes: an alert is a Detection Finding (2004),
/// a heartbeat a Base Event (0).
#[must_use]
pub fn ocsf(record: &Record) -> String {
    ocsf::render(record)
}

/// CEF:0, without a syslog header, one line of at most `bytes_max` bytes: the longest values are cut first.
/// Below [`LINE_BYTES_MIN`] the fields that always stay may take more than there is.
#[must_use]
pub fn cef(record: &Record, bytes_max: usize) -> String {
    cef::render(record, bytes_max)
}

/// LEEF:2.0, without a syslog header, one line of at most `bytes_max` bytes: the longest values are cut first.
/// Below [`LINE_BYTES_MIN`] the fields that always stay may take more than there is.
#[must_use]
pub fn leef(record: &Record, bytes_max: usize) -> String {
    leef::render(record, bytes_max)
}

/// A row of the table `PosternAlerts_CL` in Microsoft Sentinel, whose columns are [`COLUMNS`]: one JSON object, no value
/// longer than [`FIELD_BYTES_MAX`].
#[must_use]
pub fn sentinel(record: &Record) -> String {
    sentinel::render(record)
}

/// The identity of one record of an alert's life: what a receiver may drop when it comes again.
fn record_id(record: &Record) -> String {
    match record {
        Record::Alert(alert) => format!("{}-{}", alert.id, alert.seq),
        Record::Heartbeat(heartbeat) => format!("{}-{}", heartbeat.id, heartbeat.seq),
    }
}

/// Milliseconds since the epoch.
fn millis(time: Time) -> i64 {
    time.as_micros().div_euclid(1_000)
}

/// A severity on the scale of CEF and LEEF, where 4 to 6 is medium, 7 and 8 is high, and 9 and 10 is very high.
const fn out_of_ten(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 3,
        Severity::Medium => 5,
        Severity::High => 8,
        Severity::Critical => 10,
    }
}

fn is_about_settings(alert: &Alert) -> bool {
    matches!(alert.rule, AlertRule::Posture(_))
}

/// What a heartbeat says to a person.
fn heartbeat_words(records: u64) -> String {
    format!("Postern is alive; {} told since the last heartbeat.", super::plural(records, "record"))
}

/// The facts of the earliest message, each in one phrase; those of a change by the field that was changed.
fn evidence_phrases(alert: &Alert) -> Vec<String> {
    let phrase = |it: &Evidence| {
        let what = if is_about_settings(alert) { &it.field } else { &it.fact };
        let expected = if it.expected.is_empty() { String::new() } else { format!(" (expected {})", it.expected) };
        format!("{what}: {}{expected}", it.observed)
    };
    alert.evidence.iter().map(phrase).collect()
}

/// The severity's reasons, each with its effect.
fn reason_phrases(alert: &Alert) -> Vec<String> {
    alert.severity_reasons.iter().map(|reason| format!("{} {}", reason.reason, reason.effect)).collect()
}

/// The alerts that this one names.
fn ids(alerts: &[AlertId]) -> Vec<String> {
    alerts.iter().map(ToString::to_string).collect()
}
