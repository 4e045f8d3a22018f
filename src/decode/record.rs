//! One record, of whatever form.

use super::key::Key;
use super::members::Members;
use super::skim::Skim;
use super::table::Table;
use super::undecodable::{Flaw, Reason, Undecodable};
use super::{csv, mail, related};
use crate::event::{MailEvent, RelatedEvent, Text, Time};

/// A record as it was cut out of its payload, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord<'a> {
    text: &'a str,
    shape: Shape<'a>,
}

/// What is known of a record from where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// Valid JSON, with what could be told without reading it in full.
    Json(Option<Skim<'a>>),
    /// A row of comma-separated values, as far as it is about one recipient.
    Csv(csv::Entry<'a>),
}

impl<'a> RawRecord<'a> {
    pub(super) const fn new(text: &'a str, shape: Shape<'a>) -> Self {
        Self { text, shape }
    }

    /// The record's text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// What could be told without reading the record in full; `None` says nothing about it.
    #[must_use]
    pub const fn skim(&self) -> Option<&Skim<'a>> {
        match &self.shape {
            Shape::Json(skim) => skim.as_ref(),
            Shape::Csv(_) => None,
        }
    }

    /// Reads the record.
    ///
    /// # Errors
    /// When it is no record, or a record of a table we read lacks what the table always has.
    pub fn decode(&self) -> Result<Record<'a>, Undecodable<'a>> {
        let raw = self.text.as_bytes();
        let record = match &self.shape {
            Shape::Json(_) => {
                let members = Members::of(self.text).ok_or_else(|| Undecodable::whole(Reason::NotARecord, raw))?;
                Record::read(&members)
            }
            Shape::Csv(entry) => entry.read(),
        };
        record.map_err(|flaw| Undecodable::new(flaw.reason, &flaw, raw))
    }
}

/// A record, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// What stands around the row.
    pub envelope: Envelope<'a>,
    /// The row.
    pub body: Body<'a>,
}

impl<'a> Record<'a> {
    fn read(members: &Members<'a>) -> Result<Self, Flaw> {
        let category = members.text(Key::Category)?.ok_or(Flaw::of(Reason::NoCategory, Key::Category))?;
        let owner = Owner::Tenant(members.text(Key::TenantId)?.unwrap_or_default());
        let envelope = Envelope { owner, published: members.parsed(Key::Time)? };
        let body = match Table::of(&category) {
            Some(table) => Body::read(table, &members.required_object(Key::Properties)?)?,
            None => Body::Other { category },
        };
        Ok(Self { envelope, body })
    }
}

/// What stands around a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Whose it is.
    pub owner: Owner<'a>,
    /// `time`: when Defender published the row, minutes after the event; `None` also where it is not a time, or where a
    /// form has none.
    pub published: Option<Time>,
}

/// Whose a record is, as far as it says so itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Owner<'a> {
    /// It does not say: a hunting reply, a message trace.
    #[default]
    Unstated,
    /// The Entra tenant: `tenantId` of the streaming API; empty where that is missing.
    Tenant(Text<'a>),
    /// The Log Analytics workspace: `TenantId` of an exported row, which is no tenant's id in spite of its name.
    Workspace(Text<'a>),
}

impl Owner<'_> {
    /// What to do where nobody configured the owner.
    #[must_use]
    pub fn explanation(&self) -> String {
        let shown = |id: &Text<'_>| id.chars().take(64).collect::<String>();
        match self {
            Self::Tenant(id) => {
                let id = shown(id);
                format!("the tenant {id:?} is not configured; add a [[tenant]] with this id, or stop its export")
            }
            Self::Workspace(id) => {
                let id = shown(id);
                format!("no tenant has the Log Analytics workspace {id:?}; add it to the tenant's `workspaces`")
            }
            Self::Unstated => "the record names no tenant, and no accepted domain is its recipient's or its sender's; \
                add the domain to its [[tenant]]"
                .to_owned(),
        }
    }
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
