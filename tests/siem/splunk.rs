//! The app for Splunk: what Splunk's own inspection says of the package, and what it cannot see: that macros exist, that
//! times are times, and that a search names fields that an event has.
//!
//! Nothing outside Splunk runs its language, so no search is executed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::sigma::{content, said};
use crate::story::story;
use crate::support::components::found_or_say_so;
use crate::support::python::Python;

pub(crate) type Stanzas = BTreeMap<String, BTreeMap<String, String>>;

pub(crate) fn tools() -> Option<Python> {
    found_or_say_so("Splunk's inspection", Python::of("splunk"))
}

/// A file of settings; a line that ends with a backslash goes on.
pub(crate) fn conf(name: &str) -> Stanzas {
    let text = fs::read_to_string(content(&format!("splunk/postern/default/{name}.conf"))).unwrap();
    let text = text.replace("\\\n", " ");
    let mut stanzas = Stanzas::new();
    let mut stanza = String::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut stanza);
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
        let twice = stanzas.entry(stanza.clone()).or_default().insert(key.trim().to_owned(), value.trim().to_owned());
        assert_eq!(twice, None, "{name} [{stanza}] {key}");
    }
    stanzas
}

/// Every search of the app, by where it stands.
fn searches() -> BTreeMap<String, String> {
    let saved = conf("savedsearches").into_iter().map(|(name, mut stanza)| (name, stanza.remove("search").unwrap()));
    let types = conf("eventtypes").into_iter().map(|(name, mut stanza)| (name, stanza.remove("search").unwrap()));
    let view = fs::read_to_string(content("splunk/postern/default/data/ui/views/postern.xml")).unwrap();
    let queries = view.split("<query>").skip(1).map(|rest| rest.split("</query>").next().unwrap());
    let panels = queries.enumerate().map(|(place, query)| (format!("panel {place}"), query.replace("&gt;", ">")));
    saved.chain(types).chain(panels).collect()
}

/// The names that Splunk gives to the fields of an event: a dot for a member, braces for a list.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            let dot = if path.is_empty() { "" } else { "." };
            fields(value, &format!("{path}{dot}{key}"), found);
        }),
        Value::Array(values) => values.iter().for_each(|value| fields(value, &format!("{path}{{}}"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}

fn known_fields() -> BTreeSet<String> {
    let mut known = BTreeSet::from(["kind".to_owned(), "sourcetype".to_owned(), "test".to_owned()]);
    story().alerts.iter().chain(&story().heartbeats).for_each(|record| fields(record, "", &mut known));
    known
}

/// The checks that warn of a package, which has no error and no failure.
pub(crate) fn warnings(tools: &Python, package: &Path) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let mut inspect = tools.program("splunk-appinspect");
    inspect.arg("inspect").arg(package).args(["--mode", "precert", "--data-format", "json", "--output-file"]);
    // It would ask its vendor for news of libraries, of which the package has none.
    said(inspect.arg(&report).arg("--skip-trusted-libraries-update"));
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let summary = &report["summary"];
    for kind in ["error", "failure", "future_failure"] {
        assert_eq!(summary[kind], 0, "{summary}");
    }
    assert!(summary["success"].as_u64() > Some(100), "{summary}");
    let groups = report["reports"][0]["groups"].as_array().unwrap();
    let checks = groups.iter().flat_map(|group| group["checks"].as_array().unwrap());
    let warnings = checks.filter(|check| check["result"] == "warning");
    let warnings: BTreeSet<_> = warnings.map(|check| check["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(warnings.is_empty(), summary["warning"] == 0, "{summary}");
    warnings
}

#[test]
fn the_package_passes_the_inspection() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("postern.tgz");
    let mut tar = Command::new("tar");
    tar.args(["--create", "--gzip", "--owner=0", "--group=0", "--mode=u=rwX,go=rX", "--file"]).arg(&package);
    said(tar.arg("--directory").arg(content("splunk")).arg("postern"));
    assert_eq!(warnings(&tools, &package), BTreeSet::new());
}

#[test]
fn every_macro_that_is_used_is_there_and_takes_what_it_is_given() {
    let macros = conf("macros");
    let definitions = macros.values().map(|it| it["definition"].clone());
    let mut used = BTreeSet::new();
    for text in searches().into_values().chain(definitions) {
        assert_eq!(text.matches('`').count() % 2, 0, "{text}");
        for name in text.split('`').skip(1).step_by(2) {
            let (name, arguments) = name.split_once('(').unwrap_or((name, ""));
            let count = arguments.split(',').filter(|it| !it.is_empty()).count();
            let stanza = if count == 0 { name.to_owned() } else { format!("{name}({count})") };
            assert!(macros.contains_key(&stanza), "{stanza}: {text}");
            used.insert(stanza);
        }
    }
    assert_eq!(used, macros.into_keys().collect());
}

#[test]
fn every_schedule_is_one_and_none_runs_before_somebody_says_so() {
    let Some(tools) = tools() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python/splunk/crontab.py");
    let saved = conf("savedsearches");
    let times = saved.values().map(|it| it["cron_schedule"].clone());
    assert_eq!(said(tools.interpreter().arg(script).args(times)), "");
    assert_eq!(said(tools.interpreter().arg(script).arg("*/5 * * 13 *")).trim(), "*/5 * * 13 *");
    assert!(saved.values().all(|it| it["enableSched"] == "0" && it["alert.track"] == "1"));
}

/// Commands, functions and words of the language.
const LANGUAGE: &str = "AND AS BY FROM IN NOT OR WHERE coalesce count dedup earliest eval fieldformat if in inner iplocation join \
    last lower max min mvappend mvdedup mvexpand now null relative_time rename round search sort sortby span stats streamstats strftime strptime \
    substr summariesonly table timechart tstats type values where datamodel";

/// Values that stand without quotes.
const VALUES: &str = "configuration critical email false high low open true";

/// What a search makes itself, and what is Splunk's or the data model's.
const MADE: &str = "at field first_there gate_at gate_id hours last_heartbeat place silent_hours spoofed_at src user Country \
    Authentication Authentication.action Authentication.src Authentication.user _time _index_earliest";

/// The words of a search that are neither texts, nor macros, nor numbers.
fn words(search: &str) -> BTreeSet<String> {
    let outside = |text: &str, quote: char| text.split(quote).step_by(2).collect::<Vec<_>>().join(" ");
    let search = outside(&outside(search, '"'), '`');
    let words = search.split(|letter: char| !letter.is_alphanumeric() && !"_.{}".contains(letter));
    // Moments, such as -10m@m, are none.
    let is_moment =
        |word: &str| word.starts_with(|first: char| first.is_ascii_digit()) || ["m", "h", "d"].contains(&word);
    words.filter(|word| word.contains(char::is_alphabetic) && !is_moment(word)).map(str::to_owned).collect()
}

#[test]
fn the_searches_name_fields_that_events_have() {
    let known = known_fields();
    let mut seen = BTreeSet::new();
    let evals = conf("props").remove("postern:alert").unwrap();
    let evals = evals.into_iter().filter(|(key, _)| key.starts_with("EVAL-"));
    let macros = conf("macros").into_iter().map(|(name, mut stanza)| (name, stanza.remove("definition").unwrap()));
    for (place, search) in searches().into_iter().chain(evals).chain(macros) {
        for word in words(&search) {
            let is_ours = [LANGUAGE, VALUES, MADE].iter().any(|list| list.split_whitespace().any(|it| it == word));
            assert!(known.contains(&word) || is_ours, "{place}: no event has {word}");
            seen.insert(word);
        }
    }
    let read = [
        "counts.clicked",
        "clicked_by{}",
        "recipients{}",
        "senders{}",
        "sources{}",
        "severity",
        "kind",
        "state",
        "schema",
        "actions{}",
    ];
    assert!(read.iter().all(|field| seen.contains(*field)), "the test reads the searches: {seen:?}");
    for list in [LANGUAGE, VALUES, MADE] {
        assert!(list.split_whitespace().all(|word| seen.contains(word)), "{list} has more than is used: {seen:?}");
    }
}

#[test]
fn the_lookup_has_the_kind_of_every_rule() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/postern.alert.1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let rules = schema["properties"]["rule"]["examples"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let rules: BTreeSet<_> = rules.collect();
    let lookup = fs::read_to_string(content("splunk/postern/lookups/postern_rules.csv")).unwrap();
    let rows: BTreeMap<_, _> = lookup.lines().skip(1).map(|line| line.split_once(',').unwrap()).collect();
    assert_eq!(rows.keys().copied().collect::<BTreeSet<_>>(), rules);
    // A lookup comes after what is evaluated, so there the rules about mail stand once more.
    let user = conf("props").remove("postern:alert").unwrap().remove("EVAL-user").unwrap();
    for (rule, kind) in &rows {
        assert_eq!(user.contains(&format!("\"{rule}\"")), *kind == "email", "{rule}");
    }
    for alert in &story().alerts {
        let kind = if crate::story::is_mail(alert) { "email" } else { "configuration" };
        assert_eq!(rows[alert["rule"].as_str().unwrap()], kind);
    }
}

#[test]
fn the_app_reads_the_source_type_that_the_sink_writes() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sinks/splunk-hec.md")).unwrap();
    let row = page.lines().find(|line| line.starts_with("| `sourcetype`")).unwrap();
    assert!(row.contains("`postern:alert`"));
    assert!(conf("props").contains_key("postern:alert"));
    assert!(conf("macros")["postern_events"]["definition"].contains("sourcetype=\"postern:alert\""));
}
