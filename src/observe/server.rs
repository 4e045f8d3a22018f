//! The listener for Prometheus, for Kubernetes and for people: `/metrics`, `/healthz`, `/readyz`, `/status`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::TEXT_FORMAT;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Health, Metrics, StatusPage};

/// Called before each answer, to bring in what is counted elsewhere.
pub type Refresh = Arc<dyn Fn(&Metrics) + Send + Sync>;

/// Called for each `/status`.
pub type StatusOf = Arc<dyn Fn() -> StatusPage + Send + Sync>;

/// Why nobody can be told how we are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// The address is taken, or not ours.
    #[error("metrics cannot listen on {listen}; choose another [metrics] listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// Listens until `shutdown` turns true. Returns the address that it listens on and its task.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(
    listen: SocketAddr,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    refresh: Refresh,
    status: StatusOf,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), ObserveError> {
    let failed = |source| ObserveError::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let service = axum::serve(listener, router(metrics, health, refresh, status));
    let stopped = async move { drop(shutdown.wait_for(|stop| *stop).await) };
    let task = tokio::spawn(async move {
        // It ends when it is told to; axum reports no other end.
        let _ = service.with_graceful_shutdown(stopped).await;
    });
    Ok((address, task))
}

fn router(metrics: Arc<Metrics>, health: Arc<Health>, refresh: Refresh, status: StatusOf) -> Router {
    let (asked, alive) = ((Arc::clone(&metrics), Arc::clone(&refresh)), Arc::clone(&health));
    let unready = move || {
        (asked.1)(&asked.0);
        health.unready()
    };
    Router::new()
        .route("/metrics", get(async move || scrape(&metrics, &refresh)))
        .route("/status", get(async move || page(&status())))
        .route("/healthz", get(async move || answer("alive", &alive.hanging())))
        .route("/readyz", get(async move || answer("ready", &unready())))
}

fn scrape(metrics: &Metrics, refresh: &Refresh) -> Response {
    refresh(metrics);
    match metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn page(status: &StatusPage) -> Response {
    // Encoding cannot fail: it is text and numbers.
    let body = serde_json::to_string(status).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// `{"ready":true,"reasons":[]}`, with 503 where there are reasons.
fn answer(question: &str, reasons: &[String]) -> Response {
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ question: reasons.is_empty(), "reasons": reasons });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
