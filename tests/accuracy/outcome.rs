//! What became of a matrix.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern::decode::Limits;
use postern::evaluate::{Contender, Examiner, Fired};
use postern::judge::{RuleId, Tenants};

use crate::record::Cell;

/// Lines that are examined at once.
const CHUNK: usize = 1_000;
/// How many cells a failure shows.
const SHOWN: usize = 5;

/// What a cell has in one dimension.
type Value = fn(&Cell) -> &'static str;

/// A matrix after it was run.
pub(crate) struct Outcome {
    name: &'static str,
    ran: Vec<(Cell, Fired)>,
}

/// Runs the matrix through the inspector.
pub(crate) fn run(name: &'static str, tenants: Tenants, cells: &[Cell]) -> Outcome {
    let examiner = Examiner::new(Arc::new(tenants), Limits::default());
    let mut ran = Vec::with_capacity(cells.len());
    for chunk in cells.chunks(CHUNK) {
        let lines: Vec<String> = chunk.iter().enumerate().map(|(place, cell)| cell.json(place)).collect();
        let mut chunk = chunk.iter();
        examiner.examine(lines.join("\n").as_bytes(), &mut |examined| {
            let cell = chunk.next().expect("a line is a record").clone();
            assert!(examined.mail.is_some(), "no mail: {cell}");
            ran.push((cell, examined.fired));
        });
    }
    assert_eq!(ran.len(), cells.len(), "{name}: every cell is a record");
    Outcome { name, ran }
}

impl Outcome {
    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.ran.len()
    }

    /// The first cells of which something else became than must.
    pub(crate) fn not_as_expected(&self) -> Vec<String> {
        let wrong = self.ran.iter().filter(|(cell, fired)| !is_as_expected(cell, fired));
        wrong.take(SHOWN).map(|(cell, fired)| format!("{cell}: {:?}", names(fired))).collect()
    }

    /// The cells on which this one did not fire.
    pub(crate) fn silent(&self, contender: Contender) -> impl Iterator<Item = &Cell> {
        self.ran.iter().filter(move |(_, fired)| !fired.has(contender)).map(|(cell, _)| cell)
    }

    /// The cells on which this one fired.
    pub(crate) fn accused(&self, contender: Contender) -> impl Iterator<Item = &Cell> {
        self.ran.iter().filter(move |(_, fired)| fired.has(contender)).map(|(cell, _)| cell)
    }

    /// Prints, for each value of each dimension, how many cells have it and on how many of them a rule of ours fired.
    pub(crate) fn print(&self) {
        println!("\n{}: {} cells", self.name, self.cells());
        let dimensions: [(&str, Value); 8] = [
            ("spelling", |cell| cell.spelling),
            ("SPF", |cell| cell.results.spf()),
            ("DMARC", |cell| cell.results.dmarc()),
            ("CompAuth", |cell| cell.results.comp_auth()),
            ("source", |cell| cell.ip.as_str()),
            ("connector", |cell| cell.connector.as_str()),
            ("delivery", |cell| cell.delivery),
            ("direction", |cell| cell.direction),
        ];
        for (dimension, value) in dimensions {
            let mut counts = BTreeMap::<&str, (usize, usize)>::new();
            for (cell, fired) in &self.ran {
                let (cells, suspicious) = counts.entry(value(cell)).or_default();
                *cells += 1;
                *suspicious += usize::from(!fired.rules.is_empty());
            }
            for (value, (cells, suspicious)) in counts {
                println!("  {dimension:10} {value:24} {cells:>8} cells {suspicious:>8} suspicious");
            }
        }
    }
}

/// The expected rule, and no other.
fn is_as_expected(cell: &Cell, fired: &Fired) -> bool {
    names(fired) == cell.expected.map(RuleId::as_str).into_iter().collect::<Vec<_>>()
}

fn names(fired: &Fired) -> Vec<&'static str> {
    fired.rules.iter().map(|rule| rule.id.as_str()).collect()
}
