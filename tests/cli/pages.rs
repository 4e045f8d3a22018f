//! The pages of the documentation that show commands, beside those that have a test of their own.

use std::fs;
use std::path::Path;

use postern::ledger::{AlertRecord, Ledger, LedgerReader, SqliteLedger, Stream, Transaction};

use crate::readme::{commands_show_what_is_said, commands_show_what_is_said_in};
use crate::support::components::{found_or_say_so, program};

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn candidates_for_a_sanction_are_found_as_the_tuning_guide_says() {
    commands_show_what_is_said(&page("docs/tuning.md"), 3);
}

#[test]
fn the_ledger_is_backed_up_and_restored_by_the_commands_of_the_page() {
    if found_or_say_so("sqlite3", program("sqlite3", "sqlite3")).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let config = "data_dir = \"data\"\n[metrics]\nlisten = \"127.0.0.1:1\"\n[[tenant]]\n\
                  id = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
                  accepted_domains = [\"contoso.com\"]\n[[sink.stdout]]\n";
    fs::write(folder.path().join("postern.toml"), config).unwrap();
    let data = folder.path().join("data");
    let mut ledger = SqliteLedger::open(&data).unwrap();
    let add = |ledger: &mut SqliteLedger, seq| {
        let alert = AlertRecord { id: "0".repeat(32), seq, tenant: "contoso".into(), body: "{}".into() };
        ledger.commit(&Transaction { alerts: vec![alert], ..Transaction::default() }).unwrap();
    };
    let waiting = || LedgerReader::open(&data).unwrap().backlog("stdout", Stream::Alerts).unwrap().unsettled;
    add(&mut ledger, 1);
    let page = page("docs/operations.md");
    let (backup, restore) = page.split_once("To restore, with Postern stopped").unwrap();
    // While it is open, as while Postern runs; it is closed before it is restored.
    commands_show_what_is_said_in(folder.path(), backup, 2);
    add(&mut ledger, 2);
    assert_eq!(waiting(), 2);
    drop(ledger);
    commands_show_what_is_said_in(folder.path(), restore, 4);
    assert_eq!(waiting(), 1, "the state of the backup is back");
}
