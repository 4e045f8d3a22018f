//! Records in the envelopes of Event Grid and CloudEvents.
//!
//! Only where the head announces one: looking for envelopes in everything would mean to parse everything twice.

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Whether the head says that records come as `data` of events.
pub(super) fn is_announced(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    headers.contains_key("aeg-event-type")
        || content_type.is_some_and(|kind| kind.starts_with(b"application/cloudevents"))
}

/// What each event carries, each a payload of its own: its `data` where that looks like records, else the whole event,
/// so that it ends as a dead letter that can be recognised. What is no list of events stays as it is.
pub(super) fn payloads(body: &[u8]) -> Vec<&[u8]> {
    match events(body) {
        Some(events) => events.into_iter().map(payload).collect(),
        None => vec![body],
    }
}

fn events(body: &[u8]) -> Option<Vec<&RawValue>> {
    match body.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(body).ok(),
        _ => serde_json::from_slice(body).ok().map(|event| vec![event]),
    }
}

fn payload(event: &RawValue) -> &[u8] {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let data = serde_json::from_str(event.get()).ok().map(|Event { data }| data.get());
    data.filter(|data| data.starts_with(['{', '['])).unwrap_or(event.get()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrap(body: &str) -> Vec<&str> {
        payloads(body.as_bytes()).into_iter().map(|payload| std::str::from_utf8(payload).unwrap()).collect()
    }

    #[test]
    fn what_events_carry_is_found_and_what_carries_nothing_stays_whole() {
        assert_eq!(
            unwrap(r#"[{"id":"1","data":{"a":1}},{"id":"2","data":[{"b":2}]}]"#),
            [r#"{"a":1}"#, r#"[{"b":2}]"#]
        );
        assert_eq!(unwrap(r#" {"specversion":"1.0","data" : {"a":1}} "#), [r#"{"a":1}"#]);
        for whole in [r#"{"id":"1"}"#, r#"{"data":"text"}"#, r#"{"data":null}"#, r#"{"data":1,"data":2}"#, "17"] {
            assert_eq!(unwrap(whole), [whole]);
        }
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for body in ["", "{", "{\"data\":{}}\n{\"data\":{}}"] {
            assert_eq!(unwrap(body), [body]);
        }
        assert!(unwrap("[]").is_empty());
    }

    #[test]
    fn envelopes_are_announced_by_the_head() {
        let announced = |name: &'static str, value: &str| {
            is_announced(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert!(announced("aeg-event-type", "Notification"));
        assert!(announced("content-type", "application/cloudevents+json; charset=utf-8"));
        assert!(announced("content-type", "Application/CloudEvents-Batch+json"));
        assert!(!announced("content-type", "application/json"));
    }
}
