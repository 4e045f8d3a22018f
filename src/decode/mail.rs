//! A row of EmailEvents.

use super::authentication;
use super::key::Key;
use super::members::Members;
use super::undecodable::Flaw;
use crate::event::{DeliveryAction, DeliveryLocation, Direction, MailEvent, Mailbox, Untold};

/// Reads a whole row, streamed or exported. Three columns must be there, because without them it is no message to
/// anybody; anything else may be missing or nonsense, and the mail still counts.
pub(super) fn event<'a>(row: &Members<'a>) -> Result<MailEvent<'a>, Flaw> {
    row.required(Key::NetworkMessageId)?;
    row.required(Key::RecipientEmailAddress)?;
    projected(row, Untold::default())
}

/// Reads the columns that a query took of a row. Only the time must be among them.
pub(super) fn projected<'a>(row: &Members<'a>, untold: Untold) -> Result<MailEvent<'a>, Flaw> {
    Ok(MailEvent {
        untold,
        timestamp: row.event_time()?,
        network_message_id: row.text(Key::NetworkMessageId)?.unwrap_or_default(),
        recipient: row.text(Key::RecipientEmailAddress)?.unwrap_or_default(),
        report_id: row.text(Key::ReportId)?,
        internet_message_id: row.text(Key::InternetMessageId)?,
        envelope_from: mailbox(row, Key::SenderMailFromAddress, Key::SenderMailFromDomain)?,
        header_from: mailbox(row, Key::SenderFromAddress, Key::SenderFromDomain)?,
        display_name: row.text(Key::SenderDisplayName)?,
        sender_ipv4: row.parsed(Key::SenderIpv4)?,
        sender_ipv6: row.parsed(Key::SenderIpv6)?,
        subject: row.text(Key::Subject)?,
        cluster_id: row.text(Key::EmailClusterId)?,
        direction: row.text(Key::EmailDirection)?.as_deref().map(Direction::parse).unwrap_or_default(),
        delivery_action: row.text(Key::DeliveryAction)?.as_deref().map(DeliveryAction::parse).unwrap_or_default(),
        delivery_location: row.text(Key::DeliveryLocation)?.as_deref().map(DeliveryLocation::parse).unwrap_or_default(),
        threat_types: row.text(Key::ThreatTypes)?,
        detection_methods: row.json(Key::DetectionMethods)?,
        authentication: authentication::results(row.json(Key::AuthenticationDetails)?.as_deref()),
        connectors: row.text(Key::Connectors)?,
        org_level_policy: row.text(Key::OrgLevelPolicy)?,
        attachment_count: row.parsed(Key::AttachmentCount)?,
        url_count: row.parsed(Key::UrlCount)?,
        is_first_contact: row.flag(Key::IsFirstContact)?,
        ..MailEvent::default()
    })
}

fn mailbox<'a>(row: &Members<'a>, address: Key, domain: Key) -> Result<Mailbox<'a>, Flaw> {
    Ok(Mailbox { address: row.text(address)?, domain: row.text(domain)? })
}
