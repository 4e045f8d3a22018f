//! The alerts as tables of Markdown, for `docs/accuracy.md`.

use indicatif::HumanCount;

use crate::cli::evaluate::markdown::name_cell;
use crate::evaluate::{AlertFigures, AttackFigures, Spread};

/// The tables.
pub(super) fn tables(figures: &AlertFigures) -> String {
    let mut text = format!(
        "{} records: {} of attacks, {} benign.\n\n| | |\n|---|---:|\n",
        HumanCount(figures.records.attacks + figures.records.benign),
        HumanCount(figures.records.attacks),
        HumanCount(figures.records.benign),
    );
    for (what, figure) in rows(figures) {
        text += &format!("| {what} | {figure} |\n");
    }
    text += "\nAttacks by family:\n\n";
    text += "| family | attacks | told | in a storm only | alerts | at worst | seconds to the first | at worst |\n";
    text += "|---|---:|---:|---:|---:|---:|---:|---:|\n";
    for (family, it) in &figures.families {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            name_cell(family),
            it.attacks,
            it.told,
            it.in_storm,
            it.alerts.median,
            it.alerts.worst,
            it.seconds_to_alert.median,
            it.seconds_to_alert.worst,
        );
    }
    if !figures.innocents.is_empty() {
        text += "\nBenign mail that is accused, by family:\n\n";
        text += "| family | records | of medium or above | wrong alerts | of medium or above |\n|---|---:|---:|---:|---:|\n";
    }
    for (family, it) in &figures.innocents {
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            name_cell(family),
            HumanCount(it.records),
            HumanCount(it.attention),
            it.alerts,
            it.alerts_for_attention,
        );
    }
    text
}

fn rows(figures: &AlertFigures) -> Vec<(&'static str, String)> {
    let AttackFigures { attacks, in_storm, alerts, seconds_to_alert, .. } = &figures.attacks;
    let (sources, silence) = (figures.sources, figures.silence);
    let count = |count: u64| HumanCount(count).to_string();
    let rate = |rate: Option<u64>| rate.map_or("-".to_owned(), count);
    let spread = |spread: &Spread| format!("{}, at worst {}", count(spread.median), count(spread.worst));
    vec![
        ("attacks that a record reveals", count(*attacks)),
        ("told, %", figures.attacks.recall().to_string()),
        ("of them in a storm only", count(*in_storm)),
        ("alerts of one attack", spread(alerts)),
        ("seconds from its first message to the first alert", spread(seconds_to_alert)),
        ("attacks that no record reveals, not scored", count(figures.hidden.attacks)),
        ("alerts", count(figures.alerts.alerts)),
        ("of them storms", count(figures.storms)),
        ("right, %", figures.alerts.precision().to_string()),
        ("wrong, of severity medium or above, in a million benign records", rate(figures.false_alerts_per_million)),
        ("benign records of severity medium or above, in a million", rate(figures.false_records_per_million)),
        ("times that an alert is told", spread(&figures.records_per_alert)),
        ("devices and services of the tenants", count(sources.sources)),
        ("of them with an alert", count(sources.told)),
        ("alerts of the worst", count(sources.worst)),
        ("benign records spared as mail that came back", count(silence.benign_echoes)),
        ("benign records spared as of a known source", count(silence.benign_known)),
        ("records of attacks spared", count(silence.attacks())),
    ]
}
