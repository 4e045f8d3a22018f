//! How good the alerts are: what a person is told over days, and not what is thought of one message.
//!
//! A verdict can be right a thousand times and the person who is told of it a thousand times is lost all the same. So the
//! alerts are measured as they are made, by the two machines that the service runs, one step after the other: whether
//! each attack is told, how soon and how often, whether what is told is an attack, and how often honest mail is told
//! that comes every day. Here ambiguous mail counts: an alert about an unregistered printer is an alert too many, however
//! excusable, and history is what may excuse it.
//!
//! A run of days has millions of records. None is kept; what is kept are tallies of attacks, alerts and sources.

mod attacks;
mod board;
mod figures;
mod lines;
mod told;
mod watcher;

#[cfg(test)]
mod tests;

pub use board::AlertBoard;
pub use figures::{AlertFigures, AlertShare, AttackFigures, Innocent, Records, Silence, Sources, Spread};
pub use lines::{AlertLine, AttackLine, LISTED_MAX, SourceLine};
pub use watcher::{Watched, Watcher};
