//! A receiver's own words, made fit to be logged, shown and kept.
//!
//! They are worth keeping, because they are what an operator can search for; but a receiver is not to be trusted with
//! our terminal, so nothing that is not plainly visible passes.

use std::error::Error;

use crate::event::is_hidden;

/// The longest reason that is kept, in bytes.
pub(super) const REASON_BYTES_MAX: usize = 512;

/// One line of visible text, at most [`REASON_BYTES_MAX`] long: stretches of spaces, controls and invisible characters
/// become one space.
pub(super) fn sanitised(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(is_unfit).filter(|word| !word.is_empty()) {
        let space = if line.is_empty() { "" } else { " " };
        let room = REASON_BYTES_MAX.saturating_sub(line.len() + space.len());
        if word.len() > room {
            if room > 0 {
                line.push_str(space);
                line.push_str(&word[..word.floor_char_boundary(room)]);
            }
            break;
        }
        line.push_str(space);
        line.push_str(word);
    }
    line
}

/// An error and everything that caused it, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// Spaces too, so that a page of HTML becomes one line.
fn is_unfit(c: char) -> bool {
    c.is_whitespace() || is_hidden(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_becomes_one_space() {
        assert_eq!(sanitised("  bad\r\n\ttoken \u{1b}[31mred\u{202e}x\u{feff}\0 "), "bad token [31mred x");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for text in ["ä".repeat(600), format!("{} ä", "x".repeat(510)), "word ".repeat(300)] {
            let line = sanitised(&text);
            assert!(line.len() <= REASON_BYTES_MAX && line.len() >= REASON_BYTES_MAX - 4, "{}", line.len());
        }
    }

    #[test]
    fn an_error_tells_its_causes() {
        let cause = std::io::Error::other("refused");
        let error = crate::ledger::LedgerError::Unusable(Box::new(cause));
        assert!(chain(&error).ends_with(": refused"));
    }
}
