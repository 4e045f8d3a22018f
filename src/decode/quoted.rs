//! A JSON string, before and after its escapes are read.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};

use crate::event::Text;

/// A valid JSON string as it is written, quotes and all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoted<'a> {
    written: &'a str,
    is_escaped: bool,
}

impl<'a> Quoted<'a> {
    pub(super) const fn new(written: &'a str, is_escaped: bool) -> Self {
        Self { written, is_escaped }
    }

    /// The characters, where what is written is what is meant.
    pub(super) fn plain(self) -> Option<&'a str> {
        if self.is_escaped { None } else { self.written.get(1..self.written.len() - 1) }
    }

    /// The characters. Half a surrogate pair becomes replacement characters: exporters cut subjects in the middle of an
    /// emoji, and a sender can provoke that, so it must not cost the record.
    pub(super) fn text(self) -> Text<'a> {
        self.plain().map_or_else(|| Text::from(unescaped(self.written)), Text::borrowed)
    }
}

fn unescaped(written: &str) -> String {
    serde_json::Deserializer::from_str(written).deserialize_bytes(Lossy).unwrap_or_else(|_| written.to_owned())
}

/// Takes the WTF-8 that `serde_json` gives where bytes are asked for.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_plain_text_is_borrowed() {
        assert_eq!(Quoted::new(r#""a\n\u00e9 \ud83d\udcde""#, true).text().as_str(), "a\né 📞");
        assert!(Quoted::new(r#""plain""#, false).text().is_borrowed());
        assert_eq!(Quoted::new(r#""""#, false).plain(), Some(""));
    }

    #[test]
    fn half_an_emoji_does_not_cost_the_record() {
        for written in [r#""voice \ud83d""#, r#""voice \udcde""#, r#""voice \ud83d\ud83d x""#] {
            assert!(Quoted::new(written, true).text().starts_with("voice \u{fffd}"), "{written}");
        }
    }
}
