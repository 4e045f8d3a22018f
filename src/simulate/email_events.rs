//! The columns of EmailEvents.

use super::envelope::{Property, Table};
use super::json::Json;
use super::message::Row;
use super::options::EnvelopeShape;
use crate::event::domain_of;

/// The table in this shape.
pub(super) fn email_events(shape: EnvelopeShape) -> Table<Row> {
    let properties = match shape {
        EnvelopeShape::Defender2026 => [COLUMNS.as_slice(), &ADDED_UNTIL_2026].concat(),
        EnvelopeShape::Defender2022 => properties_of_2022(),
    };
    Table::new(shape, "EmailEvents", properties)
}

const NULL: fn(&mut Json, &Row) = |json, _| json.null();

/// The columns of both shapes, in the order of 2026.
const COLUMNS: [Property<Row>; 37] = [
    ("Timestamp", |json, row| json.plain(format_args!("{}Z", row.message.timestamp))),
    ("NetworkMessageId", |json, row| json.word(&row.message.network_message_id)),
    ("InternetMessageId", |json, row| json.text(&format!("<{}>", row.message.internet_message_id))),
    ("SenderMailFromAddress", |json, row| json.text_or_null(row.message.envelope_from.as_deref())),
    ("SenderFromAddress", |json, row| json.text(&row.message.header_from)),
    ("SenderDisplayName", |json, row| json.text(&row.message.display_name)),
    ("SenderObjectId", |json, row| json.text_or_null(row.message.sender_object_id.as_deref())),
    ("SenderMailFromDomain", |json, row| json.text_or_null(row.message.envelope_from.as_deref().and_then(domain_of))),
    ("SenderFromDomain", |json, row| json.text_or_null(domain_of(&row.message.header_from))),
    ("SenderIPv4", |json, row| json.plain_or_null(row.message.source.v4())),
    ("SenderIPv6", |json, row| json.plain_or_null(row.message.source.v6())),
    ("RecipientEmailAddress", |json, row| json.text(&row.recipient().address)),
    ("RecipientObjectId", |json, row| json.text_or_null(row.recipient().object_id.as_deref())),
    ("Subject", |json, row| json.text(&row.message.subject)),
    ("EmailClusterId", |json, row| json.number(row.message.cluster_id)),
    ("EmailDirection", |json, row| json.word(row.message.direction)),
    ("DeliveryAction", |json, row| json.word(row.message.delivery.action)),
    ("DeliveryLocation", |json, row| json.word(row.message.delivery.location)),
    ("ThreatTypes", |json, row| json.text_or_null(row.message.delivery.threat_types)),
    ("ThreatNames", NULL),
    ("DetectionMethods", |json, row| json.text_or_null(row.message.delivery.detection_methods)),
    ("ConfidenceLevel", |json, row| json.text_or_null(row.message.delivery.confidence)),
    ("BulkComplaintLevel", NULL),
    ("EmailAction", |json, row| json.text_or_null(row.message.delivery.email_action)),
    ("EmailActionPolicy", |json, row| json.text_or_null(row.message.delivery.policy)),
    ("EmailActionPolicyGuid", NULL),
    ("AuthenticationDetails", |json, row| json.object_in_text(row.message.authentication.keys())),
    ("AttachmentCount", |json, row| json.number(row.message.attachments)),
    ("UrlCount", |json, row| json.number(row.message.urls)),
    ("EmailLanguage", |json, row| json.word(row.message.language)),
    ("Connectors", |json, row| json.text_or_null(row.message.connector)),
    ("OrgLevelAction", |json, row| json.text_or_null(row.message.delivery.org_level.map(|(action, _)| action))),
    ("OrgLevelPolicy", |json, row| json.text_or_null(row.message.delivery.org_level.map(|(_, policy)| policy))),
    ("UserLevelAction", NULL),
    ("UserLevelPolicy", NULL),
    ("ReportId", |json, row| {
        let digits = 4_061_000_000_000_000_000 + row.recipient().mailbox;
        json.plain(format_args!("{}-{digits}-1", row.message.network_message_id));
    }),
    ("AdditionalFields", NULL),
];

/// What was added between the captures, in the order of 2026.
const ADDED_UNTIL_2026: [Property<Row>; 10] = [
    ("ExchangeTransportRule", NULL),
    ("DistributionList", NULL),
    ("ForwardingInformation", NULL),
    ("Context", NULL),
    ("To", |json, row| match row.message.shown_to.as_deref() {
        Some(shown) => json.texts([shown].into_iter()),
        None => json.texts(row.message.recipients.iter().map(|recipient| recipient.address.as_str())),
    }),
    ("Cc", |json, row| json.texts(row.message.copied_to.iter().map(String::as_str))),
    ("ThreatClassification", NULL),
    ("RecipientDomain", |json, row| json.text_or_null(domain_of(&row.recipient().address))),
    ("EmailSize", |json, row| json.number(row.message.size_bytes)),
    ("IsFirstContact", |json, row| json.boolean(row.message.first_contact)),
];

fn properties_of_2022() -> Vec<Property<Row>> {
    let properties = COLUMNS.map(|property| match property.0 {
        "InternetMessageId" => (property.0, escaped_twice as fn(&mut Json, &Row)),
        "ReportId" => (property.0, short_report_id as fn(&mut Json, &Row)),
        _ => property,
    });
    properties.to_vec()
}

/// The capture shows `\u003c` and `\u003e` as text, where angle brackets were meant.
fn escaped_twice(json: &mut Json, row: &Row) {
    json.text(&format!(r"\u003c{}\u003e", row.message.internet_message_id));
}

fn short_report_id(json: &mut Json, row: &Row) {
    json.plain(row.recipient().mailbox % 10_000);
}
