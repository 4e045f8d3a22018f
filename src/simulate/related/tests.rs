//! The other tables beside the mail.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::decode::{self, Body};
use crate::event::{RelatedEvent, Span, Time};
use crate::simulate::{EnvelopeShape, Mix, Options, SimulatedRecord, SimulatedTenant, Simulation, TenantKind};

const DENSE: Mix = Mix { external: 300, outbound: 100, intra_org: 100, look_alike: 200, attack: 300 };

fn options(records_per_second: u32) -> Options {
    let tenants = TenantKind::ALL.into_iter().zip(["contoso.com", "fabrikam.com", "northwind.example"]);
    let tenant = |(kind, domain): (TenantKind, &str)| SimulatedTenant {
        kind,
        ..SimulatedTenant::eop(format!("id-{}", kind.as_str()), domain)
    };
    Options {
        records: 4_000,
        records_per_second: records_per_second.try_into().unwrap(),
        tenants: tenants.map(tenant).collect(),
        mix: DENSE,
        related: true,
        ..Options::default()
    }
}

fn play(options: &Options) -> Vec<SimulatedRecord> {
    Simulation::new(options.clone()).collect()
}

fn parsed(record: &SimulatedRecord) -> Value {
    serde_json::from_str(&record.json).unwrap()
}

fn published(record: &SimulatedRecord) -> Time {
    parsed(record)["time"].as_str().unwrap().parse().unwrap()
}

#[test]
fn the_mail_is_what_it_is_without_the_other_tables() {
    for pace in [1, 20, 100_000] {
        let options = options(pace);
        let alone = play(&Options { related: false, ..options.clone() });
        let (mail, others): (Vec<_>, Vec<_>) =
            play(&options).into_iter().partition(|record| record.label.table.is_none());
        assert_eq!(mail.len(), alone.len());
        assert!(mail.iter().zip(&alone).all(|(one, other)| one.json == other.json));
        assert!(others.len() > alone.len());
    }
}

#[test]
fn records_are_numbered_and_published_in_the_order_of_the_stream() {
    let records = play(&options(20));
    let second = |record: &SimulatedRecord| published(record).floor_to(Span::seconds(1));
    for ((number, record), next) in (1..).zip(&records).zip(&records[1..]) {
        assert_eq!(record.label.record, number);
        assert!(second(record) <= second(next), "{} {}", record.json, next.json);
    }
}

#[test]
fn every_table_has_the_columns_of_its_capture_in_their_order() {
    let captures: Value =
        serde_json::from_str(include_str!("../../../corpora/stream/related-tables/input.json")).unwrap();
    let text = include_str!("../../../corpora/stream/related-tables/input.json");
    let mut captured = BTreeMap::new();
    for (row, text) in captures["records"].as_array().unwrap().iter().zip(text.split(r#"{"time""#).skip(1)) {
        captured.insert(row["category"].as_str().unwrap().to_owned(), (row.clone(), keys(text, row)));
    }
    let mut seen = BTreeSet::new();
    for record in play(&options(20)).iter().filter(|record| record.label.table.is_some()) {
        let row = parsed(record);
        let category = row["category"].as_str().unwrap();
        let (capture, columns) = &captured[category];
        assert_eq!(&keys(&record.json, &row), columns, "{}", record.json);
        for (key, value) in capture["properties"].as_object().unwrap() {
            let own = &row["properties"][key];
            let is_alike = std::mem::discriminant(value) == std::mem::discriminant(own);
            assert!(is_alike || value.is_null() || own.is_null(), "{key} {own}");
        }
        seen.insert(category.to_owned());
    }
    assert_eq!(seen, captured.into_keys().collect());
}

/// The keys of the row in the order of the text.
fn keys(text: &str, row: &Value) -> Vec<String> {
    let text = text.split_once(r#""properties":"#).unwrap().1;
    let mut keys: Vec<&String> = row["properties"].as_object().unwrap().keys().collect();
    keys.sort_by_key(|key| text.find(&format!("\"{key}\":")).unwrap());
    keys.into_iter().cloned().collect()
}

#[test]
fn the_decoder_knows_every_row_in_both_shapes() {
    for shape in [EnvelopeShape::Defender2026, EnvelopeShape::Defender2022] {
        for record in play(&Options { shape, ..options(20) }) {
            decode::records(record.json.as_bytes(), &decode::Limits::default(), &mut |visit| {
                let decoded = visit.and_then(|raw| raw.decode()).unwrap();
                let table = match decoded.body {
                    Body::Mail(_) => None,
                    Body::Related(RelatedEvent::Url(_)) => Some("EmailUrlInfo"),
                    Body::Related(RelatedEvent::Attachment(_)) => Some("EmailAttachmentInfo"),
                    Body::Related(RelatedEvent::Click(_)) => Some("UrlClickEvents"),
                    Body::Related(RelatedEvent::PostDelivery(_)) => Some("EmailPostDeliveryEvents"),
                    other => panic!("{other:?}"),
                };
                assert_eq!(table, record.label.table, "{}", record.json);
            });
        }
    }
}

#[test]
fn a_label_is_that_of_the_message_and_contents_come_within_ten_minutes_on_either_side() {
    let records = play(&options(1));
    let mut mail = BTreeMap::new();
    for record in records.iter().filter(|record| record.label.table.is_none() && !record.label.repeat) {
        mail.entry(record.label.network_message_id.as_str()).or_insert(record);
    }
    let (mut before, mut after) = (0, 0);
    for record in records.iter().filter(|record| record.label.table.is_some()) {
        let message = mail[record.label.network_message_id.as_str()];
        let truth = |record: &SimulatedRecord| {
            let label = record.label.clone();
            (label.tenant, label.family, label.campaign, label.malicious, label.ambiguous, label.source)
        };
        assert_eq!(truth(record), truth(message));
        if record.label.table.is_some_and(|table| table.ends_with("Info")) {
            let (own, of_message) = (published(record), published(message));
            let apart = Span::minutes(10).as_micros();
            assert!((own.as_micros() - of_message.as_micros()).abs() < apart, "{}", record.json);
            *if record.label.record < message.label.record { &mut before } else { &mut after } += 1;
        }
    }
    assert!(before > 500 && after > 500, "{before} {after}");
}

#[test]
fn every_way_of_the_aftermath_is_played_and_follows_delivery() {
    let mut seen = BTreeMap::<String, u64>::new();
    for record in play(&Options { records: 20_000, ..options(20) }) {
        let row = &parsed(&record)["properties"];
        let words = ["UrlLocation", "ActionType", "ActionTrigger", "ActionResult"];
        let words: Vec<_> = words.iter().filter_map(|key| row[key].as_str()).collect();
        *seen.entry(words.join(" ")).or_default() += 1;
        if record.label.table == Some("UrlClickEvents") {
            assert!(row["UrlChain"].as_str().unwrap().contains(row["Url"].as_str().unwrap()));
        }
    }
    for words in [
        "Body",
        "QRCode",
        "Subject",
        "Attachment",
        "ClickAllowed",
        "ClickBlocked",
        "Phish ZAP ZAP Success",
        "Phish ZAP ZAP Error",
        "Manual remediation AdminAction Success",
        "Redelivery SpecialAction Success",
    ] {
        assert!(seen.contains_key(words), "{words}: {seen:?}");
    }
}

#[test]
fn what_is_told_twice_is_told_in_the_same_words() {
    let mut told = BTreeMap::new();
    let mut repeats = 0;
    for record in play(&options(20)).iter().filter(|record| record.label.table.is_some()) {
        let row = parsed(record);
        let key = (row["category"].to_string(), row["properties"].to_string());
        assert_eq!(told.insert(key, ()).is_some(), record.label.repeat, "{}", record.json);
        repeats += u64::from(record.label.repeat);
    }
    assert!(repeats > 50, "{repeats}");
}

#[test]
fn nothing_panics_at_the_edges_of_time_and_number() {
    for start in [Time::MIN, Time::from_micros(i64::MAX)] {
        let options = Options { start, records: u64::MAX, ..options(u32::MAX) };
        assert_eq!(Simulation::new(options).take(3_000).count(), 3_000);
    }
}
