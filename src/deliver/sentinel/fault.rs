//! What the service's answers mean ("Logs Ingestion API in Azure Monitor" and its troubleshooting page).

use super::Outcome;
use crate::deliver::decision::{Fault, Remedy};
use crate::deliver::http::Answer;

/// What an answer other than 2xx means. None of them condemns a row but 400 and 413, and those only where it travelled
/// alone: everything else is about who we are and where we post.
pub(super) fn outcome(id: &str, answer: &Answer) -> Outcome {
    let hint = match answer.status {
        401 => "the token is not believed; check that audience belongs to the cloud of the endpoint: ",
        403 => {
            "give the application the role Monitoring Metrics Publisher on the data collection rule; it can take 30 \
             minutes to count: "
        }
        404 => "check url, dcr and stream: ",
        _ => "",
    };
    let fault = answer.fault();
    let fault = Fault { reason: format!("request {id}: {hint}{}", fault.reason), ..fault };
    match answer.status {
        413 => Outcome::TooLarge(fault.reason),
        400 if !is_about_the_rule(&answer.body) => Outcome::Malformed(fault.reason),
        _ if fault.remedy == Remedy::Refuse => Outcome::Failed(Fault { remedy: Remedy::Hold, ..fault }),
        _ => Outcome::Failed(fault),
    }
}

/// Whether 400 is about the stream or the rule, as `{"error":{"code":"InvalidStream",…` is, and not about what was
/// posted. Only the beginning of the body is kept, so it is looked through, not parsed.
fn is_about_the_rule(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("\"code\"").and_then(|(_, rest)| rest.split('"').nth(1)).unwrap_or_default();
    ["Stream", "Rule", "Dcr", "Endpoint"].iter().any(|word| code.contains(word))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    fn answered(status: u16, body: &str) -> Outcome {
        let answer = Answer { status, retry_after: Some(Duration::from_secs(7)), body: body.as_bytes().to_vec() };
        outcome(ID, &answer)
    }

    fn failed(status: u16, body: &str) -> Fault {
        match answered(status, body) {
            Outcome::Failed(fault) => fault,
            _ => panic!("{status}"),
        }
    }

    #[test]
    fn a_missing_role_holds_and_says_how_long_it_takes() {
        let fault = failed(403, r#"{"error":{"code":"OperationFailed","message":"no access"}}"#);
        assert_eq!(fault.remedy, Remedy::Hold);
        for part in [ID, "Monitoring Metrics Publisher", "30 minutes", "OperationFailed"] {
            assert!(fault.reason.contains(part), "{}", fault.reason);
        }
    }

    #[test]
    fn nothing_but_the_posted_rows_condemns_them() {
        for status in [300, 301, 401, 402, 403, 404, 405, 406, 409, 411, 414, 415, 422, 431, 451] {
            assert_eq!(failed(status, "").remedy, Remedy::Hold, "{status}");
        }
        for body in [r#"{"error":{"code":"InvalidStream"}}"#, r#"{ "error" : { "code" : "InvalidStream", "mess"#] {
            assert_eq!(failed(400, body).remedy, Remedy::Hold, "{body}");
        }
        for body in ["", "{", "[]", r#"{"error":{"code":"InvalidPayload"}}"#, r#"{"code":7,"message":"Stream"}"#] {
            assert!(matches!(answered(400, body), Outcome::Malformed(_)), "{body}");
        }
        assert!(matches!(answered(413, ""), Outcome::TooLarge(_)));
    }

    #[test]
    fn a_busy_service_is_waited_for() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(failed(status, "").remedy, Remedy::Retry(Some(Duration::from_secs(7))), "{status}");
        }
    }
}
