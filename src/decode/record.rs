//! One record, of whatever form.

use super::columns::Columns;
use super::dialect::Dialect;
use super::key::Key;
use super::members::Members;
use super::message::{self, HeaderReview};
use super::skim::Skim;
use super::table::Table;
use super::undecodable::{Flaw, Reason, Undecodable};
use super::{audit, csv, mail, related};
use crate::event::{AuditEvent, MailEvent, RelatedEvent, Text, Time};

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
    /// Valid JSON out of a query's reply.
    Row(Columns),
    /// A row of the message trace that names several recipients, and which of them is meant.
    Recipient(usize),
    /// A row of comma-separated values, as far as it is about one recipient.
    Csv(csv::Entry<'a>),
    /// The header block of a message, whose bytes need not be UTF-8.
    Message(&'a [u8]),
}

impl<'a> RawRecord<'a> {
    pub(super) const fn new(text: &'a str, shape: Shape<'a>) -> Self {
        Self { text, shape }
    }

    /// A header block; its text ends where it is no UTF-8, but it is read to its end.
    pub(super) fn of_message(block: &'a [u8]) -> Self {
        let valid = block.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        Self::new(valid, Shape::Message(block))
    }

    /// The record's text; of a message that is not all UTF-8, as much as is.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// What could be told without reading the record in full; `None` says nothing about it.
    #[must_use]
    pub const fn skim(&self) -> Option<&Skim<'a>> {
        match &self.shape {
            Shape::Json(skim) => skim.as_ref(),
            _ => None,
        }
    }

    /// What the headers of a message say and which of it is believed; `None` for any other record, and for headers that
    /// cannot be read.
    #[must_use]
    pub fn review(&self) -> Option<HeaderReview> {
        match &self.shape {
            Shape::Message(block) => message::review(block),
            _ => None,
        }
    }

    /// Reads the record.
    ///
    /// # Errors
    /// When it is no record, or a record of a table we read lacks what the table always has.
    pub fn decode(&self) -> Result<Record<'a>, Undecodable<'a>> {
        let raw = self.text.as_bytes();
        let record = match &self.shape {
            Shape::Message(block) => {
                return message::event(block).map(|event| Record::unowned(Body::Mail(event)));
            }
            Shape::Csv(entry) => entry.read(),
            Shape::Json(_) | Shape::Row(_) | Shape::Recipient(_) => {
                let members = Members::of(self.text).ok_or_else(|| Undecodable::whole(Reason::NotARecord, raw))?;
                self.read(&members)
            }
        };
        record.map_err(|flaw| Undecodable::new(flaw.reason, &flaw, raw))
    }

    /// How many records the text stands for.
    pub(super) fn recipients(&self) -> usize {
        let members = Members::of(self.text);
        match members.map(|members| Dialect::of(self.text, &members, self.columns())) {
            Some(Ok(Dialect::Traced(row))) => row.records(),
            _ => 1,
        }
    }

    fn read(&self, members: &Members<'a>) -> Result<Record<'a>, Flaw> {
        let columns = self.columns();
        match Dialect::of(self.text, members, columns)? {
            Dialect::Streamed(category) => Record::streamed(members, category),
            Dialect::Exported(name) => Record::exported(self.text, members, name, columns),
            Dialect::Queried(table) => Record::queried(members, table, columns),
            Dialect::Audited => Record::audited(Owner::Unstated, "", audit::audit_record(self.text)),
            Dialect::Traced(row) => {
                let place = if let Shape::Recipient(place) = self.shape { place } else { 0 };
                Ok(Record::unowned(Body::Mail(row.event(place)?)))
            }
        }
    }

    const fn columns(&self) -> Columns {
        match self.shape {
            Shape::Row(columns) => columns,
            _ => Columns::Unstated,
        }
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
    /// A record that does not say whose it is.
    const fn unowned(body: Body<'a>) -> Self {
        Self { envelope: Envelope { owner: Owner::Unstated, published: None }, body }
    }

    fn streamed(members: &Members<'a>, category: Text<'a>) -> Result<Self, Flaw> {
        let owner = Owner::Tenant(members.text(Key::TenantId)?.unwrap_or_default());
        let envelope = Envelope { owner, published: members.parsed(Key::Time)? };
        let body = match Table::of(&category) {
            Some(Table::CloudApp | Table::OfficeActivity) => {
                let row = members.written_object(Key::Properties)?;
                let decoded =
                    if is_cloud_app(&category) { audit::cloud_app_event(row) } else { audit::audit_record(row) };
                return Ok(Self { envelope, ..Self::audited(Owner::Unstated, &category, decoded)? });
            }
            Some(table) => Body::read(table, &members.required_object(Key::Properties)?)?,
            None => Body::Other { category },
        };
        Ok(Self { envelope, body })
    }

    /// An audit record; what it says of its organisation counts where nothing around it does.
    fn audited(owner: Owner<'a>, table: &str, decoded: audit::Decoded<'a>) -> Result<Self, Flaw> {
        let event = decoded.map_err(|flaw| Flaw { reason: flaw.reason, key: flaw.column.unwrap_or("properties") })?;
        let Some(event) = event else {
            let category = Text::from(table.to_owned());
            return Ok(Self { envelope: Envelope { owner, published: None }, body: Body::Other { category } });
        };
        let owner = event.organisation.id.clone().map_or(owner, Owner::Tenant);
        Ok(Self { envelope: Envelope { owner, published: None }, body: Body::Audit(event) })
    }

    /// A row that names its table is whole, unless it stands in a reply: what is missing there is empty.
    fn exported(json: &'a str, row: &Members<'a>, name: Text<'a>, columns: Columns) -> Result<Self, Flaw> {
        match Table::of(&name) {
            Some(Table::CloudApp) => {
                Self::audited(Envelope::of_workspace(row)?.owner, &name, audit::cloud_app_event(json))
            }
            Some(Table::OfficeActivity) => {
                Self::audited(Envelope::of_workspace(row)?.owner, &name, audit::audit_record(json))
            }
            Some(table) if columns == Columns::Unstated => {
                Ok(Self { envelope: Envelope::of_workspace(row)?, body: Body::read(table, row)? })
            }
            Some(table) => Self::queried(row, table, columns),
            None => Ok(Self { envelope: Envelope::of_workspace(row)?, body: Body::Other { category: name } }),
        }
    }

    fn queried(row: &Members<'a>, table: Table, columns: Columns) -> Result<Self, Flaw> {
        let body = match table {
            Table::Mail => Body::Mail(mail::projected(row, columns.untold(row))?),
            table => Body::read(table, row)?,
        };
        Ok(Self { envelope: Envelope::of_workspace(row)?, body })
    }
}

fn is_cloud_app(category: &str) -> bool {
    Table::of(category) == Some(Table::CloudApp)
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

impl<'a> Envelope<'a> {
    /// A flat row has no envelope. `TenantId`, where Log Analytics wrote it, is its workspace; `TimeGenerated` is the time
    /// of the event in the tables of Defender, and tells nothing of the way.
    fn of_workspace(row: &Members<'a>) -> Result<Self, Flaw> {
        let owner = row.text(Key::WorkspaceId)?.map(Owner::Workspace).unwrap_or_default();
        Ok(Self { owner, published: None })
    }
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
    /// A change of settings that we watch, whatever table tells it.
    Audit(AuditEvent<'a>),
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
            // Audit records are read from their text; no query's columns lead here.
            Table::CloudApp | Table::OfficeActivity => Self::Other { category: Text::default() },
        })
    }
}
