//! A row of EmailEvents as a file: what the portal saves when somebody presses "Export".
//!
//! Which columns there are is the query's choice. What it left out is untold, and no rule takes it for empty.

use super::column::Column::{self, *};
use super::header::Header;
use super::row::Row;
use crate::decode::authentication;
use crate::decode::key::Key;
use crate::decode::undecodable::Flaw;
use crate::event::{DeliveryAction, DeliveryLocation, Direction, Form, MailEvent, Mailbox, Untold};

/// Reads the row; as in the stream, three columns must be there, and anything else may be missing.
pub(super) fn event<'a>(row: &Row<'a>) -> Result<MailEvent<'a>, Flaw> {
    Ok(MailEvent {
        form: Form::EmailEvents,
        untold: untold(&row.header),
        timestamp: row.required_time(Timestamp, Key::Timestamp)?,
        network_message_id: row.required(NetworkMessageId, Key::NetworkMessageId)?,
        recipient: row.required(RecipientEmailAddress, Key::RecipientEmailAddress)?,
        report_id: row.text(ReportId),
        internet_message_id: row.text(MessageId),
        envelope_from: mailbox(row, SenderMailFromAddress, SenderMailFromDomain),
        header_from: mailbox(row, SenderFromAddress, SenderFromDomain),
        display_name: row.text(SenderDisplayName),
        sender_ipv4: row.parsed(SenderIpv4),
        sender_ipv6: row.parsed(SenderIpv6),
        subject: row.text(Subject),
        cluster_id: row.text(EmailClusterId),
        direction: row.text(EmailDirection).as_deref().map(Direction::parse).unwrap_or_default(),
        delivery_action: row.text(Column::DeliveryAction).as_deref().map(DeliveryAction::parse).unwrap_or_default(),
        delivery_location: row
            .text(Column::DeliveryLocation)
            .as_deref()
            .map(DeliveryLocation::parse)
            .unwrap_or_default(),
        threat_types: row.text(ThreatTypes),
        detection_methods: row.text(DetectionMethods),
        authentication: authentication::results(row.text(AuthenticationDetails).as_deref()),
        connectors: row.text(Connectors),
        org_level_policy: row.text(OrgLevelPolicy),
        attachment_count: row.parsed(AttachmentCount),
        url_count: row.parsed(UrlCount),
        is_first_contact: flag(row, IsFirstContact),
        ..MailEvent::default()
    })
}

fn untold(header: &Header) -> Untold {
    Untold {
        entry: !header.has_any(&[Connectors]) || !header.has_any(&[EmailDirection]),
        envelope_from: !header.has_any(&[SenderMailFromAddress, SenderMailFromDomain]),
        header_from: !header.has_any(&[SenderFromAddress, SenderFromDomain]),
        authentication: !header.has_any(&[AuthenticationDetails]),
    }
}

fn mailbox<'a>(row: &Row<'a>, address: Column, domain: Column) -> Mailbox<'a> {
    Mailbox { address: row.text(address), domain: row.text(domain) }
}

fn flag(row: &Row<'_>, column: Column) -> Option<bool> {
    let says = |words: [&str; 2]| words.iter().any(|word| row.says(column, word));
    if says(["true", "1"]) { Some(true) } else { says(["false", "0"]).then_some(false) }
}
