//! Why a request is not accepted, as the sender is told.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::auth::AuthFault;

/// When to come again. Event Grid waits for half a minute whatever it is told; others take it at its word.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a request is not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is no webhook at this path; check the path in the configuration")]
    NotFound,
    #[error("records come by POST; OPTIONS is for the handshake of an allowed origin")]
    Method,
    #[error(transparent)]
    Auth(#[from] AuthFault),
    #[error("the body has more than {bytes_max} bytes; send smaller batches, or gzip")]
    TooLarge { bytes_max: usize },
    #[error("the content encoding is not known; send gzip or none")]
    Encoding,
    #[error("the body did not arrive in time; send it again")]
    Slow,
    #[error("the body broke off; send it again")]
    Broken,
    #[error("this is no subscription validation event; send an array of one with data.validationCode")]
    Handshake,
    #[error("too much is under way; send it again")]
    Busy,
    #[error("the records are not durable yet; send them again")]
    NotDurable,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Auth(fault) if !fault.is_ours() => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken | Self::Handshake => StatusCode::BAD_REQUEST,
            Self::Busy | Self::NotDurable | Self::Auth(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::debug!(status = status.as_u16(), reason = %self, "a webhook request is refused");
        let body = serde_json::json!({ "error": self.to_string() }).to_string();
        let response = (status, [(header::CONTENT_TYPE, "application/json")], body);
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                ([(header::RETRY_AFTER, RETRY_AFTER.as_secs())], response).into_response()
            }
            StatusCode::METHOD_NOT_ALLOWED => ([(header::ALLOW, "POST")], response).into_response(),
            _ => response.into_response(),
        }
    }
}
