//! Which ledger is meant, among several that know nothing of each other.
//!
//! A consumer group at a broker is shared by whoever knows its name. Two ledgers in one group would each see a part of
//! the stream and both be blind to what is spread over the two, so each says there which one it is.

use std::fmt;

/// The identity of a ledger: 128 bits that are drawn when it is made.
///
/// ```
/// use postern::ledger::LedgerId;
/// let id: LedgerId = "00112233445566778899aabbccddeeff".parse().unwrap();
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LedgerId(u128);

/// A text that is no [`LedgerId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ledger's id is 32 hexadecimal digits in lower case")]
pub struct NoLedgerId;

impl LedgerId {
    /// How many hexadecimal digits it is written with.
    const DIGITS: usize = 32;

    /// An id from its bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::str::FromStr for LedgerId {
    type Err = NoLedgerId;

    fn from_str(text: &str) -> Result<Self, NoLedgerId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != Self::DIGITS || !text.bytes().all(is_digit) {
            return Err(NoLedgerId);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| NoLedgerId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        for bits in [0, 1, u128::MAX, 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff] {
            let id = LedgerId::from_bits(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        let wrong = ["", "0", "+0112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF"];
        assert!(wrong.iter().all(|text| text.parse::<LedgerId>() == Err(NoLedgerId)));
        assert!("000112233445566778899aabbccddeeff".parse::<LedgerId>().is_err());
    }
}
