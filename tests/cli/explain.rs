//! `postern explain`: the pages are golden; `UPDATE_GOLDEN=1` writes them anew.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::postern::{postern, postern_with_input, text};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/explain").join(name)
}

fn page(name: &str) -> String {
    let run = postern(["explain", text(&sample(name)), "--domain", "contoso.com"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

#[test]
fn the_pages_are_the_published_ones() {
    for input in ["spoof.json", "aligned.json", "foreign.json", "trace.json", "reported.eml"] {
        let name = input.split('.').next().unwrap();
        let (shown, golden) = (page(input), sample(&format!("{name}.txt")));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &shown).unwrap();
        }
        assert_eq!(shown, std::fs::read_to_string(&golden).unwrap(), "{name}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
}

#[test]
fn json_tells_the_same_as_the_page() {
    let run = postern(["explain", text(&sample("spoof.json")), "--domain", "contoso.com", "--json"]);
    let story: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&story["outcome"], &story["verdict"]), (&"judged".into(), &"suspicious".into()));
    assert_eq!(story["rules"][0]["fires"], true);
    assert!(story["rules"][0]["conditions"].as_array().unwrap().iter().all(|it| it["answer"] == true));
    assert_eq!(story["questions"].as_array().unwrap().len(), 4);
}

#[test]
fn a_record_is_found_by_its_number() {
    let records = ["foreign.json", "aligned.json", "spoof.json"].map(|name| {
        let record: Value = serde_json::from_slice(&std::fs::read(sample(name)).unwrap()).unwrap();
        record.to_string()
    });
    let lines = records.join("\n");
    let explain = |number: &str| {
        let arguments = ["explain", "-", "--domain", "contoso.com", "--record", number];
        postern_with_input(arguments, lines.as_bytes())
    };
    assert!(explain("3").stdout.starts_with("suspicious"));
    let beyond = explain("4");
    assert_eq!(beyond.code, Some(2));
    assert!(beyond.stderr.contains("3 records"), "{}", beyond.stderr);
}

#[test]
fn what_cannot_be_read_says_why_and_where() {
    let input = b"{\"category\":\"AdvancedHunting-EmailEvents\",\"properties\":{\"x\":\"\x1b[2J\"";
    let run = postern_with_input(["explain", "-", "--domain", "contoso.com"], input);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("not_json") && run.stdout.contains("column"), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}'));
}
