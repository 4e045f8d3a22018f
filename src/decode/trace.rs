//! A row of the message trace, whoever wrote it down: an API as JSON, a historical search as CSV.
//!
//! A trace knows the envelope, the client's address and the outcome. It has no `From:` header, no connector that could
//! be told from the default ingress, and no result of sender authentication; the event says so, and nothing is guessed.
//! Source: Get-MessageTraceV2, Graph `exchangeMessageTrace`, Start-HistoricalSearch.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::Key;
use super::undecodable::{Flaw, Reason};
use crate::event::{DeliveryAction, Direction, Form, MailEvent, Mailbox, Text, Time, Untold};

/// What a trace tells of one message to one recipient, as written.
#[derive(Debug, Clone, Default)]
pub(super) struct TraceRow<'a> {
    pub(super) form: Form,
    /// `Received`, `receivedDateTime`, `origin_timestamp_utc`, `date_time_utc`.
    pub(super) received: Option<Text<'a>>,
    /// `MessageTraceId`, `network_message_id`.
    pub(super) network_message_id: Option<Text<'a>>,
    /// `MessageId`.
    pub(super) internet_message_id: Option<Text<'a>>,
    /// `SenderAddress`: RFC 5321 `MAIL FROM`.
    pub(super) sender: Option<Text<'a>>,
    /// `RecipientAddress`: one.
    pub(super) recipient: Option<Text<'a>>,
    /// `FromIP`, `original_client_ip`.
    pub(super) source: Option<Text<'a>>,
    /// The row has no field for the source, which is something else than an empty one.
    pub(super) is_source_untold: bool,
    /// `Subject`.
    pub(super) subject: Option<Text<'a>>,
    /// `Status`, or the recipient's part of `recipient_status`.
    pub(super) status: Option<Text<'a>>,
    /// `directionality`; the APIs do not have it.
    pub(super) directionality: Option<Text<'a>>,
    /// `connector_id`: filled for the default ingress too, so it can name a filter, and never prove that there was none.
    pub(super) connector: Option<Text<'a>>,
}

/// What the row says of the message; a time is needed, everything else may be missing.
pub(super) fn event(row: TraceRow<'_>) -> Result<MailEvent<'_>, Flaw> {
    let received = row.received.as_deref().ok_or(Flaw::of(Reason::MissingColumn, Key::Received))?;
    let (sender_ipv4, sender_ipv6) = addresses(row.source.as_deref());
    Ok(MailEvent {
        form: row.form,
        untold: Untold { entry: true, envelope_from: false, header_from: true, authentication: true },
        timestamp: Time::parse(received).map_err(|_| Flaw::of(Reason::BadColumn, Key::Received))?,
        direction: direction(row.directionality.as_deref(), row.source.is_none() && !row.is_source_untold),
        delivery_action: row.status.as_deref().map(delivery).unwrap_or_default(),
        network_message_id: row.network_message_id.unwrap_or_default(),
        internet_message_id: row.internet_message_id,
        envelope_from: Mailbox { address: row.sender.filter(|sender| sender.as_str() != "<>"), domain: None },
        recipient: row.recipient.unwrap_or_default(),
        subject: row.subject,
        connectors: row.connector,
        sender_ipv4,
        sender_ipv6,
        ..MailEvent::default()
    })
}

/// Numbers in the cloud's reports, words in the logs of the premises. Without either, a message without a client's
/// address was submitted inside.
fn direction(directionality: Option<&str>, has_no_client: bool) -> Direction {
    match directionality {
        Some("1") => Direction::Inbound,
        Some("2") => Direction::Outbound,
        Some(word) if word.eq_ignore_ascii_case("Incoming") => Direction::Inbound,
        Some(word) if word.eq_ignore_ascii_case("Originating") => Direction::Outbound,
        None if has_no_client => Direction::IntraOrg,
        _ => Direction::Unknown,
    }
}

/// Words of the APIs (`Delivered`, `FilteredAsSpam`) and of the reports (`Receive, Deliver`).
fn delivery(status: &str) -> DeliveryAction {
    let status = status.to_ascii_lowercase();
    let says = |word: &str| status.contains(word);
    match () {
        () if says("quarantine") || says("fail") => DeliveryAction::Blocked,
        () if says("spam") => DeliveryAction::Junked,
        () if says("deliver") => DeliveryAction::Delivered,
        () => DeliveryAction::Unknown,
    }
}

fn addresses(source: Option<&str>) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    let written = source.map(|source| source.trim_matches(['[', ']']));
    match written.and_then(|written| written.parse::<IpAddr>().ok()) {
        Some(IpAddr::V4(address)) => (Some(address), None),
        Some(IpAddr::V6(address)) => (None, Some(address)),
        None => (None, None),
    }
}
