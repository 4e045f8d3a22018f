//! What a memory has to tell.

use crate::event::Fingerprint;

use super::campaign::Campaign;
use super::gate::OpenGate;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "campaigns are most of what is told")]
pub enum Finding {
    /// Something about a campaign.
    Campaign(Stage, Campaign),
    /// Something about a change of settings.
    Gate(Stage, OpenGate),
}

/// Where what is told is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is new.
    Opened,
    /// More is known.
    Updated,
    /// It is over.
    Closed,
    /// It turned out to be part of another campaign.
    Merged(Fingerprint),
}

/// Under which name a message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// The campaign that it joined, as that is called by now.
    pub campaign: Fingerprint,
    /// The storm, while nothing but that tells of the campaign.
    pub storm: Option<Fingerprint>,
}
