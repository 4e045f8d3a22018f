//! Records by HTTP: Event Grid, CloudEvents, Logic Apps, anything that can POST.
//!
//! A sender is told 2xx only when the commit that holds its records is durable; until then it is the sender who keeps
//! them, so we may be slow, full or dead (503 and `Retry-After`) and nothing is lost. Event Grid gives up on a batch
//! that is answered 400 or 413, so what comes authenticated never is for its content: a body that cannot be read ends as
//! a dead letter, like any other record, and is answered 200.
//!
//! The order of the checks is the defence: the head is examined before a body is read, the body is authenticated before
//! it is inflated, and inflated within limits before it is parsed. Every wait has a deadline and every queue a bound.
//!
//! Which authentication for whom: HMAC where the sender can sign (`X-Postern-*` or Standard Webhooks). Event Grid cannot
//! sign; give its subscription a delivery property `Authorization: Bearer …` and configure `bearer`. Both handshakes are
//! answered on the spot; a `validationUrl` or callback is never fetched, because it is a URL out of a stranger's body.
//!
//! There is no TLS here: put the listener behind whatever terminates TLS for the rest of the site.

mod auth;
mod body;
mod connections;
mod desk;
mod envelope;
mod handshake;
mod inspection;
mod refusal;
mod replay;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use crossbeam_channel::Sender;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::auth::Authenticator;
use self::connections::BoundedListener;
use self::desk::Desk;
use super::Intake;
use crate::config::WebhookSource;
use crate::detector::Inspector;
use crate::observe::Metrics;
use crate::secrets::SecretError;

/// Why a webhook does not listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address is taken, or not ours.
    #[error("webhook {name} cannot listen on {listen}; choose another address")]
    Listen {
        /// The source's name.
        name: String,
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Anyone could send anything.
    #[error("webhook {name} has no auth and does not listen on a loopback address; configure one or the other")]
    Open {
        /// The source's name.
        name: String,
    },
    /// The secret cannot be read.
    #[error("the secret of webhook {name} cannot be read")]
    Secret {
        /// The source's name.
        name: String,
        /// Why.
        source: SecretError,
    },
    /// The secret is no key.
    #[error("the secret of webhook {name} begins with whsec_, and what follows is not base64; check it")]
    NotAKey {
        /// The source's name.
        name: String,
    },
}

/// Listens until `shutdown` turns true; requests that are under way are answered. Returns the address that it listens on
/// and its task.
///
/// # Errors
/// When the address cannot be bound, or when requests could not be authenticated.
pub async fn serve(
    source: WebhookSource,
    inspector: Inspector,
    intake: Sender<Intake>,
    metrics: Arc<Metrics>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), WebhookError> {
    let name = || source.name.clone();
    if source.auth.is_none() && !source.listen.ip().is_loopback() {
        return Err(WebhookError::Open { name: name() });
    }
    let authenticator = Authenticator::new(source.auth.clone());
    authenticator.check().map_err(|fault| fault.at_start(name()))?;
    let failed = |error| WebhookError::Listen { name: name(), listen: source.listen, source: error };
    let listener = TcpListener::bind(source.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let listener = BoundedListener::new(listener, source.timeout);
    let desk = Arc::new(Desk::new(source, authenticator, inspector, intake, metrics));
    let answer = move |request: Request| {
        let desk = Arc::clone(&desk);
        async move { desk.answer(request).await }
    };
    let service = axum::serve(listener, Router::new().fallback(answer).into_make_service());
    let stopped = async move { drop(shutdown.wait_for(|stop| *stop).await) };
    let task = tokio::spawn(async move {
        // It ends when it is told to; axum reports no other end.
        let _ = service.with_graceful_shutdown(stopped).await;
    });
    Ok((address, task))
}

#[cfg(test)]
mod tests;
