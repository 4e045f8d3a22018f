//! Proving to Event Grid and to CloudEvents senders that we want what they send.
//!
//! Both are answered on the spot. The other way that either offers, to fetch a URL from the request, is not taken: it
//! would let whoever reaches this port send us anywhere.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::refusal::Refusal;

/// The longest validation code that is echoed; Event Grid's are UUIDs.
const CODE_BYTES_MAX: usize = 256;

/// Answers the CloudEvents handshake (`OPTIONS`): consent is the headers, and only an allowed origin gets them. It needs
/// no authentication, because it gives leave to send and not a way in.
pub(super) fn consent(headers: &HeaderMap, allowed_origins: &[String]) -> Result<Response, Refusal> {
    let origin = headers.get("webhook-request-origin").and_then(|origin| origin.to_str().ok());
    let allowed = |own: &&String| origin.is_some_and(|origin| own.eq_ignore_ascii_case(origin));
    let origin = allowed_origins.iter().find(allowed).ok_or(Refusal::Method)?;
    let headers = [("webhook-allowed-origin", origin.as_str()), ("webhook-allowed-rate", "*"), ("allow", "POST")];
    Ok(headers.into_response())
}

/// Whether the request is Event Grid's handshake.
pub(super) fn is_validation(headers: &HeaderMap) -> bool {
    headers.get("aeg-event-type").is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(b"SubscriptionValidation"))
}

/// Answers Event Grid's handshake, which wants 200 and its code back. The body has been authenticated like any other.
pub(super) fn validate(body: &[u8]) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct Event {
        data: Data,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        validation_code: String,
    }
    let [Event { data: Data { validation_code } }] = serde_json::from_slice(body).map_err(|_| Refusal::Handshake)?;
    if validation_code.len() > CODE_BYTES_MAX {
        return Err(Refusal::Handshake);
    }
    let answer = serde_json::json!({ "validationResponse": validation_code }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}
