//! The metrics that exist, and those that somebody looks at.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use postern::observe::FAMILIES;

use crate::dashboard::{Dashboard, targets, word};
use crate::lint::metrics;

/// It lists everything, so to be listed there means nothing.
const REFERENCE: &str = "metrics.md";

#[test]
fn every_metric_is_looked_at_and_every_one_that_is_looked_at_exists() {
    let known: BTreeSet<String> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    let mut used = in_dashboards();
    used.extend(in_text(&root().join("deploy/prometheus/postern.rules.yaml")));
    used.extend(in_text(&root().join("deploy/prometheus/postern.rules.test.yaml")));
    let mut documented = BTreeSet::new();
    for page in pages(&root().join("docs")) {
        documented.extend(in_text(&page));
    }
    let invented: Vec<_> = used.union(&documented).filter(|name| !known.contains(*name)).collect();
    assert!(invented.is_empty(), "no such metrics: {invented:?}");
    let ignored: Vec<_> = known.iter().filter(|name| !used.contains(*name) && !documented.contains(*name)).collect();
    assert!(ignored.is_empty(), "metrics that nobody looks at: {ignored:?}");
}

fn in_dashboards() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for dashboard in Dashboard::all() {
        let asked = dashboard.panels().flat_map(targets).map(|target| word(&target["expr"]));
        let chosen = dashboard.variables().map(|variable| word(&variable["query"]["query"]));
        asked.chain(chosen).for_each(|expression| used.extend(families(expression)));
    }
    used
}

fn in_text(file: &Path) -> BTreeSet<String> {
    families(&fs::read_to_string(file).unwrap())
}

/// A histogram is asked for by its parts; what ends in `_` is the beginning of several names.
fn families(text: &str) -> BTreeSet<String> {
    let names = metrics(text).into_iter().map(|(_, name)| name).filter(|name| !name.ends_with('_'));
    names.map(|name| name.trim_end_matches("_bucket").to_owned()).collect()
}

fn pages(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.extension().and_then(|ending| ending.to_str()) {
            None if entry.is_dir() => found.extend(pages(&entry)),
            Some("md") if !entry.ends_with(REFERENCE) => found.push(entry),
            _ => {}
        }
    }
    found
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
