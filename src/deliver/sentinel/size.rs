//! How large a call may be.
//!
//! The documented limit holds for the service; what stands on the way may have a smaller one and say so (413), or just
//! cut the connection while a large body travels. The first lowers the limit for good, the second for a while, because
//! a cut connection may as well have had other reasons.

use super::encode::CALL_BYTES_MAX;

/// Below this nobody's limit is reached, so that a cut connection means something else.
pub(super) const BYTES_MIN: usize = 64 << 10;

/// The size of calls, by what became of those before.
pub(super) struct Size {
    now: usize,
    ceiling: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { now: CALL_BYTES_MAX, ceiling: CALL_BYTES_MAX }
    }
}

impl Size {
    /// The most bytes of the next call, before it is compressed.
    pub(super) const fn bytes_max(&self) -> usize {
        self.now
    }

    /// A call was taken: the next may be larger again.
    pub(super) fn taken(&mut self) {
        self.now = self.now.saturating_mul(2).min(self.ceiling);
    }

    /// A call of this size was too large: none of its size is sent again.
    pub(super) const fn too_large(&mut self, bytes: usize) {
        self.ceiling = bytes / 2;
        self.now = self.ceiling;
    }

    /// A call of this size did not get through.
    pub(super) fn failed(&mut self, bytes: usize) {
        if bytes > BYTES_MIN {
            self.now = (bytes / 2).max(BYTES_MIN).min(self.ceiling);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_too_large_once_is_not_sent_again() {
        let mut size = Size::default();
        size.too_large(900_000);
        assert_eq!(size.bytes_max(), 450_000);
        for _ in 0..9 {
            size.taken();
        }
        assert_eq!(size.bytes_max(), 450_000);
    }

    #[test]
    fn what_did_not_get_through_is_sent_in_smaller_calls_for_a_while() {
        let mut size = Size::default();
        let sizes: Vec<_> = std::iter::repeat_with(|| {
            size.failed(size.bytes_max());
            size.bytes_max()
        })
        .take(6)
        .collect();
        assert_eq!(sizes, [500_000, 250_000, 125_000, BYTES_MIN, BYTES_MIN, BYTES_MIN]);
        size.failed(100);
        assert_eq!(size.bytes_max(), BYTES_MIN, "a small call says nothing about sizes");
        for _ in 0..4 {
            size.taken();
        }
        assert_eq!(size.bytes_max(), CALL_BYTES_MAX);
    }
}
