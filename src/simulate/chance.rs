//! Chance that can be repeated.

use std::ops::RangeInclusive;

/// A seeded stream of decisions.
///
/// All draws are of fixed width: fastrand draws a `usize` differently on 32 and on 64 bits.
#[derive(Debug)]
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number from the range, which must not be empty.
    pub(super) fn within(&mut self, range: RangeInclusive<u32>) -> u32 {
        self.0.u32(range)
    }

    /// A number below the bound, which must not be zero.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.u64(..bound)
    }

    /// True this many times in a thousand.
    pub(super) fn per_mille(&mut self, share: u32) -> bool {
        self.0.u32(..1_000) < share
    }

    /// One of the choices, of which there must be some.
    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of the choices, each as likely as its weight says; not all weights may be zero.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let whole = choices.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = self.below(whole);
        for (weight, choice) in choices {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return *choice,
            }
        }
        choices[0].1
    }

    /// A random GUID (RFC 9562, version 4).
    pub(super) fn guid(&mut self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let drawn = self.0.u128(..);
        let (high, low) = ((drawn >> 64) as u64, drawn as u64);
        let bits = u128::from(high & !0xf000 | 0x4000) << 64 | u128::from(low & (u64::MAX >> 2) | 1 << 63);
        let mut guid = String::with_capacity(36);
        for place in 0..32 {
            if matches!(place, 8 | 12 | 16 | 20) {
                guid.push('-');
            }
            guid.push(char::from(DIGITS[(bits >> (124 - 4 * place)) as usize & 0xf]));
        }
        guid
    }
}
