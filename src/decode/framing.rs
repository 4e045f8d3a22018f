//! What kind of text a payload is, seen from how it begins.
//!
//! JSON says so with its first character. Anything else is what its first line makes it: a header of columns that we
//! know, or a field of a message. What is neither is left to the reader of JSON, which says what is wrong with it.

use super::csv::Header;
use super::message;

/// The text behind its byte order marks: all of them, because each reader on the way takes marks off, and what one leaves
/// would be a text of another kind to the next.
#[must_use]
pub fn unmarked(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
        text = rest;
    }
    text
}

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
    /// Looks at the beginning of an [`unmarked`] text; the first line of CSV must be there.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        match text.trim_ascii_start().first() {
            None | Some(b'{' | b'[') => Self::Json,
            Some(_) if message::looks_like_message(text) => Self::Message,
            Some(_) if message::begins_with_a_field(text) => Self::Json,
            Some(_) => Header::of(text).map_or(Self::Json, |header| Self::Csv(Box::new(header))),
        }
    }
}
