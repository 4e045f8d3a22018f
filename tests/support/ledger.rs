//! A ledger as an outsider sees it: a SQLite file.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What must not depend on how often a process was killed.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents {
    /// Source, topic and partition to the next offset.
    pub positions: BTreeMap<(String, String, i64), i64>,
    /// Tenant, kind and key to the value.
    pub state: BTreeMap<(String, String, String), String>,
    /// Id and record number to the alert.
    pub alerts: BTreeMap<(String, i64), String>,
    /// How many dead letters, by reason.
    pub dead_letters: BTreeMap<String, i64>,
}

/// Reads the ledger in a data directory; a running process may hold it.
pub fn contents(data_dir: &Path) -> Contents {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sql = Connection::open_with_flags(data_dir.join("ledger.sqlite"), flags).unwrap();
    Contents {
        positions: map(&sql, "SELECT source, topic, partition, next_offset FROM position", |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
        }),
        state: map(&sql, "SELECT tenant, kind, key, value FROM state", |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
        }),
        alerts: map(&sql, "SELECT id, seq, body FROM alert", |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))),
        dead_letters: map(&sql, "SELECT reason, count(*) FROM dead_letter GROUP BY reason", |row| {
            Ok((row.get(0)?, row.get(1)?))
        }),
    }
}

fn map<K: Ord, V>(
    sql: &Connection,
    query: &str,
    read: fn(&rusqlite::Row<'_>) -> rusqlite::Result<(K, V)>,
) -> BTreeMap<K, V> {
    sql.prepare(query).unwrap().query_map([], read).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}
