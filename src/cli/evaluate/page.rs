//! The result on a page of eighty columns.

use std::fmt::Write;

use indicatif::HumanCount;

use crate::cli::page::{Page, WIDTH};
use crate::cli::paint::{BAD, FAINT, GOOD, PLAIN, Paint, TITLE};
use crate::cli::safe_text::{columns, safe_within};
use crate::evaluate::{Contender, Nature, Scoreboard, Tally};

/// The name of a family; a longer one stands on a line of its own.
const FAMILY: usize = 20;
/// A number in a table of families: eleven of them and the records fit beside the name.
const CELL: usize = 5;

/// The page.
pub(super) fn page(board: &Scoreboard) -> String {
    let mut page = Page::new(WIDTH);
    records(&mut page, board);
    summary(&mut page, board);
    families(&mut page, board, Nature::Attack, "Recall by family of attacks, % (p: found at any severity)", recall);
    families(
        &mut page,
        board,
        Nature::Benign,
        "False positives by kind of mail (P: severity medium or above)",
        false_positives,
    );
    families(&mut page, board, Nature::Ambiguous, "Fired on what the record cannot tell; not scored", undecided);
    page.into_text()
}

fn records(page: &mut Page, board: &Scoreboard) {
    let line = |words: &str, count: u64| format!("{words:34}{:>14}", HumanCount(count).to_string());
    page.line(TITLE.paint(line("Records", board.records())));
    for (words, nature) in
        [("  attacks", Nature::Attack), ("  benign", Nature::Benign), ("  ambiguous, not scored", Nature::Ambiguous)]
    {
        page.line(line(words, board.total(nature).records));
    }
}

fn summary(page: &mut Page, board: &Scoreboard) {
    page.gap();
    let head = format_args!(
        "   {:27} {:>8} {:>11} {:>15} {:>12}",
        "DETECTOR", "RECALL %", "PRECISION %", "FALSE POSITIVES", "PER MILLION"
    );
    page.line(FAINT.paint(head));
    for contender in Contender::all() {
        let score = board.score(contender);
        let recall = if score.recall.is_all() { GOOD } else { PLAIN };
        let precision = if score.precision.is_all() { GOOD } else { PLAIN };
        let wrong = if score.false_positives == 0 { GOOD } else { BAD };
        let rate = score.false_positives_per_million().map_or("-".to_owned(), |rate| HumanCount(rate).to_string());
        page.line(format_args!(
            "{}  {:27} {:>8} {:>11} {:>15} {:>12}",
            contender.letter(),
            contender.name(),
            recall.paint(score.recall),
            precision.paint(score.precision),
            wrong.paint(HumanCount(score.false_positives).to_string()),
            wrong.paint(rate),
        ));
    }
}

/// How a count of a family is shown.
type Cell = fn(&Tally, Contender) -> (Paint, String);

fn families(page: &mut Page, board: &Scoreboard, nature: Nature, title: &str, cell: Cell) {
    if board.families(nature).next().is_none() {
        return;
    }
    page.gap();
    page.line(TITLE.paint(title));
    let mut head = format!("{:FAMILY$}{:>CELL$}", "FAMILY", "OF");
    for contender in columns_shown(nature) {
        // Writing to a String cannot fail.
        let _ = write!(head, "{:>CELL$}", contender.letter());
    }
    page.line(FAINT.paint(head));
    for (name, tally) in board.families(nature) {
        row(page, name, tally, columns_shown(nature), cell);
    }
}

fn row(page: &mut Page, name: &str, tally: &Tally, shown: impl Iterator<Item = Contender>, cell: Cell) {
    let mut name = safe_within(name, WIDTH);
    if columns(&name) > FAMILY {
        page.line(&name);
        name.clear();
    }
    let pad = FAMILY - columns(&name);
    let mut line = format!("{name}{:pad$}{:>CELL$}", "", compact(tally.records));
    for contender in shown {
        let (paint, text) = cell(tally, contender);
        let _ = write!(line, "{:>CELL$}", paint.paint(text));
    }
    page.line(line);
}

/// The published rules, and Postern once, for want of room: an attack counts as found at any severity, and a false alarm
/// where it asks for attention. The other stands in the summary.
fn columns_shown(nature: Nature) -> impl Iterator<Item = Contender> {
    let left_out = if nature == Nature::Attack { Contender::Postern } else { Contender::PosternAnySeverity };
    Contender::all().filter(move |contender| *contender != left_out)
}

fn recall(tally: &Tally, contender: Contender) -> (Paint, String) {
    let share = tally.share(contender);
    let paint = match share.part {
        0 => BAD,
        _ if share.is_all() => GOOD,
        _ => PLAIN,
    };
    (paint, share.to_string())
}

fn false_positives(tally: &Tally, contender: Contender) -> (Paint, String) {
    let count = tally.fired(contender);
    (if count == 0 { FAINT } else { BAD }, compact(count))
}

fn undecided(tally: &Tally, contender: Contender) -> (Paint, String) {
    let count = tally.fired(contender);
    (if count == 0 { FAINT } else { PLAIN }, compact(count))
}

/// A count in at most four characters, rounded down.
fn compact(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        1_000_000..10_000_000 => format!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
        10_000_000..1_000_000_000 => format!("{}M", count / 1_000_000),
        _ => format!("{}G", count / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Fired, Truth};

    #[test]
    fn a_count_fits_its_cell() {
        let shown = [0, 9_999, 10_000, 999_999, 1_000_000, 9_999_999, 10_000_000, 12_000_000_000].map(compact);
        assert_eq!(shown, ["0", "9999", "10k", "999k", "1.0M", "9.9M", "10M", "12G"]);
    }

    #[test]
    fn a_page_keeps_to_its_width_and_shows_nothing_that_a_terminal_would_obey() {
        let mut board = Scoreboard::default();
        for family in ["short", "exactly-twenty-chars", &"long-".repeat(40), "\u{1b}[2Jtricky"] {
            let truth = Truth { family: family.to_owned(), malicious: true, ..Truth::default() };
            board.count(&truth, &Fired::default());
        }
        let page = page(&board);
        let plain = anstream::adapter::strip_str(&page).to_string();
        assert!(plain.lines().all(|line| columns(line) <= WIDTH), "{plain}");
        assert!(!page.contains("\u{1b}[2J"));
    }
}
