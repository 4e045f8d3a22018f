//! The decoder from outside: golden cases, properties, and the fuzz corpus replayed.
//!
//! `UPDATE_GOLDEN=1 cargo test --test decode` rewrites what is expected; read the difference before committing it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, wherever it is written")]

use std::path::PathBuf;

use postern::decode::{Body, Limits, RawRecord, Record, Undecodable, records};
use postern::event::{MailEvent, Text, Time};
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[path = "../fuzz/checks/decode.rs"]
mod checks;
#[path = "support/golden.rs"]
mod golden;

use checks::decode_everything;

// === golden cases ===

/// The folders of golden cases, one for each form of the telemetry.
const FORMS: [&str; 4] = ["stream", "log-analytics", "hunting", "trace"];

#[test]
fn every_golden_case_decodes_as_expected() {
    for case in golden_cases() {
        golden::check(&case, &render(&golden::input(&case)));
    }
}

#[test]
fn plain_2026_records_are_skimmed() {
    for case in ["inbound", "direct-send-spoof", "direct-delivery-spoof", "intra-org", "alphabetical-2022", "bounce"] {
        let payload = golden::input(&golden::case("stream", case));
        records(&payload, &Limits::default(), &mut |visit| assert!(visit.unwrap().skim().is_some(), "{case}"));
    }
}

/// All visits of a payload, one after the other, without what is not known.
fn render(payload: &[u8]) -> String {
    let mut text = String::new();
    records(payload, &Limits::default(), &mut |visit| {
        let skimmed = matches!(&visit, Ok(raw) if raw.skim().is_some());
        text += &match visit.and_then(|raw| raw.decode()) {
            Ok(record) => format!("{}{}\n", if skimmed { "skimmed " } else { "" }, compact(&format!("{record:#?}"))),
            Err(Undecodable { reason, detail, raw }) => {
                format!("Undecodable {reason}, {} bytes: {detail}\n", raw.len())
            }
        };
    });
    text
}

/// Drops what is not known, and what is as usual, from a `Debug` text, puts each value on its line, and writes times as
/// times.
fn compact(debug: &str) -> String {
    const USUAL: [&str; 5] = [": None,", ": Unknown,", ": [],", ": false,", "form: EmailEvents,"];
    let lines: Vec<_> = debug.lines().filter(|line| !USUAL.iter().any(|usual| line.ends_with(usual))).collect();
    let mut text = lines.join("\n").replace("            untold: Untold {\n            },\n", "");
    for wrapper in ["Some(", "Time("] {
        while let Some((head, rest)) = text.split_once(&format!("{wrapper}\n")) {
            let (value, tail) = rest.split_once(",\n").unwrap();
            let (_, tail) = tail.split_once(')').unwrap();
            text = match (wrapper, value.trim().parse()) {
                ("Time(", Ok(micros)) => format!("{head}{}{tail}", Time::from_micros(micros)),
                _ => format!("{head}{}{tail}", value.trim()),
            };
        }
    }
    text
}

fn golden_cases() -> impl Iterator<Item = PathBuf> {
    FORMS.iter().flat_map(|form| golden::cases(form))
}

// === the fuzz corpus ===

#[test]
fn the_fuzz_corpus_keeps_every_promise() {
    for input in golden::fuzzed("decode") {
        decode_everything(&input);
    }
}

#[test]
fn the_golden_inputs_keep_every_promise_wherever_they_are_cut() {
    for case in golden_cases() {
        let payload = golden::input(&case);
        for end in (0..payload.len()).step_by(97) {
            decode_everything(&payload[..end]);
        }
    }
}

// === borrowing ===

#[test]
fn every_text_of_a_plain_record_is_borrowed() {
    let json = Members::realistic().json().replace("null", r#""x""#);
    let mail = mail(&json);
    let MailEvent { network_message_id, recipient, envelope_from, header_from, .. } = &mail;
    let optional = [
        &mail.report_id,
        &mail.internet_message_id,
        &envelope_from.address,
        &envelope_from.domain,
        &header_from.address,
        &header_from.domain,
        &mail.display_name,
        &mail.subject,
        &mail.cluster_id,
        &mail.threat_types,
        &mail.detection_methods,
        &mail.threat_types,
        &mail.connectors,
        &mail.org_level_policy,
    ];
    let present: Vec<&Text<'_>> = optional.into_iter().map(|text| text.as_ref().unwrap()).collect();
    for text in present.into_iter().chain([network_message_id, recipient]) {
        assert!(text.is_borrowed(), "{text:?}");
    }
}

fn mail(json: &str) -> MailEvent<'_> {
    let mut found = None;
    records(json.as_bytes(), &Limits::default(), &mut |visit| found = Some(visit.unwrap().decode().unwrap()));
    match found.unwrap().body {
        Body::Mail(mail) => mail,
        body => panic!("not mail: {body:?}"),
    }
}

// === properties ===

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        decode_everything(&payload);
    }

    #[test]
    fn arbitrary_tokens_never_panic(payload in proptest::collection::vec(select(TOKENS), 0..60)) {
        decode_everything(payload.concat().as_bytes());
    }

    /// SKIM: what the skim tells is what the decoder reads, whatever happened to the record.
    #[test]
    fn a_mutated_record_is_skimmed_only_if_it_decodes_to_the_same(
        changes in changes(0..5), damage in proptest::option::of((any::<Index>(), any::<u8>(), any::<bool>()))
    ) {
        let mut bytes = Members::changed(&changes).json().into_bytes();
        if let Some((at, byte, is_cut)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(if is_cut { at } else { bytes.len() });
        }
        decode_everything(&bytes);
    }

    /// SPLIT: however records are framed, the same events come out, one for each that was sent.
    #[test]
    fn framing_is_invisible(all in proptest::collection::vec(changes(0..3), 1..6)) {
        let sent: Vec<String> = all.iter().map(|changes| Members::changed(changes).json()).collect();
        let one_by_one: Vec<_> = sent.iter().flat_map(|json| events(json)).collect();
        prop_assert_eq!(one_by_one.len(), sent.len());
        let list = sent.join(",");
        for framed in [
            format!(r#"{{"records":[{list}]}}"#),
            format!(r#"{{ "source" : [] , "records" : [ {} ] }}"#, sent.join(" ,\n ")),
            format!("[{list}]"),
            sent.join("\n"),
            sent.join("\r\n\r\n") + "\r\n",
        ] {
            prop_assert!(events(&framed) == one_by_one, "{framed}");
        }
    }
}

/// The events of a payload, as far as they can be compared.
fn events(payload: &str) -> Vec<String> {
    let mut events = Vec::new();
    records(payload.as_bytes(), &Limits::default(), &mut |visit: Result<RawRecord<'_>, _>| {
        let skim = visit.as_ref().ok().and_then(|raw| raw.skim().copied());
        let decoded: Result<Record<'_>, Undecodable<'_>> = visit.and_then(|raw| raw.decode());
        events.push(format!("{skim:?} {decoded:?}"));
    });
    events
}

/// A record that can be changed before it is written.
struct Members {
    envelope: Vec<(String, String)>,
    row: Vec<(String, String)>,
}

impl Members {
    /// The pretty-printed golden case, one member a line.
    fn realistic() -> Self {
        let text = String::from_utf8(golden::input(&golden::case("stream", "pretty-printed"))).unwrap();
        let members = |indent: &str| {
            let lines =
                text.lines().filter_map(|line| line.strip_prefix(indent)?.strip_prefix('"')?.split_once("\": "));
            lines.map(|(key, value)| (key.to_owned(), value.trim_end_matches(',').to_owned())).collect::<Vec<_>>()
        };
        let mut envelope = members("  ");
        envelope.retain(|(_, value)| value != "{");
        Self { envelope, row: members("    ") }
    }

    fn changed(changes: &[Change]) -> Self {
        let mut members = Self::realistic();
        changes.iter().for_each(|change| members.apply(change));
        members
    }

    fn apply(&mut self, change: &Change) {
        let members = if change.in_envelope { &mut self.envelope } else { &mut self.row };
        let at = change.at.index(members.len());
        match change.kind {
            Kind::Remove if members.len() > 1 => drop(members.remove(at)),
            Kind::Remove => {}
            Kind::Repeat => members.push(members[at].clone()),
            Kind::Swap => members.swap(0, at),
            Kind::Rename => members[at].0 = change.key.clone(),
            Kind::Value => members[at].1 = change.value.clone(),
            Kind::Space => members[at].1 = format!(" \t{} \r\n", members[at].1).replace(['\r', '\n'], " "),
        }
    }

    /// `properties` stands third, as on the wire.
    fn json(&self) -> String {
        let join = |members: &[(String, String)]| {
            let written: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            written.join(",")
        };
        let mut envelope = self.envelope.clone();
        envelope.insert(envelope.len().min(3), ("properties".to_owned(), format!("{{{}}}", join(&self.row))));
        format!("{{{}}}", join(&envelope))
    }
}

#[derive(Debug, Clone)]
struct Change {
    in_envelope: bool,
    at: Index,
    kind: Kind,
    key: String,
    value: String,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Remove,
    Repeat,
    Swap,
    Rename,
    Value,
    Space,
}

fn changes(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Change>> {
    let kind = select([Kind::Remove, Kind::Repeat, Kind::Swap, Kind::Rename, Kind::Value, Kind::Space].as_slice());
    let change = (proptest::bool::weighted(0.3), any::<Index>(), kind, select(KEYS), select(VALUES)).prop_map(
        |(in_envelope, at, kind, key, value)| Change { in_envelope, at, kind, key: key.into(), value: value.into() },
    );
    proptest::collection::vec(change, count)
}

const KEYS: &[&str] = &[
    "",
    "x",
    "category",
    "properties",
    "tenantId",
    "time",
    "Timestamp",
    "Subject",
    "Sub\\u006aect",
    "Connectors",
    "Url",
    "SenderFromDomain",
    "SenderFromAddress",
    "AuthenticationDetails",
    "timestamp",
    "\\\"",
];

const VALUES: &[&str] = &[
    "null",
    "\"\"",
    "[]",
    "{}",
    "7",
    "-0.5e+3",
    "1e999",
    "true",
    "false",
    "\"x\"",
    "\"a\\\"b\"",
    "\"\\ud83d\"",
    "\"\\u0041\"",
    "\"AdvancedHunting-EmailEvents\"",
    "\"advancedhunting-emailevents\"",
    "\"AdvancedHunting-UrlClickEvents\"",
    "\"2026-11-02T08:16:02Z\"",
    "\"2026-11-02T08:16:02\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"Inbound\"",
    "\"contoso.com\"",
    r#"{"Subject":"y","SenderFromDomain":"contoso.com"}"#,
    r#"[{"EmailDirection":"Outbound"},[[]]]"#,
    r#""\",\"Connectors\":\"x\"""#,
    r#""{\"SPF\":\"pass\"}""#,
    "\"é☎📞\"",
];

const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\n",
    "\r\n",
    " ",
    "0",
    "-",
    "1e5",
    "null",
    "true",
    "\"records\":[",
    "\"category\":",
    "\"AdvancedHunting-EmailEvents\"",
    "\"properties\":{",
    "\"Subject\":",
    "\"results\":[",
    "\"value\":[",
    "\"d\":{",
    "\"schema\":[{\"name\":\"Connectors\"}]",
    "\"Type\":\"EmailEvents\"",
    "\"Timestamp\":\"2026-11-02\"",
    "\"MessageTraceId\":",
    "\"Received\":",
    "\"RecipientAddress\":\"a@contoso.com;b@contoso.com\"",
    "\"x\"",
    "\\u",
    "d83d",
    "\u{feff}",
    "é",
    "{}",
];
