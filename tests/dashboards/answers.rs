//! Every query of every panel and of every variable, asked of a real Prometheus that has read a real Postern under load.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use postern::observe::FAMILIES;
use serde_json::Value;

use crate::dashboard::{Dashboard, Window, report, targets, word};
use crate::load::{Load, now};
use crate::names::root;
use crate::picture::{self, Answer};
use crate::support::prometheus::Prometheus;

/// How long mail comes in; longer where the pictures of the documentation are drawn.
const SECONDS: u64 = 40;
const SECONDS_OF_PICTURES: u64 = 240;

/// Prometheus reads every second, so this holds several samples.
const RATE_INTERVAL: u64 = 10;

/// Between two points of a line, and before the first one: there is no rate of a single sample.
const STEP: u64 = 3;
const LEAD: f64 = 5.0;

/// Queries whose answer is nothing but zeros under this load, and why that is right.
const ONLY_ZEROS: [(&str, &str, &str); 8] = [
    ("operation", "Lag", "it is read as fast as it is written"),
    ("operation", "Lag by partition", "as above"),
    ("operation", "rebalances", "nobody joins or leaves once Prometheus reads"),
    ("operation", "offset commits failed", "the broker of the load does not fail"),
    ("operation", "records lost", "nothing is deleted from the topic"),
    ("operation", "Forgotten early", "there is room for thousands"),
    ("operation", "Receivers down", "the one that was down is back in the end"),
    ("operation", "Sinks", "of its columns: no breaker is open in the end, and none is on TLS"),
];

#[test]
fn every_panel_and_every_variable_has_an_answer() {
    let draws = std::env::var_os("UPDATE_PICTURES").is_some();
    let seconds = if draws { SECONDS_OF_PICTURES } else { SECONDS };
    let Some(load) = Load::start(seconds) else { return };
    load.run(seconds);
    let ends = now();
    let asked = Asked { prometheus: &load.prometheus, from: load.began, to: ends };
    let mut problems = Vec::new();
    for dashboard in Dashboard::all() {
        problems.extend(dashboard.variables().filter_map(|variable| asked.variable(&dashboard, variable)));
        let answers: Vec<Vec<Answer>> = dashboard.panels().map(|panel| asked.panel(&dashboard, panel)).collect();
        for (panel, answers) in dashboard.panels().zip(&answers) {
            problems.extend(answers.iter().flat_map(|answer| answer.problems(&dashboard, panel)));
        }
        if draws {
            let file = root().join(format!("docs/pictures/{}.svg", dashboard.name));
            fs::write(file, picture::drawn(&dashboard, &answers, asked.from, asked.to)).unwrap();
        }
    }
    problems.extend(missing_in_a_scrape(&load));
    report(&problems);
}

#[test]
fn the_pictures_show_the_panels_that_there_are() {
    for dashboard in Dashboard::all() {
        let picture = fs::read_to_string(root().join(format!("docs/pictures/{}.svg", dashboard.name))).unwrap();
        let missing = dashboard.panels().find(|panel| !picture.contains(&format!(">{}<", word(&panel["title"]))));
        assert!(missing.is_none(), "{}: {}; UPDATE_PICTURES=1 draws it", dashboard.name, missing.unwrap()["title"]);
    }
}

/// The real page has each family of the reference and nothing else.
fn missing_in_a_scrape(load: &Load) -> Vec<String> {
    let page = load.postern.get("/metrics").unwrap().1;
    let scraped: BTreeMap<_, _> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let known: BTreeMap<_, _> = FAMILIES.iter().map(|family| (family.name, family.kind.as_str())).collect();
    let names: BTreeSet<_> = scraped.keys().chain(known.keys()).copied().collect();
    let differing = names.into_iter().filter(|name| scraped.get(name) != known.get(name));
    differing.map(|name| format!("{name}: {:?}, not {:?}", scraped.get(name), known.get(name))).collect()
}

struct Asked<'p> {
    prometheus: &'p Prometheus,
    from: f64,
    to: f64,
}

impl Asked<'_> {
    fn window(&self) -> Window {
        Window { range: (self.to - self.from) as u64, rate_interval: RATE_INTERVAL }
    }

    /// The answers to the queries of a panel, in their order.
    fn panel(&self, dashboard: &Dashboard, panel: &Value) -> Vec<Answer> {
        let answer = |target: &Value| {
            let expression = dashboard.filled(word(&target["expr"]), self.window());
            // Columns that count must not overlap.
            let is_columns = panel["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars";
            let (from, step) = (self.from + LEAD, if is_columns { RATE_INTERVAL } else { STEP });
            let series = if target["instant"] == true {
                self.prometheus.query(&expression)
            } else {
                self.prometheus.query_range(&expression, from, self.to, step)
            };
            Answer::of(word(&target["legendFormat"]), expression, &series)
        };
        targets(panel).map(answer).collect()
    }

    /// What is wrong with a variable: that there is nothing to choose.
    fn variable(&self, dashboard: &Dashboard, variable: &Value) -> Option<String> {
        let query = word(&variable["query"]["query"]).strip_prefix("label_values(")?.strip_suffix(')')?;
        let (selector, label) = query.rsplit_once(", ").unwrap();
        let grouped = format!("group by ({label}) ({})", dashboard.filled(selector, self.window()));
        let chosen = self.prometheus.query(&grouped);
        let is_choice = |series: &Value| !word(&series["metric"][label]).is_empty();
        (!chosen.iter().any(is_choice)).then(|| format!("{}: nothing to choose by {grouped}", dashboard.name))
    }
}

impl Answer {
    fn problems(&self, dashboard: &Dashboard, panel: &Value) -> Option<String> {
        let title = word(&panel["title"]);
        let numbers = || self.series.iter().flat_map(|series| &series.points).map(|(_, value)| *value);
        let exempt =
            |(file, name, _): &(&str, &str, &str)| *file == dashboard.name && (*name == title || *name == self.legend);
        let problem = match () {
            () if numbers().all(f64::is_nan) => "no answer",
            () if self.series.iter().any(|series| series.name.is_empty() && self.legend.contains('{')) => "no name",
            () if numbers().all(|value| value == 0.0) && !ONLY_ZEROS.iter().any(exempt) => "only zeros",
            () => return None,
        };
        Some(format!("{}, {title}: {problem}: {}", dashboard.name, self.expression))
    }
}
