//! The native format, held against the schemas that are published for those who read it.

use std::fs;

use postern::alert::{AlertRule, HEARTBEAT_SCHEMA, SCHEMA};
use postern::judge::{Factor, Severity};
use serde_json::{Value, json};

use crate::cases::{cases, root};
use crate::schema::flaws;

fn schema(name: &str) -> Value {
    let file = root().join("docs/schema").join(name.replace('/', ".") + ".json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Fails where the record does not keep to the schema that it names, or has a member that the schema does not.
pub(crate) fn assert_valid(record: &Value) {
    let found = flaws(&schema(record["schema"].as_str().unwrap()), record, true);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_case_keeps_to_its_schema_as_it_came_and_as_it_is_written_again() {
    for case in cases() {
        let input: Value = serde_json::from_str(&fs::read_to_string(case.join("input.json")).unwrap()).unwrap();
        assert_valid(&input);
        let record = crate::cases::record(&case);
        if let Some(alert) = record.alert() {
            assert_valid(&serde_json::to_value(alert).unwrap());
        }
    }
}

#[test]
fn the_schemas_name_every_word_that_there_is() {
    let alert = schema(SCHEMA);
    let rules: Vec<_> = AlertRule::all().map(AlertRule::as_str).collect();
    assert_eq!(alert["properties"]["rule"]["examples"], json!(rules));
    assert_eq!(alert["properties"]["severity"]["enum"], json!(Severity::ALL.map(Severity::as_str)));
    let factors: Vec<_> = Factor::ALL.iter().map(|factor| factor.as_str()).collect();
    assert_eq!(alert["$defs"]["reason"]["properties"]["reason"]["examples"], json!(factors));
    assert_eq!(schema(HEARTBEAT_SCHEMA)["properties"]["schema"]["const"], HEARTBEAT_SCHEMA);
}

#[test]
fn a_record_that_breaks_its_schema_is_found_out() {
    let valid = serde_json::to_value(crate::cases::alert("storm")).unwrap();
    let breaks: [fn(&mut Value); 7] = [
        |record| record["state"] = "ended".into(),
        |record| record["id"] = "0011".into(),
        |record| record["seq"] = 0.into(),
        |record| record["first_seen"] = "yesterday".into(),
        |record| record["senders"] = json!([1]),
        |record| record["counts"] = json!({}),
        |record| record["sendres"] = json!([]),
    ];
    for spoil in breaks {
        let mut record = valid.clone();
        spoil(&mut record);
        assert!(!flaws(&schema(SCHEMA), &record, true).is_empty(), "{record}");
    }
}
