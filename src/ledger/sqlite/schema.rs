//! From whatever a file holds to the schema of this build: ordered migrations, each in one transaction.

use std::cmp::Ordering;

use rusqlite::{Connection, TransactionBehavior};

use super::fault;
use crate::ledger::LedgerError;

/// Migration n leads from `user_version` n to n + 1. A released one is never edited.
pub(super) const MIGRATIONS: [&str; 3] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// What this build writes and reads.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Sees to it that the schema is this build's, and changes nothing.
///
/// # Errors
/// When another Postern wrote the file, older or newer.
pub(super) fn check(found: u32) -> Result<(), LedgerError> {
    match found.cmp(&KNOWN) {
        Ordering::Less => Err(LedgerError::SchemaTooOld { found, known: KNOWN }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(LedgerError::SchemaTooNew { found, known: KNOWN }),
    }
}

/// Brings the schema up to date.
///
/// # Errors
/// When a newer Postern wrote the file, or when it cannot be written.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    apply(connection, &MIGRATIONS)
}

/// Brings the schema to where the first of the migrations lead: an older build knew fewer.
pub(super) fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), LedgerError> {
    let found = version(connection).map_err(fault)?;
    let missing = usize::try_from(found).ok().and_then(|done| migrations.get(done..));
    let missing = missing.ok_or(LedgerError::SchemaTooNew { found, known: migrations.len() as u32 })?;
    (found..).zip(missing).try_for_each(|(from, sql)| step(connection, from + 1, sql)).map_err(fault)
}

fn step(connection: &mut Connection, to: u32, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", to)?;
    transaction.commit()
}

/// The version of what a file holds; 0 before the first migration.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_every_migration_and_an_old_one_only_what_it_lacks() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap() as usize, MIGRATIONS.len());
        migrate(&mut connection).unwrap();
    }

    #[test]
    fn a_file_of_a_newer_build_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, LedgerError::SchemaTooNew { found: 99, known: 3 }), "{error}");
        assert_eq!(version(&connection).unwrap(), 99);
    }
}
