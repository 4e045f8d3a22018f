//! Forgetting what is settled, so that the file does not grow for ever.
//!
//! An alert goes when every sink has passed it, a heartbeat has counted it *and* enough newer ones are kept: the newest
//! stay for the console and for a report. A dead letter goes as soon as every sink has passed it. What a sink refused
//! stays until an operator has it sent again or dropped, within a bound. The file itself does not shrink; its free pages
//! are used again.

use rusqlite::{Connection, OptionalExtension, Result, Transaction, TransactionBehavior, params};

use super::{integer, read, table};
use crate::ledger::{Retention, Stream};

/// How many entries one call deletes of each stream: few enough that the next commit does not wait noticeably.
const ENTRIES_MAX: usize = 5_000;

/// How many refused alerts stay, the newest.
const REFUSED_ALERTS_MAX: u32 = 100_000;
/// How many refused dead letters stay: each may be megabytes.
const REFUSED_LETTERS_MAX: u32 = 1_000;

/// Deletes a bounded number of entries, with the refusals that speak of them; how many entries.
pub(super) fn prune(connection: &mut Connection, retention: &Retention) -> Result<usize> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest = read::last_sequence(&sql, Stream::Alerts)?.saturating_sub(integer(retention.alerts_kept_max));
    let alerts = settled(&sql, &retention.alert_sinks)?.min(newest).min(counted(&sql, &retention.tenants)?);
    let letters = settled(&sql, &retention.dead_letter_sinks)?.min(read::last_sequence(&sql, Stream::DeadLetters)?);
    let deleted = prune_stream(&sql, Stream::Alerts, alerts, &retention.alert_sinks, REFUSED_ALERTS_MAX)?
        + prune_stream(&sql, Stream::DeadLetters, letters, &retention.dead_letter_sinks, REFUSED_LETTERS_MAX)?;
    sql.commit()?;
    Ok(deleted)
}

/// Deletes entries up to the horizon that no sink has refused.
fn prune_stream(
    sql: &Transaction<'_>,
    stream: Stream,
    horizon: i64,
    sinks: &[String],
    refused_max: u32,
) -> Result<usize> {
    let table = table(stream);
    let sinks = serde_json::Value::from(sinks).to_string();
    let deleted = sql
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE sequence IN
             (SELECT sequence FROM {table} WHERE sequence <= ?1 AND sequence NOT IN
              (SELECT sequence FROM refusal WHERE sink IN (SELECT value FROM json_each(?3))
               ORDER BY sequence DESC LIMIT ?4)
              ORDER BY sequence LIMIT ?2)"
        ))?
        .execute(params![horizon, ENTRIES_MAX as i64, sinks, refused_max])?;
    if deleted > 0 {
        sql.prepare_cached(&format!(
            "DELETE FROM refusal WHERE sink IN (SELECT value FROM json_each(?1))
             AND sequence NOT IN (SELECT sequence FROM {table})"
        ))?
        .execute([sinks])?;
    }
    Ok(deleted)
}

/// The last alert that the heartbeats of all these tenants have counted.
fn counted(sql: &Transaction<'_>, tenants: &[String]) -> Result<i64> {
    let tenants = serde_json::Value::from(tenants).to_string();
    sql.prepare_cached(
        "SELECT coalesce(min(sequence), 9223372036854775807) FROM heartbeat
         WHERE tenant IN (SELECT value FROM json_each(?1))",
    )?
    .query_row([tenants], |row| row.get(0))
}

/// The last entry that every sink has passed.
fn settled(sql: &Transaction<'_>, sinks: &[String]) -> Result<i64> {
    let mut select = sql.prepare_cached("SELECT sequence FROM cursor WHERE sink = ?1")?;
    sinks.iter().try_fold(i64::MAX, |least, sink| {
        let cursor = select.query_row([sink], |row| row.get(0)).optional()?;
        Ok(least.min(cursor.unwrap_or(0)))
    })
}
