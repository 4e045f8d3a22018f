//! `postern rules`: the catalogue, and everything else that a severity rests on.

use clap::Args;
use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::output::print;
use super::page::{Page, WIDTH};
use super::paint::{FAINT, Paint, TITLE};
use crate::judge::posture::{POSTURE_RULES, PostureRule};
use crate::judge::{CAMPAIGN_WEIGHING, Factor, PUBLIC_SUFFIX_LIST, RULES, Rule, Severity};

const EXAMPLES: &str = "\
Examples:
  postern rules
  postern rules --json";

/// List the rules: what each asks, how grave it is on its own, and what makes it worse or less bad
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
    RULES.iter().for_each(|it| rule(&mut page, it));
    page.gap();
    page.line(FAINT.paint(format_args!("{:32} {:8} TECHNIQUES", "RULE ABOUT A CHANGE OF SETTINGS", "SEVERITY")));
    POSTURE_RULES.iter().for_each(|it| posture_rule(&mut page, it));
    severities(&mut page);
    page.gap();
    page.paragraph("Public Suffix List: ", &PUBLIC_SUFFIX_LIST.to_string());
    page.into_text()
}

fn rule(page: &mut Page, rule: &Rule) {
    let severity = Paint::of(rule.severity).paint(rule.severity.as_str());
    page.line(format_args!("{:24} {severity:8} {}", TITLE.paint(rule.id.as_str()), rule.techniques.join(", ")));
    page.paragraph("  ", rule.title);
    for condition in rule.conditions {
        page.paragraph("    - ", condition.question);
    }
}

fn posture_rule(page: &mut Page, rule: &PostureRule) {
    let severity = Paint::of(rule.severity).paint(rule.severity.as_str());
    page.line(format_args!("{:32} {severity:8} {}", TITLE.paint(rule.id.as_str()), rule.techniques.join(", ")));
    page.paragraph("  ", rule.title);
    for sign in rule.signs {
        page.paragraph("    - ", sign.question);
    }
}

fn severities(page: &mut Page) {
    page.gap();
    page.line(FAINT.paint(format_args!("{:24} A RULE OF IT BRINGS", "SEVERITY AND ITS FLOOR")));
    for level in Severity::ALL {
        let floor = level.floor().map_or_else(|| "any".to_owned(), |floor| format!("{floor:3}"));
        let word = Paint::of(level).paint(level.as_str());
        page.line(format_args!("{word:16} {floor:7} {}", level.points()));
    }
    page.gap();
    page.line(FAINT.paint(format_args!("{:24} {:>6}  WHY", "FACTOR", "POINTS")));
    for factor in Factor::ALL {
        page.paragraph(&format!("{:24} {:>+6}  ", factor.as_str(), factor.effect()), factor.reason());
    }
    page.gap();
    page.paragraph("", CAMPAIGN_WEIGHING);
}

fn json_list() -> String {
    let catalogue = json!({
        "rules": RULES.iter().map(entry).collect::<Vec<_>>(),
        "posture_rules": POSTURE_RULES.iter().map(posture_entry).collect::<Vec<_>>(),
        "levels": Severity::ALL.map(level),
        "factors": Factor::ALL.iter().map(factor).collect::<Vec<_>>(),
        "campaign": CAMPAIGN_WEIGHING,
        "public_suffix_list": { "psl": PUBLIC_SUFFIX_LIST.version, "published": PUBLIC_SUFFIX_LIST.published },
    });
    format!("{catalogue:#}\n")
}

fn level(level: Severity) -> Value {
    json!({ "severity": level, "floor": level.floor(), "rule_points": level.points() })
}

fn factor(factor: &Factor) -> Value {
    json!({ "factor": factor.as_str(), "effect": factor.effect(), "reason": factor.reason() })
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

fn posture_entry(rule: &PostureRule) -> Value {
    json!({
        "rule": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "techniques": rule.techniques,
        "signs": rule.signs.iter().map(|sign| sign.question).collect::<Vec<_>>(),
        "actions": rule.actions,
    })
}
