//! The result for a program.

use serde_json::{Map, Value, json};

use crate::evaluate::{Contender, Nature, Score, Scoreboard, Tally};

/// The document; without times, so that equal input gives equal output.
pub(super) fn document(board: &Scoreboard) -> String {
    let families = Nature::ALL.into_iter().flat_map(|nature| {
        board.families(nature).map(move |(name, tally)| {
            json!({ "family": name, "nature": nature.as_str(), "records": tally.records, "fired": fired(tally) })
        })
    });
    let page = json!({
        "records": board.records(),
        "attacks": board.total(Nature::Attack).records,
        "benign": board.total(Nature::Benign).records,
        "ambiguous": board.total(Nature::Ambiguous).records,
        "detectors": Contender::all().map(|it| detector(it, board.score(it))).collect::<Vec<_>>(),
        "families": families.collect::<Vec<_>>(),
    });
    format!("{page:#}\n")
}

fn detector(contender: Contender, score: Score) -> Value {
    let published = contender.published();
    json!({
        "detector": contender.name(),
        "source": published.map(|rule| rule.source),
        "conditions": published.map(|rule| rule.conditions),
        "recall": score.recall,
        "precision": score.precision,
        "false_positives": score.false_positives,
        "false_positives_per_million": score.false_positives_per_million(),
    })
}

fn fired(tally: &Tally) -> Map<String, Value> {
    Contender::all().map(|it| (it.name().to_owned(), tally.fired(it).into())).collect()
}
