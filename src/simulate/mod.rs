//! Labelled synthetic tenants: traffic of which the truth is known, for trying Postern out, for tests and benchmarks.
//!
//! No real Direct Send spoof is public, and no tenant's mail may be, so both are invented here in the exact shape of
//! the wire (`properties` in Microsoft's key order, nulls and numbers where Microsoft has them). Everything else is made
//! from one rule: **the same options give the same bytes on every machine**. Time is counted from `start` at a fixed
//! pace, chance comes from the seed, and nothing depends on the width of a pointer or the order of a map.
//!
//! What each record truly is stands in its [`Label`]. Labels are honest by construction: of each record a second, naive
//! reading, which knows the row and [`Options::configuration`] and none of the code that judges for Postern, decides
//! whether it reveals an attack; it is right except exactly where the label says `ambiguous`. `honesty.rs` holds them to
//! that.
//!
//! The forms are those of the published reports, the look-alikes those that administrators complain of. Nothing published
//! says how long a burst lasts or how many it reaches; such numbers are our own assumption. Only reserved names
//! (and the tenants' `onmicrosoft.com` names, which are part of what is abused) and networks that are
//! routed nowhere occur, so a stream that escapes accuses nobody.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod attack;
mod authentication;
mod cast;
mod chance;
mod clock;
mod configuration;
mod email_events;
mod envelope;
#[cfg(test)]
mod honesty;
mod json;
mod label;
mod look_alikes;
mod mail;
mod message;
mod names;
mod networks;
mod options;
mod ordinary;
mod related;
mod scene;
mod simulation;
mod subjects;

pub use label::{Family, Label, SimulatedRecord};
pub use options::{EnvelopeShape, Mix, Options, SimulatedTenant, TenantKind};
pub use simulation::Simulation;
