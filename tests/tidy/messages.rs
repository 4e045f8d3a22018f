//! `docs/operations.md` says what each message of an operator's means; a message that is reworded must not leave it behind.

use crate::tree::{report, rust_files, text_of};

const PAGE: &str = "docs/operations.md";

/// The files whose errors end a command or answer a poster: all of them are on the page.
const FAMILIES: [&str; 17] = [
    "src/cli/config.rs",
    "src/deliver/mod.rs",
    "src/detector/machine.rs",
    "src/inventory/entry.rs",
    "src/kafka_client.rs",
    "src/ledger/mod.rs",
    "src/ledger/sqlite/connection.rs",
    "src/observe/logging.rs",
    "src/observe/server.rs",
    "src/receive/files/mod.rs",
    "src/receive/kafka/error.rs",
    "src/receive/webhook/auth.rs",
    "src/receive/webhook/inspection.rs",
    "src/receive/webhook/mod.rs",
    "src/receive/webhook/refusal.rs",
    "src/runtime/error.rs",
    "src/secrets.rs",
];

/// What changes from one time to the next.
const GAP: char = '…';

#[test]
fn every_message_of_the_page_is_in_the_source() {
    let texts: Vec<String> = rust_files("src/").flat_map(|file| literals(file.text_without_tests())).collect();
    let page = text_of(PAGE).unwrap();
    let listed: Vec<&str> = listed(&page).collect();
    assert!(listed.len() > 90, "the tables were not found");
    let gone = listed.into_iter().filter(|message| !texts.iter().any(|text| says(text, message)));
    report(gone.map(|message| format!("{PAGE}: nothing in src/ says `{message}`; reword or remove it")));
}

#[test]
fn every_error_of_an_operator_is_on_the_page() {
    let page = text_of(PAGE).unwrap();
    report(FAMILIES.iter().flat_map(|path| {
        let source = text_of(path).unwrap_or_else(|| panic!("{path} is gone; correct FAMILIES"));
        let errors =
            source.split("#[error(").skip(1).filter_map(|rest| literals(rest.split(")]").next()?).into_iter().next());
        let missing = errors.filter(|error| !listed(&page).any(|message| says(error, message)));
        missing
            .map(|error| format!("{PAGE}: `{error}` of {path} is not listed; say what to do about it"))
            .collect::<Vec<_>>()
    }));
}

/// The first cells, in code, of the tables that begin with "message".
fn listed(page: &str) -> impl Iterator<Item = &str> {
    let tables = page.split("\n| message |").skip(1).filter_map(|rest| rest.split("\n\n").next());
    tables.flat_map(str::lines).filter_map(|row| row.strip_prefix("| `")?.split_once("` |")).map(|(message, _)| message)
}

/// Whether the text has the pieces of the message, in their order.
fn says(text: &str, message: &str) -> bool {
    let mut rest = text;
    message.split(GAP).filter(|piece| !piece.trim().is_empty()).all(|piece| {
        let Some((_, behind)) = rest.split_once(piece.trim()) else { return false };
        rest = behind;
        true
    })
}

/// The strings of a source text, lines that go on joined, as they are shown but for what is filled in.
fn literals(source: &str) -> Vec<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let (mut found, mut rest) = (Vec::new(), code.as_str());
    while let Some((_, behind)) = rest.split_once('"') {
        let (mut text, mut chars) = (String::new(), behind.char_indices());
        let mut end = behind.len();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => text.extend(chars.next().map(|(_, escaped)| escaped).filter(|escaped| *escaped != '\n')),
                char => text.push(char),
            }
        }
        found.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        rest = &behind[end..];
    }
    found
}

#[test]
fn messages_are_compared_around_what_is_filled_in() {
    let source = "#[error(\n \"the ledger {path} \\\n   is \\\"full\\\"; free {n} bytes\"\n)]";
    assert_eq!(literals(source), ["the ledger {path} is \"full\"; free {n} bytes"]);
    assert!(says("the ledger {path} is full; free {n} bytes", "the ledger … is full"));
    assert!(!says("the ledger {path} is full", "the ledger … is empty"));
}
