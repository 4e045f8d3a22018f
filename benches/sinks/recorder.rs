//! Receivers that say yes as each service would, and note when they were sent what.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::campaigns::Seen;

/// What was seen, by those who send and those who look.
pub(crate) type Shared = Arc<Mutex<Seen>>;

/// A receiver; gone when it is dropped.
pub(crate) struct Recorder {
    /// Host and port.
    pub(crate) address: String,
    pub(crate) seen: Shared,
    _executor: Runtime,
}

impl Recorder {
    /// For everything that is told over HTTP.
    pub(crate) fn http() -> Self {
        Self::listen(|listener, seen| async move {
            let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let (now, text) = (Instant::now(), inflated(&headers, &body));
                seen.lock().unwrap().note(&text, now);
                answer(uri.path(), &text)
            };
            let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
            axum::serve(listener, router).await.unwrap();
        })
    }

    /// For syslog over TCP.
    pub(crate) fn stream() -> Self {
        Self::listen(|listener, seen| async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let mut unread = Vec::new();
                    while stream.read_buf(&mut unread).await.is_ok_and(|read| read > 0) {
                        seen.lock().unwrap().note(&unread, Instant::now());
                        // A subject may be cut where a read ends; it is found with the next.
                        unread.drain(..unread.len().saturating_sub(64));
                    }
                });
            }
        })
    }

    /// Takes connections and requests, and never says anything.
    pub(crate) fn hung() -> Self {
        Self::listen(|listener, _| async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
            }
        })
    }

    fn listen<F: Future<Output = ()> + Send + 'static>(serve: impl FnOnce(TcpListener, Shared) -> F) -> Self {
        let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = executor.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (address, seen) = (listener.local_addr().unwrap().to_string(), Shared::default());
        executor.spawn(serve(listener, Arc::clone(&seen)));
        Self { address, seen, _executor: executor }
    }
}

fn inflated(headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    if headers.get("content-encoding").is_none_or(|encoding| encoding != "gzip") {
        return body.to_vec();
    }
    let mut text = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
    text
}

/// What Entra, the ingestion API, Splunk and OpenSearch say when all is well; an empty 200 to anything else.
fn answer(path: &str, text: &[u8]) -> Response {
    let said = match path {
        _ if path.starts_with("/dataCollectionRules/") => return StatusCode::NO_CONTENT.into_response(),
        _ if path.contains("/oauth2/") => json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "token"}),
        _ if path.starts_with("/services/collector") => json!({"text": "Success", "code": 0}),
        _ if path.ends_with("/_bulk") => {
            // An action and a document in turn; what was created is named.
            let actions =
                text.split(|byte| *byte == b'\n').step_by(2).filter_map(|line| serde_json::from_slice(line).ok());
            let created = |action: Value| json!({"create": {"status": 201, "_id": action["create"]["_id"]}});
            json!({"took": 1, "errors": false, "items": actions.map(created).collect::<Vec<_>>()})
        }
        _ => return StatusCode::OK.into_response(),
    };
    said.to_string().into_response()
}
