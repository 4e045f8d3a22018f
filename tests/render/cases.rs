//! The cases of `corpora/render`, and what they share.

use std::fs;
use std::path::{Path, PathBuf};

use postern::alert::{Alert, Record};
use postern::event::visible;
use serde_json::Value;

/// The folders of all cases.
pub(crate) fn cases() -> Vec<PathBuf> {
    let folder = root().join("corpora/render");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 9);
    cases
}

pub(crate) fn record(case: &Path) -> Record {
    Record::parse(&fs::read_to_string(case.join("input.json")).unwrap()).unwrap()
}

pub(crate) fn alert(name: &str) -> Alert {
    record(&root().join("corpora/render").join(name)).alert().unwrap().clone()
}

pub(crate) fn parsed(line: &str) -> Value {
    assert!(!line.contains('\n'));
    serde_json::from_str(line).unwrap()
}

/// What `docs/renderings.md` says of texts: hidden characters replaced, no space around, at most 8,192 bytes with `…` at
/// the end of what was cut.
pub(crate) fn shown(text: &str) -> String {
    let shown = visible(text.trim()).into_owned();
    if shown.len() <= 8_192 {
        return shown;
    }
    let end = (0..=8_192 - '…'.len_utf8()).rev().find(|end| shown.is_char_boundary(*end)).unwrap();
    format!("{}…", &shown[..end])
}

/// The texts of a list as they are told, without the empty ones where they are joined.
pub(crate) fn joined(texts: &[String]) -> String {
    let shown: Vec<_> = texts.iter().map(|text| shown(text)).filter(|text| !text.is_empty()).collect();
    shown.join("; ")
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
