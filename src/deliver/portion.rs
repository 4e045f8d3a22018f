//! How much of a batch travels in one request, and how that shrinks when it is too much.
//!
//! What a receiver takes at once is known to nobody: the server has a limit, and so has every proxy on the way. Some say
//! so (413); then the request is halved, by bytes, because that is what the limits count, and the half is kept as the new
//! measure for good, so that a limit is met once and not with every batch. Others just cut the connection while a large
//! body travels; then requests are smaller for a while, because a cut connection may as well have had other reasons.
//!
//! Nothing shrinks below a floor: whoever finds less than that too large does not mean the size. Then the entries travel
//! alone until the one is found that is meant; and if it is no larger than any other, an operator has to look.

use super::decision::{Fault, Remedy};
use crate::ledger::Entry;

/// No request is halved below this. An alert takes a few thousand bytes.
const BYTES_MIN: usize = 64 << 10;

/// The measure of a sink's requests.
pub(super) struct Portion {
    bytes_max: usize,
    /// What `bytes_max` may grow to again.
    ceiling: usize,
    alone: Alone,
}

/// Entries that travel alone: together they were condemned, which is the fault of one, or of none.
#[derive(Default)]
pub(super) struct Alone {
    until: u64,
}

/// Entries from the front of a batch, encoded.
pub(super) struct Parcel<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) body: Vec<u8>,
}

impl Alone {
    /// The part of a batch that may travel together.
    pub(super) fn front<'a>(&self, batch: &'a [Entry]) -> &'a [Entry] {
        match batch {
            [first, ..] if first.sequence <= self.until => &batch[..1],
            _ => batch,
        }
    }

    /// The receiver condemns something in a request and does not say what: whatever was alone in it can never be told.
    pub(super) fn condemned(&mut self, sent: &[Entry], reason: String) -> Fault {
        match sent {
            [] => Fault::retry(reason),
            [_] => Fault::refuse(reason),
            [.., last] => {
                self.until = last.sequence;
                Fault::retry(reason)
            }
        }
    }
}

impl Portion {
    pub(super) fn of(bytes_max: usize) -> Self {
        Self { bytes_max, ceiling: bytes_max, alone: Alone::default() }
    }

    /// Encodes as many entries from the front as fit. The first one goes even if it alone is too long: the receiver may
    /// be more generous than we are. `encode` appends an entry; what it leaves behind when it fails does not matter.
    ///
    /// # Errors
    /// When the first entry cannot be encoded. Another one is left for the next request, where it is the first.
    pub(super) fn cut<'a>(
        &self,
        batch: &'a [Entry],
        mut encode: impl FnMut(&Entry, &mut Vec<u8>) -> Result<(), Fault>,
    ) -> Result<Parcel<'a>, Fault> {
        let batch = self.alone.front(batch);
        let mut body = Vec::new();
        for (place, entry) in batch.iter().enumerate() {
            let before = body.len();
            match encode(entry, &mut body) {
                Ok(()) if place == 0 || body.len() <= self.bytes_max => {}
                Err(fault) if place == 0 => return Err(fault),
                Ok(()) | Err(_) => {
                    body.truncate(before);
                    return Ok(Parcel { entries: &batch[..place], body });
                }
            }
        }
        Ok(Parcel { entries: batch, body })
    }

    /// A request was taken: the next may be larger again.
    pub(super) fn taken(&mut self) {
        self.bytes_max = self.bytes_max.saturating_mul(2).min(self.ceiling);
    }

    /// A request of so many bytes was not answered; what to do about that stays as it is.
    pub(super) fn unanswered(&mut self, bytes: usize, fault: Fault) -> Fault {
        if matches!(fault.remedy, Remedy::Retry(_)) && bytes > BYTES_MIN {
            self.bytes_max = (bytes / 2).max(BYTES_MIN).min(self.ceiling);
        }
        fault
    }

    /// The receiver finds a request of so many bytes too large: an entry that was alone in it can never be told, unless it
    /// is as short as any.
    pub(super) fn too_large(&mut self, sent: &[Entry], bytes: usize, reason: String) -> Fault {
        if sent.len() > 1 && bytes / 2 >= BYTES_MIN {
            self.ceiling = bytes / 2;
            self.bytes_max = self.ceiling;
            return Fault::retry(reason);
        }
        if sent.len() == 1 && bytes <= BYTES_MIN {
            return Fault::hold(format!(
                "{bytes} bytes are called too large; raise the limit of what refuses them: {reason}"
            ));
        }
        self.condemned(sent, reason)
    }

    /// As [`Alone::condemned`].
    pub(super) fn condemned(&mut self, sent: &[Entry], reason: String) -> Fault {
        self.alone.condemned(sent, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::harness::entries;

    fn body(entry: &Entry, into: &mut Vec<u8>) -> Result<(), Fault> {
        into.extend_from_slice(entry.body.as_bytes());
        if entry.body.contains('!') { Err(Fault::refuse("unreadable")) } else { Ok(()) }
    }

    fn cut(portion: &Portion, batch: &[Entry]) -> (usize, String) {
        let parcel = portion.cut(batch, body).unwrap();
        (parcel.entries.len(), String::from_utf8(parcel.body).unwrap())
    }

    #[test]
    fn a_request_takes_from_the_front_what_fits_and_at_least_one() {
        let batch = entries(&["aaa", "bb", "c"]);
        for (bytes_max, expected) in [(6, "aaabbc"), (5, "aaabb"), (4, "aaa"), (3, "aaa"), (2, "aaa"), (0, "aaa")] {
            assert_eq!(cut(&Portion::of(bytes_max), &batch).1, expected, "{bytes_max}");
        }
    }

    #[test]
    fn what_cannot_be_encoded_is_told_when_it_is_in_front_and_keeps_nobody_from_going_before() {
        let batch = entries(&["a", "b!", "c"]);
        assert_eq!(cut(&Portion::of(100), &batch), (1, "a".to_owned()));
        let fault = Portion::of(100).cut(&batch[1..], body).err();
        assert_eq!(fault, Some(Fault::refuse("unreadable")));
    }

    #[test]
    fn a_request_that_is_too_large_is_halved_down_to_one_entry_and_that_one_is_refused() {
        let large = "x".repeat(100_000);
        let large = large.as_str();
        let batch = entries(&[large; 5]);
        let mut portion = Portion::of(1_000_000);
        let mut sizes = Vec::new();
        let refused = loop {
            let Parcel { entries, body } = portion.cut(&batch, body).unwrap();
            sizes.push(entries.len());
            let fault = portion.too_large(entries, body.len(), "413".into());
            if fault.remedy == Remedy::Refuse {
                break fault;
            }
        };
        assert_eq!((sizes, refused), (vec![5, 2, 1], Fault::refuse("413")));
    }

    #[test]
    fn what_was_too_large_once_is_not_sent_again() {
        let mut portion = Portion::of(1_000_000);
        portion.too_large(&entries(&["a", "b"]), 900_000, "413".into());
        for _ in 0..9 {
            portion.taken();
        }
        assert_eq!(portion.bytes_max, 450_000);
    }

    #[test]
    fn what_is_not_answered_is_sent_in_smaller_requests_for_a_while() {
        let mut portion = Portion::of(1_000_000);
        let sizes = std::iter::repeat_with(|| {
            portion.unanswered(portion.bytes_max, Fault::retry("cut"));
            portion.bytes_max
        });
        assert_eq!(sizes.take(6).collect::<Vec<_>>(), [500_000, 250_000, 125_000, BYTES_MIN, BYTES_MIN, BYTES_MIN]);
        portion.unanswered(100, Fault::retry("cut"));
        assert_eq!(portion.bytes_max, BYTES_MIN, "a small request says nothing about sizes");
        (0..4).for_each(|_| portion.taken());
        portion.unanswered(1_000_000, Fault::hold("an unknown certificate"));
        assert_eq!(portion.bytes_max, 1_000_000);
    }

    #[test]
    fn an_entry_as_short_as_any_that_is_called_too_large_waits_for_an_operator() {
        let mut portion = Portion::of(1_000_000);
        assert_eq!(portion.too_large(&entries(&["a"]), BYTES_MIN, "413".into()).remedy, Remedy::Hold);
        assert_eq!(portion.too_large(&entries(&["a"]), BYTES_MIN + 1, "413".into()), Fault::refuse("413"));
    }

    #[test]
    fn whoever_finds_little_too_large_gets_the_entries_alone_and_only_those() {
        let batch = entries(&["a", "b", "c"]);
        let mut portion = Portion::of(1_000_000);
        assert_eq!(portion.too_large(&batch[..2], 2, "413".into()).remedy, Remedy::Retry(None));
        assert_eq!((cut(&portion, &batch).0, cut(&portion, &batch[1..]).0), (1, 1));
        let later = Entry { sequence: 4, ..batch[2].clone() };
        assert_eq!(cut(&portion, &[batch[2].clone(), later]).0, 2, "what came behind them travels together");
        assert_eq!(portion.condemned(&batch[..1], "413".into()), Fault::refuse("413"));
    }
}
