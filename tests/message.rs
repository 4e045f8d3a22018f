//! One message from outside: golden cases, verdicts, properties, and the fuzz corpus replayed.
//!
//! `UPDATE_GOLDEN=1 cargo test --test message` rewrites what is expected; read the difference before committing it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it is written")]

use std::fmt::Write;
use std::sync::Arc;

use postern::decode::{HeaderReview, Limits, ResultReview};
use postern::detector::{Arrival, Inspector, Slice};
use postern::event::{Direction, MailEvent, Mailbox, Text};
use postern::judge::{AcceptedDomain, Gateway, Tenant, Tenants};
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[path = "../fuzz/checks/message.rs"]
mod checks;
#[path = "support/golden.rs"]
mod golden;

use checks::{read, read_message};

// === golden cases ===

#[test]
fn every_golden_case_reads_as_expected() {
    for case in golden::cases("message") {
        golden::check(&case, &render(&golden::input(&case)));
    }
}

fn render(payload: &[u8]) -> String {
    match read(payload).unwrap() {
        Ok((event, review)) => format!("{}\n{}\n{}", verdict(payload), show_event(&event), show_review(&review)),
        Err(detail) => format!("{}\n{detail}\n", verdict(payload)),
    }
}

/// The event, one known value a line.
fn show_event(event: &MailEvent<'_>) -> String {
    let mut shown = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            writeln!(shown, "{name}: {value}").unwrap();
        }
    };
    let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
    line("timestamp", event.timestamp.to_string());
    line("direction", format!("{:?}", event.direction));
    line("untold", untold(event));
    line("source", event.sender_ip().map(|ip| ip.to_string()).unwrap_or_default());
    line("envelope from", mailbox(&event.envelope_from));
    line("header from", mailbox(&event.header_from));
    event.further_from.iter().for_each(|further| line("further from", mailbox(further)));
    line("display name", text(&event.display_name));
    line("recipient", event.recipient.to_string());
    line("subject", text(&event.subject));
    line("internet message id", text(&event.internet_message_id));
    line("network message id", event.network_message_id.to_string());
    line("authentication", authentication(event));
    event.dkim_domains.iter().for_each(|domain| line("signed by", domain.to_string()));
    shown
}

fn untold(event: &MailEvent<'_>) -> String {
    let untold = event.untold;
    let names = [
        (untold.entry, "entry"),
        (untold.envelope_from, "envelope from"),
        (untold.header_from, "header from"),
        (untold.authentication, "authentication"),
    ];
    names.iter().filter(|(is_untold, _)| *is_untold).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

fn mailbox(mailbox: &Mailbox<'_>) -> String {
    let domain = mailbox.domain.as_deref().unwrap_or("-");
    let folded = mailbox.folded_domain().map(|domain| domain.to_string()).unwrap_or_default();
    let fold = if folded == domain { String::new() } else { format!(", folded {folded:?}") };
    match (&mailbox.address, &mailbox.domain) {
        (None, None) => String::new(),
        (address, _) => format!("{} at {domain}{fold}", address.as_deref().unwrap_or("-")),
    }
}

fn authentication(event: &MailEvent<'_>) -> String {
    let read = event.authentication;
    let words = [
        ("spf", read.spf.map(|it| it.as_str().to_owned())),
        ("dkim", read.dkim.map(|it| it.as_str().to_owned())),
        ("dmarc", read.dmarc.map(|it| it.as_str().to_owned())),
        ("compauth", read.comp_auth.map(|it| it.as_str().to_owned())),
        ("reason", read.comp_auth_reason.map(|it| it.to_string())),
    ];
    words.iter().filter_map(|(name, word)| Some(format!("{name}={}", word.as_ref()?))).collect::<Vec<_>>().join(" ")
}

fn show_review(review: &HeaderReview) -> String {
    let mut shown = if review.is_internal { "internal\n".to_owned() } else { String::new() };
    for hop in &review.hops {
        let mark = match (hop.is_front_door, hop.is_believed) {
            (true, _) => "front door",
            (_, true) => "believed",
            _ => "not believed",
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let date = hop.date.map(|date| date.to_string());
        let [helo, ip, by, with, via] = [&hop.helo, &hop.ip, &hop.by, &hop.with, &hop.via].map(text);
        writeln!(shown, "hop ({mark}): from {helo} ({ip}) by {by} with {with} via {via}; {}", text(&date)).unwrap();
    }
    for result in &review.results {
        shown += &show_result(result);
    }
    for statement in &review.statements {
        let parts: Vec<_> = statement.parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let value = if parts.is_empty() { statement.value.clone() } else { parts.join(" ") };
        writeln!(shown, "statement: {}: {value}\n  {}", statement.header, statement.because).unwrap();
    }
    shown
}

fn show_result(result: &ResultReview) -> String {
    let mark = if result.is_believed { "believed" } else { "not believed" };
    let server = result.server.as_ref().map(|server| format!(" by {server}")).unwrap_or_default();
    let meaning = result.comp_auth_meaning.map(|meaning| format!("\n  {meaning}")).unwrap_or_default();
    format!("results ({mark}): {}{server}: {}\n  {}{meaning}\n", result.header, result.results, result.because)
}

fn case(name: &str) -> Vec<u8> {
    golden::input(&golden::case("message", name))
}

// === verdicts ===

/// What the inspector makes of it: verdict, reason, rules, entry, alignment, table.
fn verdict(payload: &[u8]) -> String {
    let tenant = Tenant {
        id: "11111111-2222-3333-4444-555555555555".to_owned(),
        name: "contoso".to_owned(),
        accepted_domains: vec![AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false }],
        gateways: vec![Gateway { connector: None, networks: vec!["198.51.100.50/32".parse().unwrap()] }],
        ..Tenant::default()
    };
    let inspector = Inspector::new(Arc::new(Tenants::new(vec![tenant])), Limits::default());
    let arrival = Arrival { origin: "message", offset: 0, time: None };
    let (mut slice, mut lines) = (Slice::default(), Vec::new());
    inspector.inspect(payload, arrival, &mut slice, &mut |line| {
        let rules: Vec<_> = line.rules.iter().map(|rule| rule.id.as_str()).collect();
        let word = |word: Option<&str>| word.unwrap_or("-").to_owned();
        let told = [word(line.reason), rules.join("+"), word(line.entry), word(line.alignment)];
        lines.push(format!("{} ({})", [line.verdict, line.table].join(" "), told.join(", ")));
    });
    assert_eq!(slice.outcomes.total(), 1);
    lines.join("\n")
}

#[test]
fn a_spoof_by_direct_send_is_suspicious_whatever_was_forged_below() {
    let names =
        ["direct-send-spoof", "forged-below", "forged-front-door", "direct-send-spoof-010", "hostile-helo", "latin-1"];
    for name in names {
        assert_eq!(verdict(&case(name)), "suspicious message (-, direct-send-spoof, direct, unaligned)", "{name}");
    }
}

#[test]
fn an_own_author_on_a_strangers_envelope_is_suspicious() {
    for name in ["foreign-envelope", "null-sender", "encoded-results", "before-2022"] {
        assert_eq!(verdict(&case(name)), "suspicious message (-, header-from-spoof, direct, unaligned)", "{name}");
    }
}

#[test]
fn honest_mail_is_benign() {
    assert_eq!(verdict(&case("legitimate")), "benign message (not-own-domain, , direct, not-applicable)");
    assert_eq!(verdict(&case("internal")), "benign message (internal, , internal, unknown)");
    assert_eq!(verdict(&case("gateway-hop")), "benign message (gateway, , gateway, unaligned)");
}

#[test]
fn what_a_block_does_not_tell_stays_open() {
    for name in ["cut-block", "taken-elsewhere", "look-alike-door", "trusted-by-connector"] {
        assert!(verdict(&case(name)).starts_with("unknown message (unknown-"), "{name}: {}", verdict(&case(name)));
    }
}

// === the fuzz corpus ===

#[test]
fn the_fuzz_corpus_keeps_every_promise() {
    for input in golden::fuzzed("message") {
        read_message(&input);
    }
}

#[test]
fn the_golden_inputs_keep_every_promise_wherever_they_are_cut() {
    for case in golden::cases("message") {
        let payload = golden::input(&case);
        for end in (0..payload.len()).step_by(89) {
            read_message(&payload[..end]);
        }
    }
}

// === properties ===

/// What no sender can change: the facts that a rule rests on, but for whom the message claims to be from.
fn facts(payload: &[u8]) -> String {
    let (event, _) = read(payload).unwrap().unwrap();
    let envelope = event.envelope_from.folded_domain().map(|domain| domain.to_string());
    let told = (event.untold, event.direction, event.timestamp, event.sender_ip(), event.connectors);
    format!("{told:?} {envelope:?} {:?} {:?}", event.authentication, event.dkim_domains)
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_message(&payload);
        read_message(&[b"Received: ".as_slice(), &payload].concat());
    }

    #[test]
    fn arbitrary_fields_never_panic(fields in proptest::collection::vec((select(NAMES), select(VALUES)), 0..20)) {
        let block: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        read_message(block.as_bytes());
    }

    #[test]
    fn a_damaged_message_never_panics(at in any::<Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
        let mut payload = case("forged-front-door");
        let at = at.index(payload.len());
        payload[at] = byte;
        payload.truncate(if is_cut { at } else { payload.len() });
        read_message(&payload);
    }

    /// Whatever is planted below the front door, the facts stay as they are.
    #[test]
    fn what_is_planted_below_the_door_changes_no_fact(
        fields in proptest::collection::vec((select(NAMES), select(VALUES)), 0..12), noise in "[ -~\\t\\n]{0,80}"
    ) {
        for name in ["direct-send-spoof", "legitimate", "null-sender"] {
            let message = String::from_utf8(case(name)).unwrap();
            let door = message.find("Mon, 2 Nov 2026 08:16:02 +0000\n").unwrap();
            let (above, below) = message.split_at(door + "Mon, 2 Nov 2026 08:16:02 +0000\n".len());
            let planted: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
            let forged = format!("{above}X-Planted: {noise}\n{planted}{below}");
            prop_assert_eq!(facts(forged.as_bytes()), facts(message.as_bytes()), "{}", forged);
        }
    }

    /// However lines are folded, the event is the same.
    #[test]
    fn folding_is_invisible(folds in proptest::collection::vec(any::<Index>(), 0..30), line_end in select(&["\n", "\r\n"][..])) {
        for name in ["direct-send-spoof", "several-authors", "copies-of-results", "encoded-results"] {
            let written = String::from_utf8(case(name)).unwrap();
            let unfolded = written.replace("\n ", " ").replace("\n\t", "\t");
            let blanks: Vec<_> = unfolded.match_indices([' ', '\t']).map(|(at, _)| at).collect();
            let mut chosen: Vec<_> = folds.iter().map(|fold| *fold.get(&blanks)).collect();
            chosen.sort_unstable();
            chosen.dedup();
            let mut folded = unfolded.clone();
            chosen.iter().rev().for_each(|at| folded.insert(*at, '\n'));
            let folded = folded.replace('\n', line_end);
            let (event, _) = read(folded.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(event, read(unfolded.as_bytes()).unwrap().unwrap().0, "{}", folded);
        }
    }
}

#[test]
fn a_review_tells_a_program_what_it_tells_a_person() {
    let message = case("direct-send-spoof");
    let (event, review) = read(&message).unwrap().unwrap();
    assert_eq!(event.direction, Direction::Inbound);
    assert_eq!(review.front_door().unwrap().ip.as_deref(), Some("203.0.113.9"));
    let json = serde_json::to_value(&review).unwrap();
    assert_eq!(json["results"][0]["comp_auth_reason"], "451");
    assert_eq!(json["hops"][3]["is_front_door"], true);
}

#[test]
fn the_body_may_be_of_any_size_and_content() {
    let message = case("direct-send-spoof");
    let bound = Limits::default().payload_bytes_max - message.len();
    for body in [vec![0xff; bound], b"{\"a\":1}\n".repeat(bound / 8), b"Received: x\n".repeat(bound / 12)] {
        let payload = [message.as_slice(), &body].concat();
        assert_eq!(facts(&payload), facts(&message));
    }
}

#[test]
fn headers_without_end_are_refused() {
    for headers in [b"Subject: x\n".repeat(10_001), [b"Subject: ".as_slice(), &vec![b'x'; 2 << 20]].concat()] {
        assert!(verdict(&headers).starts_with("undecodable EmailEvents (too_large"), "{}", verdict(&headers));
    }
}

const NAMES: &[&str] = &[
    "Received: ",
    "Authentication-Results: ",
    "ARC-Authentication-Results: ",
    "Authentication-Results-Original: ",
    "X-MS-Exchange-Organization-AuthAs: ",
    "X-MS-Exchange-CrossTenant-AuthAs: ",
    "X-MS-Exchange-Organization-MessageDirectionality: ",
    "X-MS-Exchange-CrossTenant-OriginalArrivalTime: ",
    "X-MS-Exchange-CrossTenant-Id: ",
    "Return-Path: ",
    "From: ",
    "To: ",
    "Date: ",
    "Subject: ",
    "DKIM-Signature: ",
    " ",
    "\t",
    "",
];

const VALUES: &[&str] = &[
    "from mail.contoso.com (192.0.2.1) by x.mail.protection.outlook.com with SMTP via Frontend Transport; \
     Mon, 2 Nov 2020 00:00:00 +0000\n",
    "from a (192.0.2.1) by b.prod.outlook.com with HTTPS; Mon, 2 Nov 2020 00:00:00 +0000\n",
    "from a by b\n",
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=contoso.com; dkim=pass header.d=contoso.com;dmarc=pass \
     header.from=contoso.com;compauth=pass reason=100\n",
    "i=1; mx.example 1; spf=pass; dmarc=pass\n",
    "compauth=none reason=400\n",
    "=?utf-8?Q?spf=3Dpass?=\n",
    "Internal\n",
    "Originating\n",
    "02 Nov 2020 08:16:02.5789 (UTC)\n",
    "Mon, 2 Nov 2020 00:00:00 +0000\n",
    "<alex@contoso.com>\n",
    "<>\n",
    "\"a\" <a@contoso.com>, b: c@d.example;\n",
    "=?utf-8?Q?x\n",
    "(((\n",
    "\"\n",
    "é\u{202e}\n",
    "\n",
    "\r\n",
    "\n\n",
];
