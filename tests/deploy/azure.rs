//! The Terraform files for Azure. The provider cannot be had here, so they are parsed and their references followed; no plan
//! has been made.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::project::{path, read, text};
use crate::support::components::program;

const FOLDER: &str = "deploy/azure";
const FILES: [&str; 5] = ["versions.tf", "variables.tf", "main.tf", "sentinel.tf", "outputs.tf"];

fn files() -> Option<[Value; 5]> {
    let names = FILES.map(|name| format!("{FOLDER}/{name}"));
    read("hcl", [&names[0], &names[1], &names[2], &names[3], &names[4]])
}

/// The blocks of a kind, each an object with its label as the key.
fn blocks<'f>(files: &'f [Value], kind: &str) -> Vec<(&'f String, &'f Value)> {
    let lists = files.iter().filter_map(|file| file[kind].as_array());
    lists.flatten().flat_map(|block| block.as_object().unwrap()).filter(|(label, _)| !label.starts_with("__")).collect()
}

#[test]
fn every_reference_leads_somewhere_and_every_variable_is_used() {
    let Some(files) = files() else { return };
    let text = FILES.map(|name| text(&format!("{FOLDER}/{name}"))).concat();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let variables: BTreeSet<String> = blocks(&files, "variable").into_iter().map(|(name, _)| name.clone()).collect();
    let locals: BTreeSet<String> = blocks(&files, "locals").into_iter().map(|(name, _)| name.clone()).collect();
    let resources = blocks(&files, "resource")
        .into_iter()
        .flat_map(|(kind, named)| named.as_object().unwrap().keys().map(move |name| format!("{kind}.{name}")));
    let resources: BTreeSet<String> = resources.collect();
    assert_eq!(names_after(&code, "var."), variables);
    assert_eq!(names_after(&code, "local."), locals);
    for kind in resources.iter().map(|resource| resource.split('.').next().unwrap()) {
        let used: BTreeSet<String> =
            names_after(&code, &format!("{kind}.")).into_iter().map(|name| format!("{kind}.{name}")).collect();
        assert!(used.is_subset(&resources), "{used:?} {resources:?}");
    }
    for (name, variable) in blocks(&files, "variable") {
        assert!(variable["description"].is_string() && variable["type"].is_string(), "{name}");
    }
}

/// Every identifier that stands directly behind a prefix which begins a word.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let places = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(|c| is_word(c) || c == '.'));
    let name = |at: usize| code[at..].chars().take_while(|char| is_word(*char)).collect::<String>();
    places.map(|(at, _)| name(at + prefix.len())).collect()
}

#[test]
fn the_roles_are_those_that_postern_needs() {
    let Some(files) = files() else { return };
    let resources = blocks(&files, "resource");
    let assignments = resources.iter().filter(|(kind, _)| *kind == "azurerm_role_assignment");
    let roles: BTreeSet<&str> = assignments
        .flat_map(|(_, named)| named.as_object().unwrap().values())
        .map(|assignment| assignment["role_definition_name"].as_str().unwrap().trim_matches('"'))
        .collect();
    assert_eq!(roles, BTreeSet::from(["Azure Event Hubs Data Receiver", "Monitoring Metrics Publisher"]));
}

/// One list of columns: Terraform reads the files that administrators can also use alone.
#[test]
fn the_columns_are_those_of_the_sentinel_files() {
    let json = |name: &str| -> Value { serde_json::from_str(&text(&format!("deploy/sentinel/{name}"))).unwrap() };
    let (table, rule) = (json("table.json"), json("dcr.json"));
    let declared = &rule["resources"][0]["properties"]["streamDeclarations"]["Custom-PosternAlerts_CL"]["columns"];
    assert_eq!(&table["properties"]["schema"]["columns"], declared);

    let sentinel = text(&format!("{FOLDER}/sentinel.tf"));
    for name in ["table.json", "dcr.json"] {
        assert!(sentinel.contains(&format!("file(\"${{path.module}}/../sentinel/{name}\")")), "{name}");
    }
    assert!(!sentinel.contains("TimeGenerated"), "a second list of columns");
    let parameters = rule["parameters"].as_object().unwrap().keys();
    let given =
        |name: &String| sentinel.lines().any(|line| line.trim_start().starts_with(name) && line.contains("{ value ="));
    assert!(parameters.clone().all(given), "{parameters:?}");
    let outputs = rule["outputs"].as_object().unwrap();
    assert!(outputs.contains_key("url") && outputs.contains_key("dcr"));
}

/// The hubs have to be called what Defender calls them, and what the example reads.
#[test]
fn the_hubs_are_the_topics_of_the_example() {
    let Some(files) = files() else { return };
    let variables = blocks(&files, "variable");
    let (_, tables) = variables.iter().find(|(name, _)| *name == "tables").unwrap();
    let tables = tables["default"].as_array().unwrap().iter().map(|table| table.as_str().unwrap().trim_matches('"'));
    let hubs: Vec<String> =
        tables.map(|table| format!("insights-logs-advancedhunting-{}", table.to_lowercase())).collect();
    let example: toml::Table = text("examples/event-hubs.toml").parse().unwrap();
    let topics = example["source"]["kafka"][0]["topics"].as_array().unwrap();
    assert_eq!(hubs, topics.iter().map(|topic| topic.as_str().unwrap()).collect::<Vec<_>>());
    assert!(text(&format!("{FOLDER}/main.tf")).contains("\"insights-logs-advancedhunting-${lower(each.key)}\""));
}

/// Debian has no Terraform, so nothing requires it; where it is, the files have its form.
#[test]
fn terraform_likes_the_form() {
    let Ok(terraform) = program("terraform", "terraform") else {
        eprintln!("terraform is not installed: the form was not checked");
        return;
    };
    let checked = Command::new(terraform).args(["fmt", "-check", "-diff"]).arg(path(FOLDER)).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}
