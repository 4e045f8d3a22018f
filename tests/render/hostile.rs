//! What attackers choose comes out where it belongs and nowhere else.

use postern::alert::render::{cef, ecs, leef, ocsf, sentinel};
use postern::alert::{Alert, Record};
use postern::event::is_hidden;
use serde_json::{Value, json};

use crate::cases::{alert, joined, parsed, shown};
use crate::{cef as cef_reader, leef as leef_reader};

const LINE_BYTES_MAX: usize = 64 << 10;

fn hostile() -> Alert {
    let mut alert = alert("hostile");
    alert.senders.push(format!("{}@contoso.com", "A".repeat(100_000)));
    alert.subjects.push("ü\u{202e}".repeat(50_000));
    alert
}

fn record() -> Record {
    Record::Alert(Box::new(hostile()))
}

fn all_shown(texts: &[String]) -> Value {
    texts.iter().map(|text| shown(text)).collect()
}

#[test]
fn every_rendering_is_one_line_with_nothing_hidden() {
    for line in [ecs(&record()), ocsf(&record()), sentinel(&record()), cef(&record(), LINE_BYTES_MAX)] {
        assert_eq!(line.chars().find(|letter| is_hidden(*letter)), None);
    }
    let leef = leef(&record(), LINE_BYTES_MAX);
    assert_eq!(leef.chars().find(|letter| is_hidden(*letter) && *letter != '\t'), None);
}

#[test]
fn a_strict_reader_of_cef_finds_the_keys_that_are_ours_and_the_values_that_went_in() {
    let alert = hostile();
    let read = cef_reader::read(&cef(&record(), LINE_BYTES_MAX)).unwrap();
    assert_eq!(read.header[3..], ["direct-send-spoof".to_owned(), shown(&alert.title), "8".to_owned()]);
    let mut expected = vec![
        ("rt", "1793608270250".to_owned()),
        ("start", "1793607362000".to_owned()),
        ("end", "1793608270250".to_owned()),
        ("externalId", "00112233445566778899aabbccddeeff".to_owned()),
        ("act", "open".to_owned()),
        ("cat", "email".to_owned()),
        ("cnt", "12".to_owned()),
        ("deviceExternalId", shown(&alert.tenant)),
        ("src", "203.0.113.9".to_owned()),
        ("suser", shown(&alert.senders[0])),
        ("duser", shown(&alert.clicked_by[0])),
        ("msg", shown(&alert.summary)),
        ("reason", "self=addressed\\ +10".to_owned()),
        ("PosternTenantId", alert.tenant_id.clone()),
        ("PosternDelivered", "9".to_owned()),
        ("PosternJunked", "2".to_owned()),
        ("PosternBlocked", "1".to_owned()),
        ("PosternCampaigns", "2".to_owned()),
        ("PosternClickedBy", joined(&alert.clicked_by)),
        ("PosternRecipients", joined(&alert.recipients)),
        ("PosternLinkDomains", joined(&alert.link_domains)),
        ("PosternActions", joined(&alert.actions)),
    ];
    let numbers = [("cn1", "seq", "1"), ("cn2", "recipients", "11"), ("cn3", "clicks", "0")];
    let evidence: Vec<_> =
        alert.evidence.iter().map(|it| format!("{}: {} (expected {})", it.fact, it.observed, it.expected)).collect();
    let texts = [
        ("cs1", "subjects", joined(&alert.subjects)),
        ("cs2", "senders", joined(&alert.senders)),
        ("cs3", "sources", joined(&alert.sources)),
        ("cs4", "networkMessageIds", joined(&alert.sample_message_ids)),
        ("cs5", "techniques", joined(&alert.techniques)),
        ("cs6", "evidence", joined(&evidence)),
    ];
    let numbers = numbers.map(|(key, label, value)| (key, label, value.to_owned()));
    for (key, label, value) in numbers.into_iter().chain(texts) {
        assert_eq!(read.extension[&format!("{key}Label")], label);
        expected.push((key, value));
    }
    assert_eq!(read.extension.len(), expected.len() + 9, "{:?}", read.extension.keys());
    for (key, value) in expected {
        assert_told(&read.extension[key], &value, key);
    }
}

#[test]
fn a_strict_reader_of_leef_finds_the_keys_that_are_ours_and_the_values_that_went_in() {
    let alert = hostile();
    let read = leef_reader::read(&leef(&record(), LINE_BYTES_MAX)).unwrap();
    assert_eq!(read.header[3], "direct-send-spoof");
    let ours = "actions alertId blocked campaigns cat clicked clickedBy delivered devTime devTimeFormat evidence firstSeen junked kind \
        linkDomains messages networkMessageIds recipientAddresses recipients removed senders seq sev severity severityReasons sources src \
        subjects summary techniques tenant tenantId title usrName";
    assert_eq!(read.attributes.keys().map(String::as_str).collect::<Vec<_>>().join(" "), ours);
    for (key, value) in [
        ("tenant", shown(&alert.tenant)),
        ("title", shown(&alert.title)),
        ("summary", shown(&alert.summary)),
        ("usrName", shown(&alert.senders[0])),
        ("src", "203.0.113.9".to_owned()),
        ("sev", "8".to_owned()),
        ("devTime", "Nov 02 2026 08:31:10.250 UTC".to_owned()),
        ("sources", joined(&alert.sources)),
        ("senders", joined(&alert.senders)),
        ("subjects", joined(&alert.subjects)),
        ("recipientAddresses", joined(&alert.recipients)),
        ("clickedBy", joined(&alert.clicked_by)),
        ("linkDomains", joined(&alert.link_domains)),
        ("networkMessageIds", joined(&alert.sample_message_ids)),
    ] {
        assert_told(&read.attributes[key], &value, key);
    }
}

/// The value that went in, or its beginning where it was cut.
fn assert_told(told: &str, value: &str, key: &str) {
    let beginning = told.strip_suffix('…').filter(|beginning| beginning.len() > 100 || value.ends_with('…'));
    assert!(told == value || beginning.is_some_and(|beginning| value.starts_with(beginning)), "{key}: {told}\n{value}");
}

#[test]
fn the_json_renderings_have_the_values_in_the_fields_that_are_theirs() {
    let alert = hostile();
    let (ecs, ocsf, row) = (parsed(&ecs(&record())), parsed(&ocsf(&record())), parsed(&sentinel(&record())));
    let (senders, subjects) = (all_shown(&alert.senders), all_shown(&alert.subjects));
    assert_eq!([&ecs["email"]["from"]["address"], &ocsf["unmapped"]["senders"]], [&senders; 2]);
    let (recipients, clicked_by) = (all_shown(&alert.recipients), all_shown(&alert.clicked_by));
    assert_eq!([&ecs["email"]["to"]["address"], &ocsf["unmapped"]["recipients"], &row["Recipients"]], [&recipients; 3]);
    assert_eq!([&ecs["postern"]["clicked_by"], &ocsf["unmapped"]["clicked_by"], &row["ClickedBy"]], [&clicked_by; 3]);
    let everybody = [alert.senders, alert.clicked_by, vec![alert.recipients[0].clone(), alert.recipients[1].clone()]];
    assert_eq!(ecs["related"]["user"], all_shown(&everybody.concat()), "each once");
    assert_eq!([&ecs["email"]["subject"], &ocsf["unmapped"]["subjects"]], [&subjects; 2]);
    assert_eq!(ecs["source"]["ip"], json!(["203.0.113.9"]), "what is no address would make the document refused");
    assert_eq!(ecs["postern"]["auth"], json!({ "spf": "soft\u{fffd}fail=\\|" }));
    assert_eq!(row["Sources"], all_shown(&alert.sources));
    assert_eq!(row["NetworkMessageIds"], all_shown(&alert.sample_message_ids));
    assert_eq!(row["TenantName"], shown(&alert.tenant));
    // One of them is cut further, to keep the column within its bound.
    assert_eq!(row["Subjects"][0], "line one\u{fffd}line two");
    assert_eq!(row["Subjects"].as_array().unwrap().len(), alert.subjects.len());
}

/// The same alert with harmless texts has the same fields: no text makes or unmakes one.
#[test]
fn no_text_makes_a_field() {
    let tame = |texts: &[String]| texts.iter().map(|_| "tame".to_owned()).collect::<Vec<_>>();
    let hostile = hostile();
    let mut twin = hostile.clone();
    twin.subjects = tame(&hostile.subjects);
    twin.link_domains = tame(&hostile.link_domains);
    twin.actions = tame(&hostile.actions);
    twin.sample_message_ids = tame(&hostile.sample_message_ids);
    for text in [&mut twin.tenant, &mut twin.title, &mut twin.summary] {
        "tame".clone_into(text);
    }
    let paths = |alert: &Alert| {
        let record = Record::Alert(Box::new(alert.clone()));
        [ecs(&record), ocsf(&record), sentinel(&record)].map(|line| {
            let mut found = Vec::new();
            paths_of(&parsed(&line), "", &mut found);
            found
        })
    };
    assert_eq!(paths(&hostile), paths(&twin));
}

fn paths_of(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| paths_of(value, &format!("{path}.{key}"), found));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(place, value)| paths_of(value, &format!("{path}[{place}]"), found));
        }
        _ => found.push(path.to_owned()),
    }
}
