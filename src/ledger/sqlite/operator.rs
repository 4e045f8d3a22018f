//! The one thing that is written into a ledger from outside: what an operator wants to be done about a refusal.
//!
//! It is a note in a row that the owner of the ledger only reads and deletes, so it can be written while a Postern runs:
//! SQLite lets one writer wait for the other, and the note is one short transaction. Nothing else may be written from
//! outside, because positions, state and alerts are true only together.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::{LEDGER_FILE, fault, integer, schema};
use crate::ledger::LedgerError;

/// How long the note waits for the owner's commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is to be done about what a receiver refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterOrder {
    /// It is sent again, by the process that runs or the next that does.
    Retry,
    /// It is forgotten: the alert stays in the ledger for as long as any other, the receiver will never have it.
    Drop,
}

/// Gives the order for one refusal of a sink, or for all of them; how many there were.
///
/// # Errors
/// When there is no ledger, it cannot be written, or another version of Postern wrote it.
pub fn order(data_dir: &Path, order: DeadLetterOrder, sink: &str, sequence: Option<u64>) -> Result<usize, LedgerError> {
    let path = data_dir.join(LEDGER_FILE);
    if !path.exists() {
        return Err(LedgerError::Missing { path: path.display().to_string() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(fault)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fault)?;
    schema::check(schema::version(&connection).map_err(fault)?)?;
    let change = match order {
        DeadLetterOrder::Retry => "UPDATE refusal SET wanted = 'retry'",
        DeadLetterOrder::Drop => "DELETE FROM refusal",
    };
    let query = format!("{change} WHERE sink = ?1 AND (?2 IS NULL OR sequence = ?2)");
    connection.execute(&query, params![sink, sequence.map(integer)]).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{AlertRecord, Ledger, LedgerReader, ReadLimit, Refusal, SqliteLedger, Stream, Transaction};

    fn refusal(sink: &str, sequence: u64) -> Refusal {
        Refusal { sink: sink.to_owned(), sequence, reason: "400 mapper_parsing_exception".to_owned() }
    }

    fn ledger(directory: &Path) -> SqliteLedger {
        let alert = |n: u32| AlertRecord { id: n.to_string(), seq: 1, tenant: "contoso".into(), body: "{}".into() };
        let refusals = vec![refusal("elastic", 1), refusal("elastic", 3), refusal("splunk", 3)];
        let mut ledger = SqliteLedger::open(directory).unwrap();
        ledger
            .commit(&Transaction { alerts: (1..4).map(alert).collect(), refusals, ..Transaction::default() })
            .unwrap();
        ledger
    }

    #[test]
    fn an_order_reaches_a_ledger_that_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let mut ledger = ledger(directory.path());
        let all = ReadLimit { entries: 9, bytes: usize::MAX };
        assert_eq!(order(directory.path(), DeadLetterOrder::Retry, "elastic", Some(3)).unwrap(), 1);
        let wanted = ledger.wanted("elastic", Stream::Alerts, all).unwrap();
        assert_eq!((wanted.entries.len(), wanted.entries[0].sequence, wanted.refused), (1, 3, 2));
        assert_eq!(order(directory.path(), DeadLetterOrder::Drop, "elastic", None).unwrap(), 2);
        assert_eq!(ledger.wanted("elastic", Stream::Alerts, all).unwrap().refused, 0);
        let left = LedgerReader::open(directory.path()).unwrap().refusals(None, 0, 9).unwrap();
        assert_eq!(
            left.iter().map(|refused| (refused.sink.as_str(), refused.sequence)).collect::<Vec<_>>(),
            [("splunk", 3)]
        );
    }

    #[test]
    fn there_is_nothing_to_order_where_no_ledger_is() {
        let directory = tempfile::tempdir().unwrap();
        let refused = order(directory.path(), DeadLetterOrder::Drop, "elastic", None);
        assert!(matches!(refused, Err(LedgerError::Missing { .. })), "{refused:?}");
        assert!(!directory.path().join(LEDGER_FILE).exists());
    }
}
