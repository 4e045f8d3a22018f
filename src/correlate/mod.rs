//! Verdicts over time: suspicious messages become campaigns, and a campaign is one finding with a life.
//!
//! Everything here is kept in a form whose value does not depend on the order in which messages arrive: sets, minima
//! and maxima, counts of distinct things. Telemetry comes late, out of order and more than once, and a restart reads
//! some of it again; state that is a function of the *set* of messages stays right through all of that. The one thing
//! that cannot be so is what has already been told, and that is kept apart ([`Told`]).
//!
//! Time is event time. It advances by the tenant's own mail, benign mail included, and never by a clock.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod burst;
mod campaign;
mod campaigns;
mod days;
mod deliveries;
mod distinct;
mod earliest;
mod finding;
mod flood;
mod gate;
mod memory;
mod related;
mod seen;
mod sent;
mod sources;
mod storm;
mod voices;

pub use burst::Burst;
pub use campaign::{Campaign, Kind, Told};
pub use days::Days;
pub use deliveries::Fate;
pub use distinct::Distinct;
pub use earliest::Earliest;
pub use finding::{Finding, Stage, Telling};
pub use gate::OpenGate;
pub use memory::{Change, CrowdedOut, KINDS, Limits, Memory, Sizes};
pub use related::{Related, Says};
pub use seen::{Ruling, Seen};
pub use sources::{Familiarity, Profile, Sighting, SourceKey, SourceKeyError, Sources, Standing};
pub use storm::{Storm, Top};
pub use voices::Voices;
