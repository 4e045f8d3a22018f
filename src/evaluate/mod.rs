//! How good Postern is, and how good what others published would have been: over records of which the truth is known.
//!
//! The claim that a detector finds everything and accuses nobody is worth what its measurement is worth. So everybody is
//! measured alike: the same records, the same labels, one message at a time. Postern is measured through the machine
//! that the service runs ([`Inspector`](crate::detector::Inspector)), not through a shortcut into its rules; the
//! published rules are written down as they were published, mistakes included, and where a row of EmailEvents cannot tell
//! what they ask, they are given the benefit of the doubt.
//!
//! What a person gets is not verdicts but alerts; [`Watcher`] measures those, over days.
//!
//! The truth is a label. What nobody could tell from the record alone (a printer that nobody registered, a forward that
//! broke its signature) is labelled ambiguous; it is counted and shown, and it is nobody's merit and nobody's fault.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod alerts;
mod contender;
mod examine;
mod published;
mod score;
mod truth;

pub use alerts::{
    AlertBoard, AlertFigures, AlertLine, AlertShare, AttackFigures, AttackLine, Innocent, LISTED_MAX, Records, Silence,
    SourceLine, Sources, Spread, Watched, Watcher,
};
pub use contender::{CONTENDERS, Contender, Fired};
pub use examine::{Examined, Examiner};
pub use published::{PUBLISHED, PublishedRule};
pub use score::{FAMILIES_MAX, Score, Scoreboard, Share, Tally};
pub use truth::{Nature, Truth};
