//! What the chart holds a copy of, because Helm reads nothing outside of it.
//!
//! `UPDATE_GOLDEN=1 cargo test --test deploy` makes the copies anew, as `helm/postern/sync` does.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::chart::CHART;
use crate::project::{files_in, path, text};

/// Where the originals are, how they end, and where the copies are.
const COPIES: [(&str, &str, &str); 2] =
    [("deploy/prometheus", ".rules.yaml", "rules"), ("deploy/grafana/dashboards", ".json", "dashboards")];

#[test]
fn rules_and_dashboards_are_those_of_the_deployment() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        assert!(Command::new(path(CHART).join("sync")).status().unwrap().success());
    }
    for (original, ending, copy) in COPIES {
        let originals = contents(original, ending);
        let copies = contents(&format!("{CHART}/{copy}"), ending);
        // Until the originals are there, the chart has its own.
        assert!(originals.is_empty() || originals == copies, "run {CHART}/sync: {original} and {copy} differ");
    }
}

#[test]
fn the_chart_is_of_the_version_of_the_program() {
    let chart = text(&format!("{CHART}/Chart.yaml"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(chart.contains(&format!("\nappVersion: \"{version}\"\n")), "{chart}");
    assert!(text("deploy/docker/Dockerfile").contains(&format!("ARG VERSION={version}\n")));
    assert_eq!(text("deploy/compose/compose.yaml").matches(&format!("image: postern:{version}\n")).count(), 2);
}

fn contents(folder: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    let files = files_in(folder).into_iter().filter(|file| name(file).ends_with(ending));
    files.map(|file| (name(&file), fs::read(&file).unwrap())).collect()
}
