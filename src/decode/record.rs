//! One record of the Defender streaming API.

use super::skim::Skim;
use super::undecodable::{Reason, Undecodable};
use crate::event::{MailEvent, RelatedEvent, Text, Time};

/// A record as it was cut out of its payload: valid JSON, not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    json: &'a str,
    skim: Option<Skim<'a>>,
}

impl<'a> RawRecord<'a> {
    pub(super) const fn new(json: &'a str, skim: Option<Skim<'a>>) -> Self {
        Self { json, skim }
    }

    /// The record's text.
    #[must_use]
    pub const fn json(&self) -> &'a str {
        self.json
    }

    /// What could be told without reading the record in full; `None` says nothing about it.
    #[must_use]
    pub const fn skim(&self) -> Option<&Skim<'a>> {
        self.skim.as_ref()
    }

    /// Reads the record.
    ///
    /// # Errors
    /// When it is no record, or a record of a table we read lacks what the table always has.
    pub fn decode(&self) -> Result<Record<'a>, Undecodable<'a>> {
        Err(Undecodable::new(Reason::NotARecord, &"", self.json.as_bytes()))
    }
}

/// A record, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// What the streaming API says about the row.
    pub envelope: Envelope<'a>,
    /// The row.
    pub body: Body<'a>,
}

/// What the streaming API writes around a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `tenantId`: the Entra tenant.
    pub tenant_id: Option<Text<'a>>,
    /// `time`: when Defender published the row, minutes after the event; `None` also where it is not a time.
    pub published: Option<Time>,
}

/// A row, by table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "mail is the common case, and a box would be its only allocation")]
pub enum Body<'a> {
    /// EmailEvents.
    Mail(MailEvent<'a>),
    /// A table that accompanies EmailEvents.
    Related(RelatedEvent<'a>),
    /// A table that we do not read: counted, not an error.
    Other {
        /// `category`, as written.
        category: Text<'a>,
    },
}
