//! TOTAL: decoding allocates at most so many times its input.
//!
//! A test binary of its own, because what counts allocations takes the place of the allocator.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it is written")]

use std::fs;
use std::path::{Path, PathBuf};

use postern::decode::{Limits, records, utf8};

/// What decoding may hold at once: so many bytes for each byte of the payload…
const FACTOR: u64 = 6;
/// … for each record that a document may hold before the first is visited …
const RECORD_BYTES: u64 = 512;
/// … and for what is there once.
const ONCE_BYTES: u64 = 64 << 10;

/// Small enough that a hostile document of many records meets it.
const LIMITS: Limits = Limits { payload_bytes_max: 4 << 20, records_max: 1_000, depth_max: 128 };

#[test]
fn golden_inputs_and_fuzzed_ones_stay_within_the_bound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> =
        [root.join("corpora"), root.join("fuzz/corpus")].iter().flat_map(|folder| files(folder)).collect();
    assert!(files.len() > 50);
    for file in files {
        check(&file.display().to_string(), &fs::read(file).unwrap());
    }
}

#[test]
fn what_an_attacker_would_send_stays_within_the_bound() {
    let many = 200_000;
    let mail = |subject: &str| {
        format!(
            r#"{{"category":"AdvancedHunting-EmailEvents","properties":{{"Timestamp":"2026-11-02T08:16:02Z",
            "NetworkMessageId":"n","RecipientEmailAddress":"r@contoso.com","Subject":"{subject}"}}}}"#
        )
    };
    let header = "sender_address,recipient_status,origin_timestamp_utc,message_subject\n";
    let cases = [
        ("tiny records", format!("[{}{{}}]", "{},".repeat(many))),
        ("tiny lines", "{}\n".repeat(many)),
        ("deep", "[".repeat(many)),
        ("escapes", mail(&r"\u0041".repeat(many))),
        ("half an emoji, many times", mail(&r"\ud83d".repeat(many))),
        ("many keys", format!("{{{}\"x\":1}}", r#""Subject":1,"#.repeat(many))),
        ("a row of a reply with many rows", format!(r#"{{"results":[{}{{}}]}}"#, "{},".repeat(many))),
        (
            "many recipients",
            format!("{header}a@contoso.com,{},2026-11-02T08:16:02Z,s\n", "r@contoso.com##Deliver;".repeat(many)),
        ),
        ("many columns", format!("{}{}\n", header.trim_end(), ",x".repeat(many))),
        ("quotes", format!("{header}{}", "\"\"".repeat(many))),
        ("an open quote", format!("{header}\"{}", "a\n".repeat(many))),
        ("many fields", format!("From: a@contoso.com\n{}", "X: y\n".repeat(many))),
        ("one long field", format!("Subject: {}\n", "a\n ".repeat(many))),
        ("many authors", format!("Date: Mon, 02 Nov 2026 08:16:00 +0000\nFrom: {}\n", "a@contoso.com, ".repeat(many))),
        (
            "many results",
            format!("From: a@contoso.com\nAuthentication-Results: {}\n", "dkim=pass header.d=a.example;".repeat(many)),
        ),
        (
            "comments in comments",
            format!("From: a@contoso.com\nAuthentication-Results: spf=pass {}\n", "(".repeat(many)),
        ),
        ("encoded words", format!("From: a@contoso.com\nSubject: {}\n", "=?utf-8?q?=C3?= ".repeat(many))),
    ];
    for (name, payload) in cases {
        check(name, payload.as_bytes());
        let wide: Vec<u8> = payload.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&format!("{name}, in UTF-16"), &wide);
    }
}

fn check(name: &str, payload: &[u8]) {
    let mut visits = 0_u64;
    let measured = allocation_counter::measure(|| {
        records(&utf8(payload), &LIMITS, &mut |visit| {
            visits += 1;
            drop(visit.and_then(|raw| raw.decode().map(drop)));
        });
    });
    let bound = FACTOR * payload.len() as u64 + LIMITS.records_max as u64 * RECORD_BYTES + ONCE_BYTES;
    let held = measured.bytes_max;
    assert!(held <= bound, "{name}: {held} bytes for a payload of {}; {visits} visits", payload.len());
    println!("{name}: {held} bytes at most for a payload of {}", payload.len());
}

/// The input files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}
