//! What must hold for any payload; shared by the fuzz target, the replay of its corpus and the property tests.

use postern::decode::{Body, Framing, Limits, Owner, RawRecord, Reason, Record, Skim, Undecodable, records, unmarked};
use postern::event::{Form, MailEvent, Text, Time};
use serde_json::Value;

/// Splits and reads a payload, checks every promise that can be checked, and returns how many visits there were.
pub(crate) fn decode_everything(payload: &[u8]) -> usize {
    let mut visits = 0;
    let is_json = Framing::of(unmarked(payload)) == Framing::Json;
    records(payload, &Limits::default(), &mut |visit| {
        visits += 1;
        match visit {
            Ok(raw) if is_json => check_record(&raw),
            Ok(raw) => drop(raw.decode()),
            Err(undecodable) => check_undecodable(&undecodable),
        }
    });
    visits
}

fn check_record(raw: &RawRecord<'_>) {
    assert!(serde_json::from_str::<serde::de::IgnoredAny>(raw.text()).is_ok(), "not JSON: {}", raw.text());
    let decoded = raw.decode();
    if let Some(skim) = raw.skim() {
        check_skim(skim, decoded.as_ref().expect("what was skimmed can be read"));
    }
    match &decoded {
        Ok(record) => check_against_serde(raw.text(), record),
        Err(undecodable) => check_undecodable(undecodable),
    }
}

/// The skim says what the decoder says.
fn check_skim(skim: &Skim<'_>, record: &Record<'_>) {
    let Body::Mail(mail) = &record.body else { panic!("what was skimmed is mail: {record:?}") };
    let mut decoded = *skim;
    let Owner::Tenant(id) = &record.envelope.owner else { panic!("a skim has a tenant: {record:?}") };
    decoded.tenant_id = id;
    decoded.timestamp = mail.timestamp;
    decoded.network_message_id = &mail.network_message_id;
    decoded.recipient = &mail.recipient;
    decoded.envelope_from_domain = mail.envelope_from.domain.as_deref();
    decoded.header_from_domain = mail.header_from.domain.as_deref();
    decoded.direction = mail.direction;
    decoded.connectors = mail.connectors.as_deref();
    assert_eq!(*skim, decoded);
    assert_eq!(skim.authentication(), mail.authentication);
    assert_eq!(skim.published.and_then(|time| Time::parse(time).ok()), record.envelope.published);
    for mailbox in [&mail.envelope_from, &mail.header_from] {
        assert!(
            mailbox.domain.is_some() || mailbox.address.is_none(),
            "a domain that only the address has: {mailbox:?}"
        );
    }
}

/// The decoder says what `serde_json` says, where that can read the record at all.
fn check_against_serde(json: &str, record: &Record<'_>) {
    let (Body::Mail(mail), Ok(value)) = (&record.body, serde_json::from_str::<Value>(json)) else { return };
    let is_streamed = matches!(record.envelope.owner, Owner::Tenant(_));
    let row = if is_streamed { &value["properties"] } else { &value };
    match mail.form {
        Form::MessageTrace => check_trace(row, mail),
        _ => check_columns(row, mail),
    }
}

fn check_columns(row: &Value, mail: &MailEvent<'_>) {
    for (column, text) in [
        ("RecipientEmailAddress", Some(&mail.recipient)),
        ("NetworkMessageId", Some(&mail.network_message_id)),
        ("SenderFromDomain", mail.header_from.domain.as_ref()),
        ("SenderMailFromDomain", mail.envelope_from.domain.as_ref()),
        ("Connectors", mail.connectors.as_ref()),
        ("Subject", mail.subject.as_ref()),
    ] {
        check_text(column, &row[column], text);
    }
    let told = |columns: &[&str]| columns.iter().any(|column| row.get(column).is_some());
    assert!(!mail.untold.entry || !told(&["Connectors"]) || !told(&["EmailDirection"]));
    assert!(!mail.untold.envelope_from || !told(&["SenderMailFromAddress", "SenderMailFromDomain"]));
    assert!(!mail.untold.header_from || !told(&["SenderFromAddress", "SenderFromDomain"]));
    assert!(!mail.untold.authentication || !told(&["AuthenticationDetails"]));
}

/// A row that has the keys of both spellings is read in the older one.
fn check_trace(row: &Value, mail: &MailEvent<'_>) {
    let has = |keys: &[&str]| keys.iter().all(|key| row.get(key).is_some());
    let is_exchange = has(&["MessageTraceId"]) || has(&["Received", "SenderAddress", "RecipientAddress"]);
    let [id, message_id, subject, recipients] = if is_exchange {
        ["MessageTraceId", "MessageId", "Subject", "RecipientAddress"]
    } else {
        ["id", "messageId", "subject", "recipientAddress"]
    };
    check_text(id, &row[id], Some(&mail.network_message_id));
    check_text(message_id, &row[message_id], mail.internet_message_id.as_ref());
    check_text(subject, &row[subject], mail.subject.as_ref());
    let list = row[recipients].as_str().unwrap_or(&mail.recipient);
    assert!(list.contains(mail.recipient.as_str()), "{} of {list}", mail.recipient.as_str());
    assert!(mail.untold.entry && mail.untold.header_from && mail.untold.authentication);
}

/// Null, empty and missing are one.
fn check_text(column: &str, expected: &Value, text: Option<&Text<'_>>) {
    let text = text.map_or("", |text| text);
    match expected {
        Value::Null => assert_eq!(text, "", "{column}"),
        Value::String(expected) => assert_eq!(text, expected, "{column}"),
        _ => assert!(!text.is_empty(), "{column}"),
    }
}

fn check_undecodable(undecodable: &Undecodable<'_>) {
    assert!(undecodable.detail.len() <= 512 && !undecodable.detail.contains(char::is_control));
    if undecodable.reason == Reason::NotJson {
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(undecodable.raw).is_err(), "{undecodable:?}");
    }
}
