//! A receiver of webhooks that answers as it is told and remembers what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A request, and how it was answered.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it was answered with.
    pub status: u16,
    /// Its head.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// The receiver; gone when it is dropped.
pub struct Endpoint {
    /// Where to post to.
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    _executor: Runtime,
}

impl Endpoint {
    /// Listens, and answers each request with the status that it is given then.
    pub fn open(status: impl Fn() -> u16 + Clone + Send + Sync + 'static) -> Self {
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let remembered = Arc::clone(&requests);
        let answer = move |headers: HeaderMap, body: Bytes| async move {
            let status = status();
            remembered.lock().unwrap().push(Request { status, headers, body });
            StatusCode::from_u16(status).unwrap()
        };
        let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = executor.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        executor.spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, requests, _executor: executor }
    }

    /// What came so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}
