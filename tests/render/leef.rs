//! A strict reader of LEEF:2.0, written from IBM's *Log Event Extended Format* guide.

use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct Leef {
    /// Vendor, product, version, event.
    pub(crate) header: Vec<String>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// The delimiter is one character, or its code in hexadecimal behind `x` or `0x`; a tab where there is none.
pub(crate) fn read(line: &str) -> Result<Leef, String> {
    if line.contains(['\n', '\r']) {
        return Err("more than one line".to_owned());
    }
    let mut parts = line.strip_prefix("LEEF:2.0|").ok_or("no LEEF:2.0")?.splitn(6, '|');
    let header: Vec<_> = parts.by_ref().take(4).map(str::to_owned).collect();
    let delimiter = delimiter(parts.next().ok_or("no delimiter")?)?;
    let payload = parts.next().ok_or("the header ends early")?;
    let mut attributes = BTreeMap::new();
    for attribute in payload.split(delimiter) {
        let (key, value) = attribute.split_once('=').ok_or(format!("{attribute:?} has no key"))?;
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("{key:?} is no key"));
        }
        if attributes.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("{key} stands twice"));
        }
    }
    let severity = attributes.get("sev").and_then(|text| text.parse().ok()).unwrap_or(0);
    (1..=10).contains(&severity).then_some(Leef { header, attributes }).ok_or("no severity of 1 to 10".to_owned())
}

fn delimiter(text: &str) -> Result<char, String> {
    let code = text.strip_prefix("0x").or_else(|| text.strip_prefix('x'));
    match (code, text.chars().collect::<Vec<_>>().as_slice()) {
        (Some(code), _) if !code.is_empty() => {
            u32::from_str_radix(code, 16).ok().and_then(char::from_u32).ok_or(format!("{text:?} is no delimiter"))
        }
        (_, []) => Ok('\t'),
        (_, [letter]) => Ok(*letter),
        _ => Err(format!("{text:?} is no delimiter")),
    }
}

#[test]
fn the_reader_reads_the_guide_and_refuses_what_breaks_it() {
    for line in ["LEEF:2.0|a|b|1|e|^|src=1^sev=5", "LEEF:2.0|a|b|1|e|x5E|src=1^sev=5", "LEEF:2.0|a|b|1|e||src=1\tsev=5"]
    {
        let read = read(line).unwrap();
        assert_eq!((read.header[3].as_str(), read.attributes["src"].as_str()), ("e", "1"));
    }
    for broken in [
        "LEEF:2.0|a|b|1|e|x09|src=1\tsev=11",
        "LEEF:2.0|a|b|1|e|x09|src=1\tsev=5\tsrc=2",
        "LEEF:2.0|a|b|1|e|x09|src=1\tsev=5\tforged",
        "LEEF:2.0|a|b|1|e|tab|src=1\tsev=5",
        "LEEF:2.0|a|b|1|e|x09|src=1\tsev=5\nx=y",
    ] {
        assert!(read(broken).is_err(), "{broken}");
    }
}
