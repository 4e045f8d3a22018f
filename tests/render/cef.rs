//! A strict reader of CEF:0, written from *Implementing ArcSight Common Event Format*, version 25: it takes nothing that
//! the specification does not describe.

use std::collections::BTreeMap;

/// A line as a receiver reads it.
#[derive(Debug)]
pub(crate) struct Cef {
    /// Vendor, product, version, signature, name, severity.
    pub(crate) header: Vec<String>,
    pub(crate) extension: BTreeMap<String, String>,
}

/// "Spaces used in the header are valid. … If a pipe is used in the header, it has to be escaped with a backslash. …
/// Pipes in the extension do not need escaping."
pub(crate) fn read(line: &str) -> Result<Cef, String> {
    if line.contains(['\n', '\r']) {
        return Err("more than one line".to_owned());
    }
    let mut rest = line.strip_prefix("CEF:0|").ok_or("no CEF:0")?;
    let mut header = Vec::new();
    while header.len() < 6 {
        let end = unescaped(rest, '|')?.ok_or("the header ends early")?;
        header.push(unescape(&rest[..end], &[('|', '|')])?);
        rest = &rest[end + 1..];
    }
    let severity: u8 = header[5].parse().map_err(|_| "a severity that is no number")?;
    let extension = extension(rest)?;
    (severity <= 10).then_some(Cef { header, extension }).ok_or("a severity above 10".to_owned())
}

/// "If an equal sign is used in the extensions, it has to be escaped with a backslash": so each that is not is the end of
/// a key, and the key begins after the last space before it.
fn extension(mut rest: &str) -> Result<BTreeMap<String, String>, String> {
    let mut fields = BTreeMap::new();
    let mut end = unescaped(rest, '=')?;
    while let Some(at) = end {
        let key = &rest[..at];
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("{key:?} is no key"));
        }
        let value = &rest[at + 1..];
        end = unescaped(value, '=')?;
        let cut = match end {
            None => value.len(),
            Some(next) => value[..next].rfind(' ').ok_or("two keys and no space")?,
        };
        let read = unescape(&value[..cut], &[('=', '='), ('n', '\n'), ('r', '\r')])?;
        if fields.insert(key.to_owned(), read).is_some() {
            return Err(format!("{key} stands twice"));
        }
        rest = value.get(cut + 1..).unwrap_or_default();
        end = end.map(|next| next - cut - 1);
    }
    if rest.is_empty() { Ok(fields) } else { Err(format!("{rest:?} belongs to no key")) }
}

/// Where the character first stands without a backslash before it.
fn unescaped(text: &str, wanted: char) -> Result<Option<usize>, String> {
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        if letter == '\\' {
            letters.next().ok_or("a backslash at the end")?;
        } else if letter == wanted {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn unescape(text: &str, escapes: &[(char, char)]) -> Result<String, String> {
    let mut read = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            read.push(letter);
            continue;
        }
        let escaped = letters.next().ok_or("a backslash at the end")?;
        let meant = escapes.iter().chain(&[('\\', '\\')]).find(|(written, _)| *written == escaped);
        read.push(meant.ok_or(format!("\\{escaped} is no escape"))?.1);
    }
    Ok(read)
}

#[test]
fn the_reader_reads_the_specification_and_refuses_what_breaks_it() {
    let read_well =
        read(r"CEF:0|security|threat\|manager|1.0|100|detected a \\ in|10|src=10.0.0.1 act=a \= b | c msg=x\ny")
            .unwrap();
    assert_eq!(read_well.header[1..2], ["threat|manager"]);
    assert_eq!(read_well.header[4], r"detected a \ in");
    assert_eq!(read_well.extension["act"], "a = b | c");
    assert_eq!(read_well.extension["msg"], "x\ny");
    for broken in [
        "CEF:0|a|b|c|d|e|5",
        "CEF:0|a|b|c|d|e|11|",
        r"CEF:0|a|b|c|d|e|5|k=\|",
        r"CEF:0|a|b|c|d|e|5|k=v\",
        "CEF:0|a|b|c|d|e|5|k=a=b",
        "CEF:0|a|b|c|d|e|5|k=1 k=2",
        "CEF:0|a|b|c|d|e|5|k=1\nk=2",
        r"CEF:0|a\=|b|c|d|e|5|",
    ] {
        assert!(read(broken).is_err(), "{broken}");
    }
}
