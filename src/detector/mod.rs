//! The composition of everything that decides, as two pure machines that the shell drives.
//!
//! The [`Inspector`] is stateless: payload bytes become a [`Slice`], wherever they arrive. The [`Detector`] is the
//! memory: the steps of slices become alerts and changed state, one tenant at a time. Between them runs the shuffle by
//! tenant, which is all that the shell has to know.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod inspect;
mod machine;
mod mail;
mod slice;

#[cfg(test)]
mod properties;

pub use inspect::{Arrival, FUTURE_TOLERANCE, Inspector, VerdictLine};
pub use machine::{Detector, RestoreError, StateChange, Tally};
pub use mail::MailCounts;
pub use slice::{Acquittal, DEAD_LETTER_BYTES_MAX, DeadLetter, Outcome, Outcomes, Slice, Step};
