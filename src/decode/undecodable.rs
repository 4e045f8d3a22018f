//! What could not be read, and why.

use std::fmt;

use super::key::Keys;

/// The longest [`Undecodable::detail`].
const DETAIL_BYTES_MAX: usize = 512;

/// Input that is no event: an outcome to count and to keep, with the bytes it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable<'a> {
    /// Why, from a closed set.
    pub reason: Reason,
    /// Where, for a person: at most 512 bytes without control characters.
    pub detail: String,
    /// The smallest piece of the payload that the reason holds for: a record, a line, or all of it.
    pub raw: &'a [u8],
}

impl<'a> Undecodable<'a> {
    /// All of it, for a reason that explains itself.
    pub(super) fn whole(reason: Reason, raw: &'a [u8]) -> Self {
        Self::new(reason, &format_args!("this {}", reason.explanation()), raw)
    }

    pub(super) fn new(reason: Reason, detail: &dyn fmt::Display, raw: &'a [u8]) -> Self {
        Self { reason, detail: sanitised(&detail.to_string()), raw }
    }
}

/// What is wrong with a record, before it is known which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flaw {
    pub(super) reason: Reason,
    pub(super) key: &'static str,
}

impl Flaw {
    pub(super) fn of(reason: Reason, key: impl Keys) -> Self {
        Self { reason, key: key.name() }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.key, self.reason.explanation())
    }
}

/// Input may be quoted in a message, so it must not steer a terminal or break a log line, nor fill one.
fn sanitised(text: &str) -> String {
    let shown: String = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    shown[..shown.floor_char_boundary(DETAIL_BYTES_MAX)].to_owned()
}

/// Why something could not be read; a label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Text that is not JSON.
    NotJson,
    /// More bytes than [`Limits::payload_bytes_max`](super::Limits::payload_bytes_max).
    TooLarge,
    /// More nesting than [`Limits::depth_max`](super::Limits::depth_max).
    TooDeep,
    /// More records than [`Limits::records_max`](super::Limits::records_max).
    TooManyRecords,
    /// JSON where a record should be, but no object.
    NotARecord,
    /// A record that does not say of which table it is, and does not show it either.
    NoCategory,
    /// A column that the table always has is missing, null or empty.
    MissingColumn,
    /// A column holds what it cannot hold.
    BadColumn,
    /// A key that we read stands twice in one object; readers differ in which of the two they believe.
    KeyTwice,
    /// A row of CSV that does not have the fields of its header.
    BrokenRow,
}

impl Reason {
    /// Every reason, in the order of the checks.
    pub const ALL: [Self; 11] = [
        Self::NotUtf8,
        Self::NotJson,
        Self::TooLarge,
        Self::TooDeep,
        Self::TooManyRecords,
        Self::NotARecord,
        Self::NoCategory,
        Self::MissingColumn,
        Self::BadColumn,
        Self::KeyTwice,
        Self::BrokenRow,
    ];

    /// What to do about it; follows the name of what it holds for.
    pub(super) const fn explanation(self) -> &'static str {
        match self {
            Self::NotUtf8 => "is not UTF-8; convert it",
            Self::NotJson => "is not JSON; check that nothing cut it off",
            Self::TooLarge => "is larger than the limit; cut it into smaller payloads",
            Self::TooDeep => "has more containers inside one another than the limit; no table of ours nests so deep",
            Self::TooManyRecords => "holds more records than the limit; cut it into smaller batches, or into lines",
            Self::NotARecord => {
                "is no object; a record is an object, be it of the stream, of a table or of a message trace"
            }
            Self::NoCategory => {
                "is missing, null or empty, and nothing else tells the table: neither `Type`, nor the columns of a query, nor \
                 the keys of a message trace"
            }
            Self::MissingColumn => "is missing, null or empty; every row of this table has it",
            Self::BadColumn => "holds what it cannot hold; compare the record with the table's schema",
            Self::KeyTwice => "stands twice in one object; readers differ in which they believe, so neither is",
            Self::BrokenRow => "does not have the fields of its header; write values as RFC 4180 has them",
        }
    }

    /// The label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::TooManyRecords => "too_many_records",
            Self::NotARecord => "not_a_record",
            Self::NoCategory => "no_category",
            Self::MissingColumn => "missing_column",
            Self::BadColumn => "bad_column",
            Self::KeyTwice => "key_twice",
            Self::BrokenRow => "broken_row",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_short_and_cannot_steer_a_terminal() {
        let hostile = format!("\u{1b}[2J\r\n{}", "é".repeat(1_000));
        let detail = Undecodable::new(Reason::NotJson, &hostile, b"").detail;
        assert!(detail.len() <= DETAIL_BYTES_MAX && detail.starts_with("\u{fffd}[2J\u{fffd}\u{fffd}é"));
    }

    #[test]
    fn every_reason_has_a_label_of_its_own() {
        let labels: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(labels.len(), Reason::ALL.len());
    }
}
