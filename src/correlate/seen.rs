//! What a memory takes in, and what it says to it.

use crate::event::Time;
use crate::judge::posture::PostureFinding;
use crate::judge::{BenignReason, Departure, FactorSet, Observation, OwnMail};

use super::related::Related;

/// Something that was seen in a tenant's stream and is worth remembering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A message that at least one rule fired on.
    Suspicious(Observation),
    /// Mail in the tenant's name at the direct door that nothing is to be told of.
    Own(OwnMail),
    /// Mail that left the tenant.
    Departed(Departure),
    /// What another table says of a message.
    Related(Related),
    /// A change of settings that opens the gate.
    Posture(PostureFinding),
}

impl Seen {
    /// Event time.
    #[must_use]
    pub const fn time(&self) -> Time {
        match self {
            Self::Suspicious(observation) => observation.time,
            Self::Own(mail) => mail.time,
            Self::Departed(departure) => departure.time,
            Self::Related(related) => related.time,
            Self::Posture(finding) => finding.time,
        }
    }
}

/// What becomes of a suspicious message in the light of what was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It stays suspicious, with these factors.
    Suspicious(FactorSet),
    /// There is nothing to tell after all, and why.
    Benign(BenignReason),
}
