//! The rules in Lucene's language executed by a real OpenSearch, over documents that the ECS rendering makes, in indices
//! made by the template that is shipped.
//!
//! The detection engine is Kibana's. What it does with a query is done here: it runs it as a `query_string`, and for a
//! threshold it counts by the field. The two rules in ES|QL have no engine here; that of silence is asked as an aggregation
//! over the same fields, which shows that these can be grouped by.

use std::collections::BTreeMap;

use postern::alert::render::ecs;
use serde_json::{Value, json};

use crate::elastic::{rules, template};
use crate::story::{NOW, is_clicked, is_high, is_mail, is_test, listed, seconds, sorted, story, text};
use crate::support::http;
use crate::support::opensearch::OpenSearch;

/// A node with every record of the story in it.
fn filled() -> Option<&'static OpenSearch> {
    let node = OpenSearch::shared()?;
    node.put("/_index_template/postern-alerts", &template());
    let document = |record: postern::alert::Record| {
        let document: Value = serde_json::from_str(&ecs(&record)).unwrap();
        let day = text(&document, "@timestamp")[..10].replace('-', ".");
        let action = json!({"create": {"_index": format!("postern-alerts-{day}"), "_id": document["event"]["id"]}});
        format!("{action}\n{document}\n")
    };
    let body: String = story().records().map(document).collect();
    let answer = http::post(node.address, "/_bulk?refresh=true", &body).unwrap().json();
    let kept = answer["items"].as_array().unwrap().iter().filter(|item| item["create"]["status"] == 201).count();
    assert_eq!(kept, story().records().count(), "{answer}");
    Some(node)
}

fn search(node: &OpenSearch, body: &Value) -> Value {
    let answer = http::post(node.address, "/postern-alerts-*/_search", &body.to_string()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// What the detection engine would make alerts of: documents, or values of the fields that a threshold counts by. A document
/// counts for each pair of its values, and for none where it lacks one of the fields.
fn found(node: &OpenSearch, rule: &Value) -> Vec<String> {
    assert_eq!(rule["language"], "lucene");
    let query = json!({"query_string": {"query": text(rule, "query").trim(), "analyze_wildcard": true}});
    let Some(fields) = rule["threshold"]["field"].as_array() else {
        let found = search(node, &json!({"size": 1_000, "query": query}));
        return sorted(found["hits"]["hits"].as_array().unwrap().iter().map(|hit| text(hit, "_id").to_owned()));
    };
    let by_field =
        fields.iter().enumerate().map(|(place, field)| json!({place.to_string(): {"terms": {"field": field}}}));
    let by_values = json!({"composite": {"size": 1_000, "sources": by_field.collect::<Vec<_>>()}});
    let found = search(node, &json!({"size": 0, "query": query, "aggs": {"by": by_values}}));
    let is_enough = |bucket: &&Value| bucket["doc_count"].as_u64() >= rule["threshold"]["value"].as_u64();
    let buckets = found["aggregations"]["by"]["buckets"].as_array().unwrap().iter().filter(is_enough);
    let values = |bucket: &Value| {
        let key = bucket["key"].as_object().unwrap();
        key.values().map(|it| it.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    sorted(buckets.map(values))
}

#[test]
fn the_rules_find_what_they_are_for_and_nothing_else() {
    let Some(node) = filled() else { return };
    let rules = rules();
    let alerts = |is_meant: fn(&Value) -> bool| {
        let meant = story().alerts.iter().filter(|it| is_meant(it) && !is_test(it));
        sorted(meant.map(|it| text(it, "id").to_owned()))
    };
    let clicked = story().alerts.iter().filter(|it| is_clicked(it) && !is_test(it));
    let named = |it: &Value| {
        listed(it, "clicked_by").into_iter().map(|who| format!("{} {who}", text(it, "id"))).collect::<Vec<_>>()
    };
    let accounts = sorted(clicked.flat_map(named));
    let expected = BTreeMap::from([
        ("postern_campaign_high", alerts(|it| is_mail(it) && is_high(it))),
        ("postern_campaign_clicked", accounts),
        ("postern_gate_opened", story().ids(|it| !is_mail(it) && it["state"] == "open")),
    ]);
    for (name, expected) in &expected {
        assert!(!expected.is_empty());
        assert_eq!(&found(node, &rules[*name]), expected, "{name}");
    }
    let executable = rules.iter().filter(|(_, rule)| rule["language"] == "lucene").map(|(name, _)| name.as_str());
    assert!(executable.eq(expected.into_keys().collect::<std::collections::BTreeSet<_>>()));
    silence(node);
}

/// The last heartbeat by tenant, and which is older than two hours.
fn silence(node: &OpenSearch) {
    let last = json!({
        "size": 0, "query": {"query_string": {"query": "event.dataset:postern.heartbeat"}},
        "aggs": {"by": {"terms": {"field": "organization.name"}, "aggs": {"last": {"max": {"field": "@timestamp"}}}}},
    });
    let found = search(node, &last);
    let buckets = found["aggregations"]["by"]["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 3);
    let is_old = |it: &&Value| seconds(text(&it["last"], "value_as_string"), NOW) > 2 * 3_600;
    let silent = buckets.iter().filter(is_old).map(|it| text(it, "key").to_owned());
    assert_eq!(sorted(silent), ["fabrikam.com"]);
}
