//! The Sigma rules are valid, and every converter that knows what a rule asks for takes it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::components::found_or_say_so;
use crate::support::python::Python;

/// The tools of the set, or none after saying so.
pub(crate) fn tools() -> Option<Python> {
    found_or_say_so("Sigma's tools", Python::of("sigma"))
}

/// `deploy/siem/…`.
pub(crate) fn content(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/siem")).join(path)
}

/// The files of a folder of the content with this ending, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(content(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|it| it == ending)).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} holds no .{ending}");
    files
}

/// What a program prints.
pub(crate) fn said(command: &mut Command) -> String {
    let run = command.output().unwrap();
    let [out, err] = [run.stdout, run.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(run.status.success(), "{command:?}:\n{out}\n{err}");
    out
}

/// Rules in the language of a SIEM.
pub(crate) fn converted(tools: &Python, target: &str, pipeline: &str, rules: &[&str]) -> String {
    let convert = ["convert", "--target", target, "--pipeline"];
    let mut command = tools.program("sigma");
    command.args(convert).arg(content(&format!("sigma/pipelines/{pipeline}.yml"))).arg("--without-pipeline");
    said(command.args(rules.iter().map(|rule| content(&format!("sigma/{rule}.yml"))))).trim().to_owned()
}

#[test]
fn the_rules_have_no_issue() {
    let Some(tools) = tools() else { return };
    let mut check = tools.program("sigma");
    check.arg("check").arg("--validation-config").arg(content("sigma/validation.yml"));
    let said = said(check.args(["--fail-on-issues"]).args(["sigma/alerts", "sigma/mail"].map(content)));
    assert!(said.contains("Found 0 errors, 0 condition errors and 0 issues."), "{said}");
}

#[test]
fn a_flawed_rule_has_issues() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let rule = fs::read_to_string(content("sigma/alerts/postern_gate_opened.yml")).unwrap();
    fs::write(folder.path().join("postern_gate_opened.yml"), rule.replace("level: high", "level: dreadful")).unwrap();
    let mut check = tools.program("sigma");
    check.arg("check").arg("--validation-config").arg(content("sigma/validation.yml")).arg("--fail-on-error");
    assert!(!check.arg(folder.path()).output().unwrap().status.success());
}

const HIGH: &str = "alerts/postern_campaign_high";
const CLICKED: &str = "alerts/postern_campaign_clicked";
const GATE: &str = "alerts/postern_gate_opened";
const GATE_THEN_CAMPAIGN: &str = "alerts/mr_postern_gate_then_campaign";
const SPOOF_THEN_SIGN_IN: &str = "alerts/mr_postern_spoof_then_signin";
const SELF_ADDRESSED: &str = "mail/emailevents_direct_send_self_addressed";
const OWN_DOMAIN: &str = "mail/emailevents_direct_send_own_domain";
const BURST: &str = "mail/mr_emailevents_direct_send_burst";

/// What each converter takes, by the pipeline that it needs. The others lack what a rule asks for: `temporal_ordered`,
/// any correlation, or to compare two fields.
const TAKEN: [(&str, &str, &[&str]); 10] = [
    ("sqlite", "accepted_domains", &[HIGH, CLICKED, GATE, SELF_ADDRESSED, OWN_DOMAIN]),
    ("splunk", "splunk", &[HIGH, CLICKED, GATE]),
    ("splunk", "accepted_domains", &[SELF_ADDRESSED, OWN_DOMAIN]),
    ("splunk", "accepted_domains", &[BURST]),
    ("kusto", "sentinel", &[HIGH, CLICKED, GATE]),
    ("kusto", "accepted_domains", &[OWN_DOMAIN]),
    ("lucene", "ecs", &[HIGH, CLICKED, GATE]),
    ("esql", "ecs", &[HIGH, CLICKED, GATE]),
    ("esql", "accepted_domains", &[BURST]),
    ("qradar-aql-community", "qradar", &[HIGH, CLICKED, GATE]),
];

#[test]
fn every_converter_takes_what_it_can_express() {
    let Some(tools) = tools() else { return };
    for (target, pipeline, rules) in TAKEN {
        let queries = converted(&tools, target, pipeline, rules);
        // Lines that begin with a pipe go on with the query above.
        let count = queries.lines().filter(|line| !line.is_empty() && !line.starts_with('|')).count();
        assert_eq!(count, rules.len(), "{target}: {queries}");
    }
}

/// Whose sessions are revoked first stands in the finding, in the words of the SIEM.
#[test]
fn a_followed_link_is_shown_with_who_followed_it() {
    let Some(tools) = tools() else { return };
    let shown = [("splunk", "splunk", "clicked_by{}"), ("qradar-aql-community", "qradar", "PosternClickedBy")];
    for (target, pipeline, field) in shown {
        let query = converted(&tools, target, pipeline, &[CLICKED]);
        assert!(query.contains(field), "{target}: {query}");
        assert!(!converted(&tools, target, pipeline, &[HIGH]).contains(field));
    }
}

#[test]
fn every_rule_is_converted() {
    let executed = [GATE_THEN_CAMPAIGN, SPOOF_THEN_SIGN_IN];
    let rules = TAKEN.iter().flat_map(|(_, _, rules)| rules.iter()).chain(&executed);
    let listed: Vec<_> = rules.map(|rule| content(&format!("sigma/{rule}.yml"))).collect();
    let mut present = [files("sigma/alerts", "yml"), files("sigma/mail", "yml")].concat();
    present.retain(|file| !listed.contains(file));
    assert!(present.is_empty(), "{present:?}");
}
