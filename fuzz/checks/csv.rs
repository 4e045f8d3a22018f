//! What must hold for any payload in which somebody may have put comma-separated values; shared by the fuzz target, the
//! replay of its corpus and the property tests.

use postern::decode::{CsvHeader, Framing, Limits, RawRecord, Undecodable, records, unmarked, utf8};

/// Reads a payload, checks every promise that can be checked, and returns how many visits there were.
pub(crate) fn csv_everything(payload: &[u8]) -> usize {
    let text = utf8(payload);
    let longest = payload.len() * 3 / 2 + '\u{fffd}'.len_utf8();
    assert!(text.len() <= longest, "UTF-8 is at most half as long again, and an odd byte is a replacement character");
    check_encodings(&text);
    let text = unmarked(&text);
    let visits = visits(text);
    if let Framing::Csv(header) = Framing::of(text) {
        let raw: usize = visits.iter().map(|visit| visit.bytes).sum();
        assert!(raw <= 2 * text.len(), "what is kept of all records is at most twice the text");
        check_cuts(&header, text, &visits);
    }
    visits.len()
}

/// What a visit showed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    /// What was read, or why it could not be.
    pub(crate) outcome: String,
    bytes: usize,
}

/// All visits of a text, each record decoded.
pub(crate) fn visits(text: &[u8]) -> Vec<Visit> {
    let mut visits = Vec::new();
    records(text, &Limits::default(), &mut |visit| visits.push(shown(visit)));
    visits
}

pub(crate) fn shown(visit: Result<RawRecord<'_>, Undecodable<'_>>) -> Visit {
    let bytes = visit.as_ref().map_or_else(|it| it.raw.len(), |raw| raw.text().len());
    let outcome = match visit.and_then(|raw| raw.decode()) {
        Ok(record) => format!("{record:?}"),
        Err(undecodable) => {
            assert!(undecodable.detail.len() <= 512 && !undecodable.detail.contains(char::is_control));
            format!("{} {}", undecodable.reason, String::from_utf8_lossy(undecodable.raw))
        }
    };
    Visit { outcome, bytes }
}

/// However a file is cut into blocks of whole rows, the same records come out.
fn check_cuts(header: &CsvHeader, text: &[u8], whole: &[Visit]) {
    let (front, rows) = text.split_at(header.length());
    if !header.is_sound() {
        return assert_eq!(whole.len(), 1, "a header without a meaning is one dead letter");
    }
    for seen in (0..rows.len()).step_by(rows.len() / 7 + 1) {
        let (first, second) = rows.split_at(header.whole_rows(&rows[..seen]));
        let mut cut = visits(&[front, first].concat());
        cut.extend(visits(&[front, second].concat()));
        assert_eq!(cut, whole, "cut behind {} of {} bytes", first.len(), rows.len());
    }
}

/// However a text is encoded, it is the same text.
fn check_encodings(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let text = text.trim_start_matches('\u{feff}');
    let begins_with_ascii = text.len() > 4 && text.bytes().take(2).all(|byte| (1..0x80).contains(&byte));
    let units = || text.encode_utf16();
    let (little, big) = (units().flat_map(u16::to_le_bytes), units().flat_map(u16::to_be_bytes));
    let (little, big): (Vec<u8>, Vec<u8>) = (little.collect(), big.collect());
    assert!(little.starts_with(b"\0\0") || utf8(&[b"\xff\xfe", &*little].concat()) == text.as_bytes());
    assert!(utf8(&[b"\xfe\xff", &*big].concat()) == text.as_bytes());
    if begins_with_ascii {
        assert!(utf8(&little) == text.as_bytes() && utf8(&big) == text.as_bytes());
    }
}
