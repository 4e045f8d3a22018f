//! `postern evaluate`: the tables are golden; `UPDATE_GOLDEN=1` writes them anew.

use std::fs;
use std::path::Path;

use postern::evaluate::{Contender, PUBLISHED};
use serde_json::Value;
use tempfile::TempDir;

use crate::postern::{postern, postern_with_input, text};

/// A small run: the smallest in which every number of the table says something.
const SMALL: [&str; 4] = ["--records", "3000", "--seed", "1"];

fn evaluate(more: &[&str]) -> crate::postern::Run {
    postern(["evaluate"].iter().chain(&SMALL).chain(more))
}

/// What an evaluation simulates where it is given no file, as options of `simulate`.
const SIMULATED: &str = "--seed 1 --domain contoso.com --domain fabrikam.com:gateway --domain northwind.example:hybrid \
    --attacks 150 --look-alikes 350";

/// A labelled run in files: the stream, its labels, and the configuration of its tenants.
fn files(records: &str) -> (TempDir, [String; 3]) {
    files_with(records, &[])
}

fn files_with(records: &str, more: &[&str]) -> (TempDir, [String; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["stream.jsonl", "labels.jsonl", "postern.toml"].map(|name| folder.path().join(name));
    let [stream, labels, config] = &paths;
    let files = ["--out", text(stream), "--labels", text(labels), "--write-config", text(config)];
    let options = SIMULATED.split_whitespace().chain(files).chain(more.iter().copied());
    let run = postern(["simulate", "--records", records].into_iter().chain(options));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let paths = paths.map(|path| text(&path).to_owned());
    (folder, paths)
}

#[test]
fn the_tables_are_the_published_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/evaluate");
    for (format, name) in [("table", "small.txt"), ("markdown", "small.md")] {
        let shown = evaluate(&["--format", format]);
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        let golden = folder.join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &shown.stdout).unwrap();
        }
        assert_eq!(shown.stdout, fs::read_to_string(&golden).unwrap(), "{name}");
        assert!(
            format == "markdown" || shown.stdout.lines().all(|line| line.chars().count() <= 80),
            "{}",
            shown.stdout
        );
    }
}

#[test]
fn a_run_from_files_scores_as_the_same_run_simulated() {
    let (_folder, [stream, labels, config]) = files("3000");
    let arguments = ["--labels", &labels, "--config", &config, "--format", "json"];
    let from_files = postern(["evaluate", &stream].iter().chain(&arguments));
    assert_eq!(from_files.code, Some(0), "{}", from_files.stderr);
    assert_eq!(from_files.stdout, evaluate(&["--format", "json"]).stdout);
    let piped = postern_with_input(["evaluate", "-"].iter().chain(&arguments), &fs::read(&stream).unwrap());
    assert_eq!(piped.stdout, from_files.stdout, "{}", piped.stderr);
}

#[test]
fn what_other_tables_say_is_no_mail_and_changes_no_score() {
    let (folder, [stream, labels, config]) = files_with("3000", &["--related"]);
    let evaluated =
        |labels: &str| postern(["evaluate", &stream, "--labels", labels, "--config", &config, "--format", "json"]);
    let run = evaluated(&labels);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout, evaluate(&["--format", "json"]).stdout);

    let lines = fs::read_to_string(&labels).unwrap();
    assert!(lines.lines().count() > 6_000);
    let calls_mail_a_link = lines.lines().map(|line| match line.contains(r#""table""#) {
        true => format!("{line}\n"),
        false => format!("{},\"table\":\"EmailUrlInfo\"}}\n", line.trim_end_matches('}')),
    });
    let wrong = folder.path().join("wrong.jsonl");
    fs::write(&wrong, calls_mail_a_link.collect::<String>()).unwrap();
    let run = evaluated(text(&wrong));
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.contains("is not the message"), "{}", run.stderr);
}

#[test]
fn the_document_adds_up() {
    let document: Value = serde_json::from_str(&evaluate(&["--format", "json"]).stdout).unwrap();
    let count = |name: &str| document[name].as_u64().unwrap();
    assert_eq!(count("records"), 3_000);
    assert_eq!(count("attacks") + count("benign") + count("ambiguous"), 3_000);
    let families = document["families"].as_array().unwrap();
    assert_eq!(families.iter().map(|family| family["records"].as_u64().unwrap()).sum::<u64>(), 3_000);
    for detector in document["detectors"].as_array().unwrap() {
        let name = detector["detector"].as_str().unwrap();
        let fired = |nature| {
            let of = families.iter().filter(|family| family["nature"] == nature);
            of.map(|family| family["fired"][name].as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!(detector["recall"]["part"], fired("attack"), "{name}");
        assert_eq!(detector["false_positives"], fired("benign"), "{name}");
    }
}

#[test]
fn what_is_labelled_ambiguous_is_counted_and_not_scored() {
    let (folder, [stream, labels, config]) = files("1000");
    let doubtful = folder.path().join("doubtful.jsonl");
    let relabelled = |line: &str| {
        let mut label: Value = serde_json::from_str(line).unwrap();
        label["ambiguous"] = (label["malicious"] == true).into();
        format!("{label}\n")
    };
    fs::write(&doubtful, fs::read_to_string(&labels).unwrap().lines().map(relabelled).collect::<String>()).unwrap();
    let arguments = ["evaluate", &stream, "--labels", text(&doubtful), "--config", &config, "--format", "json"];
    let document: Value = serde_json::from_str(&postern(arguments).stdout).unwrap();
    assert_eq!(document["attacks"], 0);
    assert!(document["ambiguous"].as_u64().unwrap() > 0);
    assert_eq!(document["detectors"][0]["recall"]["percent"], Value::Null);
}

#[test]
fn the_gates_decide_the_exit_code() {
    let code = |more: &[&str]| evaluate(more).code;
    assert_eq!(code(&["--require-recall", "100", "--max-false-positives-per-million", "0"]), Some(0));
    assert_eq!(code(&["--require-recall", "101"]), Some(2));
    let nothing_proven = postern(["evaluate", "--records", "1", "--require-recall", "0"]);
    assert_eq!(nothing_proven.code, Some(1));
    assert!(nothing_proven.stderr.contains("no attack"), "{}", nothing_proven.stderr);

    let (_folder, [stream, labels, _]) = files("3000");
    let strangers =
        ["evaluate", &stream, "--labels", &labels, "--domain", "fabrikam.example", "--require-recall", "50"];
    let run = postern(strangers);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("0 % of borrowed-sender found, 50 % required"), "{}", run.stderr);
}

#[test]
fn labels_of_other_records_are_an_error() {
    let (folder, [stream, labels, config]) = files("100");
    let lines: Vec<String> = fs::read_to_string(&labels).unwrap().lines().map(str::to_owned).collect();
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    let renamed = [&[lines[0].replace(r#""recipient":""#, r#""recipient":"x"#)], &lines[1..]].concat();
    let cases = [
        (lines[..99].to_vec(), "record 100 has no label"),
        ([&lines[..], &lines[..1]].concat(), "has 100 records"),
        (swapped, "record 4 meets the label of record 5"),
        (renamed, "record 1 is not the message"),
        (vec!["{}".to_owned()], "line 1, is no label"),
    ];
    for (labels, complaint) in cases {
        let path = folder.path().join("wrong.jsonl");
        fs::write(&path, labels.join("\n")).unwrap();
        let run = postern(["evaluate", &stream, "--labels", text(&path), "--config", &config]);
        assert_eq!(run.code, Some(3), "{complaint}");
        assert!(run.stderr.contains(complaint) && run.stdout.is_empty(), "{complaint}: {}", run.stderr);
    }
}

#[test]
fn a_run_from_files_needs_its_labels_and_its_tenants() {
    for arguments in [
        &["evaluate", "stream.jsonl"][..],
        &["evaluate", "stream.jsonl", "--labels", "labels.jsonl"],
        &["evaluate", "--labels", "labels.jsonl", "--domain", "contoso.com"],
        &["evaluate", "--domain", "contoso.com", "--records", "10"],
        &["evaluate", "stream.jsonl", "--labels", "l", "--domain", "contoso.com", "--records", "10"],
    ] {
        assert_eq!(postern(arguments).code, Some(2), "{arguments:?}");
    }
}

/// The figures of the page come from a release build; that it tells of everybody who is scored can be held here.
#[test]
fn the_page_shows_everybody_who_is_scored() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy.md")).unwrap();
    let tables = page.split_once("<!-- accuracy -->").and_then(|(_, rest)| rest.split_once("<!-- /accuracy -->"));
    let tables = tables.expect("the tables stand between the markers").0;
    for contender in Contender::all() {
        let row = format!("| {} | `{}` |", contender.letter(), contender.name());
        assert!(tables.contains(&row), "{row} is not in the tables of docs/accuracy.md");
    }
    for rule in &PUBLISHED {
        assert!(page.contains(&format!("\n| `{}` |", rule.name)), "{} is not explained", rule.name);
    }
}

/// Enough for campaigns, repeats and devices.
const ALERTS: [&str; 6] = ["--alerts", "--records", "20000", "--seed", "7", "--format"];

#[test]
fn the_alerts_of_files_are_those_of_the_same_run_simulated() {
    let (_folder, [stream, labels, config]) = files("20000");
    let simulated =
        postern(["evaluate", "--attacks", "150", "--look-alikes", "350"].iter().chain(&ALERTS).chain(&["json"]));
    assert_eq!(simulated.code, Some(0), "{}", simulated.stderr);
    let arguments = ["evaluate", &stream, "--labels", &labels, "--config", &config, "--alerts", "--format", "json"];
    assert_eq!(postern(arguments).stdout, simulated.stdout);

    let figures: Value = serde_json::from_str(&simulated.stdout).unwrap();
    let count = |place: &str| figures.pointer(place).and_then(Value::as_u64).unwrap();
    assert_eq!(count("/records/attacks") + count("/records/benign"), 20_000);
    assert_eq!(count("/attacks/told") + count("/attacks/in_storm"), count("/attacks/attacks"));
    let by_severity = ["low", "medium", "high", "critical"].map(|it| count(&format!("/severities/{it}/alerts")));
    assert_eq!(by_severity.iter().sum::<u64>(), count("/alerts/alerts"));
    assert_eq!(count("/silence/attack_echoes") + count("/silence/attack_known"), 0);
}

#[test]
fn a_page_of_alerts_fits_a_terminal_and_the_document_has_tables() {
    let alerts = |format| postern(["evaluate"].iter().chain(&ALERTS).chain(&[format]));
    let page = alerts("table");
    assert_eq!(page.code, Some(0), "{}", page.stderr);
    assert!(page.stdout.lines().all(|line| line.chars().count() <= 80), "{}", page.stdout);
    assert!(page.stdout.contains("Attacks by family"));
    assert!(alerts("markdown").stdout.contains("| told, % | 100 |"));
}

#[test]
fn the_gates_of_alerts_decide_the_exit_code() {
    let run = |more: &[&str]| postern(["evaluate"].iter().chain(&ALERTS).chain(&["table"]).chain(more));
    let passed = run(&["--require-attacks-told", "100", "--max-silenced-attacks", "0"]);
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
    let failed = run(&["--max-alerts-per-attack", "0"]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("alerts of one attack, 0 allowed"), "{}", failed.stderr);
    let nothing = postern(["evaluate", "--alerts", "--records", "1", "--require-alert-precision", "0"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.stderr.contains("nothing to count"), "{}", nothing.stderr);
    for usage in [&["--max-alerts-per-attack", "1"][..], &["--alerts", "--require-recall", "1"], &["--days", "0"]] {
        assert_eq!(postern(["evaluate"].iter().chain(usage)).code, Some(2), "{usage:?}");
    }
}
