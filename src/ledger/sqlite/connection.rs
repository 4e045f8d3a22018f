//! Opening: the lock, the connection and the promises that it is held to.

use std::fs::{DirBuilder, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{fault, schema};
use crate::ledger::LedgerError;

/// Below this, SQLite can lose commits when its write-ahead log starts over (the "WAL-reset" bug).
const SQLITE_VERSION_FLOOR: i32 = 3_051_003;

/// The file whose lock says that the data directory is taken; it is empty, and stays when the process ends.
const LOCK_FILE: &str = "ledger.lock";

/// How long a commit waits for a tool that writes to the file behind our back.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// What is left of the write-ahead log's size after a checkpoint, once a burst is over.
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Pages in the log at which SQLite itself writes them into the file, inside a commit: only if nobody does it before.
const WAL_PAGES_MAX: i64 = 16_000;

/// More than there are statements, so that each is compiled once.
const STATEMENTS_CACHED: usize = 32;

/// Takes the data directory for this process; the system gives it back when the process ends, however it ends.
pub(super) fn lock(data_dir: &Path) -> Result<File, LedgerError> {
    let unusable = |error: std::io::Error| LedgerError::Unusable(error.into());
    create_private(data_dir).map_err(unusable)?;
    let path = data_dir.join(LOCK_FILE);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: data_dir.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Opens the file, and sees to it that a commit that returns is on the disk.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let connection = Connection::open(path).map_err(fault)?;
    let journal: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(fault)?;
    if journal != "wal" {
        return Err(LedgerError::Unusable(OpenError::NoWriteAheadLog { journal }.into()));
    }
    prepare(connection)
}

/// Opens a database that nobody else sees and that leaves nothing behind.
pub(super) fn open_in_memory() -> Result<Connection, LedgerError> {
    prepare(Connection::open_in_memory().map_err(fault)?)
}

fn prepare(mut connection: Connection) -> Result<Connection, LedgerError> {
    check_version(rusqlite::version_number())?;
    settings(&connection).map_err(fault)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

fn check_version(found: i32) -> Result<(), LedgerError> {
    if found < SQLITE_VERSION_FLOOR {
        return Err(LedgerError::Unusable(OpenError::SqliteTooOld { found, floor: SQLITE_VERSION_FLOOR }.into()));
    }
    Ok(())
}

fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A full disk must not keep a commit from the little temporary space that it needs.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_BYTES_KEPT, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", WAL_PAGES_MAX, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(())
}

/// Writes the log into the file, as far as no reader needs it.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma(None, "wal_checkpoint", "PASSIVE", |_| Ok(()))
}

/// Alerts and dead letters hold people's addresses: a directory that we make is for our own user only.
fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Why a database that can be opened is not one to trust with commits.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("SQLite is version {found}, at least {floor} is needed; build with the bundled SQLite")]
    SqliteTooOld { found: i32, floor: i32 },
    #[error("the journal mode is {journal}, a write-ahead log is not possible; use a data_dir on a local file system")]
    NoWriteAheadLog { journal: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sqlite_is_above_the_floor_and_an_older_one_is_refused() {
        check_version(rusqlite::version_number()).unwrap();
        assert!(matches!(check_version(3_051_002), Err(LedgerError::Unusable(_))));
    }

    #[test]
    fn a_commit_that_returns_is_on_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open(&directory.path().join("ledger.sqlite")).unwrap();
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((journal.as_str(), pragma("synchronous")), ("wal", 2));
        assert_eq!(pragma("temp_store"), 2);
    }

    #[test]
    fn a_data_directory_has_one_owner_until_it_ends() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("a/b");
        let owner = lock(&data_dir).unwrap();
        assert!(matches!(lock(&data_dir), Err(LedgerError::Locked { .. })));
        drop(owner);
        lock(&data_dir).unwrap();
    }
}
