//! Labelled synthetic tenants: traffic of which the truth is known, for trying Postern out, for tests and benchmarks.
//!
//! No real Direct Send spoof is public, and no tenant's mail may be, so both are invented here in the exact shape of
//! the wire (`properties` in Microsoft's key order, nulls and numbers where Microsoft has them). Everything else is made
//! from one rule: **the same options give the same bytes on every machine**. Time is counted from `start` at a fixed
//! pace, chance comes from the seed, and nothing depends on the width of a pointer or the order of a map.
//!
//! What each record truly is stands in its [`Label`]. Labels are honest by construction: an attack is inbound, without
//! connector, from the tenant's own domain and unauthenticated, and nothing else ever is all four. A test parses the
//! records and holds labels to that.
//!
//! Nothing published says how long a burst lasts or how many it reaches; the shapes here (20 to 300 recipients in 2 to
//! 15 minutes) are our own assumption. Only reserved names and documentation networks occur, so a stream that escapes
//! accuses nobody.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod attack;
mod cast;
mod chance;
mod envelope;
mod json;
mod label;
mod look_alikes;
mod message;
mod options;
mod ordinary;
mod simulation;
mod subjects;

pub use label::{Family, Label, SimulatedRecord};
pub use options::{EnvelopeShape, Mix, Options, SimulatedTenant};
pub use simulation::Simulation;
