//! The page for QRadar, and its searches: what they name is in lines of LEEF that Postern really tells.
//!
//! Nothing outside QRadar runs or parses AQL. The converter from Sigma is held to the same properties.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use postern::alert::render::leef;
use serde_json::{Value, json};

use crate::kql::answer;
use crate::sigma::{content, converted, files, tools};
use crate::story::{listed, story};

/// The cells of a table of the page, by the heading of its first column.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(content("qradar/README.md")).unwrap();
    let begin = format!("| {heading} |");
    let rows = page.lines().skip_while(|line| !line.starts_with(&begin)).skip(2);
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<_>> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(rows.len() > 3, "{heading}");
    rows
}

fn bare(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

/// The event id and the attributes of a line.
fn read(line: &str) -> (String, BTreeMap<String, String>) {
    let parts: Vec<_> = line.splitn(7, '|').collect();
    assert_eq!((parts[0], parts[5]), ("LEEF:2.0", "x09"));
    let attribute = |it: &str| it.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
    (parts[4].to_owned(), parts[6].split('\t').map(attribute).collect())
}

fn told() -> Vec<(String, BTreeMap<String, String>)> {
    story().records().map(|record| read(&leef(&record, 64 << 10))).collect()
}

/// Each property and its key; none is read from the header.
fn properties() -> BTreeMap<String, Option<String>> {
    let property = |row: Vec<String>| (bare(&row[0]), row[1].starts_with('`').then(|| bare(&row[1])));
    table("property").into_iter().map(property).collect()
}

#[test]
fn every_property_is_read_from_an_attribute_that_is_told() {
    let told = told();
    for (property, key) in properties() {
        let Some(key) = key else { continue };
        let values: Vec<_> = told.iter().filter_map(|(_, attributes)| attributes.get(&key)).collect();
        assert!(!values.is_empty(), "{property}: nothing has {key}");
    }
    for row in table("property").iter().filter(|row| row[2] == "number") {
        let key = bare(&row[1]);
        assert!(told.iter().filter_map(|(_, it)| it.get(&key)).all(|value| value.parse::<u64>().is_ok()), "{key}");
    }
}

#[test]
fn every_event_id_and_category_that_is_told_is_mapped() {
    let mapped: BTreeMap<_, _> = table("event id").into_iter().map(|row| (bare(&row[0]), row[1].clone())).collect();
    for (event, attributes) in told() {
        assert!(mapped[&event].contains(&format!("`{}`", attributes["cat"])), "{event} {}", attributes["cat"]);
    }
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/postern.alert.1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let rules = schema["properties"]["rule"]["examples"].as_array().unwrap().iter();
    let events = rules.map(|it| it.as_str().unwrap().to_owned()).chain(["heartbeat".to_owned()]);
    assert_eq!(mapped.into_keys().collect::<BTreeSet<_>>(), events.collect());
}

/// A reference set takes one value from an event, and a list has many: the page takes the first by a regular expression, and
/// the others apart where they are joined.
#[test]
fn who_was_attacked_is_read_from_the_lists() {
    let Some(tools) = tools() else { return };
    let page = fs::read_to_string(content("qradar/README.md")).unwrap();
    let pattern = page.split_once("- `PosternTarget`: `").unwrap().1.split('`').next().unwrap();
    assert!(page.contains(r#"split("; ")"#));
    let script = "import json, re, sys\nt = json.load(sys.stdin)\nfound = [re.search(t['pattern'], it) for it in t['lines']]\n\
        json.dump([it and it.group(1) for it in found], sys.stdout)";
    let lines: Vec<_> = story().records().map(|record| leef(&record, 64 << 10)).collect();
    let task = json!({"pattern": pattern, "lines": lines});
    let targets = answer(tools.interpreter().args(["-c", script]), &task);
    let records = story().alerts.iter().chain(&story().heartbeats);
    for ((record, line), target) in records.zip(&lines).zip(targets.as_array().unwrap()) {
        let [clicked, got_it] = ["clicked_by", "recipients"].map(|key| listed(record, key));
        assert_eq!(target.as_str(), clicked.first().or(got_it.first()).copied(), "{line}");
        let (_, attributes) = read(line);
        for (key, people) in [("clickedBy", clicked), ("recipientAddresses", got_it)] {
            let told = attributes.get(key).map(|list| list.split("; ").collect::<Vec<_>>());
            assert_eq!(told.unwrap_or_default(), people, "{key}: {line}");
        }
    }
    let named = targets.as_array().unwrap().iter().filter(|it| it.is_string()).count();
    assert!(named > 0 && named < lines.len(), "changes of settings and heartbeats have none");
}

/// The words of a query that are names of our properties, or would be if they were spelt right.
fn named(query: &str) -> BTreeSet<String> {
    let outside_of_texts: String = query.split('\'').step_by(2).collect();
    let words = outside_of_texts.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| word.starts_with("Postern")).map(str::to_owned).collect()
}

#[test]
fn the_searches_name_properties_of_the_page() {
    let properties = properties();
    for file in files("qradar/searches", "aql") {
        let query = fs::read_to_string(&file).unwrap();
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{}", file.display());
        assert_eq!(query.matches('\'').count() % 2, 0, "{}", file.display());
        for name in named(&query) {
            assert!(properties.contains_key(&name), "{}: {name}", file.display());
        }
    }
}

#[test]
fn the_sigma_rules_become_queries_over_the_same_properties() {
    let Some(tools) = tools() else { return };
    let rules = ["alerts/postern_campaign_high", "alerts/postern_campaign_clicked", "alerts/postern_gate_opened"];
    let queries = converted(&tools, "qradar-aql-community", "qradar", &rules);
    let (properties, named) = (properties(), named(&queries));
    assert!(named.len() >= 4, "{queries}");
    assert!(named.iter().all(|name| properties.contains_key(name)), "{named:?}");
    assert_eq!(queries.matches("SELECT *").count(), rules.len());
}
