//! `docs/renderings.md`: its examples are what is rendered, and its tables name every field that there is and no other.

use std::collections::BTreeSet;
use std::fs;

use postern::alert::Record;
use postern::alert::render::{cef, ecs, leef, ocsf, sentinel};
use serde_json::Value;

use crate::cases::{alert, cases, parsed, record, root};
use crate::{cef as cef_reader, leef as leef_reader};

const FORMATS: [&str; 5] = ["ECS", "OCSF", "CEF", "LEEF", "Sentinel"];

fn rendered(format: &str, record: &Record) -> String {
    match format {
        "ECS" => ecs(record),
        "OCSF" => ocsf(record),
        "CEF" => cef(record, 64 << 10),
        "LEEF" => leef(record, 64 << 10),
        "Sentinel" => sentinel(record),
        other => panic!("{other}"),
    }
}

/// The part of the page below the format's heading.
fn section(format: &str) -> String {
    let page = fs::read_to_string(root().join("docs/renderings.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n## {format}\n")).unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn every_example_is_the_rendering_of_the_smallest_case() {
    let record = Record::Alert(Box::new(alert("smallest")));
    for format in FORMATS {
        let section = section(format);
        let example = section.split("```").nth(1).unwrap();
        let (kind, text) = example.split_once('\n').unwrap();
        let line = rendered(format, &record).replace(env!("CARGO_PKG_VERSION"), "<version>");
        match kind {
            "json" => assert_eq!(serde_json::from_str::<Value>(text).unwrap(), parsed(&line), "{format}"),
            _ => assert_eq!(text.trim_end_matches('\n'), line, "{format}"),
        }
    }
}

#[test]
fn every_table_names_the_fields_that_are_told_and_no_others() {
    for format in FORMATS {
        let section = section(format);
        let named: BTreeSet<_> = section.lines().filter_map(first_column).flat_map(fields).collect();
        let told: BTreeSet<_> =
            cases().iter().flat_map(|case| keys(format, &rendered(format, &record(case)))).collect();
        let is_in = |field: &str, named: &str| {
            field == named || field.strip_prefix(named).is_some_and(|it| it.starts_with('.'))
        };
        let unnamed: Vec<_> = told.iter().filter(|field| !named.iter().any(|name| is_in(field, name))).collect();
        assert!(unnamed.is_empty(), "{format}: the table lacks {unnamed:?}");
        let untold: Vec<_> = named.iter().filter(|name| !told.iter().any(|field| is_in(field, name))).collect();
        assert!(untold.is_empty(), "{format}: nothing has {untold:?}");
    }
}

fn first_column(line: &str) -> Option<&str> {
    line.strip_prefix("| `")?.split(" | ").next()
}

/// The names between backticks.
fn fields(column: &str) -> Vec<String> {
    column.trim_matches('`').split("`, `").map(str::to_owned).collect()
}

/// The fields of a rendering; entries of a list are one.
fn keys(format: &str, line: &str) -> Vec<String> {
    match format {
        "CEF" => cef_reader::read(line).unwrap().extension.into_keys().collect(),
        "LEEF" => leef_reader::read(line).unwrap().attributes.into_keys().collect(),
        _ => {
            let mut found = Vec::new();
            paths(&parsed(line), "", &mut found);
            found
        }
    }
}

fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            fields.iter().for_each(|(key, value)| paths(value, &format!("{path}{dot}{key}"), found));
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            values.iter().for_each(|value| paths(value, path, found));
        }
        _ => found.push(path.to_owned()),
    }
}
