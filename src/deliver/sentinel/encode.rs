//! Rows into the body of a call.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::alert::render;
use crate::deliver::decision::{Fate, Fault};
use crate::deliver::format::record;
use crate::ledger::Entry;

/// The most that a call holds, before it is compressed and after. Microsoft documents "1 MB" for both and does not say
/// which; its own client fills calls to 1,048,576 bytes. A million is within either reading.
pub(super) const CALL_BYTES_MAX: usize = 1_000_000;

/// The body of a call, and what it says about the entries at the front of the batch.
pub(super) struct Call {
    pub(super) body: Vec<u8>,
    pub(super) is_gzip: bool,
    /// How long the JSON array is.
    pub(super) bytes: usize,
    /// How many rows it has.
    pub(super) rows: usize,
    /// Of each entry that was looked at: open where it is a row, refused where it can never be one.
    pub(super) fates: Vec<Fate>,
}

impl Call {
    /// The fates of the entries, with this one for the rows.
    pub(super) fn settled(self, rows: &Fate) -> Vec<Fate> {
        self.fates.into_iter().map(|fate| if fate == Fate::Open { rows.clone() } else { fate }).collect()
    }
}

/// A call of as many entries from the front as it may hold, but of one row at least.
pub(super) fn call(batch: &[Entry], bytes_max: usize) -> Call {
    let rows = batch.iter().map(|entry| record(entry).map(|record| render::sentinel(&record)));
    let (array, rows, fates) = array(rows, bytes_max);
    let (body, is_gzip) = compressed(&array);
    Call { bytes: array.len(), body, is_gzip, rows, fates }
}

/// The JSON array, the number of its rows, and what became of each that was looked at.
fn array(rows: impl Iterator<Item = Result<String, Fault>>, bytes_max: usize) -> (String, usize, Vec<Fate>) {
    let (mut array, mut count, mut fates) = (String::from("["), 0, Vec::new());
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(fault) => {
                fates.push(Fate::Refused(fault.reason));
                continue;
            }
        };
        // The row, a comma or the bracket before it, the bracket behind the last.
        if row.len() + 2 > CALL_BYTES_MAX {
            fates.push(Fate::Refused(format!("a row of {} bytes; a call takes {CALL_BYTES_MAX}", row.len())));
            continue;
        }
        if count > 0 && array.len() + row.len() + 2 > bytes_max {
            break;
        }
        if count > 0 {
            array.push(',');
        }
        array.push_str(&row);
        count += 1;
        fates.push(Fate::Open);
    }
    array.push(']');
    (array, count, fates)
}

/// The text compressed, unless that is no shorter: then neither form can break the limit.
fn compressed(text: &str) -> (Vec<u8>, bool) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    match compressed {
        Ok(compressed) if compressed.len() < text.len() => (compressed, true),
        _ => (text.as_bytes().to_vec(), false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A row of this length.
    fn row(bytes: usize) -> String {
        format!("\"{}\"", "x".repeat(bytes - 2))
    }

    fn rows(lengths: &[usize]) -> impl Iterator<Item = Result<String, Fault>> {
        lengths.iter().map(|bytes| Ok(row(*bytes)))
    }

    #[test]
    fn a_call_is_filled_to_the_byte() {
        // Two rows, two brackets, a comma.
        let (half, more) = (499_998, 499_999);
        assert_eq!(array(rows(&[half, half - 1]), CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX - 2);
        assert_eq!(array(rows(&[half, more]), CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX);
        assert_eq!(array(rows(&[more, more]), CALL_BYTES_MAX).1, 1);
    }

    #[test]
    fn a_row_that_no_call_can_hold_is_refused_and_the_next_ones_travel() {
        let (array, count, fates) = array(rows(&[9, 999_999, 999_998]), CALL_BYTES_MAX);
        assert_eq!((array.len(), count, fates.len()), (11, 1, 2));
        assert!(matches!(&fates[1], Fate::Refused(reason) if reason.contains("999999")), "{fates:?}");
        assert_eq!(super::array(rows(&[999_998]), CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX);
    }

    #[test]
    fn one_row_travels_however_small_calls_have_become() {
        let (_, count, _) = array(rows(&[900_000, 10]), 64);
        assert_eq!(count, 1);
    }

    #[test]
    fn text_that_does_not_get_shorter_is_not_compressed() {
        assert_eq!(compressed("[{}]"), (b"[{}]".to_vec(), false));
        assert!(compressed(&row(5_000)).1);
    }

    #[test]
    fn an_entry_that_is_no_record_is_refused() {
        let entry = Entry { sequence: 1, written: None, key: String::new(), seq: 1, body: "{}".into() };
        let call = call(&[entry], CALL_BYTES_MAX);
        assert_eq!(call.rows, 0);
        assert!(matches!(&call.settled(&Fate::Accepted)[..], [Fate::Refused(_)]));
    }

    proptest! {
        #[test]
        fn a_call_is_an_array_of_the_first_rows_within_its_bounds(
            lengths in prop::collection::vec(2_usize..400, 1..40),
            bytes_max in 400_usize..4_000,
        ) {
            let (array, count, fates) = array(rows(&lengths), bytes_max);
            prop_assert!(array.len() <= bytes_max.max(402));
            prop_assert_eq!(fates.len(), count);
            let values: Vec<String> = serde_json::from_str(&array).unwrap();
            prop_assert_eq!(values.iter().map(|value| value.len() + 2).collect::<Vec<_>>(), &lengths[..count]);
            let next = lengths.get(count).map_or(usize::MAX, |next| array.len() + 1 + next);
            prop_assert!(next > bytes_max, "as many as fit");
        }
    }
}
