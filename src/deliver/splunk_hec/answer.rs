//! What the collector's answers mean.
//!
//! Splunk has a code of its own in every answer, which says more than the status ("Troubleshoot HTTP Event Collector").
//! Only codes that are known to condemn an event do so. What is not known is held: a proxy's 400, or a code of a newer
//! Splunk, must not turn a backlog into dead letters.

use serde_json::Value;

use super::not_acknowledging;
use crate::deliver::decision::{Fault, Remedy};
use crate::deliver::http::Answer;

/// What an answer to events means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are taken; the number to ask for, where the token acknowledges.
    Accepted(Option<u64>),
    /// So many are taken, and then there was a fault.
    Stopped { accepted: usize, fault: Fault },
    /// One of them can never be taken.
    Condemned(String),
    /// Together they are too large.
    TooLarge(String),
}

/// What an answer to so many events means.
pub(super) fn verdict(answer: &Answer, events: usize) -> Verdict {
    let said = Said::by(answer);
    if answer.is_success() {
        return match said.code {
            Some(0) => Verdict::Accepted(said.ack),
            _ => Verdict::Stopped { accepted: 0, fault: stranger(answer) },
        };
    }
    if answer.status == 413 {
        return Verdict::TooLarge(answer.words());
    }
    // Those before the event that is named were taken.
    let named = said.event.filter(|event| answer.status == 400 && *event < events);
    let is_condemned = answer.status == 400 && said.code.is_some_and(condemns);
    match (named, is_condemned) {
        (Some(accepted), true) => Verdict::Stopped { accepted, fault: Fault::refuse(answer.words()) },
        (None, true) => Verdict::Condemned(answer.words()),
        (named, false) => Verdict::Stopped { accepted: named.unwrap_or(0), fault: fault(answer) },
    }
}

/// Whether an answer to a post of nothing misses nothing but data (code 5).
pub(super) fn takes_the_token(answer: &Answer) -> bool {
    answer.is_success() || (answer.status == 400 && Said::by(answer).code == Some(5))
}

/// Whether the events of this number are indexed.
///
/// # Errors
/// When the answer does not say so.
pub(super) fn is_indexed(answer: &Answer, ack: u64) -> Result<bool, Fault> {
    if !answer.is_success() {
        return Err(fault(answer));
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let indexed = said.get("acks").and_then(|acks| acks.get(ack.to_string())).and_then(Value::as_bool);
    indexed.ok_or_else(|| {
        Fault::retry(format!("the collector does not say what became of the events: {}", answer.words()))
    })
}

/// What an answer means that is no success and condemns no event.
fn fault(answer: &Answer) -> Fault {
    let words = answer.words();
    match Said::by(answer).code {
        Some(8 | 9 | 18 | 19 | 20 | 23) => Fault { remedy: Remedy::Retry(answer.retry_after), reason: words },
        Some(7) => Fault::hold(format!("the token may not write to this index: {words}")),
        Some(14) => not_acknowledging(&words),
        Some(1..=4 | 10 | 11 | 16 | 17 | 21 | 22) => Fault::hold(words),
        _ => match answer.fault() {
            Fault { remedy: Remedy::Refuse, reason } => Fault::hold(reason),
            fault => fault,
        },
    }
}

/// No data, invalid data format, event field required, event field blank, error in handling indexed fields.
const fn condemns(code: u64) -> bool {
    matches!(code, 5 | 6 | 12 | 13 | 15)
}

/// A success, but not one of an event collector.
fn stranger(answer: &Answer) -> Fault {
    Fault::hold(format!("this is not how an event collector answers; check the url: {}", answer.words()))
}

/// What an answer says beside its status. Whatever is not as it should be is as if it was not said.
struct Said {
    code: Option<u64>,
    ack: Option<u64>,
    event: Option<usize>,
}

impl Said {
    fn by(answer: &Answer) -> Self {
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let number = |key: &str| said.get(key).and_then(Value::as_u64);
        let event = number("invalid-event-number").and_then(|event| usize::try_from(event).ok());
        Self { code: number("code"), ack: number("ackId"), event }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: Some(Duration::from_secs(7)), body: body.into() }
    }

    /// What an answer to three events with this code means, in a word.
    fn meaning(status: u16, code: u64, event: Option<u64>) -> &'static str {
        let mut body = format!(r#"{{"text":"…","code":{code}"#);
        if let Some(event) = event {
            body += &format!(r#","invalid-event-number":{event}"#);
        }
        match verdict(&answer(status, &(body + "}")), 3) {
            Verdict::Accepted(_) => "accepted",
            Verdict::Condemned(_) => "condemned",
            Verdict::TooLarge(_) => "too large",
            Verdict::Stopped { accepted, fault } => match (accepted, fault.remedy) {
                (0, Remedy::Retry(Some(_))) => "retry",
                (0, Remedy::Hold) => "hold",
                (2, Remedy::Hold) => "hold the third",
                (2, Remedy::Refuse) => "refuse the third",
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn every_code_of_the_collector_means_something() {
        for (status, code, expected) in [
            (200, 0, "accepted"),
            (403, 1, "hold"),
            (401, 2, "hold"),
            (401, 3, "hold"),
            (403, 4, "hold"),
            (400, 5, "condemned"),
            (400, 6, "condemned"),
            (400, 7, "hold"),
            (500, 8, "retry"),
            (503, 9, "retry"),
            (400, 10, "hold"),
            (400, 11, "hold"),
            (400, 12, "condemned"),
            (400, 13, "condemned"),
            (400, 14, "hold"),
            (400, 15, "condemned"),
            (400, 16, "hold"),
            // "HEC is healthy" answers another question than ours.
            (200, 17, "hold"),
            (503, 18, "retry"),
            (503, 19, "retry"),
            (503, 20, "retry"),
            (400, 21, "hold"),
            (400, 22, "hold"),
            (503, 23, "retry"),
            // Codes that nobody has told us of: the status counts, and nothing is condemned.
            (400, 99, "hold"),
            (429, 99, "retry"),
            (500, 99, "retry"),
            (413, 99, "too large"),
        ] {
            assert_eq!(meaning(status, code, None), expected, "{status}/{code}");
        }
    }

    #[test]
    fn the_event_that_is_named_is_the_one_and_those_before_it_are_taken() {
        for code in [5, 6, 12, 13, 15] {
            assert_eq!(meaning(400, code, Some(2)), "refuse the third", "{code}");
        }
        assert_eq!(meaning(400, 7, Some(2)), "hold the third");
        // Only a 400 names events, and only those that were there.
        assert_eq!(meaning(503, 9, Some(2)), "retry");
        assert_eq!(meaning(400, 6, Some(3)), "condemned");
        assert_eq!(meaning(400, 6, Some(u64::MAX)), "condemned");
    }

    #[test]
    fn where_no_collector_answers_the_status_counts() {
        let page = "<html>";
        for (status, remedy) in [
            (200, Remedy::Hold),
            (204, Remedy::Hold),
            (302, Remedy::Hold),
            (400, Remedy::Hold),
            (404, Remedy::Hold),
            (415, Remedy::Hold),
            (408, Remedy::Retry(Some(Duration::from_secs(7)))),
            (429, Remedy::Retry(Some(Duration::from_secs(7)))),
            (502, Remedy::Retry(Some(Duration::from_secs(7)))),
        ] {
            let Verdict::Stopped { accepted: 0, fault } = verdict(&answer(status, page), 3) else { panic!("{status}") };
            assert_eq!(fault.remedy, remedy, "{status}");
            assert!(fault.reason.contains(page), "{fault:?}");
        }
        assert!(matches!(verdict(&answer(413, page), 3), Verdict::TooLarge(_)));
    }

    #[test]
    fn an_acknowledgement_is_a_number() {
        let ack = |body| verdict(&answer(200, body), 1);
        assert_eq!(ack(r#"{"text":"Success","code":0,"ackId":7}"#), Verdict::Accepted(Some(7)));
        assert_eq!(ack(r#"{"text":"Success","code":0}"#), Verdict::Accepted(None));
        assert_eq!(ack(r#"{"text":"Success","code":0,"ackId":"7"}"#), Verdict::Accepted(None));
    }

    #[test]
    fn only_the_word_true_means_indexed() {
        let asked = |status, body| is_indexed(&answer(status, body), 7).map_err(|fault| fault.remedy);
        assert_eq!(asked(200, r#"{"acks":{"7":true,"8":false}}"#), Ok(true));
        assert_eq!(asked(200, r#"{"acks":{"7":false,"8":true}}"#), Ok(false));
        for body in [r#"{"acks":{"8":true}}"#, r#"{"acks":{"7":1}}"#, r#"{"acks":[true]}"#, "true", "<html>", ""] {
            assert_eq!(asked(200, body), Err(Remedy::Retry(None)), "{body}");
        }
        let later = Remedy::Retry(Some(Duration::from_secs(7)));
        assert_eq!(asked(503, r#"{"text":"Server is busy","code":9}"#), Err(later));
        assert_eq!(asked(403, r#"{"text":"Invalid token","code":4}"#), Err(Remedy::Hold));
        assert_eq!(asked(404, ""), Err(Remedy::Hold));
    }

    #[test]
    fn a_token_that_does_not_acknowledge_is_told_what_to_set() {
        let fault = is_indexed(&answer(400, r#"{"text":"ACK is disabled","code":14}"#), 7).unwrap_err();
        assert_eq!(fault.remedy, Remedy::Hold);
        assert!(fault.reason.contains("acknowledge = false") && fault.reason.contains("ACK is disabled"), "{fault:?}");
    }

    /// Nearly what a collector says, and everything else.
    fn body() -> impl Strategy<Value = String> {
        let value =
            prop_oneof!["[0-9]{1,22}", "-?[0-9.e]{1,6}", "null", "\"[a-z7]{0,3}\"", "\\{\"7\":(true|1)\\}", ".{0,4}"];
        let key = prop_oneof![Just("code"), Just("ackId"), Just("invalid-event-number"), Just("acks"), Just("text")];
        let pairs = prop::collection::vec((key, value), 0..5).prop_map(|pairs| {
            let pairs: Vec<_> = pairs.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", pairs.join(","))
        });
        prop_oneof![4 => pairs, 1 => any::<String>()]
    }

    proptest! {
        #[test]
        fn no_answer_makes_more_of_the_events_than_there_were(status in 100..1_000_u16, body in body(), events in 1..5_usize) {
            let answer = answer(status, &body);
            match verdict(&answer, events) {
                Verdict::Accepted(_) => prop_assert!(answer.is_success() && body.contains("\"code\":")),
                Verdict::Stopped { accepted, .. } => prop_assert!(accepted < events && (accepted == 0 || status == 400)),
                Verdict::Condemned(_) => prop_assert_eq!(status, 400),
                Verdict::TooLarge(_) => prop_assert_eq!(status, 413),
            }
            prop_assert!(is_indexed(&answer, 7) != Ok(true) || body.contains("\"7\":true"));
        }
    }
}
