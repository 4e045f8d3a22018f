//! The members of one object that we read.

use std::str::FromStr;

use super::key::{Key, KeySet, Keys, TraceKey};
use super::quoted::Quoted;
use super::scan::{Scan, Stop};
use super::undecodable::{Flaw, Reason};
use crate::event::{Text, Time};

/// The members of one object, as they are written, and read only when they are asked for.
///
/// `null`, `""` and a missing key are one thing, and a scalar may be written natively or as a string: exporters disagree
/// on both. Reading on request means that a flaw matters only in a member that somebody needs.
pub(super) struct Members<'a, K = Key, const N: usize = { Key::COUNT }> {
    values: [Option<&'a str>; N],
    twice: KeySet<K>,
}

/// The members of a message trace's row.
pub(super) type TraceMembers<'a> = Members<'a, TraceKey, { TraceKey::COUNT }>;

impl<'a> Members<'a> {
    /// Finds the members; `None` when the text is not one object.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        Self::find(json)
    }

    /// When it happened: `Timestamp`; a table of Log Analytics may say it in `TimeGenerated` alone.
    pub(super) fn event_time(&self) -> Result<Time, Flaw> {
        let is_generated = self.text(Key::Timestamp)?.is_none() && self.text(Key::TimeGenerated)?.is_some();
        self.required_time(if is_generated { Key::TimeGenerated } else { Key::Timestamp })
    }
}

impl<'a, K: Keys, const N: usize> Members<'a, K, N> {
    /// Finds the members of another set.
    pub(super) fn find(json: &'a str) -> Option<Self> {
        const { assert!(N == K::COUNT, "a place for each key") };
        let mut members = Self { values: [None; N], twice: KeySet::default() };
        let mut scan = Scan::new(json);
        scan.object(|scan, name| members.member(scan, name)).ok()?;
        scan.peek().is_none().then_some(members)
    }

    /// Whether the key stands there at all, be it with nothing behind it.
    pub(super) fn has(&self, key: K) -> bool {
        self.values[key.place()].is_some()
    }

    /// A scalar as text.
    pub(super) fn text(&self, key: K) -> Result<Option<Text<'a>>, Flaw> {
        match self.written(key)? {
            Some(written) if is_container(written) => Err(Flaw::of(Reason::BadColumn, key)),
            written => Ok(written.map(scalar)),
        }
    }

    /// A scalar as text, or a container as its JSON: for a column that holds JSON in a string until an exporter unpacks it.
    pub(super) fn json(&self, key: K) -> Result<Option<Text<'a>>, Flaw> {
        Ok(self
            .written(key)?
            .map(|written| if is_container(written) { Text::borrowed(written) } else { scalar(written) }))
    }

    /// A scalar that every row has.
    pub(super) fn required(&self, key: K) -> Result<Text<'a>, Flaw> {
        self.text(key)?.ok_or(Flaw::of(Reason::MissingColumn, key))
    }

    /// A time that every row has.
    pub(super) fn required_time(&self, key: K) -> Result<Time, Flaw> {
        Time::parse(&self.required(key)?).map_err(|_| Flaw::of(Reason::BadColumn, key))
    }

    /// An object that is needed.
    pub(super) fn required_object(&self, key: K) -> Result<Self, Flaw> {
        let written = self.written(key)?.ok_or(Flaw::of(Reason::MissingColumn, key))?;
        Self::find(written).ok_or(Flaw::of(Reason::BadColumn, key))
    }

    /// A value that a row can do without: what cannot be parsed is not known, and no reason to lose the mail.
    pub(super) fn parsed<T: FromStr>(&self, key: K) -> Result<Option<T>, Flaw> {
        Ok(self.text(key)?.and_then(|text| text.parse().ok()))
    }

    /// A flag: `true` and `1`, `false` and `0`.
    pub(super) fn flag(&self, key: K) -> Result<Option<bool>, Flaw> {
        Ok(self.text(key)?.and_then(|text| match text.as_str() {
            "1" => Some(true),
            "0" => Some(false),
            word => word.to_ascii_lowercase().parse().ok(),
        }))
    }

    /// An object as it is written.
    pub(super) fn written_object(&self, key: K) -> Result<&'a str, Flaw> {
        let written = self.written(key)?.ok_or(Flaw::of(Reason::MissingColumn, key))?;
        if written.starts_with('{') { Ok(written) } else { Err(Flaw::of(Reason::BadColumn, key)) }
    }

    fn member(&mut self, scan: &mut Scan<'a>, name: Quoted<'a>) -> Result<(), Stop> {
        let written = scan.written_value(u8::MAX)?;
        if let Some(key) = K::find(name.text().as_bytes())
            && self.values[key.place()].replace(written).is_some()
        {
            self.twice.insert(key);
        }
        Ok(())
    }

    fn written(&self, key: K) -> Result<Option<&'a str>, Flaw> {
        if self.twice.contains(key) {
            return Err(Flaw::of(Reason::KeyTwice, key));
        }
        Ok(self.values[key.place()].filter(|written| !matches!(*written, "null" | r#""""#)))
    }
}

fn is_container(written: &str) -> bool {
    written.starts_with(['{', '['])
}

fn scalar(written: &str) -> Text<'_> {
    if written.starts_with('"') { Quoted::new(written, written.contains('\\')).text() } else { Text::borrowed(written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(written: &str) -> Result<Option<String>, Reason> {
        let json = format!(r#"{{"x":[{{"Subject":1}}],"Subject" : {written} }}"#);
        let text = Members::of(&json).unwrap().text(Key::Subject);
        text.map(|text| text.map(|text| text.to_string())).map_err(|flaw| flaw.reason)
    }

    #[test]
    fn null_and_empty_are_as_good_as_missing() {
        for written in ["null", r#""""#] {
            assert_eq!(subject(written), Ok(None));
        }
        assert!(Members::of("{}").unwrap().text(Key::Subject).unwrap().is_none());
    }

    #[test]
    fn a_scalar_is_read_as_it_is_written() {
        for (written, text) in [("7", "7"), (r#""7""#, "7"), ("1.50", "1.50"), ("true", "true"), (r#""a\n""#, "a\n")] {
            assert_eq!(subject(written), Ok(Some(text.to_owned())), "{written}");
        }
    }

    #[test]
    fn a_key_is_recognised_behind_its_escapes() {
        let members = Members::of(r#"{"Sub\u006aect":"s"}"#).unwrap();
        assert_eq!(members.text(Key::Subject).unwrap().unwrap().as_str(), "s");
    }

    #[test]
    fn containers_and_repeated_keys_are_flaws_where_they_are_asked_for() {
        assert_eq!(subject("[]"), Err(Reason::BadColumn));
        assert_eq!(subject(r#""a","Subject":"b""#), Err(Reason::KeyTwice));
        let members = Members::of(r#"{"Url":1,"Url":2,"Subject":"s"}"#).unwrap();
        assert!(members.text(Key::Subject).is_ok() && members.text(Key::Url).is_err());
    }

    #[test]
    fn flags_come_in_four_spellings() {
        let flag = |json| Members::of(json).unwrap().flag(Key::IsFirstContact).unwrap();
        assert_eq!(flag(r#"{"IsFirstContact":true}"#), Some(true));
        assert_eq!(flag(r#"{"IsFirstContact":"True"}"#), Some(true));
        assert_eq!(flag(r#"{"IsFirstContact":0}"#), Some(false));
        assert_eq!(flag(r#"{"IsFirstContact":"maybe"}"#), None);
    }
}
