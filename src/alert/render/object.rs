//! A JSON object that is written field by field, in the paths of the format that it follows.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::text::{LIST_MAX, cut, level, shown};

/// An object under construction. Keys are always ours, values have gone through [`shown`].
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Sets a field by its path; points in it lead into inner objects.
    pub(super) fn set(&mut self, path: &str, value: impl Into<Value>) {
        let mut steps = path.split('.');
        let leaf = steps.next_back().unwrap_or(path);
        let mut place = &mut self.0;
        for step in steps {
            let inner = place.entry(step).or_insert_with(|| Value::Object(Map::new()));
            // A path through a value is a mistake of ours, which the golden cases would show.
            let Value::Object(inner) = inner else { return };
            place = inner;
        }
        place.insert(leaf.to_owned(), value.into());
    }

    /// Sets a text; an empty one is left out.
    pub(super) fn text(&mut self, path: &str, text: &str) {
        let text = shown(text);
        if !text.is_empty() {
            self.set(path, text.into_owned());
        }
    }

    /// Sets a list of texts; an empty one is left out.
    pub(super) fn texts<'a>(&mut self, path: &str, texts: impl IntoIterator<Item = &'a String>) {
        self.list(path, texts.into_iter().map(|text| Value::from(shown(text))));
    }

    /// Sets a list; an empty one is left out.
    pub(super) fn list(&mut self, path: &str, values: impl IntoIterator<Item = Value>) {
        let values: Vec<Value> = values.into_iter().take(LIST_MAX).collect();
        if !values.is_empty() {
            self.set(path, values);
        }
    }

    /// Cuts the longest texts inside each field until the field takes no more bytes than this.
    pub(super) fn fit_fields(&mut self, bytes_max: usize) {
        self.0.values_mut().for_each(|value| fit(value, bytes_max));
    }

    /// The object in one line of at most so many bytes: the longest texts in it are cut first.
    pub(super) fn line(self, bytes_max: usize) -> String {
        let mut whole = Value::Object(self.0);
        fit(&mut whole, bytes_max);
        whole.to_string()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

fn fit(value: &mut Value, bytes_max: usize) {
    let bytes = value.to_string().len();
    if bytes <= bytes_max {
        return;
    }
    let mut costs = Vec::new();
    each_text(value, &mut |text| costs.push(text.chars().map(cost).sum()));
    let structure = bytes - costs.iter().sum::<usize>();
    let level = level(costs, bytes_max.saturating_sub(structure));
    each_text(value, &mut |text| {
        if let Cow::Owned(shorter) = cut(text, level, cost) {
            *text = shorter;
        }
    });
}

fn each_text(value: &mut Value, look: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(values) => values.iter_mut().for_each(|value| each_text(value, look)),
        Value::Object(fields) => fields.values_mut().for_each(|value| each_text(value, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a character takes inside a JSON string; of those that take more, only two are ever shown.
fn cost(letter: char) -> usize {
    if matches!(letter, '"' | '\\') { 2 } else { letter.len_utf8() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_into_inner_objects_and_nothing_empty_is_written() {
        let mut object = Object::default();
        object.set("a.b.c", 1);
        object.text("a.b.d", "x");
        object.text("a.e.f", " \u{3000} ");
        object.texts("a.g", &[]);
        assert_eq!(object.line(1_000), r#"{"a":{"b":{"c":1,"d":"x"}}}"#);
    }

    #[test]
    fn the_longest_text_is_cut_wherever_it_stands() {
        let build = || {
            let mut object = Object::default();
            object.text("a.short", "kept");
            object.texts("b", &["\"".repeat(500), "x".repeat(50)]);
            object
        };
        let whole = build().line(10_000);
        for bytes_max in [1_000, 500, 200, 100] {
            let line = build().line(bytes_max);
            assert!(line.len() <= bytes_max && line.len() + 4 >= whole.len().min(bytes_max), "{line}");
            assert!(line.contains(r#""short":"kept""#) && serde_json::from_str::<Value>(&line).is_ok());
        }
    }
}
