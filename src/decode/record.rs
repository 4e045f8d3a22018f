//! One record of the Defender streaming API.

use super::key::Key;
use super::members::Members;
use super::skim::Skim;
use super::table::Table;
use super::undecodable::{Flaw, Reason, Undecodable};
use super::{mail, related};
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
        let raw = self.json.as_bytes();
        let members = Members::of(self.json).ok_or_else(|| Undecodable::whole(Reason::NotARecord, raw))?;
        Record::read(&members).map_err(|flaw| Undecodable::new(flaw.reason, &flaw, raw))
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

impl<'a> Record<'a> {
    fn read(members: &Members<'a>) -> Result<Self, Flaw> {
        let category = members.text(Key::Category)?.ok_or(Flaw::of(Reason::NoCategory, Key::Category))?;
        let envelope = Envelope { tenant_id: members.text(Key::TenantId)?, published: members.parsed(Key::Time)? };
        let body = match Table::of(&category) {
            Some(table) => Body::read(table, &members.required_object(Key::Properties)?)?,
            None => Body::Other { category },
        };
        Ok(Self { envelope, body })
    }
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

impl<'a> Body<'a> {
    fn read(table: Table, row: &Members<'a>) -> Result<Self, Flaw> {
        Ok(match table {
            Table::Mail => Self::Mail(mail::event(row)?),
            Table::Url => Self::Related(RelatedEvent::Url(related::url(row)?)),
            Table::Attachment => Self::Related(RelatedEvent::Attachment(related::attachment(row)?)),
            Table::Click => Self::Related(RelatedEvent::Click(related::click(row)?)),
            Table::PostDelivery => Self::Related(RelatedEvent::PostDelivery(related::post_delivery(row)?)),
        })
    }
}
