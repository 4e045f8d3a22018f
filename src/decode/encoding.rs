//! UTF-16 to UTF-8, in front of everything that reads text.
//!
//! PowerShell's `Export-Csv` and `Out-File` write UTF-16LE with a byte order mark, Microsoft's historical search often
//! writes it without. Nobody who saves a file chooses that, so it is read, and not refused. What has no mark is known by
//! its zero bytes: JSON, CSV and mail headers all begin with two ASCII characters, which in UTF-16 are two bytes and two
//! zeros (RFC 4627, section 3). UTF-8 text has no zero byte there, so a look at four bytes decides, and UTF-8, which is
//! nearly all of the traffic, goes on as it came.
//!
//! Half a surrogate pair becomes U+FFFD: exporters cut subjects in the middle of an emoji, and that must not cost the row.

use std::borrow::Cow;

/// The payload in UTF-8: UTF-16 is decoded, everything else is handed back as it is.
///
/// The result is at most one and a half times as long as the payload, and two bytes where an odd one is left over. A byte order mark of UTF-16 is dropped.
#[must_use]
pub fn utf8(payload: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut decoder) = Utf16::sniff(payload) else { return Cow::Borrowed(payload) };
    let mut text = Vec::with_capacity(payload.len() + payload.len() / 2);
    decoder.decode(payload, &mut text);
    decoder.finish(&mut text);
    Cow::Owned(text)
}

/// A decoder of UTF-16 that may be fed in pieces, cut anywhere.
#[derive(Debug, Clone)]
pub struct Utf16 {
    unit: fn([u8; 2]) -> u16,
    is_first: bool,
    /// The first byte of a unit of which the second has not come.
    half: Option<u8>,
    /// The first unit of a pair of which the second has not come.
    high: Option<u16>,
}

impl Utf16 {
    /// How many bytes must be seen to know.
    pub const SNIFFED_BYTES: usize = 4;

    /// A decoder for text that begins so, if it is UTF-16.
    #[must_use]
    pub fn sniff(beginning: &[u8]) -> Option<Self> {
        let unit: fn([u8; 2]) -> u16 = match beginning {
            [0xff, 0xfe, 0, 0, ..] => return None, // UTF-32LE, which nobody writes
            [0xff, 0xfe, ..] => u16::from_le_bytes,
            [0xfe, 0xff, ..] => u16::from_be_bytes,
            _ => match beginning.get(..Self::SNIFFED_BYTES).unwrap_or(beginning).as_chunks().0 {
                [] => return None,
                units if units.iter().all(|[low, high]| *low != 0 && *high == 0) => u16::from_le_bytes,
                units if units.iter().all(|[high, low]| *low != 0 && *high == 0) => u16::from_be_bytes,
                _ => return None,
            },
        };
        Some(Self { unit, is_first: true, half: None, high: None })
    }

    /// Appends the text of the next bytes.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        let bytes = match (self.half, bytes.split_first()) {
            (_, None) => return,
            (Some(first), Some((&second, rest))) => {
                self.push((self.unit)([first, second]), text);
                rest
            }
            (None, _) => bytes,
        };
        let (units, half) = bytes.as_chunks();
        self.half = half.first().copied();
        units.iter().for_each(|&unit| self.push((self.unit)(unit), text));
    }

    /// Appends what is left where the text ends in the middle of a character.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        let is_cut = self.high.take().is_some() | self.half.take().is_some();
        if is_cut {
            append(char::REPLACEMENT_CHARACTER, text);
        }
    }

    #[inline]
    fn push(&mut self, unit: u16, text: &mut Vec<u8>) {
        match u8::try_from(unit) {
            Ok(ascii @ ..0x80) if self.high.is_none() => text.push(ascii),
            _ if self.is_first && unit == BYTE_ORDER_MARK => {}
            _ => self.push_other(unit, text),
        }
        self.is_first = false;
    }

    fn push_other(&mut self, unit: u16, text: &mut Vec<u8>) {
        let pair = self.high.take().map(|high| char::decode_utf16([high, unit]).next());
        match pair {
            Some(Some(Ok(character))) => return append(character, text),
            Some(_) => append(char::REPLACEMENT_CHARACTER, text),
            None => {}
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => append(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER), text),
        }
    }
}

const BYTE_ORDER_MARK: u16 = 0xfeff;

fn append(character: char, text: &mut Vec<u8>) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn little(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn big(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn utf16_is_known_by_its_mark_or_by_its_zeros() {
        let text = "{\"é\":\"📞\"}";
        for written in [little(text), big(text), little(&format!("\u{feff}{text}")), big(&format!("\u{feff}{text}"))] {
            assert_eq!(utf8(&written), text.as_bytes());
        }
        assert_eq!(utf8(b"{\0"), b"{".as_slice());
    }

    #[test]
    fn everything_else_is_handed_back() {
        for payload in
            [b"".as_slice(), b"{", b"{}", b"\xef\xbb\xbf{}", b"\0\0", b"{\0\0\0", b"\xff\xfe\0\0", b"\xe9\xe8"]
        {
            assert!(matches!(utf8(payload), Cow::Borrowed(same) if same == payload), "{payload:?}");
        }
    }

    #[test]
    fn half_a_character_is_replaced_and_takes_nothing_with_it() {
        for (units, text) in [
            ([0x61, 0xd83d, 0x62], "a\u{fffd}b"),
            ([0x61, 0xdcde, 0x62], "a\u{fffd}b"),
            ([0x61, 0xd83d, 0xd83d], "a\u{fffd}\u{fffd}"),
            ([0x61, 0x62, 0xd83d], "ab\u{fffd}"),
            ([0x61, 0x62, 0xfeff], "ab\u{feff}"),
        ] {
            let written: Vec<u8> = [0xfeff].into_iter().chain(units).flat_map(u16::to_le_bytes).collect();
            assert_eq!(utf8(&written), text.as_bytes(), "{units:x?}");
        }
        assert_eq!(utf8(b"a\0b\0c"), "ab\u{fffd}".as_bytes());
    }

    proptest! {
        #[test]
        fn the_result_is_bounded_and_does_not_depend_on_the_cuts(
            mark in any::<bool>(), units in proptest::collection::vec(any::<u16>(), 0..40), odd in any::<bool>(), size in 1_usize..9,
        ) {
            let start: &[u8] = if mark { b"\xff\xfe" } else { b"a\0b\0" };
            let units = units.iter().flat_map(|unit| unit.to_le_bytes());
            let payload: Vec<u8> = start.iter().copied().chain(units).chain(odd.then_some(b'x')).collect();
            let whole = utf8(&payload);
            prop_assert!(whole.len() <= payload.len() * 3 / 2);
            prop_assert!(std::str::from_utf8(&whole).is_ok());
            let Some(mut decoder) = Utf16::sniff(&payload) else { return Ok(()) };
            let mut text = Vec::new();
            payload.chunks(size).for_each(|piece| decoder.decode(piece, &mut text));
            decoder.finish(&mut text);
            prop_assert_eq!(text, whole.into_owned());
        }
    }
}
