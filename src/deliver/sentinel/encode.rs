//! Rows into the body of a call.

use crate::alert::render;
use crate::deliver::decision::Fault;
use crate::deliver::format::record;
use crate::ledger::Entry;

/// The most that a call holds, before it is compressed and after. Microsoft documents "1 MB" for both and does not say
/// which; its own client fills calls to 1,048,576 bytes. A million is within either reading.
const CALL_BYTES_MAX: usize = 1_000_000;

/// The same without the bracket that closes the array.
pub(super) const ROWS_BYTES_MAX: usize = CALL_BYTES_MAX - 1;

/// Appends an entry as a row of an array that is still open.
///
/// # Errors
/// When the entry is no record, or no call can hold its row.
pub(super) fn append(entry: &Entry, array: &mut Vec<u8>) -> Result<(), Fault> {
    push(&render::sentinel(&record(entry)?), array)
}

fn push(row: &str, array: &mut Vec<u8>) -> Result<(), Fault> {
    // With a bracket on either side.
    if row.len() + 2 > CALL_BYTES_MAX {
        return Err(Fault::refuse(format!("a row of {} bytes; a call takes {CALL_BYTES_MAX}", row.len())));
    }
    array.push(if array.is_empty() { b'[' } else { b',' });
    array.extend_from_slice(row.as_bytes());
    Ok(())
}

/// The array, closed.
pub(super) fn closed(mut array: Vec<u8>) -> Vec<u8> {
    array.push(b']');
    array
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deliver::harness::entries;
    use crate::deliver::portion::Portion;

    /// A row of this length.
    fn row(bytes: usize) -> String {
        format!("\"{}\"", "x".repeat(bytes - 2))
    }

    /// The array of the rows that fit from the front, and how many they are.
    fn array(lengths: &[usize], bytes_max: usize) -> (Vec<u8>, usize) {
        let batch = entries(&lengths.iter().map(|_| "").collect::<Vec<_>>());
        let mut lengths = lengths.iter();
        let next = |_: &Entry, array: &mut Vec<u8>| push(&row(*lengths.next().unwrap()), array);
        let parcel = Portion::of(bytes_max - 1).cut(&batch, next).unwrap();
        (closed(parcel.body), parcel.entries.len())
    }

    #[test]
    fn a_call_is_filled_to_the_byte() {
        // Two rows, two brackets, a comma.
        let (half, more) = (499_998, 499_999);
        assert_eq!(array(&[half, half - 1], CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX - 2);
        assert_eq!(array(&[half, more], CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX);
        assert_eq!(array(&[more, more], CALL_BYTES_MAX).1, 1);
    }

    #[test]
    fn a_row_that_no_call_can_hold_is_refused() {
        let fault = push(&row(999_999), &mut Vec::new()).unwrap_err();
        assert!(fault == Fault::refuse(fault.reason.clone()) && fault.reason.contains("999999"), "{fault:?}");
        assert_eq!(array(&[999_998], CALL_BYTES_MAX).0.len(), CALL_BYTES_MAX);
    }

    #[test]
    fn an_entry_that_is_no_record_is_refused() {
        let fault = append(&entries(&["{}"])[0], &mut Vec::new()).unwrap_err();
        assert_eq!(fault, Fault::refuse(fault.reason.clone()));
    }

    proptest! {
        #[test]
        fn a_call_is_an_array_of_the_first_rows_within_its_bounds(
            lengths in prop::collection::vec(2_usize..400, 1..40),
            bytes_max in 400_usize..4_000,
        ) {
            let (array, count) = array(&lengths, bytes_max);
            prop_assert!(array.len() <= bytes_max.max(402));
            let values: Vec<String> = serde_json::from_slice(&array).unwrap();
            prop_assert_eq!(values.iter().map(|value| value.len() + 2).collect::<Vec<_>>(), &lengths[..count]);
            let next = lengths.get(count).map_or(usize::MAX, |next| array.len() + 1 + next);
            prop_assert!(next > bytes_max, "as many as fit");
        }
    }
}
