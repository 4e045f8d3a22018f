//! What a restart needs, and what sinks read.

use std::ops::ControlFlow;

use base64::prelude::{BASE64_STANDARD, Engine};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, params};
use serde::Serialize;

use super::{integer, table};
use crate::detector::{DeadLetter, StateChange};
use crate::ledger::{Cursor, Entry, LedgerId, Position, ReadLimit, Sequences, Snapshot, Stream};

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

/// The entries after a sequence number. The first comes whatever its size; the next only where it fits.
pub(super) fn entries(sql: &Connection, stream: Stream, after: u64, limit: ReadLimit) -> Result<Vec<Entry>> {
    let (query, entry): (_, fn(&Row<'_>) -> Result<Entry>) = match stream {
        Stream::Alerts => ("SELECT sequence, id, seq, body FROM alert", alert),
        Stream::DeadLetters => ("SELECT sequence, reason, detail, origin, raw FROM dead_letter", dead_letter),
    };
    let mut select = sql.prepare_cached(&format!("{query} WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"))?;
    let found = select.query_map(params![integer(after), integer(limit.entries as u64)], entry)?;

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

fn cursor(row: &Row<'_>) -> Result<Cursor> {
    Ok(Cursor { sink: row.get(0)?, sequence: sequence(row, 1)? })
}

fn alert(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry { sequence: sequence(row, 0)?, key: row.get(1)?, seq: row.get(2)?, body: row.get(3)? })
}

fn dead_letter(row: &Row<'_>) -> Result<Entry> {
    let letter = DeadLetter { reason: row.get(1)?, detail: row.get(2)?, origin: row.get(3)?, raw: row.get(4)? };
    Ok(Entry { sequence: sequence(row, 0)?, key: String::new(), seq: 0, body: line(&letter)? })
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

/// Written by us from an unsigned number, so never negative.
fn sequence(row: &Row<'_>, column: usize) -> Result<u64> {
    row.get(column).map(i64::unsigned_abs)
}
