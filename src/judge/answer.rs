//! What a rule is told when it asks: yes, no, or that this form of the telemetry does not tell.
//!
//! A message trace has no `From:`, no connector and no results. To take what it does not tell for "nothing there" would
//! be a guess in either direction: a clean bill for a spoof, or an alert on every printer. So a question that the form
//! cannot answer stays open, and a rule that might fire is undecided.

use crate::event::Untold;

/// The answer to a condition of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The form of the telemetry has no field for it.
    Untold(Gap),
}

impl Answer {
    /// Open where there is a gap, else yes or no.
    pub(super) const fn unless(gap: Option<Gap>, holds: bool) -> Self {
        match gap {
            Some(gap) => Self::Untold(gap),
            None if holds => Self::Yes,
            None => Self::No,
        }
    }

    /// What is missing, where something is.
    #[must_use]
    pub const fn gap(self) -> Option<Gap> {
        match self {
            Self::Untold(gap) => Some(gap),
            _ => None,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        Self::unless(None, holds)
    }
}

/// What a form of the telemetry may have no field for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// RFC 5321 `MAIL FROM`.
    EnvelopeFrom,
    /// RFC 5322 `From:`.
    HeaderFrom,
    /// By which door it came.
    Entry,
    /// The results of sender authentication.
    Authentication,
}

impl Gap {
    /// All gaps.
    pub const ALL: [Self; 4] = [Self::EnvelopeFrom, Self::HeaderFrom, Self::Entry, Self::Authentication];

    /// The reason of a verdict that had to stay open.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnvelopeFrom => "unknown-envelope-from",
            Self::HeaderFrom => "unknown-header-from",
            Self::Entry => "unknown-entry",
            Self::Authentication => "unknown-authentication",
        }
    }

    /// What is missing, and where it could be had.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::EnvelopeFrom => "the envelope sender (P1) is not told; EmailEvents has it in SenderMailFromAddress",
            Self::HeaderFrom => "the From: header (P2) is not told; EmailEvents has it in SenderFromAddress",
            Self::Entry => "the door is not told; EmailEvents has it in EmailDirection and Connectors",
            Self::Authentication => "no result is told; EmailEvents has them in AuthenticationDetails",
        }
    }

    /// Where the form has this gap.
    pub(super) const fn of(self, untold: Untold) -> Option<Self> {
        let is_untold = match self {
            Self::EnvelopeFrom => untold.envelope_from,
            Self::HeaderFrom => untold.header_from,
            Self::Entry => untold.entry,
            Self::Authentication => untold.authentication,
        };
        if is_untold { Some(self) } else { None }
    }
}
