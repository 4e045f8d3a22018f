//! The few styles, by meaning. [`anstream`] strips them where nobody would see them.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

use crate::judge::Severity;

/// A meaning, shown as a style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(Style);

pub(super) const PLAIN: Paint = Paint(Style::new());
pub(super) const TITLE: Paint = Paint(Style::new().bold());
pub(super) const FAINT: Paint = Paint(Style::new().dimmed());
pub(super) const GOOD: Paint = Paint(AnsiColor::Green.on_default());
pub(super) const DOUBTFUL: Paint = Paint(AnsiColor::Yellow.on_default());
pub(super) const BAD: Paint = Paint(AnsiColor::Red.on_default().bold());

impl Paint {
    /// The colour of a severity.
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Low => GOOD,
            Severity::Medium => DOUBTFUL,
            Severity::High | Severity::Critical => BAD,
        }
    }

    /// The text in this style.
    pub(super) const fn paint<T: Display>(self, text: T) -> Painted<T> {
        Painted(self.0, text)
    }
}

/// Text in a style. A width in the format string counts the text alone.
pub(super) struct Painted<T>(Style, T);

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.1.fmt(f)?;
        write!(f, "{:#}", self.0)
    }
}
