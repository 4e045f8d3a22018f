//! Forgetting what is settled, so that the file does not grow for ever.
//!
//! An alert goes when every sink has passed it *and* enough newer ones are kept: the newest stay for the console and
//! for a report. A dead letter goes as soon as every sink has passed it. The file itself does not shrink; its free
//! pages are used again.

use rusqlite::{Connection, OptionalExtension, Result, Transaction, TransactionBehavior, params};

use super::{integer, read, table};
use crate::ledger::{Retention, Stream};

/// How many entries one call deletes of each stream: few enough that the next commit does not wait noticeably.
const ENTRIES_MAX: usize = 5_000;

/// Deletes a bounded number of entries, with the refusals that speak of them; how many entries.
pub(super) fn prune(connection: &mut Connection, retention: &Retention) -> Result<usize> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept = integer(retention.alerts_kept_max);
    let deleted = prune_stream(&sql, Stream::Alerts, &retention.alert_sinks, kept)?
        + prune_stream(&sql, Stream::DeadLetters, &retention.dead_letter_sinks, 0)?;
    sql.commit()?;
    Ok(deleted)
}

fn prune_stream(sql: &Transaction<'_>, stream: Stream, sinks: &[String], kept: i64) -> Result<usize> {
    let horizon = settled(sql, sinks)?.min(read::last_sequence(sql, stream)?.saturating_sub(kept));
    let table = table(stream);
    let deleted = sql
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE sequence IN
             (SELECT sequence FROM {table} WHERE sequence <= ?1 ORDER BY sequence LIMIT ?2)"
        ))?
        .execute(params![horizon, ENTRIES_MAX as i64])?;
    if deleted > 0 {
        forget_refusals(sql, table, sinks)?;
    }
    Ok(deleted)
}

/// The last entry that every sink has passed.
fn settled(sql: &Transaction<'_>, sinks: &[String]) -> Result<i64> {
    let mut select = sql.prepare_cached("SELECT sequence FROM cursor WHERE sink = ?1")?;
    sinks.iter().try_fold(i64::MAX, |least, sink| {
        let cursor = select.query_row([sink], |row| row.get(0)).optional()?;
        Ok(least.min(cursor.unwrap_or(0)))
    })
}

fn forget_refusals(sql: &Transaction<'_>, table: &str, sinks: &[String]) -> Result<()> {
    let mut delete = sql.prepare_cached(&format!(
        "DELETE FROM refusal WHERE sink = ?1 AND sequence <
         (SELECT coalesce(min(sequence), 9223372036854775807) FROM {table})"
    ))?;
    sinks.iter().try_for_each(|sink| delete.execute([sink]).map(drop))
}
