//! What `docs/ledger.md` says of the ledger, tried on one that the service has filled.

use std::fs;
use std::path::Path;

use postern::ledger::{Ledger, SqliteLedger};
use postern::simulate::{Mix, Options, Simulation};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::support::postern::{Postern, free_address, post};

/// Where the page puts a backup.
const BACKUP_FOLDER: &str = "/var/backups/postern/";

#[test]
fn every_query_of_the_page_finds_something_while_the_service_runs() {
    let (dir, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let running = filled(&dir);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sql = Connection::open_with_flags(dir.path().join("ledger.sqlite"), flags).unwrap();
    let queries = queries();
    assert!(queries.len() > 10, "{queries:?}");
    for query in queries {
        let query = query.replace(BACKUP_FOLDER, &format!("{}/", backup.path().display()));
        let mut statement = sql.prepare(&query).unwrap_or_else(|error| panic!("{query}\n{error}"));
        let rows = statement.query([]).unwrap().mapped(|_| Ok(())).count();
        assert!(rows > 0 || query.starts_with("VACUUM"), "nothing is found by\n{query}");
    }
    running.stop();
    let (copy, ledger) = (SqliteLedger::open(backup.path()).unwrap(), SqliteLedger::open(dir.path()).unwrap());
    assert_eq!(copy.id(), ledger.id());
}

#[test]
fn the_page_names_every_table_and_every_column_and_the_version_of_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteLedger::open(dir.path()).unwrap());
    let sql = Connection::open(dir.path().join("ledger.sqlite")).unwrap();
    let mut columns = sql
        .prepare("SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'")
        .unwrap();
    let page = page();
    let names = columns.query_map([], |row| Ok([row.get::<_, String>(0)?, row.get::<_, String>(1)?])).unwrap();
    for name in names.flat_map(Result::unwrap) {
        assert!(page.contains(&format!("`{name}`")), "`{name}` is not described");
    }
    let version: i64 = sql.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert!(page.contains(&format!("\n| {version} | ")) && !page.contains(&format!("\n| {} | ", version + 1)));
}

/// A service that has read, learnt, told and put aside. Positions and refusals come from Kafka and from receivers, which
/// are not needed to look at them.
fn filled(dir: &TempDir) -> Postern {
    let listen = free_address();
    let mut running = Postern::start(dir.path(), &config(dir.path(), &listen.to_string()));
    running.wait_ready();
    let mix = Mix { attack: 150, ..Mix::default() };
    let records: Vec<_> = Simulation::new(Options { records: 1_000, mix, ..Options::default() }).collect();
    for chunk in records.chunks(100) {
        let lines: Vec<_> = chunk.iter().map(|record| record.json.as_str()).collect();
        assert_eq!(post(listen, &lines.join("\n")), 200);
    }
    assert_eq!(post(listen, "{}"), 200);
    let sql = Connection::open(dir.path().join("ledger.sqlite")).unwrap();
    let cursors = || sql.query_row("SELECT count(*) FROM cursor", [], |row| row.get::<_, i64>(0)).unwrap();
    running.wait_until("both sinks have told something", |_| cursors() == 2);
    sql.execute_batch(
        "INSERT INTO position VALUES ('kafka', 'mail', 0, 17); INSERT INTO refusal (sink, sequence, reason) VALUES ('file', 1, 'too large')",
    )
    .unwrap();
    running
}

fn config(dir: &Path, listen: &str) -> String {
    format!(
        "data_dir = {dir:?}\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
         accepted_domains = [\"contoso.com\"]\n[[source.webhook]]\nlisten = {listen:?}\n\
         [[sink.file]]\npath = {:?}\n",
        dir.join("alerts.jsonl")
    )
}

fn queries() -> Vec<String> {
    let page = page();
    let blocks = page.split("```sql\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(query, _)| query.trim().trim_end_matches(';').to_owned()).collect()
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger.md")).unwrap()
}
