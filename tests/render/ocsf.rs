//! Findings and heartbeats, held against the definition of their classes.
//!
//! `ocsf-1.8.0.json` is an extract of the schema that OCSF publishes: each attribute with its type, requirement and values.
//! An attribute that is not in it is refused, so a misspelt name shows.

use std::net::IpAddr;
use std::sync::LazyLock;

use postern::alert::render::ocsf;
use serde_json::{Map, Value};

use crate::cases::{cases, parsed, record};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("ocsf-1.8.0.json")).unwrap());

/// Fails where the event is none of its class.
pub(crate) fn assert_valid(event: &Value) {
    let class = match event["class_uid"].as_u64() {
        Some(2004) => "detection_finding",
        Some(0) => "base_event",
        other => panic!("class {other:?}"),
    };
    assert_eq!(event["metadata"]["version"], SCHEMA["version"]);
    let type_uid = event["class_uid"].as_u64().unwrap() * 100 + event["activity_id"].as_u64().unwrap();
    assert_eq!(event["type_uid"], type_uid);
    check(&SCHEMA["classes"][class], event, class);
}

fn check(definition: &Value, value: &Value, path: &str) {
    let fields = value.as_object().unwrap_or_else(|| panic!("{path} is no object"));
    let attributes = definition["attributes"].as_object().unwrap_or_else(|| panic!("{path} is not in the extract"));
    for (name, attribute) in attributes {
        assert!(attribute["requirement"] != "required" || fields.contains_key(name), "{path} lacks {name}");
    }
    if let Some(one_of) = definition["constraints"]["at_least_one"].as_array() {
        assert!(one_of.iter().any(|name| fields.contains_key(name.as_str().unwrap())), "{path} has none of {one_of:?}");
    }
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        let attribute = attributes.get(name).unwrap_or_else(|| panic!("{path} is no attribute"));
        assert_ne!(attribute["deprecated"], true, "{path} is deprecated");
        if attribute["array"] == true {
            value
                .as_array()
                .unwrap_or_else(|| panic!("{path} is no array"))
                .iter()
                .for_each(|it| is_of(attribute, it, &path));
        } else {
            is_of(attribute, value, &path);
        }
        if let Some(values) = attribute["enum"].as_object() {
            names_its_value(attribute, values, value, fields, &path);
        }
    }
}

/// A number with names is one of them, and the name beside it is that of the number, but for 99, "other".
fn names_its_value(
    attribute: &Value,
    names: &Map<String, Value>,
    value: &Value,
    fields: &Map<String, Value>,
    path: &str,
) {
    let name = names.get(&value.to_string()).unwrap_or_else(|| panic!("{path} cannot be {value}"));
    let sibling = attribute["sibling"].as_str().and_then(|sibling| fields.get(sibling));
    if value == 99 {
        assert!(attribute["sibling"].is_null() || sibling.is_some(), "{path} is another, but which?");
    } else if let Some(sibling) = sibling {
        assert_eq!(sibling, name, "{path}");
    }
}

fn is_of(attribute: &Value, value: &Value, path: &str) {
    let is_right = match attribute["type"].as_str().unwrap() {
        "object_t" if attribute["object"] == "object" => value.is_object(),
        "object_t" => {
            check(&SCHEMA["objects"][attribute["object"].as_str().unwrap()], value, path);
            true
        }
        "json_t" => true,
        "boolean_t" => value.is_boolean(),
        "integer_t" | "long_t" | "timestamp_t" => value.is_i64() || value.is_u64(),
        "ip_t" => value.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "email_t" => value.as_str().is_some_and(is_mail_address),
        _ => value.is_string(),
    };
    assert!(is_right, "{path} is no {}: {value}", attribute["type"]);
}

/// `^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$`, where `+-/` is a range.
fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let Some((name, rest)) = domain.split_once('.') else { return false };
    let is_local = |c: char| c.is_ascii_alphanumeric() || ('+'..='/').contains(&c) || "!#$%&'*=?^_`{|}~.".contains(c);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let whole = |text: &str, is_fit: &dyn Fn(char) -> bool| !text.is_empty() && text.chars().all(is_fit);
    whole(local, &is_local) && whole(name, &is_name) && whole(rest, &|c| is_name(c) || c == '.')
}

#[test]
fn every_case_is_an_event_of_its_class() {
    for case in cases() {
        assert_valid(&parsed(&ocsf(&record(&case))));
    }
}

#[test]
fn an_event_that_breaks_the_schema_is_refused() {
    let valid = parsed(&ocsf(&record(&crate::cases::root().join("corpora/render/campaign-clicked"))));
    let breaks: [fn(&mut Value); 6] = [
        |event| event["type_uid"] = 200_499.into(),
        |event| event["severity"] = "Low".into(),
        |event| event["severity_id"] = 7.into(),
        |event| event["finding_info"] = serde_json::json!({ "title": "no uid" }),
        |event| event["evidences"][1]["src_endpoint"] = serde_json::json!({}),
        |event| event["finding_info"]["titel"] = "misspelt".into(),
    ];
    for spoil in breaks {
        let mut event = valid.clone();
        spoil(&mut event);
        assert!(std::panic::catch_unwind(|| assert_valid(&event)).is_err(), "{event}");
    }
}
