//! What the cluster's answers mean, item by item.
//!
//! Only what is known to condemn a document does so. A 400 is also what a cluster says that has no room for another
//! shard, or whose mapping somebody has changed: then every document fails, and a backlog must not become dead letters.

use serde::Deserialize;

use super::encode::id;
use crate::deliver::decision::{Fate, Fault, Remedy, Sent};
use crate::deliver::http::Answer;
use crate::ledger::Entry;

/// What of `{"took":30,"errors":true,"items":[{"create":{"_id":…,"status":…,"error":{…}}}]}` is read.
#[derive(Deserialize)]
struct Bulk {
    items: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    create: Item,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "_id")]
    id: String,
    status: u16,
    error: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    r#type: Option<String>,
    reason: Option<String>,
}

/// Documents that can never be indexed as they are.
const CONDEMNED: [&str; 3] =
    ["mapper_parsing_exception", "document_parsing_exception", "strict_dynamic_mapping_exception"];
/// A document of this id is there.
const CONFLICT: &str = "version_conflict_engine_exception";

/// What became of each entry. An answer that is not about them is as good as none: they are sent again, and what was
/// created is a conflict then.
pub(super) fn fates(answer: &Answer, sent: &[Entry]) -> Sent {
    let bulk: Bulk = match serde_json::from_slice(&answer.body) {
        Ok(bulk) => bulk,
        Err(error) => return Fault::retry(format!("not an answer to _bulk: {error}: {}", answer.words())).into(),
    };
    let answered = bulk.items.iter().map(|item| item.create.id.as_str());
    if !answered.eq(sent.iter().map(id)) {
        let (items, entries) = (bulk.items.len(), sent.len());
        return Fault::retry(format!("{items} items answer {entries} documents, or other ones")).into();
    }
    let outcomes: Vec<_> = bulk.items.iter().map(|item| fate(&item.create, answer)).collect();
    // An operator has to know, even if others only have to wait.
    let faults = || outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    let fault = faults().find(|fault| fault.remedy == Remedy::Hold).or_else(|| faults().next()).cloned();
    Sent::each(outcomes.into_iter().map(|outcome| outcome.unwrap_or(Fate::Open)).collect(), fault)
}

/// What became of a document, or why it is still open.
fn fate(item: &Item, answer: &Answer) -> Result<Fate, Fault> {
    let kind = item.error.as_ref().and_then(|error| error.r#type.as_deref()).unwrap_or_default();
    match item.status {
        200..=299 => Ok(Fate::Accepted),
        409 if kind == CONFLICT || kind.is_empty() => Ok(Fate::Accepted),
        400 if CONDEMNED.contains(&kind) => Ok(Fate::Refused(reason(item))),
        408 | 409 | 425 | 429 | 500.. => Err(Fault { remedy: Remedy::Retry(answer.retry_after), reason: reason(item) }),
        _ => Err(Fault::hold(reason(item))),
    }
}

fn reason(item: &Item) -> String {
    let Some(error) = &item.error else { return format!("status {} without a reason", item.status) };
    let [kind, reason] = [&error.r#type, &error.reason].map(|text| text.as_deref().unwrap_or("unknown"));
    format!("{} {kind}: {reason}", item.status)
}

/// What a refusal of a whole request means: never that a document is at fault.
pub(super) fn fault(answer: &Answer) -> Fault {
    match answer.fault() {
        Fault { remedy: Remedy::Refuse, reason } => Fault::hold(reason),
        fault => fault,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::deliver::harness::entries;

    const AFTER: Option<Duration> = Some(Duration::from_secs(7));

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: AFTER, body: body.into() }
    }

    fn item(entry: &Entry, status: u16, kind: &str) -> String {
        let error = match kind {
            "" => String::new(),
            kind => format!(r#","error":{{"type":"{kind}","reason":"because"}}"#),
        };
        format!(r#"{{"create":{{"_id":"{}","status":{status}{error}}}}}"#, id(entry))
    }

    fn bulk(items: &[String]) -> Answer {
        answer(200, &format!(r#"{{"took":30,"errors":true,"items":[{}]}}"#, items.join(",")))
    }

    #[test]
    fn every_status_of_an_item_means_something() {
        let entry = entries(&["{}"]);
        let refused = Sent::each(vec![Fate::Refused(String::new())], None);
        let open = |remedy| Sent::each(vec![Fate::Open], Some(Fault { remedy, reason: String::new() }));
        for (status, kind, expected) in [
            (201, "", Sent::accepted(1)),
            (200, "", Sent::accepted(1)),
            (409, "version_conflict_engine_exception", Sent::accepted(1)),
            (409, "", Sent::accepted(1)),
            (409, "resource_already_exists_exception", open(Remedy::Retry(AFTER))),
            (429, "es_rejected_execution_exception", open(Remedy::Retry(AFTER))),
            (429, "cluster_block_exception", open(Remedy::Retry(AFTER))),
            (429, "circuit_breaking_exception", open(Remedy::Retry(AFTER))),
            (503, "unavailable_shards_exception", open(Remedy::Retry(AFTER))),
            (503, "cluster_block_exception", open(Remedy::Retry(AFTER))),
            (500, "internal_server_error", open(Remedy::Retry(AFTER))),
            (400, "mapper_parsing_exception", refused.clone()),
            (400, "document_parsing_exception", refused.clone()),
            (400, "strict_dynamic_mapping_exception", refused.clone()),
            // "cluster currently has [1000]/[1000] maximum shards open", or no matching template with a data stream.
            (400, "validation_exception", open(Remedy::Hold)),
            (400, "illegal_argument_exception", open(Remedy::Hold)),
            (400, "", open(Remedy::Hold)),
            (404, "index_not_found_exception", open(Remedy::Hold)),
            (403, "cluster_block_exception", open(Remedy::Hold)),
            (403, "security_exception", open(Remedy::Hold)),
            (401, "security_exception", open(Remedy::Hold)),
            (0, "", open(Remedy::Hold)),
        ] {
            let mut sent = fates(&bulk(&[item(&entry[0], status, kind)]), &entry);
            for reason in sent.fault.iter_mut().map(|fault| &mut fault.reason) {
                assert!(reason.contains(&status.to_string()) && reason.contains(kind), "{reason}");
                reason.clear();
            }
            if let [Fate::Refused(reason)] = &mut sent.fates[..] {
                assert_eq!(std::mem::take(reason), format!("400 {kind}: because"));
            }
            assert_eq!(sent, expected, "{status} {kind}");
        }
    }

    #[test]
    fn each_item_has_its_own_fate_and_the_operator_is_told_first() {
        let sent = entries(&["{}"; 6]);
        let kinds = [
            (201, ""),
            (429, "es_rejected_execution_exception"),
            (400, "document_parsing_exception"),
            (403, "security_exception"),
            (404, "index_not_found_exception"),
            (409, "version_conflict_engine_exception"),
        ];
        let items: Vec<_> = sent.iter().zip(kinds).map(|(entry, (status, kind))| item(entry, status, kind)).collect();
        let refused = Fate::Refused("400 document_parsing_exception: because".into());
        let expected = vec![Fate::Accepted, Fate::Open, refused, Fate::Open, Fate::Open, Fate::Accepted];
        assert_eq!(
            fates(&bulk(&items), &sent),
            Sent::each(expected, Some(Fault::hold("403 security_exception: because")))
        );
    }

    #[test]
    fn an_answer_about_something_else_settles_nothing() {
        let sent = entries(&["{}"; 2]);
        let [first, second] = [&sent[0], &sent[1]].map(|entry| item(entry, 201, ""));
        let created = r#"{"create":{"status":201}}"#.to_owned();
        for items in
            [vec![], vec![first.clone()], vec![second.clone(), first.clone()], vec![first.clone(); 2], vec![created; 2]]
        {
            let sent = fates(&bulk(&items), &sent);
            assert!(
                sent.fates.is_empty() && sent.fault.is_some_and(|fault| fault.remedy == Remedy::Retry(None)),
                "{items:?}"
            );
        }
        let too_many = fates(&bulk(&[first, second.clone(), second]), &sent);
        assert!(!too_many.is_progress());
        for body in ["", "<html>", "[]", "{}", r#"{"items":{}}"#, r#"{"errors":false}"#, r#"{"items":[{"index":{}}]}"#]
        {
            let sent = fates(&answer(200, body), &sent);
            assert!(
                sent.fates.is_empty() && sent.fault.is_some_and(|fault| fault.remedy == Remedy::Retry(None)),
                "{body}"
            );
        }
    }

    #[test]
    fn a_whole_request_that_fails_condemns_no_document() {
        for (statuses, remedy) in [
            (&[408, 429, 500, 502, 503, 504][..], Remedy::Retry(AFTER)),
            (&[301, 400, 401, 403, 404, 405, 406, 410, 415][..], Remedy::Hold),
        ] {
            for status in statuses {
                assert_eq!(fault(&answer(*status, "because")).remedy, remedy, "{status}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_open_has_a_reason_and_nothing_else_is_settled(
            statuses in prop::collection::vec((0..1_000_u16, prop::sample::select(&["", CONFLICT, CONDEMNED[0], "x"][..])), 1..6),
            entries_sent in 1..6_usize,
        ) {
            let sent = entries(&vec!["{}"; entries_sent.max(statuses.len())]);
            let items: Vec<_> = sent.iter().zip(&statuses).map(|(entry, (status, kind))| item(entry, *status, kind)).collect();
            let outcome = fates(&bulk(&items), &sent[..entries_sent]);
            prop_assert!(outcome.fates.is_empty() || outcome.fates.len() == entries_sent);
            let is_open = outcome.fates.is_empty() || outcome.fates.contains(&Fate::Open);
            prop_assert_eq!(is_open, outcome.fault.is_some());
        }

        #[test]
        fn no_body_makes_it_panic(body in any::<String>(), cut in any::<prop::sample::Index>(), put in ".{0,6}") {
            let sent = entries(&["{}"; 2]);
            prop_assert!(!fates(&answer(200, &body), &sent).is_progress());
            let items = [item(&sent[0], 201, ""), item(&sent[1], 429, "x")];
            let mut nearly = String::from_utf8(bulk(&items).body).unwrap();
            nearly.insert_str(cut.index(nearly.len()), &put);
            prop_assert!(fates(&answer(200, &nearly), &sent).fates.len() <= 2);
        }
    }
}
