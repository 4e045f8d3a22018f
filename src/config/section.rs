//! Reading a file so that every mistake in it is found, not just the first.
//!
//! A deserializer stops at its first error and knows the keys from a second description of the file. Here the readers
//! of `[[tenant]]` and the others *ask* a [`Section`] for its keys; each answer is a value or `None`, and `None` means
//! that the mistake is in the [`Report`] already, so reading goes on. What nobody asked for is an unknown key: that
//! follows when the section is dropped, so no reader can forget it, and no list of keys can fall behind the code.

use std::cell::RefCell;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt::Display;
use std::ops::{Deref, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{ConfigError, Mistake, Position, quoted};
use super::nearest::nearest;

/// What has been found so far, and the world that the file is read in.
pub(super) struct Report<'a> {
    text: &'a str,
    environment: &'a dyn Fn(&str) -> Option<String>,
    mistakes: RefCell<Vec<Mistake>>,
    taken: RefCell<BTreeMap<(&'static str, String), String>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(text: &'a str, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { text, environment, mistakes: RefCell::default(), taken: RefCell::default() }
    }

    /// The file as a table, or all errors of its syntax: what such a text means is not worth guessing.
    pub(super) fn parse(&self) -> Result<DeTable<'a>, ConfigError> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let mistake = |error: toml::de::Error| Mistake {
            position: error.span().map(|span| Position::of(self.text, span.start)),
            path: String::new(),
            message: format!("not TOML: {}", error.message()),
        };
        let mistakes: Vec<Mistake> = errors.into_iter().map(mistake).collect();
        if mistakes.is_empty() { Ok(table.into_inner()) } else { Err(ConfigError::new(mistakes)) }
    }

    /// The value that was read, unless there are mistakes.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, ConfigError> {
        let mistakes = self.mistakes.into_inner();
        read.filter(|_| mistakes.is_empty()).ok_or_else(|| ConfigError::new(mistakes))
    }
}

/// Where in the file a reader is.
#[derive(Clone)]
pub(super) struct Place<'a> {
    report: &'a Report<'a>,
    path: String,
    offset: usize,
}

impl<'a> Place<'a> {
    /// Notes a mistake. Returns `None`, so that a reader can end with it.
    pub(super) fn wrong<T>(&self, message: impl Into<String>) -> Option<T> {
        let position = Some(Position::of(self.report.text, self.offset));
        let mistake = Mistake { position, path: self.path.clone(), message: message.into() };
        self.report.mistakes.borrow_mut().push(mistake);
        None
    }

    /// The value, or its mistake noted.
    pub(super) fn check<T>(&self, checked: Result<T, String>) -> Option<T> {
        checked.map_or_else(|message| self.wrong(message), Some)
    }

    /// Claims what may exist only once in the whole file: a name, an address.
    pub(super) fn once(&self, what: &'static str, key: impl Into<String>) -> Option<()> {
        match self.report.taken.borrow_mut().entry((what, key.into())) {
            Entry::Vacant(free) => drop(free.insert(self.path.clone())),
            Entry::Occupied(first) => self.wrong(format!("the same {what} as {}; use each only once", first.get()))?,
        }
        Some(())
    }

    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.report.environment)(name)
    }

    fn below(&self, key: &str, offset: usize) -> Place<'a> {
        let is_bare = !key.is_empty() && key.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char));
        let shown = if is_bare { key.to_owned() } else { quoted(key) };
        let path = if self.path.is_empty() { shown } else { format!("{}.{shown}", self.path) };
        Place { report: self.report, path, offset }
    }
}

/// A table of the file; the table may be missing.
pub(super) struct Section<'a> {
    place: Place<'a>,
    table: Option<&'a DeTable<'a>>,
    index: usize,
    asked: Vec<String>,
}

impl<'a> Deref for Section<'a> {
    type Target = Place<'a>;

    fn deref(&self) -> &Place<'a> {
        &self.place
    }
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(report: &'a Report<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(Place { report, path: String::new(), offset: 0 }, Some(table), 0)
    }

    fn new(place: Place<'a>, table: Option<&'a DeTable<'a>>, index: usize) -> Self {
        Self { place, table, index, asked: Vec::new() }
    }

    pub(super) fn is_missing(&self) -> bool {
        self.table.is_none()
    }

    /// Its place among its like, from 0.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// The field, if the file has it.
    pub(super) fn field(&mut self, key: &str) -> Option<Field<'a>> {
        self.asked.push(key.to_owned());
        let value = self.table?.get(key)?;
        Some(Field { place: self.below(key, value.span().start), value, index: 0 })
    }

    /// A field that must be there; the hint says what to write.
    pub(super) fn needed<T>(&mut self, key: &str, hint: &str, read: impl Fn(&Field<'a>) -> Option<T>) -> Option<T> {
        match self.field(key) {
            Some(field) => read(&field),
            None => self.missing(key, hint),
        }
    }

    /// Notes that a key is missing.
    pub(super) fn missing<T>(&self, key: &str, hint: &str) -> Option<T> {
        self.below(key, self.offset).wrong(format!("missing; {hint}"))
    }

    /// A field with a default.
    pub(super) fn or<T>(&mut self, key: &str, default: T, read: impl Fn(&Field<'a>) -> Option<T>) -> Option<T> {
        self.field(key).map_or(Some(default), |field| read(&field))
    }

    /// A field that may be missing.
    pub(super) fn optional<T>(&mut self, key: &str, read: impl Fn(&Field<'a>) -> Option<T>) -> Option<Option<T>> {
        self.or(key, None, |field| read(field).map(Some))
    }

    /// A list; none where it is missing.
    pub(super) fn list<T>(&mut self, key: &str, read: impl Fn(&Field<'a>) -> Option<T>) -> Option<Vec<T>> {
        self.or(key, Vec::new(), |field| all(field.elements()?.iter().map(&read)))
    }

    /// A list with at least one element.
    pub(super) fn needed_list<T>(
        &mut self,
        key: &str,
        hint: &str,
        read: impl Fn(&Field<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.needed(key, hint, |field| match field.elements()?.as_slice() {
            [] => field.wrong(format!("must not be empty; {hint}")),
            elements => all(elements.iter().map(&read)),
        })
    }

    /// A whole number within a range.
    pub(super) fn number<T>(&mut self, key: &str, range: RangeInclusive<T>, default: T) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        self.or(key, default, |field| field.number(&range))
    }

    /// A number of milliseconds within a range.
    pub(super) fn millis(&mut self, key: &str, range: RangeInclusive<u64>, default: u64) -> Option<Duration> {
        self.number(key, range, default).map(Duration::from_millis)
    }

    /// A table below this one; an empty one where it is missing.
    pub(super) fn section(&mut self, key: &str) -> Section<'a> {
        let missing = Section::new(self.below(key, self.offset), None, 0);
        self.field(key).and_then(|field| field.section()).unwrap_or(missing)
    }

    /// The tables of `[[key]]`, each read.
    pub(super) fn sections<T>(&mut self, key: &str, read: impl Fn(Section<'a>) -> Option<T>) -> Option<Vec<T>> {
        let Some(field) = self.field(key) else { return Some(Vec::new()) };
        if field.is_table() {
            let names: Vec<&str> = field.path.split('.').filter_map(|part| part.split('[').next()).collect();
            return field.wrong(format!("there may be several; write it with two brackets: [[{}]]", names.join(".")));
        }
        all(field.elements()?.iter().map(|field| field.section().and_then(&read)))
    }

    /// Gives up on the section: its other keys have no meaning as long as the noted mistake is there.
    pub(super) fn give_up<T>(mut self) -> Option<T> {
        self.table = None;
        None
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        let Some(table) = self.table else { return };
        for (key, _) in table.iter().filter(|(key, _)| !self.asked.iter().any(|asked| asked == key.get_ref())) {
            let advice = match nearest(key.get_ref(), &self.asked) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", self.asked.join(", ")),
            };
            self.below(key.get_ref(), key.span().start).wrong::<()>(format!("unknown key; {advice}"));
        }
    }
}

/// A value of the file.
pub(super) struct Field<'a> {
    place: Place<'a>,
    value: &'a Spanned<DeValue<'a>>,
    index: usize,
}

impl<'a> Deref for Field<'a> {
    type Target = Place<'a>;

    fn deref(&self) -> &Place<'a> {
        &self.place
    }
}

impl<'a> Field<'a> {
    /// Text that is not blank. Variables are replaced in secrets only, so elsewhere one is a misunderstanding.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.raw_text()? {
            text if text.trim().is_empty() => self.wrong("must not be empty"),
            text if text.contains("${") => self.wrong("variables are replaced only in secrets; write the value itself"),
            text => Some(text),
        }
    }

    /// Text, whatever it holds.
    pub(super) fn raw_text(&self) -> Option<&'a str> {
        self.value.get_ref().as_str().or_else(|| self.must_be("a string"))
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        self.value.get_ref().as_bool().or_else(|| self.must_be("true or false"))
    }

    /// A native date or time.
    pub(super) fn datetime(&self) -> Option<&'a toml::value::Datetime> {
        self.value.get_ref().as_datetime()
    }

    /// One of the words.
    pub(super) fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.or_else(|| {
            self.wrong(format!("{} is none of {}", quoted(text), listed(words.iter().map(|(word, _)| *word))))
        })
    }

    pub(super) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// The value as a table.
    pub(super) fn section(&self) -> Option<Section<'a>> {
        let Some(table) = self.value.get_ref().as_table() else { return self.must_be("a table") };
        Some(Section::new(self.place.clone(), Some(table), self.index))
    }

    fn elements(&self) -> Option<Vec<Field<'a>>> {
        let Some(array) = self.value.get_ref().as_array() else { return self.must_be("a list") };
        let element = |(index, value): (usize, &'a Spanned<DeValue<'a>>)| {
            let path = format!("{}[{index}]", self.path);
            Field { place: Place { report: self.report, path, offset: value.span().start }, value, index }
        };
        Some(array.iter().enumerate().map(element).collect())
    }

    fn number<T: TryFrom<i64> + PartialOrd + Display>(&self, range: &RangeInclusive<T>) -> Option<T> {
        let Some(integer) = self.value.get_ref().as_integer() else { return self.must_be("a whole number") };
        let number =
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().and_then(|number| number.try_into().ok());
        let (low, high) = (range.start(), range.end());
        number
            .filter(|number| range.contains(number))
            .or_else(|| self.wrong(format!("must be between {low} and {high}")))
    }

    fn must_be<T>(&self, what: &str) -> Option<T> {
        self.wrong(format!("must be {what}, not {}", with_article(self.value.get_ref().type_str())))
    }
}

/// Words in a sentence.
pub(super) fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// All values, after every one of them was read: collecting options alone would stop at the first mistake.
fn all<T>(values: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    values.collect::<Vec<_>>().into_iter().collect()
}

fn with_article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(['a', 'i']) { "an" } else { "a" })
}
