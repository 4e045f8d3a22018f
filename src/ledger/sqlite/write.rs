//! One transaction of ours as one transaction of SQLite.

use rusqlite::{Connection, Result, TransactionBehavior, params};

use super::{integer, read, table};
use crate::detector::{DeadLetter, StateChange};
use crate::ledger::{AlertRecord, Cursor, Position, Pulse, Refusal, Sequences, Stream, Transaction};

/// Writes all of it or nothing; the last entry of each stream.
pub(super) fn commit(connection: &mut Connection, transaction: &Transaction) -> Result<Sequences> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    raise_positions(&sql, &transaction.positions)?;
    change_state(&sql, &transaction.state)?;
    append_alerts(&sql, &transaction.alerts)?;
    append_dead_letters(&sql, &transaction.dead_letters)?;
    raise_cursors(&sql, &transaction.cursors)?;
    absolve(&sql, &transaction.absolved)?;
    keep_refusals(&sql, &transaction.refusals)?;
    move_pulses(&sql, &transaction.pulses)?;
    let last = read::last_sequences(&sql)?;
    sql.commit()?;
    Ok(last)
}

fn raise_positions(sql: &Connection, positions: &[Position]) -> Result<()> {
    let mut put = sql.prepare_cached(
        "INSERT INTO position (source, topic, partition, next_offset) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)",
    )?;
    for Position { source, topic, partition, next_offset } in positions {
        put.execute(params![source, topic, partition, next_offset])?;
    }
    Ok(())
}

fn change_state(sql: &Connection, changes: &[StateChange]) -> Result<()> {
    let mut put = sql.prepare_cached(
        "INSERT INTO state (tenant, kind, key, value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?;
    let mut remove = sql.prepare_cached("DELETE FROM state WHERE tenant = ?1 AND kind = ?2 AND key = ?3")?;
    for StateChange { tenant, kind, key, value } in changes {
        match value {
            Some(value) => put.execute(params![tenant, kind, key, value])?,
            None => remove.execute(params![tenant, kind, key])?,
        };
    }
    Ok(())
}

fn append_alerts(sql: &Connection, alerts: &[AlertRecord]) -> Result<()> {
    append(
        sql,
        Stream::Alerts,
        "INSERT INTO alert (sequence, id, seq, tenant, body, written)
         VALUES (?1, ?2, ?3, ?4, ?5, CAST(1000 * unixepoch('subsec') AS INTEGER)) ON CONFLICT (id, seq) DO NOTHING",
        alerts,
        |put, sequence, _, AlertRecord { id, seq, tenant, body }| put.execute(params![sequence, id, seq, tenant, body]),
    )
}

fn append_dead_letters(sql: &Connection, letters: &[DeadLetter]) -> Result<()> {
    append(
        sql,
        Stream::DeadLetters,
        "INSERT INTO dead_letter (sequence, digest, reason, detail, origin, raw, written)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, CAST(1000 * unixepoch('subsec') AS INTEGER))
         ON CONFLICT (digest) DO NOTHING",
        letters,
        |put, sequence, place, letter @ DeadLetter { reason, detail, origin, raw }| {
            put.execute(params![sequence, digest(place, letter), reason, detail, origin, raw])
        },
    )
}

/// Numbers what is new from the stream's last entry on; what is there already uses up no number.
fn append<T>(
    sql: &Connection,
    stream: Stream,
    insert: &str,
    entries: &[T],
    put: impl Fn(&mut rusqlite::Statement<'_>, i64, usize, &T) -> Result<usize>,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut insert = sql.prepare_cached(insert)?;
    let mut last = read::last_sequence(sql, stream)?;
    for (place, entry) in entries.iter().enumerate() {
        last += i64::from(put(&mut insert, last + 1, place, entry)? == 1);
    }
    sql.prepare_cached("UPDATE stream SET last_sequence = ?2 WHERE name = ?1")?
        .execute(params![table(stream), last])?;
    Ok(())
}

/// What makes a dead letter the same when its transaction is committed again. Its place in the transaction counts, so
/// that a payload with the same bad record twice leaves two.
fn digest(place: usize, letter: &DeadLetter) -> [u8; 32] {
    let DeadLetter { reason, detail, origin, raw } = letter;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(place as u64).to_le_bytes());
    for part in [reason.as_bytes(), detail.as_bytes(), origin.as_bytes(), raw] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

fn raise_cursors(sql: &Connection, cursors: &[Cursor]) -> Result<()> {
    let mut put = sql.prepare_cached(
        "INSERT INTO cursor (sink, sequence) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)",
    )?;
    for Cursor { sink, sequence } in cursors {
        put.execute(params![sink, integer(*sequence)])?;
    }
    Ok(())
}

/// A refusal that was overcome is none any more.
fn absolve(sql: &Connection, absolved: &[Cursor]) -> Result<()> {
    let mut delete = sql.prepare_cached("DELETE FROM refusal WHERE sink = ?1 AND sequence = ?2")?;
    absolved
        .iter()
        .try_for_each(|Cursor { sink, sequence }| delete.execute(params![sink, integer(*sequence)]).map(drop))
}

fn move_pulses(sql: &Connection, pulses: &[Pulse]) -> Result<()> {
    let mut put = sql.prepare_cached(
        "INSERT INTO heartbeat (tenant, since, sequence) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET since = excluded.since, sequence = max(sequence, excluded.sequence)",
    )?;
    for Pulse { tenant, since, sequence } in pulses {
        put.execute(params![tenant, since.as_micros(), integer(*sequence)])?;
    }
    Ok(())
}

fn keep_refusals(sql: &Connection, refusals: &[Refusal]) -> Result<()> {
    let mut put = sql.prepare_cached(
        "INSERT INTO refusal (sink, sequence, reason) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET reason = excluded.reason, wanted = NULL",
    )?;
    for Refusal { sink, sequence, reason } in refusals {
        put.execute(params![sink, integer(*sequence), reason])?;
    }
    Ok(())
}
