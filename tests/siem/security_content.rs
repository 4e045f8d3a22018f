//! The searches of the app as detections of Splunk's security content: what `contentctl` says of them and builds, and that
//! they are the app's own, so that a search is changed in one place and cannot be forgotten in the other.
//!
//! `contentctl test` is not run: it needs a Splunk. Nothing here asks the network, because techniques are not enriched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kql::block;
use crate::sigma::{content, files, said};
use crate::splunk::{conf, warnings};
use crate::support::components::found_or_say_so;
use crate::support::python::Python;

const DETECTIONS: &str = "splunk/security-content/detections/cloud";

/// A detection, and the search of the app that it is.
const KEPT: [(&str, &str); 6] = [
    ("postern_campaign_high", "Postern - Campaign of high severity"),
    ("postern_campaign_clicked", "Postern - Link of a campaign followed"),
    ("postern_spoof_then_sign_in", "Postern - Spoof, then sign-in from a new place"),
    ("postern_gate_opened", "Postern - Gate opened"),
    ("postern_gate_then_campaign", "Postern - Gate opened, campaign within a day"),
    ("postern_silent", "Postern - Silent"),
];

/// An edit of the detection of silence, and what `contentctl` says of it.
const BROKEN: [(&str, &str, &str); 5] = [
    ("  | `postern_silent_filter`\n", "", "does not contain the EXACT filter macro `postern_silent_filter`"),
    ("  - Postern Alert\n", "  - Postern Rumour\n", "Postern Rumour"),
    ("`postern_events`", "`postern_rumours`", "postern_rumours"),
    ("    - Direct Send Abuse\n", "    - Direct Send Use\n", "Direct Send Use"),
    ("    - T1562\n", "    - Evasion\n", "String should match pattern"),
];

/// The folders that `contentctl` wants also where they are empty, which git does not keep.
const EMPTY: &str = "baselines dashboards deployments lookups playbooks removed";

fn tools() -> Option<Python> {
    found_or_say_so("contentctl", Python::of("contentctl"))
}

fn detection(name: &str) -> String {
    fs::read_to_string(content(&format!("{DETECTIONS}/{name}.yml"))).unwrap()
}

/// A text on one line, however it was broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A copy of the content to work in, made as the page says.
fn copied(folder: &Path) -> PathBuf {
    let copy = folder.join("content");
    said(Command::new("cp").arg("--recursive").arg(content("splunk/security-content")).arg(&copy));
    EMPTY.split(' ').for_each(|name| fs::create_dir(copy.join(name)).unwrap());
    copy
}

fn contentctl(tools: &Python, action: &str, copy: &Path) -> Command {
    let mut command = tools.program("contentctl");
    command.arg(action).current_dir(copy);
    command
}

#[test]
fn contentctl_builds_an_app_of_it_that_passes_the_inspection() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(folder.path());
    said(&mut contentctl(&tools, "validate", &copy));
    said(&mut contentctl(&tools, "build", &copy));
    let built = fs::read_to_string(copy.join("dist/DA-ESS-Postern/default/savedsearches.conf")).unwrap();
    assert_eq!(built.matches("\n[Direct Send - ").count(), KEPT.len());
    assert_eq!(built.matches("\ndisabled = true\n").count(), KEPT.len(), "nothing runs before somebody says so");
    let Some(inspector) = crate::splunk::tools() else { return };
    // contentctl writes this file into every app; here it is empty, and the inspection says "No action required".
    let expected = BTreeSet::from(["check_collections_conf".to_owned()]);
    assert_eq!(warnings(&inspector, &copy.join("dist/DA-ESS-Postern-latest.tar.gz")), expected);
}

#[test]
fn contentctl_refuses_what_is_broken() {
    let Some(tools) = tools() else { return };
    for (good, bad, reason) in BROKEN {
        let folder = tempfile::tempdir().unwrap();
        let copy = copied(folder.path());
        let text = detection("postern_silent");
        assert!(text.contains(good), "{good}");
        fs::write(copy.join("detections/cloud/postern_silent.yml"), text.replacen(good, bad, 1)).unwrap();
        let run = contentctl(&tools, "validate", &copy).output().unwrap();
        let told = [run.stdout, run.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!run.status.success() && told.contains(reason), "{reason}: {told}");
    }
}

/// `contentctl` writes defaults that disable a search, and a lookup without its file under a name that Splunk's own content
/// uses. Exported, they would reach the searches of other apps.
#[test]
fn what_would_harm_other_apps_stays_in_this_one() {
    let meta = fs::read_to_string(content("splunk/security-content/app_template/metadata/default.meta")).unwrap();
    let stanzas = meta.split("\n[").skip(1).map(|stanza| stanza.split_once("]\n").unwrap());
    let exported = stanzas.filter(|(_, settings)| settings.contains("export = system"));
    let exported: Vec<_> = exported.map(|(name, _)| name).collect();
    assert_eq!(exported, ["savedsearches", "macros", "analyticstories"]);
    assert!(meta.contains("\n[savedsearches/default]\nexport = none\n"), "{meta}");
}

#[test]
fn every_search_of_the_app_is_a_detection_word_for_word() {
    let app = conf("savedsearches");
    assert_eq!(
        KEPT.map(|(_, search)| search.to_owned()).into_iter().collect::<BTreeSet<_>>(),
        app.keys().cloned().collect()
    );
    let kept: BTreeSet<_> = KEPT.iter().map(|(name, _)| content(&format!("{DETECTIONS}/{name}.yml"))).collect();
    assert_eq!(kept, files(DETECTIONS, "yml").into_iter().collect());
    for (name, search) in KEPT {
        let own = flat(&block(&detection(name), "search"));
        assert_eq!(own, flat(&format!("{} | `{name}_filter`", app[search]["search"])), "{name}");
    }
}

/// A search over the last ten minutes that ran once an hour would miss most of them.
#[test]
fn a_detection_runs_when_its_search_does_looks_as_far_and_is_as_quiet() {
    let app = conf("savedsearches");
    for (name, search) in KEPT {
        let (search, text) = (&app[search], detection(name));
        let fields = search["alert.suppress.fields"].split(',').map(|field| format!("      - {field}\n"));
        let expected = [
            format!("    cron_schedule: '{}'\n", search["cron_schedule"]),
            format!("    earliest_time: {}\n", search["dispatch.earliest_time"]),
            format!("    latest_time: {}\n", search["dispatch.latest_time"]),
            format!("    fields:\n{}    period: {}\n", fields.collect::<String>(), search["alert.suppress.period"]),
        ];
        for line in expected {
            assert!(text.contains(&line), "{name} lacks {line}");
        }
    }
}

#[test]
fn the_macros_are_those_of_the_app() {
    let app = conf("macros");
    assert_eq!(files("splunk/security-content/macros", "yml").len(), app.len());
    for (stanza, settings) in &app {
        let name = stanza.split('(').next().unwrap();
        let text = fs::read_to_string(content(&format!("splunk/security-content/macros/{name}.yml"))).unwrap();
        let definition = format!("definition: '{}'\n", settings["definition"].replace('\'', "''"));
        assert!(text.starts_with(&format!("name: {name}\n")) && text.contains(&definition), "{text}");
        let arguments = settings.get("args").map(|argument| format!("arguments:\n  - {argument}\n"));
        assert_eq!(text.contains("arguments:"), arguments.is_some(), "{name}");
        assert!(text.contains(&arguments.unwrap_or_default()), "{text}");
    }
}

/// `contentctl` looks for macros in the searches, but not in those that an analyst opens from a finding.
#[test]
fn every_macro_that_a_detection_uses_is_there() {
    let macros = conf("macros");
    let known: BTreeSet<_> = macros.keys().map(|stanza| stanza.split('(').next().unwrap()).collect();
    for (name, _) in KEPT {
        let text = detection(name);
        let (filter, mut used) = (format!("{name}_filter"), 0);
        for call in text.split('`').skip(1).step_by(2) {
            let called = call.split('(').next().unwrap();
            assert!(known.contains(called) || called == filter, "{name}: {called}");
            used += 1;
        }
        assert!(used >= 3, "{name}: a search, its filter, and what is opened from a finding");
    }
}

/// The names between dollars, without those that Enterprise Security gives to a finding.
fn tokens(text: &str) -> BTreeSet<&str> {
    let names = text.lines().flat_map(|line| line.split('$').skip(1).step_by(2));
    names.filter(|name| !["info_min_time", "info_max_time"].contains(name)).collect()
}

/// What a search does not show last is in no finding: a risk of nobody, a title with a hole.
#[test]
fn a_finding_names_only_what_its_search_shows() {
    for (name, _) in KEPT {
        let text = detection(name);
        let search = block(&text, "search");
        let table = search.lines().rev().find_map(|line| line.strip_prefix("| table ")).unwrap();
        let shown: BTreeSet<_> = table.split(' ').collect();
        let objects = text.lines().filter_map(|line| line.strip_prefix("    - field: "));
        let listed = text.split_once("nes_fields:\n").unwrap().1.lines();
        let listed = listed.map_while(|line| line.strip_prefix("        - "));
        let mut named: BTreeSet<_> = objects.map(|field| field.trim_matches('\'')).chain(listed).collect();
        named.extend(tokens(&text));
        assert!(named.len() >= 2 && named.is_subset(&shown), "{name}: {named:?} of {shown:?}");
    }
}

#[test]
fn the_page_says_how_to_build_it() {
    let page = fs::read_to_string(content("README.md")).unwrap();
    for line in [format!("mkdir {EMPTY}\n"), "contentctl build\n".to_owned()] {
        assert!(page.contains(&line), "{line}");
    }
    for (name, search) in KEPT {
        assert!(page.contains(&format!("`{name}.yml`")) && page.contains(search), "{name}");
    }
}
