//! The rules for Elastic Security: what Kibana imports is what the TOML says, the fields that they name are in the index,
//! and the sequence is executed by Elastic's own engine for EQL.
//!
//! Nothing that can be had parses ES|QL. Of those two rules only the fields are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use postern::alert::render::ecs;
use postern::event::Time;
use serde_json::{Value, json};

use crate::kql::answer;
use crate::sigma::{content, files, tools};
use crate::story::{is_mail, is_test, record_id, seconds, sorted, story, text};

/// Fields of the azure integration, from its documentation.
const AZURES: [&str; 3] =
    ["azure.signinlogs.properties.user_principal_name", "event.outcome", "source.geo.country_iso_code"];

/// The rules, by the name of their file.
pub(crate) fn rules() -> BTreeMap<String, Value> {
    let rules = files("elastic/rules", "toml").into_iter().map(|file| {
        let mut parsed: Value = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        (file.file_stem().unwrap().to_str().unwrap().to_owned(), parsed["rule"].take())
    });
    rules.collect()
}

/// As Kibana imports a rule; switched off, so that somebody looks at it first.
fn importable(mut rule: Value) -> String {
    let fixed = json!({
        "enabled": false, "to": "now", "version": 1, "immutable": false, "max_signals": 100, "actions": [],
        "exceptions_list": [], "meta": {"from": "postern"},
    });
    rule.as_object_mut().unwrap().extend(fixed.as_object().unwrap().clone());
    for field in ["description", "note", "query"] {
        rule[field] = json!(text(&rule, field).trim());
    }
    rule.to_string()
}

#[test]
fn what_kibana_imports_is_what_the_rules_say() {
    let lines: String = rules().into_values().map(|rule| importable(rule) + "\n").collect();
    let file = content("elastic/postern-rules.ndjson");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &lines).unwrap();
    }
    assert_eq!(lines, fs::read_to_string(&file).unwrap(), "{}", file.display());
}

#[test]
fn no_rule_has_the_identity_of_another() {
    let rules = rules();
    let ids: BTreeSet<_> = rules.values().map(|rule| text(rule, "rule_id")).collect();
    assert_eq!(ids.len(), rules.len());
}

/// The index template that the SOC puts in place.
pub(crate) fn template() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/elasticsearch/postern-alerts.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn fields(properties: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    for (name, field) in properties.as_object().unwrap() {
        let name = format!("{path}{name}");
        match field.get("properties") {
            Some(properties) => fields(properties, &format!("{name}."), found),
            None => drop(found.insert(name, text(field, "type").to_owned())),
        }
    }
}

#[test]
fn the_rules_name_fields_that_the_index_has() {
    let mut known = BTreeMap::new();
    fields(&template()["template"]["mappings"]["properties"], "", &mut known);
    for (name, rule) in rules() {
        let query = text(&rule, "query");
        let listed = [&rule["threshold"]["field"], &rule["investigation_fields"]["field_names"]];
        let listed = listed.iter().filter_map(|it| it.as_array()).flatten().filter_map(Value::as_str);
        // What a query in ES|QL keeps has no dot where the query made it.
        let listed = listed.filter(|field| field.contains('.') || !query.contains("| KEEP ") || !query.contains(field));
        let words = query.split(|letter: char| !letter.is_alphanumeric() && !"._@-\"".contains(letter));
        // Values are in quotes, and indices have dashes; the values of Lucene are the words behind a colon.
        let is_field =
            |word: &&str| word.contains('.') && !word.contains(['"', '-']) && !query.contains(&format!(":{word}"));
        let named: BTreeSet<_> = words.filter(is_field).chain(listed).collect();
        assert!(named.len() >= 2, "{name}: {named:?}");
        for field in named {
            assert!(known.contains_key(field) || AZURES.contains(&field), "{name}: no index has {field}");
        }
    }
}

#[test]
fn the_sequence_finds_the_campaign_after_the_gate_and_no_other() {
    let Some(tools) = tools() else { return };
    let rules = rules();
    let rule = &rules["postern_gate_then_campaign"];
    let at = |it: &Value| Time::parse(text(it, "@timestamp")).unwrap();
    let mut documents: Vec<Value> = story().records().map(|it| serde_json::from_str(&ecs(&it)).unwrap()).collect();
    documents.sort_by_key(at);
    for document in &mut documents {
        let seconds = (at(document) - Time::parse("2026-10-01T00:00:00Z").unwrap()).as_micros() / 1_000_000;
        document["@timestamp"] = json!(seconds);
    }
    let text_field = || json!("string");
    let schema = json!({
        "event": {"dataset": text_field()}, "rule": {"id": text_field()}, "organization": {"id": text_field()},
        "postern": {"test": "boolean", "state": text_field(), "severity": text_field()},
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python/sigma/sequences.py");
    let run = |query: &str| {
        let task = json!({"query": query, "schema": schema, "documents": documents});
        answer(tools.interpreter().arg(script), &task)
    };
    let found = run(text(rule, "query"));
    let ids = |matched: &Value| {
        matched.as_array().unwrap().iter().map(|it| text(&it["event"], "id").to_owned()).collect::<Vec<_>>()
    };
    let found: Vec<_> = found.as_array().unwrap().iter().map(ids).collect();
    assert_eq!(found, [first_after_a_gate()]);
    let wrong = text(rule, "query").replace("postern.state", "postern.stat");
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&wrong)));
    assert!(refused.is_err(), "a field that the schema lacks");
}

/// The gate of contoso and the campaign's record after it: the next one in the order of events. At northwind two days lie
/// between.
fn first_after_a_gate() -> Vec<String> {
    let alerts = &story().alerts;
    let gates = alerts.iter().filter(|it| !is_mail(it) && it["state"] == "open");
    let pairs = gates.filter_map(|gate| {
        let after = |it: &Value| seconds(text(gate, "last_seen"), text(it, "last_seen"));
        let is_grave = |it: &&Value| is_mail(it) && !is_test(it) && text(it, "severity") != "low";
        let campaigns = alerts.iter().filter(|it| it["tenant_id"] == gate["tenant_id"]).filter(is_grave);
        let next = campaigns.filter(|it| (0..=86_400).contains(&after(it))).min_by_key(|it| after(it))?;
        Some(vec![record_id(gate), record_id(next)])
    });
    let pairs: Vec<_> = pairs.collect();
    assert_eq!(pairs.len(), 1);
    assert_eq!(sorted(pairs[0].clone().into_iter()).len(), 2);
    pairs.concat()
}
