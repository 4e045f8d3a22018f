//! Pictures of dashboards for the documentation, drawn from the answers to the panels' own queries.
//!
//! There is no Grafana in any package registry that could draw them. This is not its look, but its layout, its numbers
//! and its units, and what it cannot draw it refuses: a picture must not show what Grafana would not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dashboard::{Dashboard, list, word};

mod chart;
mod panel;
mod svg;
mod unit;

use svg::{Area, Svg};

/// Pixels: of the page, of a column with its gap, of a row of the grid with its gap.
const WIDTH: f64 = 1200.0;
const COLUMN: f64 = WIDTH / 24.0;
const ROW: f64 = 32.0;
const GAP: f64 = 6.0;
const HEAD: f64 = 44.0;

/// What a query said.
pub(crate) struct Answer {
    pub(crate) legend: String,
    pub(crate) expression: String,
    pub(crate) series: Vec<Series>,
}

/// One line of a chart, one bar, one cell.
pub(crate) struct Series {
    /// As the legend calls it; empty where it has no name.
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Times and values; one where it was asked for now.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Answer {
    /// Reads what Prometheus says.
    pub(crate) fn of(legend: &str, expression: String, series: &[Value]) -> Self {
        let named = |series: &Value| {
            let labels = labels(series);
            let name = labels
                .iter()
                .fold(legend.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
            let name = if name.contains("{{") || name == "__auto" { String::new() } else { name };
            Series { name, labels, points: points(series) }
        };
        Self { legend: legend.to_owned(), expression, series: series.iter().map(named).collect() }
    }
}

fn labels(series: &Value) -> BTreeMap<String, String> {
    let labels = series["metric"].as_object().into_iter().flatten();
    labels.map(|(name, value)| (name.clone(), word(value).to_owned())).collect()
}

/// One `value`, or many `values`.
fn points(series: &Value) -> Vec<(f64, f64)> {
    let point = |point: &Value| Some((point[0].as_f64()?, word(&point[1]).parse().ok()?));
    let now = Some(&series["value"]).filter(|value| value.is_array());
    now.into_iter().chain(list(&series["values"])).filter_map(point).collect()
}

/// The whole dashboard; `answers` are those of its panels, from one time to another.
pub(crate) fn drawn(dashboard: &Dashboard, answers: &[Vec<Answer>], from: f64, to: f64) -> String {
    let area = |panel: &Value| {
        let at = |key: &str| panel["gridPos"][key].as_f64().unwrap();
        let (left, top) = (at("x") * COLUMN + GAP / 2.0, HEAD + at("y") * ROW + GAP / 2.0);
        Area { left, top, width: at("w") * COLUMN - GAP, height: at("h") * ROW - GAP }
    };
    let all = || list(&dashboard.json["panels"]);
    let bottom = all().map(|panel| area(panel).bottom()).fold(0.0, f64::max);
    let mut svg = Svg::new(WIDTH, bottom + GAP);
    svg.text(12.0, 28.0, 18.0, svg::BRIGHT, word(&dashboard.json["title"]));
    for row in all().filter(|panel| panel["type"] == "row") {
        let Area { left, top, height, .. } = area(row);
        svg.text(left + 4.0, top + height - 8.0, 14.0, svg::BRIGHT, &format!("\u{25be} {}", word(&row["title"])));
    }
    for (panel, answers) in dashboard.panels().zip(answers) {
        panel::draw(&mut svg, area(panel), panel, answers, (from, to));
    }
    svg.finished()
}
