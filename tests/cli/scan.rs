//! `postern scan` over simulated tenants of which the truth is known.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::postern::{command, postern, postern_with_input, text};

/// A stream with its labels.
struct Stream {
    dir: TempDir,
}

impl Stream {
    fn simulate(more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let stream = Self { dir };
        let [out, labels, config] = ["stream.jsonl", "labels.jsonl", "tenants.toml"].map(|name| stream.path(name));
        let files = ["--out", text(&out), "--labels", text(&labels), "--write-config", text(&config)];
        let run = postern(["simulate", "--records", "1500"].iter().chain(&files).chain(more));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        stream
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        json_lines(&fs::read_to_string(self.path(name)).unwrap())
    }
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn verdicts(input: &Path) -> Vec<Value> {
    let run = postern(["scan", text(input), "--domain", "contoso.com", "--verdicts", "-"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    without_input(json_lines(&run.stdout))
}

fn without_input(mut lines: Vec<Value>) -> Vec<Value> {
    lines.iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("input")));
    lines
}

#[test]
fn the_verdicts_are_the_truth() {
    let stream = Stream::simulate(&[]);
    let labels = stream.lines("labels.jsonl");
    let (input, config) = (stream.path("stream.jsonl"), stream.path("tenants.toml"));
    let run = postern(["scan", text(&input), "--config", text(&config), "--verdicts", "-"]);
    let verdicts = json_lines(&run.stdout);
    assert_eq!(verdicts.len(), 1_500);
    for (label, verdict) in labels.iter().zip(&verdicts) {
        assert_eq!(label["record"], verdict["record"]);
        assert_eq!(label["network_message_id"], verdict["network_message_id"]);
        // A training is told of, only with less severity.
        if label["ambiguous"] == false && label["family"] != "phishing-simulation" {
            assert_eq!(label["malicious"] == true, verdict["verdict"] == "suspicious", "{label} {verdict}");
        }
    }
    assert!(labels.iter().any(|label| label["malicious"] == true));
}

#[test]
fn what_other_tables_say_has_no_verdict() {
    let [plain, related] = [&[][..], &["--related"]].map(Stream::simulate);
    let of_mail = |stream: &Stream| {
        let mut verdicts = verdicts(&stream.path("stream.jsonl"));
        verdicts.iter_mut().for_each(|verdict| drop(verdict.as_object_mut().unwrap().remove("record")));
        verdicts
    };
    assert!(related.lines("stream.jsonl").len() > 3_000);
    assert_eq!(of_mail(&plain), of_mail(&related));
}

#[test]
fn the_framing_and_the_compression_do_not_matter() {
    let plain = Stream::simulate(&[]);
    let expected = verdicts(&plain.path("stream.jsonl"));
    for more in [&["--gzip"][..], &["--batch", "70"], &["--batch", "100000"], &["--batch", "1000", "--gzip"]] {
        let other = Stream::simulate(more);
        assert_eq!(verdicts(&other.path("stream.jsonl")), expected, "{more:?}");
    }
    let bytes = fs::read(plain.path("stream.jsonl")).unwrap();
    let piped = postern_with_input(["scan", "--domain", "contoso.com", "--verdicts", "-"], &bytes);
    assert_eq!(without_input(json_lines(&piped.stdout)), expected);
}

#[test]
fn the_summary_adds_up_and_the_alerts_are_the_services() {
    let stream = Stream::simulate(&[]);
    let (input, alerts) = (stream.path("stream.jsonl"), stream.path("alerts.jsonl"));
    let run = postern(["scan", text(&input), "--domain", "contoso.com", "--alerts", text(&alerts), "--format", "json"]);
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    let sum = |counts: &Value| counts.as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum::<u64>();
    assert_eq!(summary["records"], 1_500);
    assert_eq!(sum(&summary["outcomes"]), 1_500);
    assert_eq!(summary["verdicts"].as_object().unwrap().values().map(sum).sum::<u64>(), 1_500);
    let alerts = stream.lines("alerts.jsonl");
    assert!(alerts.iter().all(|alert| alert["schema"] == "postern.alert/1"));
    let ids: BTreeSet<_> = alerts.iter().map(|alert| alert["id"].as_str().unwrap()).collect();
    assert_eq!(
        summary["alerts"]["total"].as_u64().unwrap() + summary["alerts"]["merged"].as_u64().unwrap(),
        ids.len() as u64
    );
}

#[test]
fn the_exit_code_says_what_was_found() {
    let stream = Stream::simulate(&[]);
    let input = stream.path("stream.jsonl");
    let scan = |more: &[&str]| postern(["scan", text(&input)].iter().chain(more));
    assert_eq!(scan(&["--domain", "contoso.com"]).code, Some(0));
    assert_eq!(scan(&["--domain", "contoso.com", "--fail-on", "low"]).code, Some(1));
    assert_eq!(scan(&["--domain", "fabrikam.example", "--fail-on", "low"]).code, Some(0));
    assert_eq!(scan(&[]).code, Some(2));
    assert_eq!(scan(&["--domain", "contoso.com", "--verdicts", "-", "--alerts", "-"]).code, Some(2));
    let missing = postern(["scan", "/nonexistent/export.jsonl", "--domain", "contoso.com"]);
    assert_eq!(missing.code, Some(3));
    assert!(
        missing.stderr.contains("/nonexistent/export.jsonl") && missing.stderr.contains("caused by"),
        "{missing:?}"
    );
}

#[test]
fn an_output_never_takes_the_place_of_an_input_or_of_another_output() {
    let folder = tempfile::tempdir().unwrap();
    let (input, other) = (folder.path().join("mail.jsonl"), folder.path().join("other.jsonl"));
    fs::write(&input, "{}\n").unwrap();
    let scan = |outputs: &[&str]| postern(["scan", text(&input), "--domain", "contoso.com"].iter().chain(outputs));
    let over_itself = scan(&["--verdicts", text(&input)]);
    assert_eq!(over_itself.code, Some(2));
    assert!(over_itself.stderr.contains("name another file"), "{}", over_itself.stderr);
    assert_eq!(scan(&["--verdicts", text(&other), "--alerts", text(&other)]).code, Some(2));
    assert_eq!(fs::read_to_string(&input).unwrap(), "{}\n");
    assert_eq!(scan(&["--verdicts", "/dev/null", "--alerts", "/dev/null"]).code, Some(0));
}

#[test]
fn a_full_disk_is_an_error() {
    let stream = Stream::simulate(&[]);
    let run =
        postern(["scan", text(&stream.path("stream.jsonl")), "--domain", "contoso.com", "--verdicts", "/dev/full"]);
    assert_eq!(run.code, Some(4));
    assert!(run.stderr.contains("/dev/full"), "{}", run.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_scan_quietly() {
    let stream = Stream::simulate(&[]);
    let mut child = command()
        .args(["scan", text(&stream.path("stream.jsonl")), "--domain", "contoso.com", "--verdicts", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let run = child.wait_with_output().unwrap();
    assert_eq!((run.status.code(), run.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn what_cannot_be_read_is_kept_with_its_number_and_its_reason() {
    let input = b"{\"category\":\"AdvancedHunting-EmailEvents\"}\n{\"category\":\"Other\"}\nnonsense\n";
    let run = postern_with_input(["scan", "--domain", "contoso.com", "--dead-letters", "-"], input);
    let letters = json_lines(&run.stdout);
    let told: Vec<_> =
        letters.iter().map(|it| (it["record"].as_u64().unwrap(), it["reason"].as_str().unwrap())).collect();
    assert_eq!(told, [(1, "missing_column"), (3, "not_json")]);
    assert_eq!(letters[1]["raw"], "nonsense");
    assert!(run.stderr.contains("Dead letters"), "{}", run.stderr);
}

#[test]
fn a_subject_cannot_steer_the_terminal_of_whoever_scans() {
    let stream = Stream::simulate(&["--seed", "3"]);
    let input = fs::read_to_string(stream.path("stream.jsonl")).unwrap();
    let hostile = input.replace(r#""Subject":""#, r#""Subject":"\u001b[2J\u202e\u200b"#);
    assert_ne!(input, hostile);
    let run = postern_with_input(["scan", "--domain", "contoso.com"], hostile.as_bytes());
    assert!(run.stdout.contains('\u{fffd}'), "{}", run.stdout);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
}

#[test]
fn a_configuration_is_as_good_as_a_domain_and_its_mistakes_are_shown_with_their_place() {
    let stream = Stream::simulate(&[]);
    let (input, config) = (stream.path("stream.jsonl"), stream.path("postern.toml"));
    let tenant = "[[tenant]]\nid = '6F0C1D7E-0000-4000-8000-000000000001'\nname = 'contoso.com'\n";
    fs::write(&config, format!("{tenant}accepted_domains = ['contoso.com']\n")).unwrap();
    let run = postern(["scan", text(&input), "--config", text(&config), "--verdicts", "-"]);
    assert_eq!(without_input(json_lines(&run.stdout)), verdicts(&input));
    fs::write(&config, tenant).unwrap();
    let run = postern(["scan", text(&input), "--config", text(&config)]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("postern.toml:1:1") && run.stderr.contains("accepted_domains"), "{}", run.stderr);
    let run = postern(["config", "check", text(&config)]);
    assert_eq!(run.code, Some(2));
    let run = postern(["scan", text(&input), "--domain", "not a domain"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("not a domain"), "{}", run.stderr);
}
