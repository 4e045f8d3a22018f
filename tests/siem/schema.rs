//! JSON Schemas of what has no public validator, held against the content and against what breaks them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sigma::{files, said, tools};
use crate::support::python::Python;

/// A schema, and the content that it is for.
const KEPT: [(&str, &str, &str); 3] = [
    ("analytics-rule", "sentinel/rules", "yaml"),
    ("hunting-query", "sentinel/hunting", "yaml"),
    ("detection-rule", "elastic/rules", "toml"),
];

/// A schema, a file, and an edit of it that the schema has to refuse.
const BROKEN: [(&str, &str, &str, &str); 8] = [
    ("analytics-rule", "sentinel/rules/PosternSilent.yaml", "severity: Medium", "severity: Critical"),
    ("analytics-rule", "sentinel/rules/PosternSilent.yaml", "SilentHours: Sil", "Hours_that_it_is_silent: Sil"),
    ("analytics-rule", "sentinel/rules/PosternCampaignHigh.yaml", "identifier: SenderIP", "identifier: From"),
    ("analytics-rule", "sentinel/rules/PosternCampaignClicked.yaml", "lookbackDuration: P1D", "lookbackDuration: 1d"),
    ("detection-rule", "elastic/rules/postern_campaign_clicked.toml", "field_names = [", "fields = ["),
    ("hunting-query", "sentinel/hunting/PosternWhoClicked.yaml", "  - T1566", "  - Phishing"),
    ("detection-rule", "elastic/rules/postern_silent.toml", "risk_score = 47", "risk_score = 50"),
    ("detection-rule", "elastic/rules/postern_silent.toml", "language = \"esql\"", "language = \"eql\""),
];

fn check(tools: &Python, schema: &str, files: &[PathBuf]) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/siem/schemas");
    let mut check = tools.program("check-jsonschema");
    check.arg("--no-cache").arg("--schemafile").arg(folder.join(format!("{schema}.json"))).args(files);
    check
}

#[test]
fn every_rule_has_the_form_that_its_receiver_imports() {
    let Some(tools) = tools() else { return };
    for (schema, folder, ending) in KEPT {
        said(&mut check(&tools, schema, &files(folder, ending)));
    }
}

#[test]
fn the_schemas_refuse_what_the_receiver_would() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (schema, file, good, bad) in BROKEN {
        let file = crate::sigma::content(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(good), "{}: {good}", file.display());
        let broken = folder.path().join(file.file_name().unwrap());
        fs::write(&broken, text.replacen(good, bad, 1)).unwrap();
        assert!(!check(&tools, schema, &[broken]).output().unwrap().status.success(), "{bad}");
    }
}
