//! The files of dashboards, as Grafana reads them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A shipped dashboard.
pub(crate) struct Dashboard {
    /// The name of its file, without ending.
    pub(crate) name: String,
    pub(crate) json: Value,
}

/// What the queries of a panel are asked with, where Grafana would put a choice or a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// `$__range`, in seconds.
    pub(crate) range: u64,
    /// `$__rate_interval`, in seconds.
    pub(crate) rate_interval: u64,
}

impl Dashboard {
    /// All of them, in order of their names.
    pub(crate) fn all() -> Vec<Self> {
        let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let read = |file: PathBuf| Self {
            name: file.file_stem().unwrap().to_str().unwrap().to_owned(),
            json: serde_json::from_slice(&fs::read(&file).unwrap()).unwrap_or_else(|error| panic!("{file:?}: {error}")),
        };
        let dashboards: Vec<_> = files.into_iter().map(read).collect();
        assert!(dashboards.len() >= 3, "the dashboards were not found");
        dashboards
    }

    /// Every panel but the headings of rows.
    pub(crate) fn panels(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["panels"]).filter(|panel| panel["type"] != "row")
    }

    /// The variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["templating"]["list"])
    }

    /// An expression with every variable at "All".
    pub(crate) fn filled(&self, expression: &str, window: Window) -> String {
        let times = [("$__rate_interval", window.rate_interval), ("$__range", window.range)];
        let filled = times
            .iter()
            .fold(expression.to_owned(), |text, (name, seconds)| text.replace(name, &format!("{seconds}s")));
        let filled = self
            .variables()
            .fold(filled, |text, variable| text.replace(&format!("${}", word(&variable["name"])), ".+"));
        assert!(!filled.contains('$'), "{}: {filled}", self.name);
        filled
    }
}

/// Where they are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/grafana/dashboards")
}

/// The queries of a panel.
pub(crate) fn targets(panel: &Value) -> impl Iterator<Item = &Value> {
    list(&panel["targets"])
}

/// The elements of a list; none where it is missing.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text; the empty one where it is missing.
pub(crate) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Fails with one line for each problem.
pub(crate) fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n\n{}\n", problems.join("\n"));
}
