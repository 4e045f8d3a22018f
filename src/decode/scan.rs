//! A cursor over JSON text that checks everything and keeps nothing.
//!
//! It accepts what RFC 8259 and `serde_json` accept (a property test holds the two equal) and hands out slices of the
//! text, so that the pass that finds where a record ends is also the pass that looks into it. The end of a string is
//! searched for with `memchr`, which is measurably cheaper than a word at a time even at twenty bytes a string. Whether
//! there are control characters at all, which no string may hold, is found out once for the whole text.

use memchr::memchr2;

use super::quoted::Quoted;

/// Why a scan stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Not JSON.
    Syntax,
    /// Containers too deep inside one another.
    Depth,
    /// Too many records.
    Records,
    /// Valid as far as it was read, but not plain enough to skim.
    Unusual,
}

/// Anything but a container.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'a> {
    Null,
    Text(Quoted<'a>),
    /// A number or a flag.
    Native,
}

/// A position in a text.
#[derive(Debug, Clone)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
    has_controls: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        // Without an early end the loop is one that compilers vectorise.
        let has_controls = text.bytes().fold(false, |found, byte| found | (byte < b' '));
        Self { text, at: 0, has_controls }
    }

    /// The next byte that is not white space, and stays where it is.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                // Exporters write no white space, so the first look is nearly always the last.
                Some(byte) if byte > b' ' => return Some(byte),
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    /// What lies between an earlier position and this one.
    pub(super) fn since(&self, start: &Self) -> &'a str {
        &self.text[start.at..self.at]
    }

    /// Walks an object. `member` is given each key and must consume its value.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Quoted<'a>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.sequence(b'{', b'}', |scan| {
            if scan.peek() != Some(b'"') {
                return Err(Stop::Syntax);
            }
            let key = scan.string()?;
            scan.require(b':')?;
            member(scan, key)
        })
    }

    /// Walks an array. `element` must consume each element.
    #[inline]
    pub(super) fn array(&mut self, element: impl FnMut(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        self.sequence(b'[', b']', element)
    }

    /// Any value, as it is written.
    pub(super) fn written_value(&mut self, depth_max: u8) -> Result<&'a str, Stop> {
        self.peek();
        let start = self.at;
        self.value(depth_max)?;
        Ok(&self.text[start..self.at])
    }

    /// Passes over any value, with at most so many containers inside one another.
    pub(super) fn value(&mut self, depth_max: u8) -> Result<(), Stop> {
        let inside = || depth_max.checked_sub(1).ok_or(Stop::Depth);
        match self.peek() {
            Some(b'{') => inside().and_then(|depth| self.object(|scan, _| scan.value(depth))),
            Some(b'[') => inside().and_then(|depth| self.array(|scan| scan.value(depth))),
            _ => self.scalar().map(drop),
        }
    }

    /// Reads a value that is no container. Inlined by force, as the string is: each record has a hundred of them, and with
    /// every further caller the compiler is more likely to make a call of it.
    #[inline(always)]
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Stop> {
        match self.peek() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'n') => self.word("null").map(|()| Scalar::Null),
            Some(b't') => self.word("true").map(|()| Scalar::Native),
            Some(b'f') => self.word("false").map(|()| Scalar::Native),
            _ => self.number().map(|()| Scalar::Native),
        }
    }

    #[inline]
    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.require(open)?;
        if self.passed(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.passed(close) {
                return Ok(());
            }
            self.require(b',')?;
        }
    }

    /// Reads the string that begins here.
    #[inline(always)]
    fn string(&mut self) -> Result<Quoted<'a>, Stop> {
        let start = self.at;
        self.at += 1;
        let mut is_escaped = false;
        loop {
            self.at += self.ordinary();
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Quoted::new(&self.text[start..self.at], is_escaped));
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(Stop::Syntax),
            }
            is_escaped = true;
        }
    }

    /// How many bytes a string goes on before a quote, a backslash or a control character.
    #[inline(always)]
    fn ordinary(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let run = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        if self.has_controls { rest[..run].iter().take_while(|byte| **byte >= b' ').count() } else { run }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        self.at += match self.text.as_bytes()[self.at..] {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [_, b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(Stop::Syntax),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        self.skip(b"-");
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let count = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(Stop::Syntax) } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> Result<(), Stop> {
        let is_next = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        if is_next { Ok(()) } else { Err(Stop::Syntax) }
    }

    #[inline]
    fn require(&mut self, byte: u8) -> Result<(), Stop> {
        if self.passed(byte) { Ok(()) } else { Err(Stop::Syntax) }
    }

    /// Passes over a token, behind white space, if it is next.
    #[inline]
    fn passed(&mut self, token: u8) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes over one of these bytes, if one is next.
    fn skip(&mut self, any: &[u8]) -> bool {
        let is_next = self.byte().is_some_and(|byte| any.contains(&byte));
        self.at += usize::from(is_next);
        is_next
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    /// Whether the text is one JSON value by our reading.
    fn accepts(text: &str) -> bool {
        let mut scan = Scan::new(text);
        scan.value(u8::MAX).is_ok() && scan.peek().is_none()
    }

    #[test]
    fn a_string_may_end_anywhere_in_a_word() {
        for length in 0..40 {
            for end in ["\"", "\\", "\u{1f}", "\n"] {
                let text =
                    format!("{}{end}{}", "é~\u{7f}x".repeat(9).chars().take(length).collect::<String>(), "\"\\\0");
                assert_eq!(Scan::new(&text).ordinary(), text.find(end).unwrap(), "{text:?}");
            }
        }
    }

    #[test]
    fn what_json_does_not_allow_is_refused() {
        for text in [
            "",
            "01",
            "1.",
            "-",
            "1e",
            "+1",
            "nul",
            "tru",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12\"",
        ] {
            assert!(!accepts(text), "{text}");
        }
    }

    #[test]
    fn depth_is_counted_in_containers() {
        assert_eq!(Scan::new("[[1]]").value(2), Ok(()));
        assert_eq!(Scan::new("[{}]").value(1), Err(Stop::Depth));
        assert_eq!(Scan::new("1").value(0), Ok(()));
        assert_eq!(Scan::new(&"[".repeat(1 << 20)).value(u8::MAX), Err(Stop::Depth));
    }

    proptest! {
        #[test]
        fn we_accept_what_serde_json_accepts(text in r#"([\[\]{},: 01.eE+"a\\u\n-]|null|true|"[a-z\\"]{0,3}"|-?[0-9.e]{1,4}|"a":){0,12}"#) {
            prop_assert_eq!(accepts(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok());
        }
    }
}
