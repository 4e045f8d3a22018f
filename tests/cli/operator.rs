//! What an operator asks at three in the morning: how do the sinks stand, what was refused, does the way work?

use std::fs;
use std::path::{Path, PathBuf};

use postern::ledger::{AlertRecord, Cursor, Ledger, Refusal, SqliteLedger, Transaction};
use tempfile::TempDir;

use crate::postern::postern;

/// A configuration in a folder of its own, with a file sink and these sections.
struct Desk {
    folder: TempDir,
    config: PathBuf,
}

impl Desk {
    fn with(sections: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("postern.toml");
        let text = format!(
            "data_dir = {:?}\n[metrics]\nlisten = \"127.0.0.1:1\"\n[[tenant]]\n\
             id = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
             accepted_domains = [\"contoso.com\"]\n[[sink.file]]\npath = {:?}\n{sections}",
            folder.path().join("data"),
            folder.path().join("alerts.jsonl"),
        );
        fs::write(&config, text).unwrap();
        Self { folder, config }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run<const N: usize>(&self, words: [&str; N]) -> (Option<i32>, String, String) {
        let config = ["--config", self.config.to_str().unwrap()];
        let run = postern(words.into_iter().chain(config));
        (run.code, run.stdout, run.stderr)
    }

    /// Three alerts, two of which the file could not take.
    fn fill_ledger(&self) {
        let alert =
            |n: u32| AlertRecord { id: format!("{n:032x}"), seq: 1, tenant: "contoso".into(), body: "{}".into() };
        let refusal = |sequence| Refusal { sink: "file".into(), sequence, reason: "400 \u{1b}[31mtoo large".into() };
        let mut ledger = SqliteLedger::open(&self.path().join("data")).unwrap();
        let transaction = Transaction {
            alerts: (1..=3).map(alert).collect(),
            cursors: vec![Cursor { sink: "file".into(), sequence: 2 }],
            refusals: vec![refusal(1), refusal(2)],
            ..Transaction::default()
        };
        ledger.commit(&transaction).unwrap();
    }
}

#[test]
fn with_nobody_running_the_ledger_says_what_is_waiting() {
    let desk = Desk::with("[[sink.alertmanager]]\nurl = \"http://127.0.0.1:1\"\n");
    desk.fill_ledger();
    let (code, page, told) = desk.run(["status"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(page.contains("not running") && page.contains("file"), "{page}");
    let (_, json, _) = desk.run(["status", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let sink = |name: &str, backlog: u64, dead_letters: u64| serde_json::json!({ "name": name, "backlog": backlog, "dead_letters": dead_letters });
    let never_told = sink("alertmanager", 3, 0);
    assert_eq!(json["sinks"], serde_json::json!([sink("file", 1, 2), never_told, sink("dead-letter", 0, 0)]));
}

#[test]
fn what_was_refused_is_listed_sent_again_and_dropped() {
    let desk = Desk::with("");
    desk.fill_ledger();
    let (code, page, _) = desk.run(["dead-letters", "list"]);
    assert_eq!(code, Some(0));
    assert!(page.contains("file 1:") && page.contains("too large") && !page.contains('\u{1b}'), "{page:?}");
    let (code, told, _) = desk.run(["dead-letters", "retry", "--sink", "file", "2"]);
    assert_eq!((code, told.as_str()), (Some(0), "1 record will be sent again; `postern status` shows how it goes\n"));
    let (_, page, _) = desk.run(["dead-letters", "list"]);
    assert!(page.contains("file 2 (to be sent again):"), "{page}");
    let (code, told, _) = desk.run(["dead-letters", "drop", "--sink", "file", "--all"]);
    assert_eq!((code, told.as_str()), (Some(0), "2 records dropped\n"));
    assert_eq!(desk.run(["dead-letters", "list"]).1, "nothing was refused\n");
    let (code, _, told) = desk.run(["dead-letters", "drop", "--sink", "splunk", "--all"]);
    assert!(code == Some(2) && told.contains("there is: file"), "{told}");
}

#[test]
fn a_test_alert_is_marked_as_one() {
    let desk = Desk::with("");
    let (code, told, _) = desk.run(["test-alert", "--sink", "file"]);
    assert_eq!(code, Some(0), "{told}");
    let line = fs::read_to_string(desk.path().join("alerts.jsonl")).unwrap();
    let alert: serde_json::Value = serde_json::from_str(line.trim_end()).unwrap();
    assert_eq!((&alert["test"], &alert["tenant"]), (&true.into(), &"contoso".into()));
    assert!(alert["title"].as_str().unwrap().starts_with("TEST: "));
    assert!(!desk.path().join("data").exists(), "the ledger is left alone");
}

#[test]
fn a_test_alert_that_is_not_taken_says_why() {
    let desk = Desk::with("[[sink.alertmanager]]\nurl = \"http://127.0.0.1:1\"\n");
    let (code, _, told) = desk.run(["test-alert", "--sink", "alertmanager"]);
    assert!(code == Some(4) && told.contains("alertmanager did not take it: ") && told.contains("refused"), "{told}");
}

#[test]
fn the_doctor_finds_what_does_not_answer() {
    let desk = Desk::with("[[sink.alertmanager]]\nurl = \"http://127.0.0.1:1\"\n");
    let (code, page, _) = desk.run(["doctor"]);
    assert_eq!(code, Some(4), "{page}");
    assert!(page.contains("ok   data_dir") && page.contains("ok   sink file"), "{page}");
    assert!(page.contains("FIX  sink alertmanager: 127.0.0.1:1") && page.contains("check the port"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let healthy = Desk::with("");
    let (code, page, _) = healthy.run(["doctor"]);
    assert!(code == Some(0) && page.contains("everything answers"), "{page}");
    assert!(!healthy.path().join("data").join("ledger.sqlite").exists());
}
