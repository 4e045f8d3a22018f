//! The table of values in the chart's README, which is written from the comments of `values.yaml`.
//!
//! `UPDATE_GOLDEN=1 cargo test --test deploy` rewrites it; read the difference before committing it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::chart::CHART;
use crate::project::{path, text};

const MARKS: [&str; 2] = ["<!-- values -->\n", "<!-- /values -->"];

/// A value that is no group of others.
struct Entry {
    key: String,
    default: String,
    meaning: String,
}

#[test]
fn the_table_is_that_of_the_comments() {
    let readme = format!("{CHART}/README.md");
    let page = text(&readme);
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    let mut wanted = format!("{before}{}| value | default | meaning |\n|---|---|---|\n", MARKS[0]);
    for Entry { key, default, meaning } in entries() {
        writeln!(wanted, "| `{key}` | {default} | {meaning} |").unwrap();
    }
    wanted += &format!("{}{after}", MARKS[1]);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path(&readme), &wanted).unwrap();
    }
    assert_eq!(text(&readme), wanted);
}

#[test]
fn every_value_says_what_it_is_for() {
    let silent: Vec<String> = entries().into_iter().filter(|entry| entry.meaning.is_empty()).map(|it| it.key).collect();
    assert_eq!(silent, [""; 0], "write `# -- …` above each in values.yaml");
}

/// Helm itself refuses a default that the schema does not know; the other direction is looked at here.
#[test]
fn the_schema_knows_no_value_that_is_not_listed() {
    let schema: Value = serde_json::from_str(&text(&format!("{CHART}/values.schema.json"))).unwrap();
    let mut known = BTreeSet::new();
    properties(&schema, "", &mut known);
    let listed: BTreeSet<String> = entries().into_iter().map(|entry| entry.key).collect();
    // Helm hands `global` to every chart.
    let unlisted: Vec<&String> = known.iter().filter(|key| !is_listed(key, &listed) && *key != "global").collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

fn is_listed(key: &str, listed: &BTreeSet<String>) -> bool {
    listed.iter().any(|own| own == key || own.starts_with(&format!("{key}.")))
}

fn properties(schema: &Value, prefix: &str, known: &mut BTreeSet<String>) {
    for (name, own) in schema["properties"].as_object().into_iter().flatten() {
        let key = format!("{prefix}{name}");
        properties(own, &format!("{key}."), known);
        known.insert(key);
    }
}

/// The values in their order. The file keeps to one shape: two spaces a level, a default on the line of its key.
fn entries() -> Vec<Entry> {
    let (mut found, mut groups, mut meaning) = (Vec::new(), Vec::<&str>::new(), String::new());
    let text = text(&format!("{CHART}/values.yaml"));
    for line in text.lines() {
        let plain = line.trim_start();
        if let Some(comment) = plain.strip_prefix('#') {
            continue_meaning(&mut meaning, comment);
            continue;
        }
        let Some((key, default)) = plain.split_once(':') else { continue };
        groups.truncate((line.len() - plain.len()) / 2);
        groups.push(key);
        if !default.is_empty() {
            let default = default.trim().replace('|', "\\|");
            found.push(Entry { key: groups.join("."), default: format!("`{default}`"), meaning: meaning.clone() });
        }
        meaning.clear();
    }
    found
}

fn continue_meaning(meaning: &mut String, comment: &str) {
    match comment.trim_start().strip_prefix("-- ") {
        Some(first) => *meaning = first.to_owned(),
        None if !meaning.is_empty() => *meaning += comment,
        None => {}
    }
}
