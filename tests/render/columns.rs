//! The columns of the table in Sentinel are those that the rows have.

use std::collections::{BTreeMap, BTreeSet};

use postern::alert::render::{COLUMNS, ColumnType, FIELD_BYTES_MAX, sentinel};
use postern::alert::{Alert, Record};
use postern::event::Time;
use serde_json::{Value, json};

use crate::cases::{alert, cases, parsed, record};

/// Names that a workspace keeps for itself.
const RESERVED: [&str; 7] = ["_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"];

fn has_type(value: &Value, kind: ColumnType) -> bool {
    match kind {
        ColumnType::String => value.is_string(),
        ColumnType::DateTime => value.as_str().is_some_and(|text| text.ends_with('Z') && Time::parse(text).is_ok()),
        ColumnType::Int => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ColumnType::Long => value.is_i64() || value.is_u64(),
        ColumnType::Boolean => value.is_boolean(),
        ColumnType::Dynamic => value.is_array() || value.is_object(),
    }
}

#[test]
fn every_key_of_a_row_is_a_column_of_its_type_and_every_column_is_told_somewhere() {
    let columns: BTreeMap<_, _> = COLUMNS.iter().copied().collect();
    assert_eq!(columns.len(), COLUMNS.len(), "a column stands twice");
    let mut told = BTreeSet::new();
    for case in cases() {
        for (key, value) in parsed(&sentinel(&record(&case))).as_object().unwrap() {
            let kind = columns.get(key.as_str()).unwrap_or_else(|| panic!("{key} is no column"));
            assert!(has_type(value, *kind), "{case:?}: {key} is no {}: {value}", kind.as_str());
            told.insert(key.clone());
        }
    }
    assert!(
        columns.keys().all(|column| told.contains(*column)),
        "{:?}",
        columns.keys().find(|key| !told.contains(**key))
    );
}

#[test]
fn every_name_is_one_that_a_workspace_takes() {
    for (name, _) in COLUMNS {
        let plain = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        assert!(plain && name.len() <= 45 && !RESERVED.contains(name), "{name}");
    }
}

#[test]
fn no_value_is_longer_than_a_column_takes() {
    let long = |count: usize| (0..20).map(|number| format!("{number}{}", "\"ü".repeat(count))).collect::<Vec<_>>();
    let large =
        Alert { senders: long(30_000), subjects: long(3_000), link_domains: long(10), ..alert("campaign-clicked") };
    let row = parsed(&sentinel(&Record::Alert(Box::new(large.clone()))));
    assert!(row.as_object().unwrap().values().all(|value| value.to_string().len() <= FIELD_BYTES_MAX));
    assert_eq!(row["Senders"].as_array().unwrap().len(), 20);
    assert_eq!(row["LinkDomains"], serde_json::json!(large.link_domains));
}

/// What Azure is told about the table and about the stream, which drop in silence what they do not know.
#[test]
fn what_is_shipped_for_azure_declares_every_column_and_no_other() {
    let expected: Vec<_> = COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "type": kind.as_str() })).collect();
    let table: Value = serde_json::from_str(include_str!("../../deploy/sentinel/table.json")).unwrap();
    assert_eq!(table["properties"]["schema"]["columns"], json!(expected));
    let rule = include_str!("../../deploy/sentinel/dcr.json");
    let rule: Value = serde_json::from_str(rule).unwrap();
    let declared =
        rule["resources"][0]["properties"]["streamDeclarations"]["Custom-PosternAlerts_CL"]["columns"].clone();
    assert_eq!(declared, json!(expected));
}
