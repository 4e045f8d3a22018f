//! What goes wrong, and how often.

use fastrand::Rng;

/// How often what happens, in a hundred steps; most stories know only some of it.
#[derive(Debug)]
pub(super) struct Faults {
    pub(super) crash: u32,
    pub(super) crash_in_commit: u32,
    pub(super) full: u32,
    pub(super) lie: u32,
    pub(super) reassign: u32,
    pub(super) prune: u32,
    pub(super) clock: u32,
}

impl Faults {
    pub(super) fn new(chance: &mut Rng) -> Self {
        let mut rate = |most: u32| if chance.u8(..3) > 0 { chance.u32(1..=most) } else { 0 };
        Self {
            crash: rate(3),
            crash_in_commit: rate(8),
            full: rate(5),
            lie: rate(10),
            reassign: rate(8),
            prune: rate(6),
            clock: rate(6),
        }
    }
}
