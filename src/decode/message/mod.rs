//! One message: an `.eml`, or the header block that an analyst has copied out of Outlook.
//!
//! It is the one form that comes with everything that the sender wrote, and the sender may write anything: results of
//! authentication, hops, Microsoft's own field names. What is believed is what Exchange Online wrote above its front door
//! ([`trust`]), in the words that it uses ([`authentication_results`]). Everything else is shown ([`review`]), or not looked
//! at, as the body is.
//!
//! A block that was cut below the front door tells nothing about door, envelope and results, and the event says so: no
//! clean bill for a forged pass, no alert on a printer.

mod authentication_results;
mod date;
mod encoded;
mod fields;
mod mailboxes;
mod received;
mod review;
mod sender;
mod trust;

use std::net::IpAddr;

use super::record::RawRecord;
use super::undecodable::{Reason, Undecodable};
use crate::event::{CompAuthReason, Direction, Form, MailEvent, Text, Time, Untold};
use authentication_results::AuthenticationResults;
use fields::{FIELDS_MAX, Fields};
use trust::Trust;

pub use fields::HEADER_BYTES_MAX;
pub use review::{HeaderReview, HopReview, ResultReview, StatementReview};

/// How much of a line may be its name before the line is no field for sure.
const NAME_BYTES_MAX: usize = 256;

/// Whether a payload begins as a header block does: with a field, or with an mbox line. Names as in RFC 5322, but for what
/// JSON and CSV put in front of their first colon.
pub(super) fn looks_like_message(payload: &[u8]) -> bool {
    let start = payload.trim_ascii_start();
    if !start.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let (first, rest) = start.split_at(memchr::memchr(b'\n', start).unwrap_or(start.len()));
    if fields::is_mbox_line(first) {
        return begins_a_field(rest.trim_ascii_start());
    }
    begins_a_field(first) && !matches!(rest.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether the first line is a field, whatever follows. Such a line is never a header of columns: what a text is must not
/// hang on the rows behind it.
pub(super) fn begins_with_a_field(payload: &[u8]) -> bool {
    let start = payload.trim_ascii_start();
    begins_a_field(&start[..memchr::memchr(b'\n', start).unwrap_or(start.len())])
}

fn begins_a_field(line: &[u8]) -> bool {
    let name = fields::field_name(&line[..line.len().min(NAME_BYTES_MAX)]);
    name.is_some_and(|name| {
        name.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !name.contains(['"', ',', ';'])
    })
}

/// Cuts the header block out of a payload; the rest of it is the body.
pub(super) fn record(payload: &[u8]) -> Result<RawRecord<'_>, Undecodable<'_>> {
    fields::block(payload).map(RawRecord::of_message).ok_or_else(|| too_large(payload))
}

/// Reads a header block.
pub(super) fn event(block: &[u8]) -> Result<MailEvent<'static>, Undecodable<'_>> {
    let fields = Fields::of(block).ok_or_else(|| too_large(block))?;
    let trust = Trust::of(&fields);
    let timestamp = timestamp(&fields, &trust).ok_or_else(|| undated(block))?;
    Ok(told(&fields, &trust, timestamp))
}

/// What the block says, for whoever wants to see why it was read so; `None` where it cannot be read.
pub(super) fn review(block: &[u8]) -> Option<HeaderReview> {
    let fields = Fields::of(block)?;
    Some(HeaderReview::of(&fields, &Trust::of(&fields)))
}

fn too_large(raw: &[u8]) -> Undecodable<'_> {
    let kib = HEADER_BYTES_MAX >> 10;
    let detail =
        format_args!("the header block is larger than {kib} KiB or {FIELDS_MAX} fields; no mail server takes it");
    Undecodable::new(Reason::TooLarge, &detail, raw)
}

fn undated(raw: &[u8]) -> Undecodable<'_> {
    let detail =
        "the header block has no date, neither of Exchange Online's front door nor of its sender; copy all of it";
    Undecodable::new(Reason::MissingColumn, &detail, raw)
}

/// When Exchange Online took it in; else when somebody says that it was sent.
fn timestamp(fields: &Fields<'_>, trust: &Trust<'_>) -> Option<Time> {
    let dated = |name: &str| fields.all(name).find_map(date::parse);
    let taken_in = trust.front_door().and_then(|door| door.date);
    taken_in.or_else(|| dated("X-MS-Exchange-CrossTenant-OriginalArrivalTime")).or_else(|| dated("Date"))
}

fn told(fields: &Fields<'_>, trust: &Trust<'_>, timestamp: Time) -> MailEvent<'static> {
    let results = trust.results.as_ref().map(|(_, results)| results);
    let mut authors = sender::authors(fields, results);
    let source = source(trust);
    MailEvent {
        form: Form::Message,
        untold: untold(trust, authors.is_told),
        timestamp,
        direction: direction(trust),
        network_message_id: network_message_id(fields),
        recipient: sender::recipient(fields, &authors.mailboxes),
        internet_message_id: text(fields.first("Message-ID")),
        envelope_from: sender::envelope(fields, results),
        display_name: authors.display_name.take().map(Text::from),
        header_from: authors.take_first(),
        further_from: authors.mailboxes,
        sender_ipv4: source.and_then(|source| if let IpAddr::V4(address) = source { Some(address) } else { None }),
        sender_ipv6: source.and_then(|source| if let IpAddr::V6(address) = source { Some(address) } else { None }),
        subject: fields.first("Subject").map(|subject| Text::from(encoded::decoded(subject))),
        authentication: results.map(AuthenticationResults::summary).unwrap_or_default(),
        dkim_domains: results.iter().flat_map(|it| it.dkim_domains()).map(|it| Text::from(it.to_owned())).collect(),
        ..MailEvent::default()
    }
}

const fn direction(trust: &Trust<'_>) -> Direction {
    match trust.door {
        Some(_) => Direction::Inbound,
        None if trust.is_internal => Direction::IntraOrg,
        None => Direction::Unknown,
    }
}

/// Headers do not name connectors. Behind a front door there was none, unless Exchange Online says that it trusted one
/// (reasons 400 and 401, as the community reads them): then the door stays open, because which connector it was, and
/// whether it is the tenant's, is not told.
fn untold(trust: &Trust<'_>, is_author_told: bool) -> Untold {
    let reason = trust.results.as_ref().and_then(|(_, results)| results.comp_auth_reason());
    let is_by_connector = reason.is_some() && ["400", "401"].map(CompAuthReason::parse).contains(&reason);
    let envelope = trust.results.as_ref().map(|(_, results)| sender::is_envelope_told(results));
    Untold {
        entry: (trust.door.is_none() && !trust.is_internal) || is_by_connector,
        envelope_from: envelope != Some(true),
        header_from: !is_author_told,
        authentication: trust.results.is_none(),
    }
}

/// The address that the front door saw; SPF was asked for the same one, unless a filter in front was looked through.
fn source(trust: &Trust<'_>) -> Option<IpAddr> {
    let asked = || trust.results.as_ref().and_then(|(_, results)| results.sender_ip());
    trust.front_door()?.ip.or_else(asked)
}

/// Names the message and proves nothing.
fn network_message_id(fields: &Fields<'_>) -> Text<'static> {
    let names = [
        "X-MS-Exchange-Organization-Network-Message-Id",
        "X-MS-Exchange-CrossTenant-Network-Message-Id",
        "X-MS-Office365-Filtering-Correlation-Id",
    ];
    names.into_iter().find_map(|name| text(fields.first(name))).unwrap_or_default()
}

fn text(value: Option<&str>) -> Option<Text<'static>> {
    value.map(|value| Text::from(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_recognised_by_its_first_line() {
        for payload in ["Received: x", "\r\n \n  From: x", "X-a_b.c:", "Subject : x", "From a@b.example Mon\nFrom: x"] {
            assert!(looks_like_message(payload.as_bytes()), "{payload:?}");
        }
    }

    #[test]
    fn a_field_stays_a_field_whatever_follows() {
        for payload in ["error: cut\n{\"a\":1}", "error: cut\n", "error: cut"] {
            assert!(begins_with_a_field(payload.as_bytes()), "{payload:?}");
        }
        assert!(!begins_with_a_field(b"Received,SenderAddress\nFrom: x"));
    }

    #[test]
    fn json_and_csv_are_no_messages() {
        for payload in [
            "",
            " \n",
            "{\"a\":1}",
            "[\"a:b\"]",
            "\"Received\":1",
            "null",
            "Received,SenderAddress\n2026-11-02T08:16:02Z,x",
            "Received;Sender:x",
            "Received\tSender:x",
            "2026-11-02 08:16:02",
            "error: cut\n{\"a\":1}",
            "From here on\nno fields",
            "hello",
        ] {
            assert!(!looks_like_message(payload.as_bytes()), "{payload:?}");
        }
    }
}
