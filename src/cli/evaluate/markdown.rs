//! The result as tables of Markdown, for `docs/accuracy.md`.

use indicatif::HumanCount;

use crate::cli::safe_text::safe_within;
use crate::evaluate::{Contender, Nature, Scoreboard, Tally};

/// The longest name of a family that is shown.
const NAME: usize = 60;

/// The tables.
pub(super) fn tables(board: &Scoreboard) -> String {
    let count = |nature| HumanCount(board.total(nature).records);
    let mut text = format!(
        "{} records: {} attacks, {} benign, {} ambiguous.\n\n",
        HumanCount(board.records()),
        count(Nature::Attack),
        count(Nature::Benign),
        count(Nature::Ambiguous),
    );
    text += "| | detector | recall % | precision % | false positives | per million |\n|---|---|---:|---:|---:|---:|\n";
    for contender in Contender::all() {
        let score = board.score(contender);
        let rate = score.false_positives_per_million().map_or("-".to_owned(), |rate| HumanCount(rate).to_string());
        text += &format!(
            "| {} | `{}` | {} | {} | {} | {rate} |\n",
            contender.letter(),
            contender.name(),
            score.recall,
            score.precision,
            HumanCount(score.false_positives),
        );
    }
    text += &families(board, Nature::Attack, "Recall by family of attacks, in percent", |tally, contender| {
        tally.share(contender).to_string()
    });
    let count: fn(&Tally, Contender) -> String = |tally, contender| HumanCount(tally.fired(contender)).to_string();
    text += &families(board, Nature::Benign, "False positives by kind of mail", count);
    text += &families(board, Nature::Ambiguous, "Fired on what the record cannot tell; not scored", count);
    text
}

fn families(board: &Scoreboard, nature: Nature, title: &str, cell: fn(&Tally, Contender) -> String) -> String {
    let mut rows = board.families(nature).peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let letters: Vec<_> = Contender::all().map(|contender| contender.letter().to_string()).collect();
    let mut text = format!("\n{title}:\n\n| family | records | {} |\n", letters.join(" | "));
    text += &format!("|---|---:|{}\n", "---:|".repeat(letters.len()));
    for (name, tally) in rows {
        let cells: Vec<_> = Contender::all().map(|contender| cell(tally, contender)).collect();
        text += &format!("| {} | {} | {} |\n", name_cell(name), HumanCount(tally.records), cells.join(" | "));
    }
    text
}

/// A name that cannot end its cell or begin a tag.
pub(super) fn name_cell(name: &str) -> String {
    safe_within(name, NAME).replace(['|', '<', '`', '[', '\\'], "?")
}
