//! A header block as its fields, unfolded (RFC 5322, 2.2.3).
//!
//! The block comes from a file or out of a clipboard, so what a paste does to it is mended: blank lines in front, an
//! indentation that all lines share, an mbox line, the lost blank in front of a folded line. Nothing is mended that could
//! make a field out of what is none: a line that begins with a blank only ever continues the field above it.
//!
//! Everything is bounded, and above the bounds the block is refused instead of cut: in half of a block the other half of
//! the authors would be hidden. Exchange Online itself takes no more than 256 KiB of headers.

use std::borrow::Cow;

/// The longest header block of a message; a receiver needs to hold no more of one, and a byte to show that there is more.
pub const HEADER_BYTES_MAX: usize = 1 << 20;

/// The most fields of one block.
pub(super) const FIELDS_MAX: usize = 10_000;

/// One field, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// As written; names compare without case.
    pub(super) name: &'a str,
    /// Without the blanks around it. Bytes that are not UTF-8 are replaced, because a Latin-1 subject is no reason to
    /// lose a message, and a carriage return within a line is a blank.
    pub(super) value: Cow<'a, str>,
}

impl Field<'_> {
    /// Whether it is called so.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The fields of one block, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Unfolds a block that [`block`] found; `None` where it has too many fields.
    pub(super) fn of(block: &'a [u8]) -> Option<Self> {
        let mut written: Vec<(&'a str, Cow<'a, [u8]>)> = Vec::new();
        for line in Lines::of(block) {
            match (split(line), written.last_mut()) {
                (Some((name, value)), _) => written.push((name, Cow::Borrowed(value))),
                (None, Some((_, value))) => continue_with(value.to_mut(), line),
                (None, None) => {}
            }
            if written.len() > FIELDS_MAX {
                return None;
            }
        }
        Some(Self(written.into_iter().map(|(name, value)| Field { name, value: text(value) }).collect()))
    }

    /// All fields.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Field<'a>> {
        self.0.iter()
    }

    /// The values of the fields with this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |field| field.is(name)).map(|field| field.value.as_ref())
    }

    /// The first value that is not empty.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }
}

/// The header block of a payload: from its first line that is not blank to the empty line in front of the body, which is
/// never looked at. `None` where the block is too long.
pub(super) fn block(payload: &[u8]) -> Option<&[u8]> {
    let start = payload.len() - skip_blank_lines(payload).len();
    let window = &payload[start..payload.len().min(start + HEADER_BYTES_MAX + 1)];
    let mut lines = Lines::of(window);
    let mut end = 0;
    while lines.next().is_some_and(|line| !line.is_empty()) {
        end = window.len() - lines.rest.len();
    }
    Some(&window[..end]).filter(|block| block.len() <= HEADER_BYTES_MAX)
}

/// The name in front of the colon of a line that begins a field.
pub(super) fn field_name(line: &[u8]) -> Option<&str> {
    split(line).map(|(name, _)| name)
}

/// The line that an mbox file has in front of each message.
pub(super) fn is_mbox_line(line: &[u8]) -> bool {
    line.starts_with(b"From ")
}

/// The lines of a block, without their ends and without the indentation of the first.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    indentation: usize,
}

impl<'a> Lines<'a> {
    /// The lines of a text, behind blank lines in front.
    pub(super) fn of(text: &'a [u8]) -> Self {
        let rest = skip_blank_lines(text);
        Self { rest, indentation: blanks(rest) }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(&line[blanks(line).min(self.indentation)..])
    }
}

fn skip_blank_lines(text: &[u8]) -> &[u8] {
    let inside = text.trim_ascii_start();
    let blank = &text[..text.len() - inside.len()];
    let line_start = memchr::memrchr(b'\n', blank).map_or(0, |end| end + 1);
    if inside.is_empty() { inside } else { &text[line_start..] }
}

fn blanks(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Name and value of a line that begins a field, which an mbox line with its blanks is not: printable ASCII up to a colon. Blanks in front of the colon are obsolete
/// syntax (RFC 5322, 4.5), and readers still take them.
fn split(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    Some((str::from_utf8(name).ok().filter(|_| is_name)?, &line[colon + 1..]))
}

/// A folded line begins with its blank; one that lost it in a paste gets one.
fn continue_with(value: &mut Vec<u8>, line: &[u8]) {
    if blanks(line) == 0 {
        value.push(b' ');
    }
    value.extend_from_slice(line);
}

fn text(value: Cow<'_, [u8]>) -> Cow<'_, str> {
    let lossy = match value {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(bytes.trim_ascii()).into_owned()),
    };
    if lossy.contains('\r') { Cow::Owned(lossy.replace('\r', " ")) } else { lossy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(payload: &str) -> Vec<(String, String)> {
        let fields = Fields::of(block(payload.as_bytes()).unwrap()).unwrap();
        fields.iter().map(|field| (field.name.to_owned(), field.value.to_string())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_way_to_end_and_to_fold_a_line_gives_the_same_fields() {
        let expected = pairs(&[("A", "one two"), ("b", "three")]);
        for payload in [
            "A: one two\nb: three\n\nbody: no",
            "A: one two\r\nb: three\r\n\r\nbody: no",
            "A:one\n two\nb :three",
            "A:\n one\r\n two\r\nb:three\r\n",
            "\r\n \nA: one two\nb: three",
            "  A: one\n   two\n  b: three\n\nbody: no",
            "\tA: one two\n\tb: three\n\t\n\tbody: no",
            "From alex@contoso.com Mon Nov  2 08:16:02 2026\nA: one two\nb: three",
            "A: one\ntwo\nb: three",
        ] {
            assert_eq!(fields(payload), expected, "{payload:?}");
        }
        assert_eq!(fields("A: one\n\ttwo"), pairs(&[("A", "one\ttwo")]));
    }

    #[test]
    fn a_line_that_begins_with_a_blank_is_never_a_field() {
        assert_eq!(fields("A: x\n Received: y"), pairs(&[("A", "x Received: y")]));
        assert_eq!(fields("  A: x\n   Received: y"), pairs(&[("A", "x Received: y")]));
    }

    #[test]
    fn a_line_of_blanks_does_not_end_the_headers() {
        assert_eq!(fields("A: x\n \nFrom: y"), pairs(&[("A", "x"), ("From", "y")]));
    }

    #[test]
    fn bytes_that_are_not_utf_8_and_bare_carriage_returns_cost_nothing() {
        let block = block(b"Subject: caf\xe9\rX: 1\nB: 2").unwrap();
        let fields = Fields::of(block).unwrap();
        assert_eq!(fields.first("subject"), Some("caf\u{fffd} X: 1"));
        assert_eq!(fields.first("b"), Some("2"));
    }

    #[test]
    fn bounds_hold_at_their_edge() {
        let long = |length: usize| format!("A: {}", "x".repeat(length - 3));
        assert!(block(long(HEADER_BYTES_MAX).as_bytes()).is_some());
        assert!(block((long(HEADER_BYTES_MAX) + "x").as_bytes()).is_none());
        assert!(block(format!("A: x\n\n{}", "y".repeat(2 * HEADER_BYTES_MAX)).as_bytes()).is_some());
        assert!(Fields::of("A:\n".repeat(FIELDS_MAX).as_bytes()).is_some());
        assert!(Fields::of("A:\n".repeat(FIELDS_MAX + 1).as_bytes()).is_none());
    }
}
