//! For the tests of sinks: a receiver that speaks HTTP, answers as it is told, and remembers what it was sent.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) at: Instant,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A receiver on this machine.
pub(super) struct Receiver {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    /// Listens until the test ends. `answer` is given the number of the request, from 1, and the request.
    pub(super) async fn open<A: IntoResponse>(
        answer: impl Fn(usize, &Request) -> A + Clone + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&requests);
        let handle = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let request = Request { at: Instant::now(), uri, headers, body };
            let mut requests = remembered.lock().unwrap();
            requests.push(request.clone());
            answer(requests.len(), &request).into_response()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(handle)).await });
        Self { url, requests }
    }

    /// What came until now, in order.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}
