//! `postern rules`: the catalogue.

use clap::Args;
use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::output::print;
use super::page::{Page, WIDTH};
use super::paint::{FAINT, Paint, TITLE};
use crate::judge::{RULES, Rule};

const EXAMPLES: &str = "\
Examples:
  postern rules
  postern rules --json";

/// List the rules: what each asks, and how grave it is on its own
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the catalogue.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    print(&if options.json { json_list() } else { table() })?;
    Ok(Exit::Done)
}

fn table() -> String {
    let mut page = Page::new(WIDTH);
    page.line(FAINT.paint(format_args!("{:24} {:8} TECHNIQUES", "RULE", "SEVERITY")));
    for rule in &RULES {
        let severity = Paint::of(rule.severity).paint(rule.severity.as_str());
        page.line(format_args!("{:24} {severity:8} {}", TITLE.paint(rule.id.as_str()), rule.techniques.join(", ")));
        page.paragraph("  ", rule.title);
        for condition in rule.conditions {
            page.paragraph("    - ", condition.question);
        }
    }
    page.into_text()
}

fn json_list() -> String {
    format!("{:#}\n", Value::from_iter(RULES.iter().map(entry)))
}

fn entry(rule: &Rule) -> Value {
    json!({
        "rule": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "techniques": rule.techniques,
        "conditions": rule.conditions.iter().map(|condition| condition.question).collect::<Vec<_>>(),
        "actions": rule.actions,
    })
}
