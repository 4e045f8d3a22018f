//! The count: who fired on what, and what that makes of their recall and precision.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::contender::{CONTENDERS, Contender, Fired};
use super::truth::{Nature, Truth};

/// How many families a run may have; what comes after them is counted together. Labels come from a file.
pub const FAMILIES_MAX: usize = 500;

/// The family of what came after them.
const OTHERS: &str = "other families";

/// Who fired on what. A function of the set of labelled records: their order changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scoreboard {
    families: BTreeMap<(Nature, String), Tally>,
}

impl Scoreboard {
    /// Counts one record.
    pub fn count(&mut self, truth: &Truth, fired: &Fired) {
        self.family(truth).count(fired);
    }

    /// The families of one nature by name, each with its count.
    pub fn families(&self, nature: Nature) -> impl Iterator<Item = (&str, &Tally)> {
        self.families.iter().filter(move |((of, _), _)| *of == nature).map(|((_, name), tally)| (name.as_str(), tally))
    }

    /// All families of one nature together.
    #[must_use]
    pub fn total(&self, nature: Nature) -> Tally {
        let mut total = Tally::default();
        self.families(nature).for_each(|(_, tally)| total.add(tally));
        total
    }

    /// How many records were counted.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.families.values().map(|tally| tally.records).sum()
    }

    /// What it makes of one contender.
    #[must_use]
    pub fn score(&self, contender: Contender) -> Score {
        let (attacks, benign) = (self.total(Nature::Attack), self.total(Nature::Benign));
        let found = attacks.fired(contender);
        let false_positives = benign.fired(contender);
        Score {
            recall: Share { part: found, whole: attacks.records },
            precision: Share { part: found, whole: found + false_positives },
            false_positives,
            benign: benign.records,
        }
    }

    /// The recall of the attack family of which least is found; `None` where there was no attack.
    #[must_use]
    pub fn worst_recall(&self, contender: Contender) -> Option<(&str, Share)> {
        let recalls = self.families(Nature::Attack).map(|(name, tally)| (name, tally.share(contender)));
        recalls.min_by(|(_, a), (_, b)| a.cmp_as_fraction(*b))
    }

    fn family(&mut self, truth: &Truth) -> &mut Tally {
        let mut key = (truth.nature(), truth.family.clone());
        if self.families.len() >= FAMILIES_MAX && !self.families.contains_key(&key) {
            OTHERS.clone_into(&mut key.1);
        }
        self.families.entry(key).or_default()
    }
}

/// The count of one family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records.
    pub records: u64,
    fired: [u64; CONTENDERS],
}

impl Tally {
    /// On how many of the records this one fired.
    #[must_use]
    pub fn fired(&self, contender: Contender) -> u64 {
        self.fired.get(contender.column()).copied().unwrap_or_default()
    }

    /// The same as a share.
    #[must_use]
    pub fn share(&self, contender: Contender) -> Share {
        Share { part: self.fired(contender), whole: self.records }
    }

    fn count(&mut self, fired: &Fired) {
        self.records += 1;
        for (count, contender) in self.fired.iter_mut().zip(Contender::all()) {
            *count += u64::from(fired.has(contender));
        }
    }

    fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.fired.iter_mut().zip(other.fired).for_each(|(sum, count)| *sum += count);
    }
}

/// How one contender did. Ambiguous records are in none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Of the attacks, those it fired on.
    pub recall: Share,
    /// Of what it fired on, the attacks.
    pub precision: Share,
    /// Benign records that it fired on.
    pub false_positives: u64,
    /// Benign records.
    pub benign: u64,
}

impl Score {
    /// False positives for each million of benign records, rounded up; `None` where nothing was benign.
    #[must_use]
    pub fn false_positives_per_million(&self) -> Option<u64> {
        let per_million = u128::from(self.false_positives) * 1_000_000;
        let rate = (self.benign > 0).then(|| per_million.div_ceil(u128::from(self.benign)))?;
        u64::try_from(rate).ok()
    }
}

/// A part of a whole. Written in percent, rounded down: `100` means all, `0` means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub part: u64,
    /// Of so many.
    pub whole: u64,
}

impl Share {
    /// In tenths of a percent, rounded down; `None` where there is no whole.
    #[must_use]
    pub fn per_mille(self) -> Option<u64> {
        let per_mille = (u128::from(self.part) * 1_000).checked_div(u128::from(self.whole))?;
        u64::try_from(per_mille).ok()
    }

    /// As a number from 0 to 100; `None` where there is no whole.
    #[must_use]
    pub fn percent(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 * 100.0 / self.whole as f64)
    }

    /// Whether it is everything of something.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.whole > 0 && self.part == self.whole
    }

    fn cmp_as_fraction(self, other: Self) -> std::cmp::Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.part, other.whole).cmp(&product(other.part, self.whole))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut share = serializer.serialize_struct("Share", 3)?;
        share.serialize_field("part", &self.part)?;
        share.serialize_field("whole", &self.whole)?;
        share.serialize_field("percent", &self.percent())?;
        share.end()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.per_mille() {
            None => "-".to_owned(),
            Some(0) if self.part > 0 => "<0.1".to_owned(),
            Some(per_mille) if per_mille % 10 == 0 => (per_mille / 10).to_string(),
            Some(per_mille) => format!("{}.{}", per_mille / 10, per_mille % 10),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{RuleId, RuleSet, Severity};

    fn truth(family: &str, malicious: bool, ambiguous: bool) -> Truth {
        Truth { record: 1, family: family.to_owned(), malicious, ambiguous, ..Truth::default() }
    }

    fn postern() -> Fired {
        let rules = RuleSet::default().with(RuleId::DirectSendSpoof);
        Fired { rules, severity: Some(Severity::High), published: 0 }
    }

    #[test]
    fn recall_precision_and_false_positives_are_what_they_say() {
        let mut board = Scoreboard::default();
        for (truth, fired) in [
            (truth("burst", true, false), postern()),
            (truth("burst", true, false), postern()),
            (truth("slow", true, false), Fired { published: 0b1, ..Fired::default() }),
            (truth("printer", false, false), postern()),
            (truth("external", false, false), Fired::default()),
            (truth("forward", false, true), postern()),
        ] {
            board.count(&truth, &fired);
        }
        let score = board.score(Contender::Postern);
        assert_eq!((score.recall, score.precision), (Share { part: 2, whole: 3 }, Share { part: 2, whole: 3 }));
        assert_eq!((score.false_positives, score.false_positives_per_million()), (1, Some(500_000)));
        assert_eq!(board.worst_recall(Contender::Postern), Some(("slow", Share { part: 0, whole: 1 })));
        assert_eq!(board.score(Contender::Published(0)).precision, Share { part: 1, whole: 1 });
        assert_eq!(board.total(Nature::Ambiguous).fired(Contender::Postern), 1);
        assert_eq!(board.records(), 6);
    }

    #[test]
    fn a_share_is_never_flattered() {
        let shown = |part, whole| Share { part, whole }.to_string();
        assert_eq!(shown(9_999, 10_000), "99.9");
        assert_eq!(shown(10_000, 10_000), "100");
        assert_eq!(shown(1, 10_000), "<0.1");
        assert_eq!((shown(0, 10), shown(0, 0), shown(1, 2)), ("0".to_owned(), "-".to_owned(), "50".to_owned()));
        let one_in_three = Score {
            recall: Share { part: 0, whole: 0 },
            precision: Share { part: 0, whole: 1 },
            false_positives: 1,
            benign: 3,
        };
        assert_eq!(one_in_three.false_positives_per_million(), Some(333_334));
    }

    #[test]
    fn invented_families_do_not_grow_the_board() {
        let mut board = Scoreboard::default();
        for number in 0..2 * FAMILIES_MAX {
            board.count(&truth(&number.to_string(), true, false), &Fired::default());
        }
        assert!(board.families(Nature::Attack).count() <= FAMILIES_MAX + 1);
        assert_eq!(board.records(), 2 * FAMILIES_MAX as u64);
    }
}
