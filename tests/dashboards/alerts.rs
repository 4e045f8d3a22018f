//! The alerts: Prometheus's own tool runs their tests, and each has its section of the runbook.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::dashboard::{list, word};
use crate::names::root;
use crate::support::components::{found_or_say_so, program};
use crate::support::prometheus::Prometheus;

const RULES: &str = "deploy/prometheus/postern.rules.yaml";
const TESTS: &str = "deploy/prometheus/postern.rules.test.yaml";

#[test]
fn promtool_runs_the_tests_of_the_rules() {
    let Some(promtool) = found_or_say_so("promtool", program("promtool", "prometheus")) else { return };
    for verb in ["check", "test"] {
        let file = root().join(if verb == "check" { RULES } else { TESTS });
        let output = Command::new(&promtool).args([verb, "rules"]).arg(file).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success() && said.contains("SUCCESS"), "{said}");
    }
}

#[test]
fn each_alert_has_a_test_of_its_fire_and_one_of_its_silence() {
    let tests = fs::read_to_string(root().join(TESTS)).unwrap();
    for alert in declared() {
        for end in ["fires'", "is silent'"] {
            assert!(tests.contains(&format!("- name: '{alert} {end}")), "{alert} {end}");
        }
    }
}

#[test]
fn each_alert_has_a_section_of_the_runbook_and_each_section_an_alert() {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let sections: BTreeSet<_> = runbook.lines().filter_map(|line| line.strip_prefix("## Postern")).collect();
    let declared = declared();
    let alerts: BTreeSet<_> = declared.iter().filter_map(|alert| alert.strip_prefix("Postern")).collect();
    assert_eq!(sections, alerts);
    for section in runbook.split("\n## Postern").skip(1) {
        for heading in ["**It means**", "**Look**", "**Do**", "**Harmless**"] {
            assert!(section.contains(heading), "{heading} is missing in Postern{section}");
        }
    }
}

#[test]
fn each_alert_says_what_it_must_in_words_that_its_labels_have() {
    let rules = root().join(RULES);
    let Some(prometheus) = Prometheus::start(&[], &[&rules]) else { return };
    let answer = prometheus.get("/api/v1/rules");
    let loaded: BTreeMap<_, _> = list(&answer["data"]["groups"])
        .flat_map(|group| list(&group["rules"]))
        .map(|rule| (word(&rule["name"]).to_owned(), rule))
        .collect();
    assert_eq!(loaded.keys().cloned().collect::<BTreeSet<_>>(), declared());
    let tests = fs::read_to_string(root().join(TESTS)).unwrap();
    for (name, rule) in loaded {
        check(&name, rule, &tests);
    }
}

fn check(name: &str, rule: &Value, tests: &str) {
    assert!(["critical", "warning", "info"].contains(&word(&rule["labels"]["severity"])), "{name}: {rule}");
    let annotation = |key: &str| word(&rule["annotations"][key]);
    assert!(annotation("runbook_url").ends_with(&format!("/docs/runbook.md#{}", name.to_lowercase())), "{name}");
    assert!(!annotation("summary").is_empty() && annotation("description").ends_with('.'), "{name}");
    // What fires in its test has the labels that the words are made of.
    let fires = format!(r#"labels: 'ALERTS{{alertname="{name}","#);
    let fired = tests.lines().find(|line| line.contains(&fires)).unwrap();
    for text in ["summary", "description"].map(annotation) {
        for label in text.split("$labels.").skip(1).filter_map(|rest| rest.split([' ', '}']).next()) {
            assert!(fired.contains(&format!("{label}=\"")), "{name} has no label {label}");
        }
    }
}

/// The names of the alerts in the file.
fn declared() -> BTreeSet<String> {
    let rules = fs::read_to_string(root().join(RULES)).unwrap();
    let alerts: BTreeSet<_> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect();
    assert!(alerts.len() > 12, "{alerts:?}");
    alerts
}
