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
use crate::story::{NOW, is_high, is_mail, is_test, seconds, sorted, story, text};
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

/// What the detection engine would make alerts of: documents, or values of the field that a threshold counts by.
fn found(node: &OpenSearch, rule: &Value) -> Vec<String> {
    assert_eq!(rule["language"], "lucene");
    let query = json!({"query_string": {"query": text(rule, "query").trim(), "analyze_wildcard": true}});
    let Some(field) = rule["threshold"]["field"][0].as_str() else {
        let found = search(node, &json!({"size": 1_000, "query": query}));
        return sorted(found["hits"]["hits"].as_array().unwrap().iter().map(|hit| text(hit, "_id").to_owned()));
    };
    let by_value = json!({"terms": {"field": field, "size": 1_000, "min_doc_count": rule["threshold"]["value"]}});
    let found = search(node, &json!({"size": 0, "query": query, "aggs": {"by": by_value}}));
    let buckets = found["aggregations"]["by"]["buckets"].as_array().unwrap();
    sorted(buckets.iter().map(|bucket| text(bucket, "key").to_owned()))
}

#[test]
fn the_rules_find_what_they_are_for_and_nothing_else() {
    let Some(node) = filled() else { return };
    let rules = rules();
    let alerts = |is_meant: fn(&Value) -> bool| {
        let meant = story().alerts.iter().filter(|it| is_meant(it) && !is_test(it));
        sorted(meant.map(|it| text(it, "id").to_owned()))
    };
    let expected = BTreeMap::from([
        ("postern_campaign_high", alerts(|it| is_mail(it) && is_high(it))),
        ("postern_campaign_clicked", alerts(|it| is_mail(it) && it["counts"]["clicked"].as_u64() > Some(0))),
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
