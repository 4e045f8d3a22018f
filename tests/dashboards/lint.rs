//! The rules of Grafana's dashboard-linter (github.com/grafana/dashboard-linter, docs/rules), written anew because its Go
//! module cannot be had from the module proxy. That expressions are PromQL is for Prometheus to say.

use serde_json::Value;

use crate::dashboard::{Dashboard, list, report, targets, word};

/// What a panel draws is a number, so it needs a unit.
const WITH_UNITS: [&str; 4] = ["stat", "timeseries", "bargauge", "table"];

/// Grafana's ids of the units that are used here (`@grafana/data`, `valueFormats/categories.ts`).
const UNITS: [&str; 10] = ["short", "percentunit", "s", "bytes", "Bps", "mps", "recps", "ops", "reqps", "cps"];

/// The columns of a dashboard.
const COLUMNS: u64 = 24;

#[test]
fn the_dashboards_keep_the_rules_of_grafanas_linter() {
    report(&Dashboard::all().iter().flat_map(complaints).collect::<Vec<_>>());
}

/// Breaks a value in its place.
type Breaks = fn(&mut Value);

#[test]
fn the_linter_finds_what_is_broken() {
    let broken: [(&str, Breaks, &str); 9] = [
        ("/panels/1/title", |value| *value = "".into(), "title"),
        ("/panels/1/fieldConfig/defaults/unit", |value| *value = "furlongs".into(), "unit"),
        ("/panels/1/targets/0/expr", |value| *value = "sum(rate(postern_alerts_total[5m]))".into(), "$__rate_interval"),
        ("/panels/1/targets/0/expr", |value| *value = "sum(postern_open_campaigns)".into(), "postern_open_campaigns"),
        (
            "/panels/1/targets/0/expr",
            |value| *value = r#"sum(postern_x_total{job=~"$job",instance=~"$instance"})"#.into(),
            "rate",
        ),
        ("/panels/1/targets", |value| *value = Value::Array(Vec::new()), "asks nothing"),
        ("/panels/1/datasource/uid", |value| *value = "prom-1".into(), "datasource"),
        ("/editable", |value| *value = true.into(), "editable"),
        ("/templating/list/1/refresh", |value| *value = 1.into(), "refresh"),
    ];
    for (place, breaks, said) in broken {
        let mut dashboard = Dashboard::all().swap_remove(0);
        breaks(dashboard.json.pointer_mut(place).unwrap());
        let complaints = complaints(&dashboard);
        assert!(complaints.iter().any(|complaint| complaint.contains(said)), "{place}: {complaints:?}");
    }
}

#[test]
fn panels_do_not_overlap_and_have_numbers_of_their_own() {
    for dashboard in Dashboard::all() {
        let mut cells = std::collections::BTreeSet::new();
        let mut ids = std::collections::BTreeSet::new();
        for panel in list(&dashboard.json["panels"]) {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= COLUMNS, "{}: {}", dashboard.name, panel["title"]);
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}: {}", dashboard.name, panel["title"]);
            let area = (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)));
            assert!(area.into_iter().all(|cell| cells.insert(cell)), "{}: {}", dashboard.name, panel["title"]);
        }
    }
}

fn complaints(dashboard: &Dashboard) -> Vec<String> {
    let mut found = about_the_whole(&dashboard.json);
    found.extend(dashboard.variables().flat_map(about_a_variable));
    found.extend(dashboard.panels().flat_map(about_a_panel));
    found.iter().map(|complaint| format!("{}: {complaint}", dashboard.name)).collect()
}

fn about_the_whole(json: &Value) -> Vec<String> {
    let names: Vec<_> = list(&json["templating"]["list"]).map(|variable| word(&variable["name"])).collect();
    let checks = [
        (json["editable"] == false, "editable has to be false: it is provisioned"),
        (json["id"].is_null(), "id has to be null"),
        ((8..=40).contains(&word(&json["uid"]).len()), "uid has 8 to 40 characters"),
        (json["schemaVersion"] == 42, "schemaVersion is 42"),
        (list(&json["tags"]).any(|tag| tag == "postern"), "it lacks the tag postern"),
        (names.starts_with(&["datasource", "job", "instance"]), "the first variables are datasource, job, instance"),
    ];
    checks.iter().filter(|(holds, _)| !holds).map(|(_, complaint)| (*complaint).to_owned()).collect()
}

fn about_a_variable(variable: &Value) -> Vec<String> {
    let name = word(&variable["name"]);
    let is_source = name == "datasource";
    let checks = [
        (
            !is_source || (variable["type"] == "datasource" && variable["query"] == "prometheus"),
            "is not one of Prometheus",
        ),
        (is_source || variable["datasource"]["uid"] == "${datasource}", "does not ask ${datasource}"),
        (is_source || word(&variable["query"]["query"]).starts_with("label_values("), "is not a list of labels"),
        (is_source || variable["refresh"] == 2, "refresh has to be 2, on a change of time"),
        (is_source || (variable["multi"] == true && variable["allValue"] == ".+"), "has to allow all and several"),
        (word(&variable["label"]).starts_with(|c: char| c.is_ascii_uppercase()), "needs a label"),
    ];
    checks.iter().filter(|(holds, _)| !holds).map(|(_, complaint)| format!("variable {name}: {complaint}")).collect()
}

fn about_a_panel(panel: &Value) -> Vec<String> {
    let (kind, defaults) = (word(&panel["type"]), &panel["fieldConfig"]["defaults"]);
    let is_number = WITH_UNITS.contains(&kind);
    let checks = [
        (!word(&panel["title"]).is_empty(), "needs a title".to_owned()),
        (word(&panel["description"]).ends_with('.'), "needs a description, in sentences".to_owned()),
        (is_number || kind == "text", format!("is of a kind that nobody checks: {kind}")),
        (!is_number || UNITS.contains(&word(&defaults["unit"])), format!("has no known unit: {}", defaults["unit"])),
        (
            !is_number || panel["datasource"]["uid"] == "${datasource}",
            "does not ask ${datasource} (datasource)".to_owned(),
        ),
        (!is_number || targets(panel).next().is_some(), "asks nothing".to_owned()),
    ];
    let mut found: Vec<String> =
        checks.into_iter().filter(|(holds, _)| !holds).map(|(_, complaint)| complaint).collect();
    found.extend(targets(panel).flat_map(|target| about_a_query(word(&target["expr"]))));
    found.iter().map(|complaint| format!("{}: {complaint}", panel["title"])).collect()
}

fn about_a_query(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, name) in metrics(expression) {
        let (before, rest) = (&expression[..at], &expression[at + name.len()..]);
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = selector.map_or("", |(labels, _)| labels);
        if ![r#"job=~"$job""#, r#"instance=~"$instance""#].iter().all(|label| labels.contains(label)) {
            found.push(format!("{name}: select by job and instance"));
        }
        let range = selector.and_then(|(_, rest)| rest.strip_prefix('[')).and_then(|rest| rest.split_once(']'));
        let is_rate = before.ends_with("rate(");
        if is_rate && range.is_none_or(|(range, _)| range != "$__rate_interval") {
            found.push(format!("{name}: rate() over $__rate_interval"));
        }
        if before.ends_with("increase(")
            && !range.is_some_and(|(range, _)| ["$__rate_interval", "$__range"].contains(&range))
        {
            found.push(format!("{name}: increase() over $__rate_interval or $__range"));
        }
        let only_rises = name.ends_with("_total") || name.ends_with("_bucket");
        if only_rises && !is_rate && !before.ends_with("increase(") {
            found.push(format!("{name}: a counter needs rate() or increase()"));
        }
    }
    found
}

/// The names of metrics in an expression, and where they stand.
pub(crate) fn metrics(expression: &str) -> Vec<(usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = expression[rest..].find(is_part).map(|start| rest + start) {
        let end = expression[start..].find(|c| !is_part(c)).map_or(expression.len(), |end| start + end);
        let name = &expression[start..end];
        if ["postern_", "process_"].iter().any(|prefix| name.starts_with(prefix)) {
            found.push((start, name));
        }
        rest = end;
    }
    found
}
