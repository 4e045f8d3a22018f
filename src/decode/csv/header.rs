//! The first lines of a file: which report it is, what separates its fields, and where each column stands.
//!
//! Order is nowhere promised, so columns are bound by name, and unknown ones are passed over. The separator is the one
//! with which most columns are recognised: a spreadsheet writes what its language uses.

use super::column::Column;
use super::grammar::fields;
use super::report::Report;

/// The longest header, with the lines in front of it.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// The most fields of a row; Advanced Hunting's widest join stays far below.
const FIELDS_MAX: usize = 1_024;

const SEPARATORS: [u8; 3] = *b",;\t";

/// The header of a file of comma-separated values that we know to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Bytes up to the first row.
    length: usize,
    pub(super) separator: u8,
    /// How many fields a row has.
    pub(super) fields: usize,
    pub(super) report: Report,
    columns: Columns,
    /// A name that stands for a column which another name already stands for.
    pub(super) twice: Option<String>,
}

impl Header {
    /// Recognises the report at the beginning of a text; `None` where it is none that we know.
    pub(in crate::decode) fn of(text: &[u8]) -> Option<Self> {
        let bounded = text.get(..HEADER_BYTES_MAX).unwrap_or(text);
        let preamble = Preamble::of(bounded);
        let line = Line::at(bounded, preamble.end)?;
        if line.is_cut && bounded.len() < text.len() {
            return None;
        }
        let bind = |separator: &u8| Self::bind(line.text, *separator, line.end);
        let tried = preamble.separator.as_ref().map_or(SEPARATORS.as_slice(), std::slice::from_ref);
        tried.iter().filter_map(bind).max_by_key(|header| header.columns.count())
    }

    fn bind(line: &str, separator: u8, length: usize) -> Option<Self> {
        let mut columns = Columns::default();
        let (mut count, mut twice) = (0, None);
        for field in fields(line, separator) {
            let name = field.text();
            if let Some(column) = Column::of(&name)
                && !columns.insert(column, count)
            {
                twice.get_or_insert_with(|| name.to_string());
            }
            count += 1;
            if count > FIELDS_MAX {
                return None;
            }
        }
        let report = Report::of(&columns)?;
        Some(Self { length, separator, fields: count, report, columns, twice })
    }

    /// How many bytes stand in front of the first row.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Whether every column stands there once, so that the rows can be read one by one.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.twice.is_none()
    }

    /// Where a column stands in a row.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.columns.place(column)
    }

    /// Whether the report has any of these columns.
    pub(super) fn has_any(&self, columns: &[Column]) -> bool {
        self.columns.has_any(columns)
    }
}

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns([Option<usize>; Column::COUNT]);

impl Default for Columns {
    fn default() -> Self {
        Self([None; Column::COUNT])
    }
}

impl Columns {
    /// Binds a column to the first place; false where it had one.
    fn insert(&mut self, column: Column, place: usize) -> bool {
        let bound = &mut self.0[column as usize];
        let is_new = bound.is_none();
        bound.get_or_insert(place);
        is_new
    }

    const fn place(&self, column: Column) -> Option<usize> {
        self.0[column as usize]
    }

    /// Whether any of these is bound.
    pub(super) fn has_any(&self, columns: &[Column]) -> bool {
        columns.iter().any(|&column| self.place(column).is_some())
    }

    /// Whether all of these are bound.
    pub(super) fn has_all(&self, columns: &[Column]) -> bool {
        columns.iter().all(|&column| self.place(column).is_some())
    }

    fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

/// What may stand in front of the names: Excel's `sep=;`, and the `#TYPE` of Windows PowerShell.
struct Preamble {
    separator: Option<u8>,
    end: usize,
}

impl Preamble {
    fn of(text: &[u8]) -> Self {
        let mut preamble = Self { separator: None, end: text.len() - text.trim_ascii_start().len() };
        while let Some(line) = Line::at(text, preamble.end) {
            match line.text.trim_matches('"').as_bytes() {
                [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => preamble.separator = Some(*separator),
                [b'#', b'T', b'Y', b'P', b'E', ..] => {}
                _ => break,
            }
            preamble.end = line.end;
        }
        preamble
    }
}

/// A line, and where the next one begins.
struct Line<'a> {
    text: &'a str,
    end: usize,
    /// Whether there is no line end behind it.
    is_cut: bool,
}

impl<'a> Line<'a> {
    /// The line that begins here; `None` behind the last, and where it is no text.
    fn at(text: &'a [u8], start: usize) -> Option<Self> {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest);
        let line = &rest[..length.unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = start + length.map_or(rest.len(), |length| length + 1);
        Some(Self { text: std::str::from_utf8(line).ok()?, end, is_cut: length.is_none() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<Header> {
        Header::of(text.as_bytes())
    }

    const NAMES: &str = "Received,SenderAddress,RecipientAddress,MessageTraceId";

    #[test]
    fn columns_are_bound_by_name_whatever_their_order_and_separator() {
        for (text, place) in [
            (NAMES.to_owned(), 1),
            (NAMES.replace(',', ";"), 1),
            (NAMES.replace(',', "\t"), 1),
            ("\"Size, MB\",\"Message Trace ID\",\"sender_address\";,Received,\"Recipient-Address\"".to_owned(), 2),
        ] {
            let place = header(&text).map(|_| place);
            assert_eq!(header(&text).and_then(|header| header.place(Column::Sender)), place, "{text}");
        }
    }

    #[test]
    fn lines_in_front_of_the_names_are_passed_over() {
        let semicolons = NAMES.replace(',', ";");
        for (text, rows) in [
            (format!("{NAMES}\r\nx"), "x"),
            (format!("\n#TYPE Selected.System.Object\r\n{NAMES}\nx\ny"), "x\ny"),
            (format!("sep=;\r\n{semicolons}\r\nx"), "x"),
            (format!("\"sep=,\"\n{NAMES}\nx"), "x"),
            (NAMES.to_owned(), ""),
        ] {
            assert_eq!(&text[header(&text).unwrap().length()..], rows, "{text:?}");
        }
        assert!(header(&format!("sep=;\n{NAMES}")).is_none());
    }

    #[test]
    fn a_text_without_a_known_report_has_no_header() {
        let wide = format!("{NAMES}{}", ",x".repeat(FIELDS_MAX));
        let long = format!("{NAMES},{}", "x".repeat(HEADER_BYTES_MAX));
        for text in ["", "\n", "#TYPE x", "sep=,\n", "}", "a,b,c\n1,2,3", "From: alex@contoso.com", &wide, &long] {
            assert!(header(text).is_none(), "{}", &text[..text.len().min(60)]);
        }
        assert!(Header::of(b"Received,\xe9,SenderAddress,RecipientAddress").is_none());
    }

    #[test]
    fn a_column_twice_is_noticed_by_whatever_names() {
        assert!(header(&format!("{NAMES},x,x")).unwrap().is_sound());
        for again in ["received", "Origin_Timestamp_UTC"] {
            assert_eq!(header(&format!("{NAMES},{again}")).unwrap().twice.as_deref(), Some(again));
        }
    }
}
