//! Encoded words (RFC 2047).
//!
//! The library decodes them. It is handed only what really is a word: for each `=?` without an end it would read on to the
//! end of the field, and a field may be a megabyte of nothing else.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// The longest word. RFC 2047 allows 75 bytes; a sender that writes a whole subject as one word is still understood.
const WORD_BYTES_MAX: usize = 1_024;

/// Free text with its words decoded: a subject.
pub(super) fn decoded(value: &str) -> String {
    let line = tamed(value) + "\n";
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// A value that is encoded words and nothing else, decoded; anything else as it is.
///
/// Exchange Online encodes a result header as a whole or not at all. A single word in one is a sender's, and what the
/// sender hid in it must not be unpacked.
pub(super) fn decoded_as_a_whole(value: &str) -> Cow<'_, str> {
    let is_word = |token: &str| word_length(token) == Some(token.len());
    let is_encoded = !value.is_empty() && value.split_ascii_whitespace().all(is_word);
    if is_encoded { Cow::Owned(decoded(value)) } else { Cow::Borrowed(value) }
}

/// The text without openings of words that never close.
pub(super) fn tamed(value: &str) -> Cow<'_, str> {
    let (mut tamed, mut rest) = (String::new(), value);
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"=?") {
        let (before, word) = rest.split_at(at);
        let length = word_length(word);
        tamed.extend([before, length.map_or("=_", |length| &word[..length])]);
        rest = &word[length.unwrap_or(2)..];
    }
    if tamed.is_empty() { Cow::Borrowed(value) } else { Cow::Owned(tamed + rest) }
}

/// The length of the word that begins here: `=?charset?encoding?text?=`.
fn word_length(text: &str) -> Option<usize> {
    let window = &text.as_bytes()[..text.len().min(WORD_BYTES_MAX)];
    let mut parts = window.strip_prefix(b"=?")?.splitn(3, |byte| *byte == b'?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if charset.len() < 2 || !matches!(encoding, [b'q' | b'Q' | b'b' | b'B']) {
        return None;
    }
    let end = memchr::memmem::find(rest, b"?=")?;
    Some(window.len() - rest.len() + end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_text_is_kept() {
        assert_eq!(decoded("=?utf-8?Q?Caf=C3=A9?= =?utf-8?B?IGNyw6htZQ==?= 7"), "Café crème 7");
        assert_eq!(decoded("plain  text"), "plain  text");
        assert_eq!(decoded(""), "");
    }

    #[test]
    fn a_value_is_unpacked_as_a_whole_or_not_at_all() {
        assert_eq!(decoded_as_a_whole("=?utf-8?Q?spf=3Dpass?=\t=?utf-8?Q?=3B_x?="), "spf=pass; x");
        for value in ["", "spf=fail =?utf-8?Q?;_spf=3Dpass?=", "=?utf-8?Q?a?= b", "=?utf-8?Q?a", "=?=?="] {
            assert_eq!(decoded_as_a_whole(value), value);
        }
    }

    #[test]
    fn what_never_closes_costs_nothing() {
        for opening in ["=?ab?q?x ", "=?ab?b?x ", "=?", "=?ab", "=?ab?b?!=?ab?q?="] {
            let hostile = opening.repeat((1 << 16) / opening.len());
            assert!(tamed(&hostile).len() >= hostile.len() / 2);
            assert!(!decoded(&hostile).is_empty());
        }
    }
}
