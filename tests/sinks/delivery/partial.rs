//! Requests of which OpenSearch takes a part: what it took is not told again, and what it did not take is.
//!
//! A batch spans days, and each day is an index of its own, so one index that is not as it should be is enough.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::receiver::{elasticsearch, install_template, kept_by_opensearch};
use super::scene::{Key, Scene, counted, mail, wait_settled};
use crate::support::ledger::contents;
use crate::support::opensearch::OpenSearch;
use crate::support::postern::Postern;

/// One of the days of the mail, as an alert and as an index name it.
const DAY: (&str, &str) = ("2026-11-05", "2026.11.05");

const SINK: &str = "elasticsearch";

fn kept(opensearch: &OpenSearch, index: &str) -> BTreeSet<Key> {
    let kept = kept_by_opensearch(opensearch, index);
    let distinct: BTreeSet<Key> = kept.iter().cloned().collect();
    assert_eq!(kept.len(), distinct.len(), "nothing is there twice");
    distinct
}

/// The records of the day, and the others.
fn parted(scene: &Scene) -> (BTreeSet<Key>, BTreeSet<Key>) {
    let is_of_the_day = |body: &str| {
        let alert: Value = serde_json::from_str(body).unwrap();
        alert["last_seen"].as_str().unwrap().starts_with(DAY.0)
    };
    let alerts = contents(scene.path()).alerts.into_iter();
    let (day, others): (Vec<_>, Vec<_>) = alerts.partition(|(_, body)| is_of_the_day(body));
    assert!(!day.is_empty() && !others.is_empty(), "{} {}", day.len(), others.len());
    (day.into_iter().map(|(key, _)| key).collect(), others.into_iter().map(|(key, _)| key).collect())
}

#[test]
fn documents_that_opensearch_cannot_read_are_put_aside_and_their_neighbours_are_kept() {
    let Some(opensearch) = OpenSearch::shared() else { return };
    let index = "postern-alerts-refused";
    install_template(opensearch);
    // As if somebody had mapped a field by hand.
    let broken = json!({ "properties": { "postern": { "properties": { "summary": { "type": "long" } } } } });
    opensearch.put(&format!("/{index}-{}", DAY.1), &json!({ "mappings": broken }));
    let scene = Scene::set();
    let mut postern = scene.start(&elasticsearch(&opensearch.url(), index));
    scene.post(&mail(500));
    wait_settled(&scene, &mut postern, SINK);
    let (refused, others) = parted(&scene);
    assert_eq!(kept(opensearch, index), others);
    let are_refused = |postern: &Postern| counted(postern, "dead_letters", SINK) == Some(refused.len() as f64);
    postern.wait_until("those are dead letters", are_refused);
}

#[test]
fn documents_that_opensearch_has_no_room_for_wait_and_their_neighbours_are_kept() {
    let Some(opensearch) = OpenSearch::shared() else { return };
    let index = "postern-alerts-full";
    install_template(opensearch);
    let full = format!("{index}-{}", DAY.1);
    opensearch.put(&format!("/{full}"), &json!({}));
    opensearch.set_read_only(&full, true);
    let scene = Scene::set();
    let patience = "backoff_ms_min = 50\nbackoff_ms_max = 500\n";
    let mut postern = scene.start(&(elasticsearch(&opensearch.url(), index) + patience));
    scene.post(&mail(501));
    postern.wait_until("some wait", |postern| counted(postern, "retried_total", SINK) > Some(2.0));
    let (waiting, _) = parted(&scene);
    let early = kept(opensearch, index);
    assert!(!early.is_empty() && early.is_disjoint(&waiting), "{early:?}");

    opensearch.set_read_only(&full, false);
    wait_settled(&scene, &mut postern, SINK);
    assert_eq!(kept(opensearch, index), scene.records());
    assert_eq!(counted(&postern, "dead_letters", SINK), Some(0.0));
}
