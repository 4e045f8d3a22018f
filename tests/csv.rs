//! Reports as CSV from outside: golden cases, properties, files of any encoding, verdicts, and the fuzz corpus replayed.
//!
//! `UPDATE_GOLDEN=1 cargo test --test csv` rewrites what is expected; read the difference before committing it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it is written")]

use std::io::{self, Read, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use postern::decode::{Body, Envelope, Limits, Record, Undecodable, records, utf8};
use postern::detector::{Arrival, Inspector, Outcome, Slice};
use postern::event::{Form, MailEvent, Mailbox, Text, Untold};
use postern::judge::{AcceptedDomain, Tenant, Tenants};
use postern::receive::files::{DOCUMENT_BYTES_MAX, Payloads};
use proptest::prelude::*;
use proptest::sample::select;

#[path = "../fuzz/checks/csv.rs"]
mod checks;
#[path = "support/golden.rs"]
mod golden;

use checks::{Visit, csv_everything, shown, visits};

// === golden cases ===

#[test]
fn every_golden_case_decodes_as_expected() {
    for case in golden::cases("csv") {
        golden::check(&case, &render(&golden::input(&case)));
    }
}

#[test]
fn a_summary_is_the_same_in_every_encoding() {
    let expected = |name: &str| golden::expected(&golden::case("csv", name));
    for case in ["summary-utf16le", "summary-utf16le-bom", "summary-utf16be"] {
        assert_eq!(expected(case), expected("summary"), "{case}");
    }
}

/// All visits of a payload, without what is not known.
fn render(payload: &[u8]) -> String {
    let mut text = String::new();
    records(&utf8(payload), &Limits::default(), &mut |visit| {
        text += &match visit.and_then(|raw| raw.decode()) {
            Ok(Record { envelope: Envelope { owner, .. }, body: Body::Mail(mail) }) => {
                format!("{owner:?} {}", of_mail(&mail))
            }
            Ok(Record { body, .. }) => format!("{body:?}\n"),
            Err(Undecodable { reason, detail, raw }) => {
                format!("Undecodable {reason}: {detail}\n    {:?}\n", String::from_utf8_lossy(raw))
            }
        };
    });
    text
}

fn of_mail(mail: &MailEvent<'_>) -> String {
    let mailbox =
        |Mailbox { address, domain }: &Mailbox<'_>| format!("{} of {}", word(address.as_ref()), word(domain.as_ref()));
    let mut text = format!(
        "{} {} {:?} {:?} {:?}\n    from {} / {} to {:?}\n    ",
        mail.form.as_str(),
        mail.timestamp,
        mail.direction,
        mail.delivery_action,
        mail.delivery_location,
        mailbox(&mail.envelope_from),
        mailbox(&mail.header_from),
        mail.recipient,
    );
    let source = mail.sender_ip().map_or("nowhere".to_owned(), |address| address.to_string());
    text +=
        &format!("by {source} through {}, subject {}\n", word(mail.connectors.as_ref()), word(mail.subject.as_ref()));
    text += &format!("    id {:?}, {}\n", mail.network_message_id, word(mail.internet_message_id.as_ref()));
    text += &format!("    untold: {}\n", untold(mail.untold));
    if mail.form == Form::EmailEvents { text + &of_email_events(mail) } else { text }
}

fn of_email_events(mail: &MailEvent<'_>) -> String {
    let texts = [&mail.report_id, &mail.display_name, &mail.cluster_id, &mail.threat_types, &mail.detection_methods];
    let [report_id, name, cluster, threats, methods] = texts.map(|text| word(text.as_ref()));
    format!(
        "    {report_id} {name} {cluster} {threats} {methods}\n    {:?} {:?} {:?}\n    {:?}\n",
        mail.attachment_count, mail.url_count, mail.is_first_contact, mail.authentication,
    )
}

fn word(text: Option<&Text<'_>>) -> String {
    text.map_or("none".to_owned(), |text| format!("{text:?}"))
}

fn untold(untold: Untold) -> String {
    let Untold { entry, envelope_from, header_from, authentication } = untold;
    let gaps = [
        (entry, "entry"),
        (envelope_from, "envelope-from"),
        (header_from, "header-from"),
        (authentication, "authentication"),
    ];
    let gaps: Vec<_> = gaps.into_iter().filter_map(|(is_untold, gap)| is_untold.then_some(gap)).collect();
    gaps.join(" ")
}

// === the fuzz corpus ===

#[test]
fn the_fuzz_corpus_keeps_every_promise() {
    for input in golden::fuzzed("csv") {
        csv_everything(&input);
    }
}

#[test]
fn the_golden_inputs_keep_every_promise_wherever_they_are_cut() {
    for case in golden::cases("csv") {
        let payload = golden::input(&case);
        for end in (0..payload.len()).step_by(61) {
            csv_everything(&payload[..end]);
        }
    }
}

// === properties ===

const HEADER: &str = "origin_timestamp_utc,sender_address,recipient_status,message_subject,network_message_id\n";

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        csv_everything(&payload);
    }

    /// SPLIT, TOTAL: whatever the rows are, and wherever they are cut.
    #[test]
    fn arbitrary_rows_keep_every_promise(
        header in select(HEADERS), rows in proptest::collection::vec(select(TOKENS), 0..40),
    ) {
        csv_everything(format!("{header}{}", rows.concat()).as_bytes());
    }

    /// What is printed as RFC 4180 has it comes back as it was; a line that could be a row of its own may be refused.
    #[test]
    fn any_subject_survives_being_printed_and_read(subject in "[a,;\"\r\n\té📞]{1,12}", crlf in any::<bool>()) {
        let row = format!("2026-11-02T08:16:02Z,a@contoso.com,b@contoso.com,\"{}\",n", subject.replace('"', "\"\""));
        let text = format!("{HEADER}{row}{}", if crlf { "\r\n" } else { "\n" });
        let mut read = Vec::new();
        records(text.as_bytes(), &Limits::default(), &mut |visit| {
            read.push(match visit.and_then(|raw| raw.decode()).map(|record| record.body) {
                Ok(Body::Mail(mail)) => mail.subject.map(|subject| subject.to_string()),
                other => Some(format!("{other:?}")),
            });
        });
        let could_be_a_row = subject.split('\n').skip(1).any(|line| line.matches(',').count() >= 3);
        prop_assert_eq!(read.len(), 1);
        prop_assert!(read[0].as_deref() == Some(&subject) || subject.trim().is_empty() || could_be_a_row, "{read:?}");
    }
}

const HEADERS: &[&str] = &[
    HEADER,
    "Received;SenderAddress;RecipientAddress;MessageTraceId\r\n",
    "sep=\t\nreceived\tsender address\trecipient address\tfrom ip\n",
    "date_time_utc,source,event_id,sender_address,recipient_address,tenant_id\n",
    "Date,Sender,Recipient,Direction,Connector Type,Connector Name\n",
    "Timestamp,NetworkMessageId,RecipientEmailAddress,Connectors,EmailDirection,AuthenticationDetails\n",
    "Received,SenderAddress,RecipientAddress,received\n",
];

const TOKENS: &[&str] = &[
    ",",
    ";",
    "\t",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    ",,,",
    ",,,,",
    ",,,,,",
    " ",
    "##",
    "2026-11-02T08:16:02Z",
    "11/2/2026 8:16:02 AM",
    "a@contoso.com",
    "<>",
    "\"a\";b##Deliver;c\"",
    "RECEIVE",
    "SMTP",
    "NoConnector",
    "Inbound",
    "203.0.113.9",
    "\"{\"\"SPF\"\":\"\"fail\"\"}\"",
    "é📞",
    "[]",
];

// === files ===

/// Hands out a few bytes at a time, as a pipe does.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// The visits of a file, block for block; each block is small, whatever the file.
fn visits_of_file(reader: impl Read) -> Vec<Visit> {
    let mut payloads = Payloads::new(reader).unwrap();
    let mut all = Vec::new();
    while let Some(payload) = payloads.read().unwrap() {
        assert!(payload.len() <= 3 << 20, "{} bytes at once", payload.len());
        all.extend(visits(payload));
    }
    all
}

/// Several blocks of rows: of uneven length, over several lines, broken, and far too long.
fn large_report() -> String {
    let row = |number: usize| {
        let subject = match number % 1_000 {
            7 => "\"opened".to_owned(),
            8 => "\"over\r\ntwo lines\"".to_owned(),
            9 => "too, many".to_owned(),
            _ => format!("📞 {}", "é".repeat(number % 300)),
        };
        format!("2026-11-02T08:16:02Z,a@contoso.com,b@contoso.com##Deliver;c@contoso.com,{subject},{number}\r\n")
    };
    let long = |length: usize| format!("{}\r\n", "x".repeat(length));
    let part = |from: usize, to: usize| (from..to).map(row).collect::<String>();
    let (first, second, third) = (part(0, 1_500), part(1_500, 2_500), part(2_500, 3_000));
    format!("{HEADER}{first}{}{second}{}{third}2026-11-02T08:16:02Z,,,the end,", long(3 << 20), long((1 << 20) + 1))
}

#[test]
fn a_file_gives_the_same_records_however_it_is_cut_and_encoded() {
    let report = large_report();
    let whole = visits_with_room(report.as_bytes());
    let count = |beginning: &str| whole.iter().filter(|visit| visit.outcome.starts_with(beginning)).count();
    assert_eq!((count("too_large"), count("broken_row"), count("Record")), (2, 6, 2 * (3_000 - 6) + 1));
    let little: Vec<u8> = report.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = format!("\u{feff}{report}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (name, bytes) in [("UTF-8", report.as_bytes()), ("UTF-16BE", &big), ("gzip", &gzip(&little))] {
        assert!(visits_of_file(bytes) == whole, "{name}");
    }
    assert!(visits_of_file(Trickle(&little, 4_093)) == whole, "UTF-16LE, trickling");
    let marked = format!("\u{feff}{report}");
    assert!(visits_of_file(marked.as_bytes()) == whole, "UTF-8 with a mark");
}

/// All at once, as one payload that is allowed to be large.
fn visits_with_room(text: &[u8]) -> Vec<Visit> {
    let limits = Limits { payload_bytes_max: DOCUMENT_BYTES_MAX, ..Limits::default() };
    let mut all = Vec::new();
    records(text, &limits, &mut |visit| all.push(shown(visit)));
    all
}

#[test]
fn json_in_utf_16_is_read_as_any_other() {
    let lines: String = (0..20_000).map(|number| format!("{{\"category\":\"é\",\"n\":{number}}}\n")).collect();
    let written: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = visits_of_file(written.as_slice());
    assert_eq!(read.len(), 20_000);
    assert!(read == visits_of_file(lines.as_bytes()) && read[0].outcome.contains("Other"));
}

#[test]
fn a_large_file_with_a_column_twice_is_one_dead_letter() {
    let text = format!("{},Sender\n{}", HEADER.trim_end(), "x\n".repeat(400_000));
    let mut payloads = Payloads::new(text.as_bytes()).unwrap();
    let mut count = 0;
    while let Some(payload) = payloads.read().unwrap() {
        records(payload, &Limits::default(), &mut |visit| count += usize::from(visit.is_err()));
    }
    assert_eq!(count, 1);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

// === hostile rows ===

#[test]
fn a_row_of_many_recipients_is_many_records_up_to_the_limit() {
    let row = |count| format!("{HEADER}2026-11-02T08:16:02Z,,\"{}\",{},n\n", "a;".repeat(count), "é".repeat(1_000));
    assert_eq!(csv_everything(row(10_000).as_bytes()), 10_000);
    let too_many = visits(row(10_001).as_bytes());
    assert_eq!(too_many.len(), 1);
    assert!(too_many[0].outcome.starts_with("too_many_records"));
}

#[test]
fn one_quote_costs_one_line() {
    let rest = "2026-11-02T08:16:02Z,a@contoso.com,b@contoso.com,x,n\n".repeat(2_000);
    let text = format!("{HEADER}2026-11-02T08:16:02Z,a@contoso.com,b@contoso.com,\"open,n\n{rest}");
    let visits = visits(text.as_bytes());
    assert_eq!(visits.len(), 2_001);
    assert!(visits[0].outcome.starts_with("broken_row") && visits[1].outcome.starts_with("Record"));
}

// === verdicts ===

/// Verdict, reason, table and entry of each line that a payload is told in.
fn verdicts(payload: &[u8]) -> (Vec<[String; 4]>, Slice) {
    let accepted_domains = vec![AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false }];
    let tenant = Tenant { name: "contoso".to_owned(), accepted_domains, ..Tenant::default() };
    let inspector = Inspector::new(Arc::new(Tenants::catch_all(tenant)), Limits::default());
    let (mut lines, mut slice) = (Vec::new(), Slice::default());
    let arrival = Arrival { origin: "test", offset: 0, time: None };
    inspector.inspect(payload, arrival, &mut slice, &mut |line| {
        let words = [Some(line.verdict), line.reason, Some(line.table), line.entry];
        lines.push(words.map(|word| word.unwrap_or("-").to_owned()));
    });
    (lines, slice)
}

fn golden(case: &str) -> Vec<u8> {
    golden::input(&golden::case("csv", case))
}

#[test]
fn a_trace_cannot_tell_a_spoof_from_a_printer_and_says_so() {
    for case in ["summary", "summary-utf16le"] {
        let (lines, slice) = verdicts(&golden(case));
        assert_eq!(lines[0], ["unknown", "unknown-entry", "MessageTrace", "unknown"]);
        assert_eq!(lines[2], ["unknown", "unknown-header-from", "MessageTrace", "unknown"]);
        assert_eq!(lines[3], ["benign", "outbound", "MessageTrace", "outbound"]);
        assert_eq!(lines[4], ["benign", "internal", "MessageTrace", "internal"]);
        assert_eq!(slice.outcomes.total(), lines.len() as u64);
    }
}

#[test]
fn the_connector_report_tells_the_door_and_not_the_proof() {
    let (lines, _) = verdicts(&golden("connector-report"));
    assert_eq!(lines[0], ["unknown", "unknown-authentication", "ConnectorReport", "direct"]);
    assert_eq!(lines[2], lines[0]);
    assert_eq!(lines[3][3], "connector");
    assert_eq!(lines[6], ["unknown", "unknown-entry", "ConnectorReport", "unknown"]);
}

#[test]
fn an_event_on_the_way_of_a_mail_is_counted_and_not_judged() {
    let (lines, slice) = verdicts(&golden("extended"));
    assert_eq!((lines.len(), slice.outcomes.get(Outcome::OtherTable)), (4, 3));
    assert!(lines.iter().all(|line| line[2] == "MessageTraceDetail"));
}

#[test]
fn an_export_of_email_events_is_judged_like_the_stream() {
    let (lines, _) = verdicts(&golden("hunting"));
    assert_eq!(lines[0], ["suspicious", "-", "EmailEvents", "direct"]);
    let (lines, _) = verdicts(&golden("hunting-projected"));
    assert_eq!(lines[0][0], "unknown");
    assert_eq!(lines[1][..2], ["undecodable", "missing_column"]);
}
