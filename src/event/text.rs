//! Text that is borrowed from the record whenever the wire form allows it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A scalar of the wire, as text.
///
/// Exporters disagree on whether a number or a flag is written natively or as a string, so every scalar is accepted and
/// carried as text: `"7"` and `7` are the same value. A string without escapes is borrowed. A newtype is needed because
/// `#[serde(borrow)]` on `Option<Cow<str>>` silently allocates (serde issue 2016).
///
/// An array or an object is refused: a container where the schema has a scalar is not a spelling of the scalar.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// Text that borrows from the record.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was copied to make this text; the tests that guard against silent allocation ask.
    #[must_use]
    pub const fn is_borrowed(&self) -> bool {
        matches!(self.0, Cow::Borrowed(_))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or a boolean")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text::borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text::from(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Text::borrowed(if flag { "true" } else { "false" }))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text::from(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text::from(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text::from(number.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Text<'_>, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_plain_string_is_borrowed_and_an_escaped_one_is_copied() {
        assert!(parse(r#""plain""#).unwrap().is_borrowed());
        let escaped = parse(r#""a\nb""#).unwrap();
        assert_eq!(escaped.as_str(), "a\nb");
        assert!(!escaped.is_borrowed());
    }

    #[test]
    fn an_optional_text_still_borrows() {
        let text: Option<Text<'_>> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(text.unwrap().is_borrowed());
    }

    #[test]
    fn a_scalar_is_the_same_in_native_form_and_as_a_string() {
        for (native, string) in [("7", r#""7""#), ("true", r#""true""#), ("-3", r#""-3""#), ("1.5", r#""1.5""#)] {
            assert_eq!(parse(native).unwrap(), parse(string).unwrap());
        }
    }

    #[test]
    fn a_container_is_not_a_scalar() {
        for json in ["[]", "{}", r#"["x"]"#] {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
