//! A page of text for a person: lines, and paragraphs that keep to its width.

use std::fmt::{Display, Write};

use super::paint::{PLAIN, Paint};
use super::safe_text::columns;

/// What a terminal has at least, and what fits into a mail or a ticket.
pub(super) const WIDTH: usize = 80;

/// A page in the making.
pub(super) struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty page of so many columns.
    pub(super) const fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Adds a line as it is.
    pub(super) fn line(&mut self, text: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{text}");
    }

    /// Adds an empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Adds words behind a label, broken into lines that all begin where the first word does. A no-break space keeps two
    /// words together.
    pub(super) fn paragraph(&mut self, label: &str, words: &str) {
        self.marked(PLAIN, label, words);
    }

    /// The same, with a label in a style.
    pub(super) fn marked(&mut self, paint: Paint, label: &str, words: &str) {
        let indent = columns(label);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}", paint.paint(label));
        let mut column = indent;
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            if column > indent && column + 1 + columns(word) > self.width {
                let _ = write!(self.text, "\n{:indent$}", "");
                column = indent;
            }
            if column > indent {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(&word.replace('\u{a0}', " "));
            column += columns(word);
        }
        self.gap();
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_keeps_to_the_width_and_hangs_on_its_label() {
        let mut page = Page::new(16);
        page.paragraph("1. ", "Remove the messages, and\u{a0}warn.");
        page.paragraph("", "unbreakablyunbreakable word");
        assert_eq!(page.into_text(), "1. Remove the\n   messages,\n   and warn.\nunbreakablyunbreakable\nword\n");
    }
}
