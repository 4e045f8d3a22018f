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

    /// A random GUID (RFC 9562, version 4).
    pub(super) fn guid(&mut self) -> String {
        let bits = self.0.u128(..);
        let (high, low) = ((bits >> 64) as u64, bits as u64);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }
}
