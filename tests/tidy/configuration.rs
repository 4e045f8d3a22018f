//! `docs/configuration.md` and the pages of the sinks name every key that the reader knows, and no other.
//!
//! There is no list of keys in the code to compare with: readers ask for keys, and what nobody asked for is a mistake that
//! names what is known in its place. So that is what is used here: a key that nobody knows is put into every table of every
//! configuration that the project shows, and the mistakes say which keys are known where.

use std::collections::{BTreeMap, BTreeSet};

use postern::config::Config;
use toml::{Table, Value};

use crate::tree::{files, report, text_of};

const PAGE: &str = "docs/configuration.md";
/// The pages that the reference sends to, and the section that each describes.
const SINK_PAGES: [(&str, &str); 4] = [
    ("docs/sinks/elasticsearch.md", "sink.elasticsearch"),
    ("docs/sinks/sentinel.md", "sink.sentinel"),
    ("docs/sinks/splunk-hec.md", "sink.splunk-hec"),
    ("docs/sinks/syslog.md", "sink.syslog"),
];
/// What every sink has stands under this heading, once.
const EVERY_SINK: &str = "sink.*";
/// Sections whose keys are those of others, as their text says.
const AS_IN: [(&str, &str); 4] = [
    ("sink.kafka", "source.kafka"),
    ("dead_letter", "sink.kafka"),
    ("dead_letter", "sink.file"),
    ("dead_letter", EVERY_SINK),
];

const NOBODY_KNOWS: &str = "a-key-that-nobody-knows";
const SECRET: &str = "whsec_bm90IGEgc2VjcmV0LCBvbmx5IGEgdGVzdA==";
/// What no configuration of the project shows.
const NOT_SHOWN: &str = "[dead_letter]\nkind = \"file\"\n[commit]\n[metrics]\n[heartbeat]\n\
    [[sink.elasticsearch]]\nurl = \"https://elastic.example\"\nauth = { kind = \"bearer\", token = \"${T}\" }\n\
    [[sink.alertmanager]]\nurl = \"https://a.example\"\nauth = { kind = \"basic\", username = \"a\", password = \"${P}\" }\n";

/// Keys by section: `tenant.gateway` has `connector` and `networks`.
type Keys = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_key_that_is_known_is_described() {
    let described = described();
    let words = |section: &String| described.get(section).into_iter().flatten().flat_map(|span| key_words(span));
    let known = known();
    report(known.iter().filter(|(section, _)| !["sink", "source"].contains(&section.as_str())).flat_map(
        |(section, keys)| {
            let words: BTreeSet<&str> = places(section, &described).iter().flat_map(words).collect();
            let is_described = |key: &&String| {
                let secret = key.strip_suffix("_file").filter(|secret| keys.contains(*secret)).unwrap_or(key);
                words.contains(secret)
                    || described.contains_key(&below(section, key))
                    || known.contains_key(&below(section, key))
            };
            keys.iter()
                .filter(|key| !is_described(key))
                .map(|key| format!("{PAGE}: `{}` is not described", below(section, key)))
                .collect::<Vec<_>>()
        },
    ));
}

#[test]
fn every_key_that_is_described_is_known() {
    let known = known();
    let is_known = |section: &str, key: &str| known.get(section).is_some_and(|keys| keys.contains(key));
    let mut problems = Vec::new();
    let mut checked = 0;
    for (section, key) in rows() {
        checked += 1;
        let (section, key) = match key.rsplit_once('.') {
            Some((table, key)) => (below(&section, table), key.to_owned()),
            None => (section, key),
        };
        let sections: Vec<String> = match section.strip_suffix(".*") {
            Some(all) => known[all].iter().map(|kind| below(all, kind)).collect(),
            None => vec![section],
        };
        let unknown = sections.into_iter().filter(|section| !is_known(section, &key));
        problems.extend(unknown.map(|section| format!("`{section}` has no key `{key}`, and a page describes it")));
    }
    assert!(checked > 100, "the tables were not found");
    report(problems);
}

#[test]
fn every_section_is_shown_somewhere() {
    let known = known();
    let all = ["sink", "source"].into_iter().flat_map(|all| known[all].iter().map(move |kind| below(all, kind)));
    report(all.filter(|kind| !known.contains_key(kind)).map(|kind| format!("no example has a [[{kind}]]; show one")));
}

fn below(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// What the reader says that it knows.
fn known() -> Keys {
    let mut keys = Keys::new();
    for text in samples() {
        let Ok(mut table) = text.parse::<Table>() else { continue };
        if Config::parse(&text, &|_| Some(SECRET.to_owned())).is_err() {
            continue;
        }
        spoil(&mut table);
        let mistakes = Config::parse(&table.to_string(), &|_| Some(SECRET.to_owned())).unwrap_err().mistakes;
        for mistake in mistakes {
            let (place, _) = mistake.path.split_once(NOBODY_KNOWS).unwrap_or_else(|| panic!("{mistake}"));
            let (_, list) = mistake.message.split_once("known here: ").unwrap_or_else(|| panic!("{mistake}"));
            keys.entry(without_indices(place.trim_end_matches('.')))
                .or_default()
                .extend(list.split(", ").map(str::to_owned));
        }
    }
    keys
}

/// Puts the key into every table, however deep.
fn spoil(table: &mut Table) {
    table.iter_mut().for_each(|(_, value)| spoil_value(value));
    table.insert(NOBODY_KNOWS.to_owned(), Value::Integer(1));
}

fn spoil_value(value: &mut Value) {
    match value {
        Value::Table(table) => spoil(table),
        Value::Array(values) => values.iter_mut().for_each(spoil_value),
        _ => {}
    }
}

/// Every configuration of the project: the corpus, the examples, the pages; and what none of them shows.
fn samples() -> Vec<String> {
    let mut samples = vec![];
    for file in files() {
        if file.path.starts_with("corpora/config/") && file.path.ends_with("input.toml")
            || file.path.starts_with("examples/")
        {
            samples.push(file.text().to_owned());
        }
        if file.path.starts_with("docs/") && file.path.ends_with(".md") {
            samples.extend(
                file.text().split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned),
            );
        }
    }
    let tenant = "[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"a\"\naccepted_domains = [\"contoso.com\"]\n";
    samples.push(format!("{tenant}{NOT_SHOWN}"));
    samples
}

fn without_indices(path: &str) -> String {
    path.split('.').map(|part| part.split('[').next().unwrap_or_default()).collect::<Vec<_>>().join(".")
}

/// The tables of the pages: the section that each belongs to, and its lines.
fn tables() -> Vec<(String, String)> {
    let mut tables = Vec::new();
    let pages = [(PAGE, "")].into_iter().chain(SINK_PAGES);
    for (page, section) in pages {
        let text = text_of(page).unwrap();
        let mut sections = vec![section.to_owned()];
        for block in text.split("\n\n") {
            if let Some(heading) = block.strip_prefix('#').filter(|_| page == PAGE) {
                sections = sections_of(heading.trim_start_matches('#').trim());
            } else if block.trim_start().starts_with('|') {
                tables.extend(sections.iter().map(|section| (section.clone(), block.trim().to_owned())));
            }
        }
    }
    tables
}

/// The sections that a heading of the reference names.
fn sections_of(heading: &str) -> Vec<String> {
    match heading {
        "The service" | "Configuration" => return vec![String::new()],
        "Sinks" => return vec![EVERY_SINK.to_owned()],
        _ => {}
    }
    let named = heading.split('`').skip(1).step_by(2);
    named.map(|name| name.trim_matches(['[', ']']).to_owned()).collect()
}

/// The words in code of each section's tables.
fn described() -> BTreeMap<String, Vec<String>> {
    let mut described: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (section, table) in tables() {
        described.entry(section).or_default().extend(spans(&table).map(str::to_owned));
    }
    described
}

/// Where the keys of a section may be described: under its own heading, else under that of the section around it.
fn places(section: &str, described: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut own = section;
    while !described.contains_key(own) && !AS_IN.iter().any(|(from, _)| *from == own) {
        own = own.rsplit_once('.').map_or("", |(around, _)| around);
    }
    let mut places = vec![own.to_owned()];
    places.extend(own.starts_with("sink.").then(|| EVERY_SINK.to_owned()));
    let mut next = 0;
    while let Some(place) = places.get(next).cloned() {
        places.extend(AS_IN.iter().filter(|(from, _)| *from == place).map(|(_, to)| (*to).to_owned()));
        next += 1;
    }
    places
}

/// `(section, key)` of each row: the first cell of a table of keys, the second of one of the kinds of `auth`.
fn rows() -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (section, table) in tables() {
        let header = table.lines().next().unwrap_or_default();
        let (cell, section) = match header {
            header if header.starts_with("| key |") => (1, section),
            header if header.starts_with("| `auth.kind` |") => (2, below(&section, "auth")),
            _ => continue,
        };
        let cells = table
            .lines()
            .skip(2)
            .filter_map(|row| row.split(" |").nth(cell - 1).map(|cell| cell.trim_start_matches('|')));
        let keys = cells
            .flat_map(spans)
            .filter(|span| span.chars().all(|char| char.is_ascii_lowercase() || "_.".contains(char)));
        rows.extend(keys.map(|key| (section.clone(), key.to_owned())));
    }
    rows
}

fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names in a piece of code.
fn key_words(span: &str) -> impl Iterator<Item = &str> {
    span.split(|char: char| !(char.is_ascii_alphanumeric() || "_-".contains(char)))
}
