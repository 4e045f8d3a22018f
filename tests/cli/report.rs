//! `postern report` on a small ledger, of which one tenant is the example of `docs/inventory.md` and the other hostile.
//!
//! `UPDATE_GOLDEN=1` writes what is expected anew.

use std::fs;
use std::path::{Path, PathBuf};

use postern::correlate::{Sighting, SourceKey, Sources, Standing};
use postern::detector::StateChange;
use postern::event::{AuthResults, Fingerprint, Time};
use postern::ledger::{LEDGER_FILE, Ledger, SqliteLedger, Transaction};
use serde_json::Value;
use tempfile::TempDir;

use crate::postern::{Run, postern, text};

const CONTOSO: &str = "6f0c1d7e-0000-4000-8000-000000000001";
const FABRIKAM: &str = "6f0c1d7e-0000-4000-8000-000000000002";

/// What a source did: on these days of November so many messages each.
struct Behaviour {
    days: std::ops::RangeInclusive<i64>,
    messages: u64,
    standing: Standing,
    is_personal: bool,
}

fn does(days: std::ops::RangeInclusive<i64>, messages: u64, standing: Standing) -> Behaviour {
    Behaviour { days, messages, standing, is_personal: false }
}

/// The entry of a source that is the only one of its network, as the ledger has it.
fn source(tenant: &str, network: &str, sender: &str, behaviours: &[Behaviour]) -> StateChange {
    let key: SourceKey = format!("{network} {sender}").parse().unwrap();
    let mut sources = Sources::default();
    for Behaviour { days, messages, standing, is_personal } in behaviours {
        for (day, message) in days.clone().flat_map(|day| (0..*messages).map(move |message| (day, message))) {
            let time = Time::parse(&format!("2026-11-{day:02}T08:{:02}:00Z", message % 60)).unwrap();
            let recipient = Fingerprint::of("test", &[&message.to_le_bytes()]);
            sources.observe(
                &key,
                &Sighting {
                    time,
                    recipient,
                    standing: *standing,
                    is_personal: *is_personal,
                    results: AuthResults::default(),
                },
            );
        }
    }
    let value = serde_json::to_string(&sources.get(&key).unwrap()).unwrap();
    StateChange { tenant: tenant.to_owned(), kind: "source".to_owned(), key: key.to_string(), value: Some(value) }
}

fn contoso() -> Vec<StateChange> {
    let unaligned = |days, messages| [does(days, messages, Standing::Unaligned)];
    let personal = Behaviour { is_personal: true, ..does(20..=20, 3, Standing::Unaligned) };
    vec![
        source(CONTOSO, "198.51.100.0/24", "scanner@contoso.com", &[does(2..=20, 4, Standing::Sanctioned)]),
        source(CONTOSO, "203.0.113.0/24", "ceo@contoso.com", &[personal]),
        source(CONTOSO, "2001:db8:1:2::/64", "alarm@contoso.com", &unaligned(4..=19, 2)),
        source(CONTOSO, "192.0.2.0/24", "invoices@contoso.com", &[does(1..=20, 60, Standing::Aligned)]),
        source(
            CONTOSO,
            "198.18.7.0/24",
            "newsletter@contoso.com",
            &[does(3..=20, 5, Standing::Aligned), does(12..=12, 2, Standing::Transient)],
        ),
        source(CONTOSO, "198.18.9.0/24", "fax@contoso.com", &unaligned(18..=20, 6)),
    ]
}

fn fabrikam() -> Vec<StateChange> {
    let once = |network, sender| source(FABRIKAM, network, sender, &[does(9..=9, 1, Standing::Unaligned)]);
    vec![
        once("203.0.113.0/24", "=cmd|' /C calc'!a1@fabrikam.com"),
        once("203.0.113.0/24", "\u{1b}[2Jclear\u{202e}moc@fabrikam.com"),
        once("198.51.100.0/24", "a\",\"b\r\n;@sum(1)@fabrikam.com"),
        once("192.0.2.0/24", &format!("{}@fabrikam.com", "請求書".repeat(40))),
    ]
}

/// A data directory with a ledger that is held open, and a configuration.
struct Installation {
    folder: TempDir,
    ledger: Option<SqliteLedger>,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let mut ledger = SqliteLedger::open(&data_dir).unwrap();
        let mut state = [contoso(), fabrikam()].concat();
        state.push(StateChange { kind: "campaign".to_owned(), ..state[0].clone() });
        ledger.commit(&Transaction { state, ..Transaction::default() }).unwrap();
        let config = format!(
            "data_dir = {data_dir:?}\n\
             [[tenant]]\nid = '{CONTOSO}'\nname = 'contoso'\naccepted_domains = ['contoso.com']\n\
             [[tenant.sanctioned]]\nname = 'HQ scanners'\nnetworks = ['198.51.100.7/32']\n\
             senders = ['scanner@contoso.com']\n\
             [[tenant]]\nid = '{FABRIKAM}'\nname = 'fabrikam'\naccepted_domains = ['fabrikam.com']\n"
        );
        fs::write(folder.path().join("postern.toml"), config).unwrap();
        Self { folder, ledger: Some(ledger) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn report(&self, arguments: &[&str]) -> Run {
        let config = self.path("postern.toml");
        postern(["report", "--config", text(&config)].iter().chain(arguments))
    }

    fn told(&self, arguments: &[&str]) -> String {
        let run = self.report(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        run.stdout
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_golden(name: &str, told: &str) {
    let path = root().join("tests/cli/report").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(&path).unwrap_or_default(), "{name}: UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn the_three_forms_are_the_expected_ones_while_a_writer_is_open() {
    let installation = Installation::new();
    let [table, json, csv] = ["text", "json", "csv"].map(|form| installation.told(&["--format", form]));
    assert!(table.lines().all(|line| line.chars().count() <= 80) && !table.contains(['\u{1b}', '\u{202e}', '\r']));
    is_golden("inventory.txt", &table);
    is_golden("inventory.json", &json);
    is_golden("inventory.csv", &csv);
}

#[test]
fn the_page_shows_what_the_command_prints() {
    let told = Installation::new().told(&["--tenant", "contoso"]);
    let path = root().join("docs/inventory.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- report -->\n```text\n").unwrap();
    let (shown, tail) = rest.split_once("```").unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{head}<!-- report -->\n```text\n{told}```{tail}")).unwrap();
    } else {
        assert_eq!(shown, told, "UPDATE_GOLDEN=1 writes it anew");
    }
}

#[test]
fn the_commands_of_the_page_are_understood() {
    crate::readme::commands_show_what_is_said(&fs::read_to_string(root().join("docs/inventory.md")).unwrap(), 2);
}

#[test]
fn a_stopped_service_has_the_same_report_and_nothing_is_left_behind() {
    let mut installation = Installation::new();
    let while_it_runs = installation.told(&["--format", "json"]);
    drop(installation.ledger.take());
    let files = || {
        let mut names: Vec<_> = fs::read_dir(installation.path("data")).unwrap().map(|it| it.unwrap().path()).collect();
        names.sort();
        names
    };
    let before = files();
    assert_eq!(installation.told(&["--format", "json"]), while_it_runs);
    assert_eq!(files(), before);
}

#[test]
fn a_report_is_narrowed_by_tenant_and_kind() {
    let installation = Installation::new();
    for tenant in ["contoso", CONTOSO] {
        let told =
            installation.told(&["--tenant", tenant, "--kind", "device", "--kind", "suspicious", "--format", "json"]);
        let report: Value = serde_json::from_str(&told).unwrap();
        let [tenant] = &report["tenants"].as_array().unwrap()[..] else { panic!("{told}") };
        let senders: Vec<_> = tenant["sources"].as_array().unwrap().iter().map(|it| &it["sender"]).collect();
        assert_eq!(senders, ["alarm@contoso.com", "ceo@contoso.com"]);
        assert_eq!(tenant["counts"]["aligned"], 2, "what is not shown is counted");
    }
    let run = installation.report(&["--tenant", "northwind"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("contoso, fabrikam"), "{}", run.stderr);
}

#[test]
fn without_a_configuration_tenants_are_called_by_their_ids() {
    let installation = Installation::new();
    let run = postern(["report", "--data-dir", text(&installation.path("data")), "--tenant", CONTOSO]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with(&format!("{CONTOSO}, up to 2026-11-20: 6 sources\n")), "{}", run.stdout);
    assert!(run.stdout.contains("1 sanctioned") && !run.stdout.contains("HQ scanners"));
}

#[test]
fn a_file_gets_what_standard_output_would() {
    let installation = Installation::new();
    for form in ["text", "json", "csv"] {
        let out = installation.path(form);
        assert_eq!(installation.told(&["--format", form, "--out", text(&out)]), "");
        assert_eq!(fs::read_to_string(out).unwrap(), installation.told(&["--format", form]));
    }
}

#[test]
fn neither_a_ledger_nor_an_input_is_written_over() {
    let installation = Installation::new();
    let (ledger, mail) = (installation.path("data").join(LEDGER_FILE), installation.path("mail.ndjson"));
    fs::write(&mail, "{}").unwrap();
    let before = installation.told(&[]);
    assert_eq!(installation.report(&["--out", text(&ledger)]).code, Some(2));
    assert_eq!(installation.report(&[text(&mail), "--out", text(&mail)]).code, Some(2));
    assert_eq!((installation.told(&[]), fs::read_to_string(&mail).unwrap().as_str()), (before, "{}"));
}

#[test]
fn what_cannot_be_read_is_said_with_its_own_exit_code() {
    let installation = Installation::new();
    let nowhere = installation.path("nowhere");
    let run = postern(["report", "--data-dir", text(&nowhere)]);
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.contains("no ledger") && run.stderr.contains("data_dir"), "{}", run.stderr);
    assert!(!nowhere.exists());
    assert_eq!(postern(["report"]).code, Some(2));
    assert_eq!(postern(["report", "--domain", "contoso.com"]).code, Some(2));
    assert_eq!(installation.report(&["nowhere.ndjson"]).code, Some(3));
}

#[test]
fn files_are_read_as_a_scan_reads_them() {
    let installation = Installation::new();
    let mail = installation.path("mail.ndjson");
    let simulate = ["simulate", "--records", "300", "--domain", "contoso.com", "--out", text(&mail)];
    assert_eq!(postern(simulate).code, Some(0));
    fs::write(&mail, fs::read_to_string(&mail).unwrap() + "{\"category\":\"AdvancedHunting-EmailEvents\"}\n").unwrap();
    let run = postern(["report", text(&mail), "--domain", "contoso.com", "--format", "json"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(0), 1), "{}", run.stderr);
    assert!(run.stderr.starts_with("1 of 301 records"), "{}", run.stderr);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["schema"], "postern.inventory/1");
}
