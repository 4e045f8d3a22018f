//! What a restart needs, and what sinks read.

use std::ops::ControlFlow;

use base64::prelude::{BASE64_STANDARD, Engine};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, params};
use serde::Serialize;

use super::{integer, table};
use crate::detector::{DeadLetter, StateChange};
use crate::event::Time;
use crate::ledger::{Cursor, Entry, LedgerId, Position, Pulse, ReadLimit, Sequences, Snapshot, Stream};

/// Which ledger this is.
pub(super) fn id(sql: &Connection) -> Result<LedgerId> {
    let text: String = sql.query_row("SELECT id FROM identity", [], |row| row.get(0))?;
    text.parse().map_err(|error| Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

/// What a restart needs beside the state, as of one moment, in the order of the primary keys.
pub(super) fn snapshot(connection: &mut Connection) -> Result<Snapshot> {
    let sql = connection.transaction()?;
    Ok(Snapshot {
        positions: rows(&sql, "SELECT source, topic, partition, next_offset FROM position ORDER BY 1, 2, 3", position)?,
        cursors: rows(&sql, "SELECT sink, sequence FROM cursor ORDER BY 1", cursor)?,
        last: last_sequences(&sql)?,
        pulses: rows(&sql, "SELECT tenant, since, sequence FROM heartbeat ORDER BY 1", pulse)?,
    })
}

/// Every entry of the state, in the order of the primary key, which is the order of the file: nothing is sorted, and a
/// row is read when it is asked for.
pub(super) fn state(sql: &Connection, each: &mut dyn FnMut(StateChange) -> ControlFlow<()>) -> Result<()> {
    let mut select = sql.prepare_cached("SELECT tenant, kind, key, value FROM state ORDER BY 1, 2, 3")?;
    for change in select.query_map([], state_change)? {
        if each(change?).is_break() {
            break;
        }
    }
    Ok(())
}

/// The entries after a sequence number.
pub(super) fn entries(sql: &Connection, stream: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>> {
    let (query, entry) = entry_of(stream);
    let mut select = sql.prepare_cached(&format!("{query} WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"))?;
    let found = select.query_map(params![integer(after), integer(limit.entries as u64)], entry)?;
    that_fit(found, limit)
}

/// The entries that a sink refused and that are to be sent again.
pub(super) fn wanted(sql: &Connection, sink: &str, stream: Stream, limit: ReadLimit) -> Result<Vec<Entry>> {
    let (query, entry) = entry_of(stream);
    let mut select = sql.prepare_cached(&format!(
        "{query} WHERE sequence IN (SELECT sequence FROM refusal WHERE sink = ?1 AND wanted = 'retry')
         ORDER BY sequence LIMIT ?2"
    ))?;
    let found = select.query_map(params![sink, integer(limit.entries as u64)], entry)?;
    that_fit(found, limit)
}

/// How many entries a sink has refused.
pub(super) fn refused(sql: &Connection, sink: &str) -> Result<u64> {
    let mut select = sql.prepare_cached("SELECT count(*) FROM refusal WHERE sink = ?1")?;
    select.query_row([sink], |row| sequence(row, 0))
}

/// Each alert record of a tenant behind a sequence number. What it is stands at the beginning of its body.
pub(super) fn told(sql: &Connection, tenant: &str, after: u64, each: &mut dyn FnMut(&str, u32)) -> Result<()> {
    let mut select = sql.prepare_cached(
        "SELECT id, seq FROM alert WHERE sequence > ?1 AND tenant = ?2
         AND substr(body, 1, 29) <> '{\"schema\":\"postern.heartbeat/' ORDER BY id, seq",
    )?;
    let mut rows = select.query(params![integer(after), tenant])?;
    while let Some(row) = rows.next()? {
        each(row.get_ref(0)?.as_str()?, row.get(1)?);
    }
    Ok(())
}

/// How an entry of a stream is selected and read.
fn entry_of(stream: Stream) -> (&'static str, ReadEntry) {
    match stream {
        Stream::Alerts => ("SELECT sequence, written, id, seq, body FROM alert", alert),
        Stream::DeadLetters => ("SELECT sequence, written, reason, detail, origin, raw FROM dead_letter", dead_letter),
    }
}

type ReadEntry = fn(&Row<'_>) -> Result<Entry>;

/// As many from the front as fit. The first comes whatever its size; the next only where it fits.
fn that_fit(found: impl Iterator<Item = Result<Entry>>, limit: ReadLimit) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut bytes = 0_usize;
    for entry in found {
        let entry = entry?;
        bytes = bytes.saturating_add(entry.body.len());
        if bytes > limit.bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// The last number that each stream has given out.
pub(super) fn last_sequences(sql: &Connection) -> Result<Sequences> {
    Ok(Sequences {
        alerts: last_sequence(sql, Stream::Alerts)?.unsigned_abs(),
        dead_letters: last_sequence(sql, Stream::DeadLetters)?.unsigned_abs(),
    })
}

/// The last number that a stream has given out; 0 before the first.
pub(super) fn last_sequence(sql: &Connection, stream: Stream) -> Result<i64> {
    sql.prepare_cached("SELECT last_sequence FROM stream WHERE name = ?1")?.query_row([table(stream)], |row| row.get(0))
}

fn rows<T>(sql: &Connection, query: &str, read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    sql.prepare_cached(query)?.query_map([], read)?.collect()
}

fn position(row: &Row<'_>) -> Result<Position> {
    Ok(Position { source: row.get(0)?, topic: row.get(1)?, partition: row.get(2)?, next_offset: row.get(3)? })
}

fn state_change(row: &Row<'_>) -> Result<StateChange> {
    Ok(StateChange { tenant: row.get(0)?, kind: row.get(1)?, key: row.get(2)?, value: Some(row.get(3)?) })
}

fn pulse(row: &Row<'_>) -> Result<Pulse> {
    Ok(Pulse { tenant: row.get(0)?, since: Time::from_micros(row.get(1)?), sequence: sequence(row, 2)? })
}

fn cursor(row: &Row<'_>) -> Result<Cursor> {
    Ok(Cursor { sink: row.get(0)?, sequence: sequence(row, 1)? })
}

fn alert(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        sequence: sequence(row, 0)?,
        written: written(row)?,
        key: row.get(2)?,
        seq: row.get(3)?,
        body: row.get(4)?,
    })
}

fn dead_letter(row: &Row<'_>) -> Result<Entry> {
    let letter = DeadLetter { reason: row.get(2)?, detail: row.get(3)?, origin: row.get(4)?, raw: row.get(5)? };
    Ok(Entry { sequence: sequence(row, 0)?, written: written(row)?, key: String::new(), seq: 0, body: line(&letter)? })
}

/// A dead letter as one line of JSON.
fn line(DeadLetter { reason, detail, origin, raw }: &DeadLetter) -> Result<String> {
    #[derive(Serialize)]
    struct Line<'a> {
        reason: &'a str,
        detail: &'a str,
        origin: &'a str,
        raw: String,
    }
    let line = Line { reason, detail, origin, raw: BASE64_STANDARD.encode(raw) };
    serde_json::to_string(&line).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

/// When an entry was written; `None` where an older build wrote it.
fn written(row: &Row<'_>) -> Result<Option<Time>> {
    row.get(1).map(|millis: i64| Some(Time::from_millis(millis)).filter(|_| millis > 0))
}

/// Written by us from an unsigned number, so never negative.
fn sequence(row: &Row<'_>, column: usize) -> Result<u64> {
    row.get(column).map(i64::unsigned_abs)
}
