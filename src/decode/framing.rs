//! What kind of text a payload is, seen from how it begins.
//!
//! JSON says so with its first character. Anything else is what its first line makes it: a header of columns that we
//! know, or a field of a message. What is neither is left to the reader of JSON, which says what is wrong with it.

use super::csv::Header;
use super::message;
use super::split::BYTE_ORDER_MARK;

/// How the records of a text are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing {
    /// JSON: a document, or a document a line.
    Json,
    /// Comma-separated values under this header.
    Csv(Box<Header>),
    /// One message, whose headers alone count.
    Message,
}

impl Framing {
    /// Looks at the beginning of a text; the first line of CSV must be there. A byte order mark is looked through, also
    /// where another one was taken off before: whoever asks for the second time must be told the same.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        match text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_ascii_start().first() {
            None | Some(b'{' | b'[') => Self::Json,
            Some(_) if message::looks_like_message(text) => Self::Message,
            Some(_) => Header::of(text).map_or(Self::Json, |header| Self::Csv(Box::new(header))),
        }
    }
}
