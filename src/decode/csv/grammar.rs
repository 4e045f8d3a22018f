//! Comma-separated values as RFC 4180 has them: fields, and where a row ends.
//!
//! One function reads a field, and both who looks for the end of a row and who reads its fields go through it, so they
//! cannot disagree on what a quote means. A field is borrowed; only doubled quotes cost a copy, for whoever reads it.
//!
//! A subject is the attacker's to choose. A correct writer doubles the quotes in it, and nothing can be forged; a broken
//! writer does not, and then one quote would turn all rows behind it into a subject. So a row is bounded. Where a quote
//! is not closed within the bound, or is followed by what cannot follow it, the *line* is broken, and reading goes on at
//! the next line, whatever the quotes say. That decision needs no more text than the row's own line: a reader that sees
//! less of the file decides the same.

use std::borrow::Cow;

use crate::event::Text;

/// The longest row; the subject of a trace is cut at 256 characters, and ten thousand recipients have room.
pub(super) const ROW_BYTES_MAX: usize = 1 << 20;

/// A row's text without its line end, or what stands where a row should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut<'a> {
    /// A row; its quotes are closed.
    Row(&'a [u8]),
    /// A line with a quote that is not closed, or closed too early.
    Broken(&'a [u8]),
    /// The beginning of a line that is longer than a row may be.
    TooLong(&'a [u8]),
}

/// Cuts the first row off, with the number of bytes that it took; `None` where more text is needed to tell, which never
/// is so where this is all.
pub(super) fn cut(text: &[u8], separator: u8, is_all: bool) -> Option<(Cut<'_>, usize)> {
    let within_bound = text.len() <= ROW_BYTES_MAX;
    let window = text.get(..=ROW_BYTES_MAX).unwrap_or(text);
    match end_of_row(window, separator) {
        End::Line(end) => Some((Cut::Row(without_carriage_return(&text[..end])), end + 1)),
        End::Text if within_bound && is_all => Some((Cut::Row(without_carriage_return(text)), text.len())),
        End::Text | End::Open if within_bound && !is_all => None,
        _ => broken_line(text, is_all),
    }
}

fn broken_line(text: &[u8], is_all: bool) -> Option<(Cut<'_>, usize)> {
    let (line, taken) = match memchr::memchr(b'\n', text) {
        Some(end) => (&text[..end], end + 1),
        None if is_all => (text, text.len()),
        None => return None,
    };
    let too_long = line.get(..ROW_BYTES_MAX).filter(|_| line.len() > ROW_BYTES_MAX);
    Some((too_long.map_or(Cut::Broken(without_carriage_return(line)), Cut::TooLong), taken))
}

/// What is found behind a field, and behind a row.
enum End {
    /// A separator at this place.
    Separator(usize),
    /// A line end at this place.
    Line(usize),
    /// The end of the text.
    Text,
    /// The end of the text, inside quotes.
    Open,
    /// Something that must not stand behind a closing quote.
    Broken,
}

fn end_of_row(text: &[u8], separator: u8) -> End {
    let mut start = 0;
    loop {
        match field(text, start, separator).1 {
            End::Separator(at) => start = at + 1,
            end => return end,
        }
    }
}

/// The fields of a row that was cut off.
pub(super) fn fields(row: &str, separator: u8) -> impl Iterator<Item = Field<'_>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let (field, end) = field(row.as_bytes(), next?, separator);
        next = if let End::Separator(at) = end { Some(at + 1) } else { None };
        Some(Field { written: row.get(field.from..field.to)?, has_doubled: field.has_doubled })
    })
}

/// A field as it is written between its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) written: &'a str,
    pub(super) has_doubled: bool,
}

impl<'a> Field<'a> {
    /// A part of the field.
    pub(super) const fn part(self, written: &'a str) -> Self {
        Self { written, ..self }
    }

    /// What is meant.
    pub(super) fn text(self) -> Text<'a> {
        match self.meant() {
            Cow::Borrowed(text) => Text::borrowed(text),
            Cow::Owned(text) => Text::from(text),
        }
    }

    fn meant(self) -> Cow<'a, str> {
        if self.has_doubled { self.written.replace("\"\"", "\"").into() } else { self.written.into() }
    }
}

/// Where a field's characters stand.
struct Place {
    from: usize,
    to: usize,
    has_doubled: bool,
}

/// Finds the field that begins at this place. A quote counts only where it is the field's first character.
fn field(text: &[u8], from: usize, separator: u8) -> (Place, End) {
    if text.get(from) == Some(&b'"') {
        return quoted_field(text, from + 1, separator);
    }
    let (to, end) = match memchr::memchr2(separator, b'\n', &text[from..]) {
        Some(length) if text[from + length] == separator => (from + length, End::Separator(from + length)),
        Some(length) => (from + length, End::Line(from + length)),
        None => (text.len(), End::Text),
    };
    (Place { from, to, has_doubled: false }, end)
}

fn quoted_field(text: &[u8], from: usize, separator: u8) -> (Place, End) {
    let mut has_doubled = false;
    let mut searched = from;
    while let Some(length) = memchr::memchr(b'"', &text[searched..]) {
        let to = searched + length;
        let end = match &text[to + 1..] {
            [b'"', ..] => {
                has_doubled = true;
                searched = to + 2;
                continue;
            }
            [] | [b'\r'] => End::Text,
            [b'\n', ..] => End::Line(to + 1),
            [b'\r', b'\n', ..] => End::Line(to + 2),
            [next, ..] if *next == separator => End::Separator(to + 1),
            _ => End::Broken,
        };
        return (Place { from, to, has_doubled }, end);
    }
    (Place { from, to: text.len(), has_doubled }, End::Open)
}

fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows, a broken line in exclamation marks.
    fn rows(text: &str) -> Vec<String> {
        let (mut rest, mut rows) = (text.as_bytes(), Vec::new());
        while !rest.is_empty() {
            let (cut, taken) = cut(rest, b',', true).unwrap();
            rows.push(match cut {
                Cut::Row(row) => std::str::from_utf8(row).unwrap().to_owned(),
                Cut::Broken(line) => format!("!{}!", std::str::from_utf8(line).unwrap()),
                Cut::TooLong(line) => format!("{} bytes", line.len()),
            });
            rest = &rest[taken..];
        }
        rows
    }

    fn read(row: &str) -> Vec<String> {
        fields(row, b',').map(|field| field.text().to_string()).collect()
    }

    #[test]
    fn a_row_ends_at_a_line_end_outside_quotes() {
        assert_eq!(rows("a,b\r\nc\n\n\"d\ne\",\"\"\"f\"\r\n\"g\""), ["a,b", "c", "", "\"d\ne\",\"\"\"f\"", "\"g\""]);
    }

    #[test]
    fn fields_are_what_was_meant() {
        assert_eq!(read("a,,\"b,c\",\"d \"\"e\"\"\",\"\",f\"g\","), ["a", "", "b,c", "d \"e\"", "", "f\"g\"", ""]);
        assert_eq!(read(""), [""]);
        assert!(fields("a,\"b\"", b',').all(|field| field.text().is_borrowed()));
    }

    #[test]
    fn a_broken_line_does_not_touch_the_next() {
        assert_eq!(rows("a,\"b\nc\nd"), ["!a,\"b!", "c", "d"]);
        assert_eq!(rows("\"a \"b\" c\",d\r\ne,f\n"), ["!\"a \"b\" c\",d!", "e,f"]);
        assert_eq!(rows("\"a\nb\"c,d\ne"), ["!\"a!", "b\"c,d", "e"]);
    }

    #[test]
    fn a_row_is_bounded_to_the_byte() {
        let long = |length| "x".repeat(length);
        assert_eq!(rows(&format!("{}\nb", long(ROW_BYTES_MAX)))[1..], ["b"]);
        assert_eq!(rows(&format!("{}\nb", long(ROW_BYTES_MAX + 1))), ["1048576 bytes", "b"]);
        assert_eq!(rows(&long(ROW_BYTES_MAX)).concat().len(), ROW_BYTES_MAX);
        assert_eq!(rows(&long(ROW_BYTES_MAX + 1)), ["1048576 bytes"]);
        assert_eq!(rows(&format!("\"a\n{}\"\nb", long(ROW_BYTES_MAX)))[0], "!\"a!");
    }

    #[test]
    fn more_text_is_asked_for_until_the_row_is_known() {
        let is_known = |text: &str| cut(text.as_bytes(), b',', false).is_some();
        for text in ["", "a", "a\r", "\"a", "\"a\"", "\"a\"\r", "\"a\n", "\"a\" b"] {
            assert!(!is_known(text), "{text:?}");
        }
        for text in ["\n", "a\r\n", "\"a\"\r\n", "\"a\" b\n"] {
            assert!(is_known(text), "{text:?}");
        }
        assert!(is_known(&format!("\"a\n{}", "x".repeat(ROW_BYTES_MAX))));
        assert!(!is_known(&"x".repeat(ROW_BYTES_MAX + 9)));
    }

    fn quoted(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn any_fields_survive_being_printed_and_read(
            table in proptest::collection::vec(proptest::collection::vec("[a,\"\r\n;\té]{0,6}", 1..5), 1..5),
        ) {
            let printed: Vec<_> =
                table.iter().map(|row| row.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",")).collect();
            let cut = rows(&printed.join("\r\n"));
            prop_assert_eq!(&cut, &printed);
            let read: Vec<_> = cut.iter().map(|row| read(row)).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn every_byte_ends_in_one_row(text in "[a,\"\r\n]{0,60}") {
            let (mut rest, mut taken_in_all) = (text.as_bytes(), 0);
            while !rest.is_empty() {
                let (_, taken) = cut(rest, b',', true).unwrap();
                prop_assert!(taken > 0);
                taken_in_all += taken;
                rest = &rest[taken..];
            }
            prop_assert_eq!(taken_in_all, text.len());
        }

        /// What is decided with less text is decided so with more.
        #[test]
        fn a_reader_that_sees_less_decides_the_same(text in "[a,\"\r\n]{0,40}", end in 0_usize..40) {
            let seen = &text.as_bytes()[..end.min(text.len())];
            if let Some(decided) = cut(seen, b',', false) {
                prop_assert_eq!(cut(text.as_bytes(), b',', false), Some(decided));
                prop_assert_eq!(cut(&seen[..decided.1], b',', true), Some(decided));
            }
        }
    }
}
