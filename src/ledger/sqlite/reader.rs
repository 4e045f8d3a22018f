//! Looking into a ledger from outside, whether a Postern runs on it or not.
//!
//! A reader takes no lock, writes nothing and leaves nothing behind. SQLite would leave two files beside the ledger of a
//! Postern that has stopped, owned by whoever looked; so a ledger without a write-ahead log is read as one that nobody
//! changes. If a Postern starts meanwhile, its log appears, what was just read is read again, and from then on with it.
//!
//! Entries come in pages, each of which sees one moment. One long look would see a single moment throughout, and would
//! keep the running service from starting its log over for as long as somebody scrolls through a report.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, params};

use super::{LEDGER_FILE, integer, schema, table};
use crate::ledger::{LedgerError, Stream};

/// How long a look waits where a Postern is just putting its log in order.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Which tenants there are, by a step from each to the next: a ledger has few tenants and many entries.
const TENANTS: &str = "WITH RECURSIVE found (tenant) AS (
        SELECT min(tenant) FROM state
        UNION ALL
        SELECT (SELECT min(tenant) FROM state WHERE state.tenant > found.tenant) FROM found WHERE tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL";

const PAGE: &str = "SELECT key, value FROM state WHERE tenant = ?1 AND kind = ?2 AND key > ?3 ORDER BY key LIMIT ?4";

const BACKLOG: &str = "SELECT last_sequence - coalesce((SELECT sequence FROM cursor WHERE sink = ?1), 0),
        (SELECT count(*) FROM refusal WHERE sink = ?1)
    FROM stream WHERE name = ?2";

const REFUSALS: &str = "SELECT refusal.sink, sequence, refusal.reason, wanted IS NOT NULL, alert.body
    FROM refusal JOIN alert USING (sequence)
    WHERE (?1 IS NULL OR refusal.sink = ?1) AND refusal.sink <> 'dead-letter' AND sequence > ?2
    ORDER BY sequence, refusal.sink LIMIT ?3";

/// How far a sink has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Entries that it has not settled.
    pub unsettled: u64,
    /// Entries that its receiver refused.
    pub refused: u64,
}

/// An alert record that a receiver refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAlert {
    /// The sink.
    pub sink: String,
    /// The entry.
    pub sequence: u64,
    /// Why, in the receiver's words.
    pub reason: String,
    /// Whether it is to be sent again.
    pub is_wanted: bool,
    /// The record.
    pub body: String,
}

/// Reads the ledger of a data directory.
#[derive(Debug)]
pub struct LedgerReader {
    path: PathBuf,
    connection: Connection,
    /// Whether it was opened as a file that nobody changes.
    is_still: bool,
}

impl LedgerReader {
    /// Opens a ledger that exists.
    ///
    /// # Errors
    /// When there is none, when it cannot be read, or when another version of Postern wrote it.
    pub fn open(data_dir: &Path) -> Result<Self, LedgerError> {
        let path = data_dir.join(LEDGER_FILE);
        let exists = path.try_exists().map_err(|error| unreadable(&path, error))?;
        if !exists {
            return Err(LedgerError::Missing { path: path.display().to_string() });
        }
        let is_still = !has_log(&path);
        let connection = connect(&path, is_still).map_err(|error| unreadable(&path, error))?;
        let mut reader = Self { path, connection, is_still };
        schema::check(reader.look(schema::version)?)?;
        Ok(reader)
    }

    /// The tenants that anything is known of, by their Entra ids, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn tenants(&mut self) -> Result<Vec<String>, LedgerError> {
        self.look(|sql| sql.prepare_cached(TENANTS)?.query_map([], |row| row.get(0))?.collect())
    }

    /// Entries of one tenant and one kind behind a key, in the order of their keys: pairs of key and value.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn state(
        &mut self,
        tenant: &str,
        kind: &str,
        after: &str,
        entries_max: usize,
    ) -> Result<Vec<(String, String)>, LedgerError> {
        let bounds = params![tenant, kind, after, integer(entries_max as u64)];
        self.look(|sql| sql.prepare_cached(PAGE)?.query_map(bounds, |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
    }

    /// How far a sink has to go; one that has never told anything has everything before it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn backlog(&mut self, sink: &str, stream: Stream) -> Result<Backlog, LedgerError> {
        let read = |row: &Row<'_>| Ok(Backlog { unsettled: unsigned(row, 0)?, refused: unsigned(row, 1)? });
        self.look(|sql| sql.prepare_cached(BACKLOG)?.query_row([sink, table(stream)], read))
    }

    /// Alerts that sinks' receivers refused, oldest first, behind a sequence number.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn refusals(&mut self, sink: Option<&str>, after: u64, max: usize) -> Result<Vec<RefusedAlert>, LedgerError> {
        self.look(|sql| {
            let refused = |row: &Row<'_>| {
                Ok(RefusedAlert {
                    sink: row.get(0)?,
                    sequence: unsigned(row, 1)?,
                    reason: row.get(2)?,
                    is_wanted: row.get(3)?,
                    body: row.get(4)?,
                })
            };
            let bounds = params![sink, integer(after), integer(max as u64)];
            sql.prepare_cached(REFUSALS)?.query_map(bounds, refused)?.collect()
        })
    }

    fn look<T>(&mut self, read: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, LedgerError> {
        let mut seen = read(&self.connection);
        if self.is_still && has_log(&self.path) {
            self.connection = connect(&self.path, false).map_err(|error| unreadable(&self.path, error))?;
            self.is_still = false;
            seen = read(&self.connection);
        }
        seen.map_err(|error| unreadable(&self.path, error))
    }
}

/// Written by us from an unsigned number, so never negative.
fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::unsigned_abs)
}

fn connect(path: &Path, is_still: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_still {
        Connection::open_with_flags(still(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A path as the address of a file that nobody changes.
fn still(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => address.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(address, "%{byte:02X}")),
        }
    }
    address + "?immutable=1"
}

/// Whether there is a write-ahead log: a Postern runs, or was killed.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}

fn unreadable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::Unreadable { path: path.display().to_string(), source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::StateChange;
    use crate::ledger::{Ledger, SqliteLedger, Transaction};

    fn change(tenant: &str, kind: &str, key: &str) -> StateChange {
        let value = Some(format!("{tenant} {kind} {key}"));
        StateChange { tenant: tenant.to_owned(), kind: kind.to_owned(), key: key.to_owned(), value }
    }

    fn commit(ledger: &mut SqliteLedger, changes: &[(&str, &str, &str)]) {
        let state = changes.iter().map(|(tenant, kind, key)| change(tenant, kind, key)).collect();
        ledger.commit(&Transaction { state, ..Transaction::default() }).unwrap();
    }

    fn keys(reader: &mut LedgerReader, after: &str) -> Vec<String> {
        reader.state("b", "source", after, 2).unwrap().into_iter().map(|(key, _)| key).collect()
    }

    fn files(folder: &Path) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn entries_come_in_pages_while_a_writer_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = SqliteLedger::open(folder.path()).unwrap();
        commit(
            &mut ledger,
            &[("b", "source", "1"), ("b", "source", "2"), ("b", "campaign", "3"), ("a", "source", "4")],
        );
        let mut reader = LedgerReader::open(folder.path()).unwrap();
        assert_eq!(reader.tenants().unwrap(), ["a", "b"]);
        assert_eq!(keys(&mut reader, ""), ["1", "2"]);
        commit(&mut ledger, &[("b", "source", "5"), ("b", "source", "6"), ("b", "source", "7")]);
        assert_eq!((keys(&mut reader, "2"), keys(&mut reader, "6")), (vec!["5".into(), "6".into()], vec!["7".into()]));
        assert!(keys(&mut reader, "7").is_empty());
        assert_eq!(reader.state("a", "source", "", 9).unwrap(), [("4".into(), "a source 4".into())]);
    }

    #[test]
    fn a_stopped_ledger_is_left_as_it_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("100% of #1?");
        commit(&mut SqliteLedger::open(&data_dir).unwrap(), &[("b", "source", "1")]);
        let before = files(&data_dir);
        let mut reader = LedgerReader::open(&data_dir).unwrap();
        assert_eq!(keys(&mut reader, ""), ["1"]);
        drop(reader);
        assert_eq!(files(&data_dir), before);
    }

    #[test]
    fn a_postern_that_starts_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        commit(&mut SqliteLedger::open(folder.path()).unwrap(), &[("b", "source", "1")]);
        let mut reader = LedgerReader::open(folder.path()).unwrap();
        let mut ledger = SqliteLedger::open(folder.path()).unwrap();
        commit(&mut ledger, &[("b", "source", "2")]);
        assert_eq!(keys(&mut reader, ""), ["1", "2"]);
    }

    #[test]
    fn what_is_missing_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let error = LedgerReader::open(folder.path()).unwrap_err();
        assert!(matches!(error, LedgerError::Missing { .. }), "{error}");
        assert!(files(folder.path()).is_empty());
    }

    #[test]
    fn another_version_and_another_format_are_refused_and_left_alone() {
        for (version, is_too_old) in [(0, true), (99, false)] {
            let folder = tempfile::tempdir().unwrap();
            let file = Connection::open(folder.path().join(LEDGER_FILE)).unwrap();
            file.execute_batch(&format!("CREATE TABLE other (x); PRAGMA user_version = {version}")).unwrap();
            let error = LedgerReader::open(folder.path()).unwrap_err();
            assert_eq!(matches!(error, LedgerError::SchemaTooOld { .. }), is_too_old, "{error}");
            assert_eq!(matches!(error, LedgerError::SchemaTooNew { .. }), !is_too_old, "{error}");
            assert_eq!(schema::version(&file).unwrap(), version);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LEDGER_FILE), "not a database, although it is named like one").unwrap();
        assert!(matches!(LedgerReader::open(folder.path()), Err(LedgerError::Unreadable { .. })));
    }
}
