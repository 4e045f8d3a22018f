//! Bytes to events: what a source hands over, cut into records and read.
//!
//! Two steps, so that most mail is never taken apart. [`records`] cuts a payload into [`RawRecord`]s in one pass that
//! also checks the JSON; where a record is plain, the same pass *skims* it: it picks out the few values that tell whether
//! the mail can matter at all. [`RawRecord::decode`] reads a record in full, for whoever still wants to know.
//!
//! Both walk the text with one cursor of our own. A serde derive cannot say which column held a container, copies every
//! number to make it text, and refuses a mail whose subject ends in half an emoji, which its sender can arrange. The
//! cursor is held equal to `serde_json` by properties and by fuzzing.
//!
//! What is no JSON by its first character may be a report as CSV, or a message ([`Framing`]), in which most of the text is
//! the sender's: `message` decides what of it is believed, and [`RawRecord::review`] shows the rest. What is no UTF-8 may
//! be UTF-16, which whoever takes payloads in turns into it first ([`utf8`]).
//!
//! Undecodable input is an outcome, not an error: it is visited like a record, with a reason from a closed set, so that
//! every record that came in is counted once. There is no limit on the length of a single text: text is borrowed, the
//! payload is bounded, and a mail that becomes unreadable when its subject is long enough has found a place to hide.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod audit;
mod authentication;
mod columns;
mod csv;
mod dialect;
mod encoding;
mod framing;
mod key;
mod mail;
mod members;
mod message;
mod quoted;
mod record;
mod related;
mod reply;
mod scan;
mod skim;
mod split;
mod table;
mod trace;
mod trace_json;
mod undecodable;

pub use csv::Header as CsvHeader;
pub use encoding::{Utf16, utf8};
pub use framing::{Framing, unmarked};
pub use message::{HEADER_BYTES_MAX, HeaderReview, HopReview, ResultReview, StatementReview};
pub use record::{Body, Envelope, Owner, RawRecord, Record};
pub use skim::Skim;
pub use split::records;
pub use undecodable::{Reason, Undecodable};

/// What one payload may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a payload.
    pub payload_bytes_max: usize,
    /// Records of one JSON document; lines are not counted, because they can be read one by one.
    pub records_max: usize,
    /// Containers inside one another in one record, the record included. Small enough to recurse on.
    pub depth_max: u8,
}

impl Default for Limits {
    /// Eight times what Event Hubs lets through (1 MiB), and twice the depth at which .NET's writers stop, because
    /// CloudAppEvents wraps what other vendors' users wrote: a limit that they can reach would let them spoil a batch.
    fn default() -> Self {
        Self { payload_bytes_max: 8 << 20, records_max: 10_000, depth_max: 128 }
    }
}
