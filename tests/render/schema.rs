//! As much of JSON Schema (draft 2020-12) as the published schemas use. A keyword that is not known here fails, so that
//! no part of a schema goes unchecked.

use postern::event::Time;
use serde_json::Value;

/// What is wrong with a value. With `strict`, members that the schema does not name are wrong too.
pub(crate) fn flaws(schema: &Value, value: &Value, strict: bool) -> Vec<String> {
    let mut checker = Checker { root: schema, strict, flaws: Vec::new() };
    checker.check(schema, value, "$");
    checker.flaws
}

struct Checker<'a> {
    root: &'a Value,
    strict: bool,
    flaws: Vec<String>,
}

impl<'a> Checker<'a> {
    fn check(&mut self, schema: &'a Value, value: &Value, path: &str) {
        for (keyword, rule) in schema.as_object().unwrap() {
            let holds = match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" | "examples" => true,
                "$ref" => {
                    self.check(self.root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), value, path);
                    true
                }
                "type" => is_a(value, rule.as_str().unwrap()),
                "const" => value == rule,
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value.as_f64() >= rule.as_f64(),
                "maximum" => value.as_f64() <= rule.as_f64(),
                "maxItems" => value.as_array().unwrap().len() as u64 <= rule.as_u64().unwrap(),
                "pattern" => is_hexadecimal(value.as_str().unwrap(), rule.as_str().unwrap()),
                "format" => rule == "date-time" && Time::parse(value.as_str().unwrap()).is_ok(),
                "required" => rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
                "items" => {
                    let items = value.as_array().unwrap().iter().enumerate();
                    items.for_each(|(place, item)| self.check(rule, item, &format!("{path}[{place}]")));
                    true
                }
                "properties" => self.members(rule, value, path),
                other => panic!("{path}: `{other}` is not checked"),
            };
            if !holds {
                self.flaws.push(format!("{path}: not {keyword} {rule}: {value}"));
            }
        }
    }

    fn members(&mut self, properties: &'a Value, value: &Value, path: &str) -> bool {
        let mut named = true;
        for (name, member) in value.as_object().unwrap() {
            match properties.get(name) {
                Some(schema) => self.check(schema, member, &format!("{path}.{name}")),
                None => named = false,
            }
        }
        named || !self.strict
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("type {other} is not checked"),
    }
}

/// The only pattern of the schemas: so many lower-case hexadecimal digits.
fn is_hexadecimal(text: &str, pattern: &str) -> bool {
    let count = pattern.strip_prefix("^[0-9a-f]{").and_then(|rest| rest.strip_suffix("}$")).unwrap();
    text.len() == count.parse::<usize>().unwrap() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
