//! A small JSON writer.
//!
//! A million records are two gigabytes; a tree of values for each would cost more than everything else together, so
//! the text is written straight. What the writer knows of JSON is what the records need.

use std::fmt::{self, Write};

/// JSON text in the making.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// Punctuation, and anything else that is JSON already.
    pub(super) fn raw(&mut self, json: &str) {
        self.0.push_str(json);
    }

    pub(super) fn null(&mut self) {
        self.raw("null");
    }

    pub(super) fn number(&mut self, number: u32) {
        self.formatted(format_args!("{number}"));
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// A string, escaped where it must be.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(must_be_escaped) {
            self.0.push_str(&rest[..at]);
            self.escape(rest.as_bytes()[at]);
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        self.0.push('"');
    }

    pub(super) fn text_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    pub(super) fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        self.0.push('[');
        for (nth, text) in texts.enumerate() {
            if nth > 0 {
                self.0.push(',');
            }
            self.text(text);
        }
        self.0.push(']');
    }

    /// An object of plain words inside a string, as the wire has nested objects; null where it has no keys.
    pub(super) fn object_in_text(&mut self, keys: impl Iterator<Item = (&'static str, &'static str)>) {
        let mut before = "\"{";
        for (key, word) in keys {
            for part in [before, "\\\"", key, "\\\":\\\"", word, "\\\""] {
                self.raw(part);
            }
            before = ",";
        }
        self.raw(if before == "," { "}\"" } else { "null" });
    }

    /// A string of characters that never need an escape: ids, words of the columns.
    pub(super) fn word(&mut self, word: &str) {
        self.0.push('"');
        self.0.push_str(word);
        self.0.push('"');
    }

    /// The same of something that has to be written first: times, network addresses.
    pub(super) fn plain(&mut self, value: impl fmt::Display) {
        self.formatted(format_args!("\"{value}\""));
    }

    pub(super) fn plain_or_null(&mut self, value: Option<impl fmt::Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.null(),
        }
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' => self.raw("\\\""),
            b'\\' => self.raw("\\\\"),
            control => self.formatted(format_args!("\\u{control:04x}")),
        }
    }

    fn formatted(&mut self, arguments: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(arguments);
    }
}

/// Quotes, backslashes and controls (RFC 8259, 7). All are ASCII, so a cut beside one is on a character's boundary.
const fn must_be_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_reads_back_as_it_was() {
        let controls: String = (0..=0x7f_u8).map(char::from).collect();
        for text in ["", "plain", "\"", "\\", "a\"b\\c\"", "Ольга \"Q3\" 🎉\n", "\u{2028}\u{0}", &controls] {
            let mut json = Json::with_capacity(0);
            json.text(text);
            assert_eq!(serde_json::from_str::<String>(&json.into_string()).unwrap(), text);
        }
    }

    #[test]
    fn an_object_in_text_is_the_object_written_twice() {
        let mut json = Json::with_capacity(0);
        json.object_in_text([("SPF", "fail"), ("DKIM", "none")].into_iter());
        let text = serde_json::from_str::<String>(&json.into_string()).unwrap();
        assert_eq!(text, r#"{"SPF":"fail","DKIM":"none"}"#);
        let mut json = Json::with_capacity(0);
        json.object_in_text([].into_iter());
        assert_eq!(json.into_string(), "null");
    }

    #[test]
    fn lists_are_separated() {
        let mut json = Json::with_capacity(0);
        json.texts(["a", "b"].into_iter());
        json.texts([].into_iter());
        assert_eq!(json.into_string(), r#"["a","b"][]"#);
    }
}
