//! Who is scored: Postern, and each published rule.

use crate::judge::{RuleSet, Severity};

use super::published::{PUBLISHED, PublishedRule};

/// How many are scored.
pub const CONTENDERS: usize = 2 + PUBLISHED.len();

/// From this severity on, Postern asks for a person's attention; what lies below is for when there is time.
const ATTENTION: Severity = Severity::Medium;

/// One detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contender {
    /// Postern's verdict is suspicious, and its severity medium or more.
    Postern,
    /// Postern's verdict is suspicious, whatever the severity.
    PosternAnySeverity,
    /// The published rule at this place of [`PUBLISHED`].
    Published(usize),
}

impl Contender {
    /// Everybody, in the order of the columns.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Postern, Self::PosternAnySeverity].into_iter().chain((0..PUBLISHED.len()).map(Self::Published))
    }

    /// The head of its column: `P`, `p`, and `A` onwards.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Postern => 'P',
            Self::PosternAnySeverity => 'p',
            Self::Published(place) => ('A'..='O').nth(place).unwrap_or('?'),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Postern => "postern",
            Self::PosternAnySeverity => "postern-any-severity",
            Self::Published(_) => self.published().map_or("", |rule| rule.name),
        }
    }

    /// The published rule, where it is one.
    #[must_use]
    pub fn published(self) -> Option<&'static PublishedRule> {
        if let Self::Published(place) = self { PUBLISHED.get(place) } else { None }
    }

    /// The place of its column.
    pub(super) const fn column(self) -> usize {
        match self {
            Self::Postern => 0,
            Self::PosternAnySeverity => 1,
            Self::Published(place) => 2 + place,
        }
    }
}

/// What fired on one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fired {
    /// Postern's rules.
    pub rules: RuleSet,
    /// How bad the message is by them; `None` where no rule fired.
    pub severity: Option<Severity>,
    /// The published rules, a bit each.
    pub(super) published: u16,
}

impl Fired {
    /// Whether this one did.
    #[must_use]
    pub fn has(&self, contender: Contender) -> bool {
        match contender {
            Contender::Postern => self.severity >= Some(ATTENTION),
            Contender::PosternAnySeverity => !self.rules.is_empty(),
            Contender::Published(place) => self.published & (1 << place) != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::RuleId;

    #[test]
    fn everybody_has_a_column_a_letter_and_a_name_of_its_own() {
        let all: Vec<_> = Contender::all().collect();
        assert_eq!(all.len(), CONTENDERS);
        assert!(all.iter().enumerate().all(|(place, contender)| contender.column() == place));
        let distinct = |texts: Vec<String>| texts.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(distinct(all.iter().map(|it| it.letter().to_string()).collect()), CONTENDERS);
        assert_eq!(distinct(all.iter().map(|it| it.name().to_owned()).collect()), CONTENDERS);
    }

    #[test]
    fn postern_fires_from_medium_on() {
        let fired = |severity| {
            let rules = RuleSet::default().with(RuleId::DirectSendSpoof);
            Fired { rules, severity: Some(severity), published: 0 }
        };
        assert!(fired(Severity::Medium).has(Contender::Postern));
        assert!(!fired(Severity::Low).has(Contender::Postern));
        assert!(fired(Severity::Low).has(Contender::PosternAnySeverity));
        assert!(Contender::all().all(|contender| !Fired::default().has(contender)));
    }
}
