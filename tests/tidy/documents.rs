//! What is written for people: changelog, architecture, README, and the page that every rule carries in its own file.

use crate::tree::{report, rust_files, text_of};

const ARCHITECTURE_LINES_MAX: usize = 250;
const CONTRIBUTING_LINES_MAX: usize = 120;

/// The documentation of a rule is its public page; a SOC analyst reads it in the middle of the night.
const RULE_HEADINGS: [&str; 7] =
    ["What it detects", "Why it matters", "Evidence", "False positives", "How to respond", "Technique", "Example"];

/// The kinds of change of <https://keepachangelog.com/en/1.1.0/>.
const CHANGES: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

#[test]
fn every_rule_documents_itself() {
    let rules = rust_files("src/judge/rules/").filter(|file| !file.path.ends_with("/mod.rs"));
    report(rules.flat_map(|rule| {
        let headings: Vec<&str> = rule.text().lines().filter_map(doc_heading).collect();
        let missing = RULE_HEADINGS.iter().filter(|wanted| !headings.contains(wanted));
        missing
            .map(|wanted| format!("{}: add the heading `## {wanted}` to its documentation", rule.path))
            .collect::<Vec<_>>()
    }));
}

#[test]
fn pages_stay_readable_in_one_sitting() {
    let limits = [("ARCHITECTURE.md", ARCHITECTURE_LINES_MAX), ("CONTRIBUTING.md", CONTRIBUTING_LINES_MAX)];
    report(limits.into_iter().filter_map(|(path, limit)| {
        let lines = text_of(path)?.lines().count();
        (lines > limit).then(|| format!("{path}: {lines} lines; keep it below {limit}, move details to docs/"))
    }));
}

#[test]
fn the_changelog_keeps_its_shape() {
    let changelog = text_of("CHANGELOG.md").expect("a project has a CHANGELOG.md");
    let mut versions = changelog.lines().filter_map(|line| line.strip_prefix("## "));
    assert_eq!(changelog.lines().next(), Some("# Changelog"));
    assert_eq!(versions.next(), Some("[Unreleased]"), "the first section takes what is not released yet");
    report(
        versions
            .filter(|version| !is_release(version))
            .map(|version| format!("CHANGELOG.md: `{version}`: write a release as `[1.2.3] - 2026-11-20`")),
    );
    let kinds = changelog.lines().filter_map(|line| line.strip_prefix("### "));
    report(
        kinds
            .filter(|kind| !CHANGES.contains(kind))
            .map(|kind| format!("CHANGELOG.md: `{kind}` is no kind of change; use one of {CHANGES:?}")),
    );
}

/// `.ci/run` runs what stands between the markers, so that the page and the machine cannot disagree.
#[test]
fn the_readme_states_the_test_command() {
    let Some(readme) = text_of("README.md") else { return };
    let block = readme.split_once("<!-- ci:test -->").and_then(|(_, rest)| rest.split_once("<!-- /ci:test -->"));
    let command = block.map(|(block, _)| block.lines().filter(|line| !line.is_empty() && !line.starts_with("```")));
    let lines = command.map_or(0, Iterator::count);
    assert!(
        lines > 0,
        "README.md: put the test command in a code block between <!-- ci:test --> and <!-- /ci:test -->"
    );
}

fn doc_heading(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"))?;
    text.trim_start().trim_start_matches('#').strip_prefix(' ').filter(|_| text.trim_start().starts_with('#'))
}

/// `[1.2.3] - 2026-11-20`.
fn is_release(heading: &str) -> bool {
    let shape: String = heading.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    heading.split_once("] - ").is_some_and(|(version, _)| version[1..].split('.').count() == 3)
        && shape.starts_with('[')
        && shape.ends_with("] - 0000-00-00")
}
