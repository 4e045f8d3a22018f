//! The queries for Sentinel, analysed by the parser that the portal uses, with the columns of the tables that they read.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sigma::{content, converted, files, said, tools};
use crate::support::components::found_or_say_so;
use crate::support::node::Node;

/// Columns of Microsoft's tables, as its reference of Log Analytics lists them; those that the queries use.
const MICROSOFTS: [(&str, &[(&str, &str)]); 3] = [
    (
        "EmailEvents",
        &[
            ("TimeGenerated", "datetime"),
            ("NetworkMessageId", "string"),
            ("RecipientEmailAddress", "string"),
            ("SenderFromAddress", "string"),
            ("SenderFromDomain", "string"),
            ("SenderMailFromAddress", "string"),
            ("SenderMailFromDomain", "string"),
            ("SenderIPv4", "string"),
            ("SenderIPv6", "string"),
            ("Subject", "string"),
            ("EmailDirection", "string"),
            ("Connectors", "string"),
            ("AuthenticationDetails", "string"),
            ("DeliveryAction", "string"),
        ],
    ),
    (
        "SigninLogs",
        &[
            ("TimeGenerated", "datetime"),
            ("UserPrincipalName", "string"),
            ("UserId", "string"),
            ("IPAddress", "string"),
            ("Location", "string"),
            ("ResultType", "string"),
            ("AppDisplayName", "string"),
        ],
    ),
    (
        "UrlClickEvents",
        &[
            ("TimeGenerated", "datetime"),
            ("AccountUpn", "string"),
            ("ActionType", "string"),
            ("IPAddress", "string"),
            ("IsClickedThrough", "bool"),
            ("NetworkMessageId", "string"),
            ("Url", "string"),
        ],
    ),
];

/// The columns of every table, by its name: ours as the SOC creates it, Microsoft's from its reference.
pub(crate) fn tables() -> BTreeMap<String, Value> {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/sentinel/table.json");
    let table: Value = serde_json::from_str(&fs::read_to_string(table).unwrap()).unwrap();
    let schema = &table["properties"]["schema"];
    let ours = schema["columns"].as_array().unwrap().iter().map(|column| {
        let kind = column["type"].as_str().unwrap();
        (column["name"].as_str().unwrap(), if kind == "boolean" { "bool" } else { kind })
    });
    let ours = (schema["name"].as_str().unwrap().to_owned(), columns(ours));
    let theirs = MICROSOFTS.map(|(name, listed)| (name.to_owned(), columns(listed.iter().copied())));
    theirs.into_iter().chain([ours]).collect()
}

fn columns<'c>(columns: impl Iterator<Item = (&'c str, &'c str)>) -> Value {
    columns.map(|(name, kind)| (name.to_owned(), json!(kind))).collect::<serde_json::Map<_, _>>().into()
}

/// The queries of the rules, by the name of their file.
pub(crate) fn queries() -> BTreeMap<String, String> {
    let rules = [files("sentinel/rules", "yaml"), files("sentinel/hunting", "yaml")].concat();
    let query = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, block(&fs::read_to_string(file).unwrap(), "query"))
    };
    rules.iter().map(query).collect()
}

/// The block of text below `key: |`.
pub(crate) fn block(yaml: &str, key: &str) -> String {
    let lines = yaml.lines().skip_while(|line| *line != format!("{key}: |")).skip(1);
    let lines: Vec<_> = lines.take_while(|line| line.is_empty() || line.starts_with("  ")).collect();
    assert!(!lines.is_empty(), "{key}");
    lines.iter().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

/// What a program says that is given a task.
pub(crate) fn answer(command: &mut Command, task: &Value) -> Value {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is there");
    child.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    let run = child.wait_with_output().unwrap();
    assert!(run.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// What the analyser complains about, by query.
fn complaints(node: &Node, queries: &BTreeMap<String, String>) -> Value {
    answer(&mut node.script("check.js"), &json!({"tables": tables(), "queries": queries}))
}

fn node() -> Option<Node> {
    found_or_say_so("Kusto's analyser", Node::of("kusto"))
}

#[test]
fn the_analyser_has_no_complaint_about_any_query() {
    let (Some(node), Some(tools)) = (node(), tools()) else { return };
    let mut queries = queries();
    let function = fs::read_to_string(content("sentinel/functions/PosternAlerts.kql")).unwrap();
    let rules = ["alerts/postern_campaign_high", "alerts/postern_campaign_clicked", "alerts/postern_gate_opened"];
    let sigma = converted(&tools, "kusto", "sentinel", &rules);
    for (place, condition) in sigma.lines().filter(|line| !line.is_empty()).enumerate() {
        queries.insert(
            format!("sigma {place}"),
            format!("let PosternAlerts = {function};\nPosternAlerts\n| where {condition}"),
        );
    }
    assert_eq!(queries.len(), 6 + 5 + rules.len());
    queries.insert("function".to_owned(), function);
    let complaints = complaints(&node, &queries);
    for name in queries.keys() {
        assert_eq!(complaints[name], json!([]), "{name}");
    }
}

#[test]
fn the_analyser_complains_about_a_wrong_column_and_a_wrong_type() {
    let Some(node) = node() else { return };
    let good = &queries()["PosternCampaignHigh"];
    let wrong = [("PosternSeverity", "PosternSeverty"), ("in (\"high\"", "> (3"), ("summarize", "sumarize")];
    let wrong = wrong.map(|(word, by)| (by.to_owned(), good.replacen(word, by, 1)));
    let wrong = BTreeMap::from(wrong);
    let complaints = complaints(&node, &wrong);
    for (name, query) in &wrong {
        assert_ne!(query, good);
        assert_ne!(complaints[name], json!([]), "{query}");
    }
}

/// A column that a rule gives to an entity or to a detail, and that its query does not return, is an empty field of the
/// incident, of which nobody hears.
#[test]
fn what_the_rules_refer_to_is_what_their_queries_return() {
    let Some(node) = node() else { return };
    let mut asked = BTreeMap::new();
    for file in [files("sentinel/rules", "yaml"), files("sentinel/hunting", "yaml")].concat() {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let columns = referred(&text);
        assert!(!columns.is_empty(), "{name}");
        let query = block(&text, "query");
        asked.insert(name, format!("{}\n| project {}", query.trim_end(), columns.join(", ")));
    }
    let complaints = complaints(&node, &asked);
    for name in asked.keys() {
        assert_eq!(complaints[name], json!([]), "{name}");
    }
}

/// The columns named by entities, details and the title.
fn referred(text: &str) -> Vec<String> {
    let entities = text.lines().filter_map(|line| line.trim().strip_prefix("columnName: ")).map(str::to_owned);
    let details = text.split_once("customDetails:\n").map(|(_, rest)| rest).unwrap_or_default();
    let details =
        details.lines().take_while(|line| line.starts_with("  ")).map(|line| line.split(": ").nth(1).unwrap());
    let titles = text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap());
    let mut columns: Vec<_> = entities.chain(details.map(str::to_owned)).chain(titles.map(str::to_owned)).collect();
    columns.sort();
    columns.dedup();
    columns
}

/// An incident is grouped by details of the alert; of one that the rule does not have, nobody hears.
#[test]
fn what_incidents_are_grouped_by_is_a_detail_of_the_rule() {
    let mut grouped = 0;
    for file in files("sentinel/rules", "yaml") {
        let text = fs::read_to_string(&file).unwrap();
        let Some((_, by)) = text.split_once("groupByCustomDetails:\n") else { continue };
        for detail in by.lines().map_while(|line| line.strip_prefix("      - ")) {
            assert!(text.contains(&format!("\n  {detail}: ")), "{}: {detail}", file.display());
            grouped += 1;
        }
    }
    assert!(grouped > 0);
}

/// Whoever loads a rule is told which tables it needs, and nothing else tells that a table is missing.
#[test]
fn every_rule_asks_for_the_tables_that_it_reads() {
    for file in [files("sentinel/rules", "yaml"), files("sentinel/hunting", "yaml")].concat() {
        let text = fs::read_to_string(&file).unwrap();
        let query = block(&text, "query");
        for table in tables().keys() {
            let is_asked_for = text.contains(&format!("      - {table}\n"));
            assert_eq!(is_asked_for, query.contains(table.as_str()), "{}: {table}", file.display());
        }
    }
}

#[test]
fn no_rule_has_the_identity_of_another() {
    let rules = [files("sentinel/rules", "yaml"), files("sentinel/hunting", "yaml")].concat();
    let text = said(Command::new("grep").arg("--no-filename").arg("^id: ").args(&rules));
    let mut ids: Vec<_> = text.lines().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules.len());
}
