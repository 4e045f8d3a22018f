//! A captured request is not taken twice.
//!
//! A signature is remembered once its records are durable, and not before: an honest sender repeats what we answered
//! with 503, and must be let in. What is remembered is answered like the first time, and not taken again; the honest
//! sender, whose answer got lost, and the thief both get what they need.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::auth::Signature;

/// Signatures that are remembered: 300 a second for the default window. Beyond, the oldest is forgotten early, and a
/// request that is captured and repeated then meets the recognition of repeated rows.
const SIGNATURES_MAX: usize = 100_000;

/// Signatures of durable requests. A lock, because requests are answered on several threads; it is held for two
/// look-ups and never over a wait.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Signatures>);

#[derive(Debug, Default)]
struct Signatures {
    known: HashSet<[u8; 32]>,
    in_order: VecDeque<Signature>,
}

impl Remembered {
    /// Whether the request is one that has become durable.
    pub(super) fn holds(&self, signature: &Signature) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(&signature.code)
    }

    /// Remembers a request, and forgets those that their timestamp keeps out by now (unix seconds).
    pub(super) fn insert(&self, signature: Signature, now: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(signature, now);
    }
}

impl Signatures {
    fn insert(&mut self, signature: Signature, now: i64) {
        if self.known.insert(signature.code) {
            self.in_order.push_back(signature);
        }
        while self.in_order.len() > SIGNATURES_MAX || self.in_order.front().is_some_and(|first| first.expires < now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.in_order.pop_front() {
            self.known.remove(&first.code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(number: u64, expires: i64) -> Signature {
        let mut code = [0; 32];
        code[..8].copy_from_slice(&number.to_le_bytes());
        Signature { code, expires }
    }

    #[test]
    fn a_signature_is_remembered_until_its_timestamp_keeps_it_out() {
        let remembered = Remembered::default();
        let [first, second] = [signature(1, 100), signature(2, 200)];
        remembered.insert(first, 0);
        remembered.insert(second, 100);
        assert!(remembered.holds(&first) && remembered.holds(&second));
        remembered.insert(second, 101);
        assert!(!remembered.holds(&first) && remembered.holds(&second));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let remembered = Remembered::default();
        let last = SIGNATURES_MAX as u64;
        (0..=last).for_each(|number| remembered.insert(signature(number, 100), 0));
        assert!(!remembered.holds(&signature(0, 100)) && remembered.holds(&signature(last, 100)));
        let own = remembered.0.lock().unwrap();
        assert_eq!((own.known.len(), own.in_order.len()), (SIGNATURES_MAX, SIGNATURES_MAX));
    }
}
