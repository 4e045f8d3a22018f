//! The index template: what the fields of a document are.
//!
//! Without one the cluster guesses from the first document it sees, and a subject that looks like a date makes every
//! later subject a mistake. The template stands in a file of its own, for whoever installs it by hand.

use crate::config::ElasticTarget;

/// Composable, and in the words that Elasticsearch and OpenSearch share.
const TEMPLATE: &str = include_str!("../../../deploy/elasticsearch/postern-alerts.json");
/// What is said there of the indices it is for.
const PATTERNS: &str = r#""index_patterns": ["postern-alerts-*"],"#;

/// The name of the template for a target, and its body: for `PUT /_index_template/<name>`.
pub(in crate::deliver) fn template(target: &ElasticTarget) -> (String, String) {
    let (name, patterns) = match target {
        ElasticTarget::Daily(prefix) => (prefix, format!(r#""index_patterns": ["{prefix}-*"],"#)),
        // A data stream is created by the first document, if a template says that it is one.
        ElasticTarget::DataStream(name) => {
            (name, format!("\"index_patterns\": [\"{name}\"],\n  \"data_stream\": {{}},"))
        }
    };
    (name.clone(), TEMPLATE.replacen(PATTERNS, &patterns, 1))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(target: &ElasticTarget) -> (String, Value) {
        let (name, body) = template(target);
        (name, serde_json::from_str(&body).unwrap())
    }

    #[test]
    fn a_template_is_for_the_indices_of_the_sink_and_no_others() {
        let (name, daily) = parsed(&ElasticTarget::Daily("soc-postern".into()));
        assert_eq!((name.as_str(), &daily["index_patterns"]), ("soc-postern", &json!(["soc-postern-*"])));
        assert!(daily.get("data_stream").is_none());
        let (name, stream) = parsed(&ElasticTarget::DataStream("logs-postern.alerts-soc".into()));
        let patterns = json!(["logs-postern.alerts-soc"]);
        assert_eq!((name.as_str(), &stream["index_patterns"]), ("logs-postern.alerts-soc", &patterns));
        assert_eq!(stream["data_stream"], json!({}));
        assert_eq!(daily["template"], stream["template"]);
    }

    #[test]
    fn the_file_that_is_shipped_is_the_template_of_the_default() {
        assert_eq!(
            template(&ElasticTarget::Daily("postern-alerts".into())),
            ("postern-alerts".into(), TEMPLATE.into())
        );
    }

    /// The fields of the template, with their names.
    fn fields<'a>(name: &'a str, field: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
        if field.get("type").is_some() {
            found.push((name, field));
        }
        for below in ["properties", "fields"].iter().filter_map(|key| field.get(key)?.as_object()) {
            below.iter().for_each(|(name, field)| fields(name, field, found));
        }
    }

    #[test]
    fn every_field_has_a_type_that_both_know_and_none_costs_a_document() {
        let (_, body) = parsed(&ElasticTarget::Daily("postern-alerts".into()));
        let mappings = &body["template"]["mappings"];
        let mut found = Vec::new();
        fields("", mappings, &mut found);
        assert!(found.len() > 50, "{}", found.len());
        for (name, field) in found {
            let expected = match field["type"].as_str().unwrap() {
                // A data stream needs its time. Whether it may even be said that this one is not to be ignored is what
                // Elasticsearch 8.5 and OpenSearch disagree on, so nothing is said, for the index as a whole neither.
                "date" if name == "@timestamp" => json!({ "type": "date" }),
                kind @ ("date" | "long" | "ip") => json!({ "type": kind, "ignore_malformed": true }),
                "keyword" if field.get("fields").is_none() => json!({ "type": "keyword", "ignore_above": 1024 }),
                "keyword" => {
                    json!({ "type": "keyword", "ignore_above": 1024, "fields": { "text": { "type": "text" } } })
                }
                kind @ ("text" | "boolean") => json!({ "type": kind }),
                // `flattened` is one of Elasticsearch, `flat_object` one of OpenSearch.
                other => panic!("{name}: {other}"),
            };
            assert_eq!(*field, expected, "{name}");
        }
        // What attackers write decides over no type.
        assert_eq!((&mappings["date_detection"], &mappings["numeric_detection"]), (&json!(false), &json!(false)));
        assert!(body["template"].get("settings").is_none());
        // Above those that both bring for `logs-*-*`.
        assert!(body["priority"].as_u64().is_some_and(|priority| priority > 200));
    }
}
