//! A flood of senders that are seen once, and among them some that are seen every day: what an attacker would send who
//! wants the profiles to grow, or those of others to be forgotten.

use postern::correlate::{Sighting, SourceKey, Sources, Standing};
use postern::event::{AuthResults, Fingerprint, SourceNetwork, SpfResult, Time};

/// Days that the flood lasts, and on which each of the tracked is seen.
const DAYS: usize = 20;
const DAY_MICROS: i64 = 86_400_000_000;

/// How many there are.
#[derive(Clone, Copy)]
pub(crate) struct Strangers {
    /// Senders that are seen once, half of them at networks of their own, half at one.
    pub(crate) once: usize,
    /// Senders that are seen on every day.
    pub(crate) tracked: usize,
    /// Profiles that may be kept.
    pub(crate) profiles_max: usize,
}

/// What is left of a flood.
pub(crate) struct Left {
    /// The profiles.
    pub(crate) sources: Sources,
    /// Profiles that gave way.
    pub(crate) evicted: usize,
    /// Questions about networks that were answered with yes; all are asked of strangers.
    pub(crate) known: usize,
}

impl Strangers {
    /// Lets all of them speak, and asks after each what the detector would ask.
    pub(crate) fn speak(&self) -> Left {
        let mut left = Left { sources: Sources::default(), evicted: 0, known: 0 };
        let each = self.once / (DAYS * self.tracked);
        for number in 0..self.once {
            if number % each == 0 {
                let tracked = number / each;
                left.observe(&self.tracked(tracked), &sighting(self.time(number), tracked, standing(tracked)), self);
            }
            left.observe(&stranger(number), &sighting(self.time(number), number, Standing::Unaligned), self);
        }
        left
    }

    /// One of the tracked.
    pub(crate) fn tracked(&self, number: usize) -> SourceKey {
        let number = number % self.tracked;
        let network = SourceNetwork::V6([0x2001, 0xdb8, 0xffff, number as u16]);
        SourceKey { network, sender: format!("scanner-{number}@contoso.com") }
    }

    /// How many of the tracked are still known.
    pub(crate) fn survivors(&self, sources: &Sources) -> usize {
        (0..self.tracked).filter(|number| sources.get(&self.tracked(*number)).is_some()).count()
    }

    fn time(&self, number: usize) -> Time {
        Time::from_micros(20_759 * DAY_MICROS + (DAY_MICROS / self.once as i64) * (DAYS * number) as i64)
    }
}

impl Left {
    fn observe(&mut self, key: &SourceKey, sighting: &Sighting, limit: &Strangers) {
        self.sources.observe(key, sighting);
        self.known += usize::from(self.sources.knows_network(key, sighting.time));
        while self.sources.forget_one_silent(sighting.time).is_some() {}
        while self.sources.evict_one(limit.profiles_max).is_some() {
            self.evicted += 1;
        }
    }
}

/// One that is seen once.
pub(crate) fn stranger(number: usize) -> SourceKey {
    let network = match number % 2 {
        0 => SourceNetwork::V4([203, 0, 113]),
        _ => SourceNetwork::V6([0x2001, 0xdb8, (number >> 16) as u16, number as u16]),
    };
    SourceKey { network, sender: format!("somebody-{number}@contoso.com") }
}

fn standing(number: usize) -> Standing {
    [Standing::Unaligned, Standing::Aligned, Standing::Sanctioned, Standing::Transient][number % 4]
}

/// A message, as the detector tells the sources of it.
pub(crate) fn sighting(time: Time, recipient: usize, standing: Standing) -> Sighting {
    let results = AuthResults { spf: Some(SpfResult::SoftFail), ..AuthResults::default() };
    let recipient = Fingerprint::of("recipient", &[&recipient.to_le_bytes()]);
    Sighting { time, recipient, standing, is_personal: false, results }
}
