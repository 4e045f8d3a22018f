//! The reports: how each is recognised, which of its rows are mails, and to whom.
//!
//! A row about several recipients is one record for each. A row that is no mail (an event on the way of one, a sum over
//! many) is a record of a table that we do not read: counted, and not judged.

use super::column::Column::{self, *};
use super::header::Columns;
use super::row::{Entry, Row};
use super::{connector, hunting, summary};
use crate::decode::record::{Body, Envelope, Owner, Record};
use crate::decode::undecodable::Flaw;
use crate::event::{Form, Text};

/// Which report a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The enhanced summary of a historical search, or Get-MessageTraceV2: a row for each message, or for each recipient.
    Summary,
    /// The extended report: about sixteen rows for each message, one for each thing that happened to it.
    Extended,
    /// The connector report with a row for each message.
    Connector,
    /// The connector report with sums over many.
    ConnectorTotals,
    /// EmailEvents, exported from Advanced Hunting or from Log Analytics.
    Hunting,
    /// Another table of theirs.
    OtherHunting,
}

/// Columns that no other table of mail has.
const OF_EMAIL_EVENTS: [Column; 10] = [
    AttachmentCount,
    AuthenticationDetails,
    Connectors,
    DeliveryAction,
    EmailClusterId,
    SenderIpv4,
    SenderIpv6,
    SenderMailFromAddress,
    SenderMailFromDomain,
    Subject,
];

impl Report {
    /// Recognises a report by its columns, the most particular first.
    pub(super) fn of(columns: &Columns) -> Option<Self> {
        let any = |names: &[Column]| columns.has_any(names);
        let all = |names: &[Column]| columns.has_all(names);
        let names_a_mail = any(&[Recipient, RecipientStatus]) && any(&[Sender, NetworkMessageId]);
        match () {
            () if all(&[Timestamp]) && any(&[RecipientEmailAddress, NetworkMessageId]) && any(&OF_EMAIL_EVENTS) => {
                Some(Self::Hunting)
            }
            () if all(&[Timestamp, NetworkMessageId]) => Some(Self::OtherHunting),
            () if all(&[Received, EventId, Source]) => Some(Self::Extended),
            () if all(&[Received, Sender, Recipient]) && any(&[ConnectorName, ConnectorType]) => Some(Self::Connector),
            () if all(&[Volume]) && any(&[ConnectorDirectionAndName, ConnectorType]) => Some(Self::ConnectorTotals),
            () if all(&[Received]) && names_a_mail => Some(Self::Summary),
            () => None,
        }
    }

    /// The list of recipients of a row, where the report has lists and the row is a mail.
    pub(super) fn recipients<'a>(self, row: &Row<'a>) -> impl Iterator<Item = super::grammar::Field<'a>> + use<'a> {
        let list = match self {
            Self::Summary => row.field(RecipientStatus),
            Self::Extended if summary::came_in(row) => row.field(Recipient),
            Self::Connector => row.field(Recipient),
            Self::Extended | Self::ConnectorTotals | Self::Hunting | Self::OtherHunting => None,
        };
        list.into_iter().flat_map(|list| {
            let parts = list.written.split(';').map(str::trim).filter(|part| !part.is_empty());
            parts.map(move |part| list.part(part))
        })
    }
}

impl<'a> Entry<'a> {
    /// Reads the row, as far as it is about this recipient.
    pub(in crate::decode) fn read(&self) -> Result<Record<'a>, Flaw> {
        let row = &self.row;
        let body = match row.header.report {
            Report::Summary => Body::Mail(summary::event(self, Form::MessageTrace)?),
            Report::Extended if summary::came_in(row) => Body::Mail(summary::event(self, Form::MessageTraceDetail)?),
            Report::Extended => other("MessageTraceDetail"),
            Report::Connector => Body::Mail(connector::event(self)?),
            Report::ConnectorTotals => other("ConnectorReport"),
            Report::Hunting => Body::Mail(hunting::event(row)?),
            Report::OtherHunting => other("AdvancedHunting"),
        };
        Ok(Record { envelope: Envelope { owner: self.owner(), published: None }, body })
    }

    /// Only the extended report names the tenant; `TenantId` of Log Analytics is a workspace.
    fn owner(&self) -> Owner<'a> {
        let names_tenant = self.row.header.report == Report::Extended;
        let id = self.row.text(TenantId).filter(|id| names_tenant && is_guid(id));
        id.map_or(Owner::Unstated, Owner::Tenant)
    }
}

const fn other(category: &str) -> Body<'_> {
    Body::Other { category: Text::borrowed(category) }
}

fn is_guid(text: &str) -> bool {
    let is_right = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}
