//! 128-bit names for things whose own names are the attacker's to choose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 128-bit BLAKE3 hash of a sequence of parts, each with its length, under a purpose.
///
/// Used wherever something is suppressed or identified: at this width an accidental collision does not happen and a
/// wanted one cannot be afforded, so a fingerprint may stand for the thing itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The first of all, where a range of them begins.
    pub const MIN: Self = Self([0; 16]);

    /// Hashes the parts. The purpose separates the uses: equal parts under two purposes have nothing in common.
    #[must_use]
    pub fn of(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(purpose);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Self(bytes)
    }

    /// The leading 64 bits, for sketches, where a rare collision costs a count of one.
    #[must_use]
    pub const fn leading(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint of 32 hexadecimal digits")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex).ok_or(FingerprintError)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other_and_purposes_are_apart() {
        let ab_c = Fingerprint::of("test", &[b"ab", b"c"]);
        assert_ne!(ab_c, Fingerprint::of("test", &[b"a", b"bc"]));
        assert_ne!(ab_c, Fingerprint::of("other", &[b"ab", b"c"]));
        assert_eq!(ab_c, Fingerprint::of("test", &[b"ab", b"c"]));
    }

    #[test]
    fn the_text_form_reads_back_and_nothing_else_does() {
        let print = Fingerprint::of("test", &[b"x"]);
        assert_eq!(print.to_string().parse::<Fingerprint>().unwrap(), print);
        assert_eq!(print.to_string().len(), 32);
        for text in ["", "+0000000000000000000000000000000", "zz"] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
