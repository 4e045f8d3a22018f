//! HTTP as every sink speaks it: never in clear text, never redirected, every answer read within bounds.

mod answer;

use std::fs;
use std::net::IpAddr;

use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};

pub(super) use answer::Answer;

use super::decision::Fault;
use super::words::chain;
use super::{Clock, DeliverError};
use crate::config::{Endpoint, Trust, may_post_to};

/// A client that trusts whom it is told to.
pub(super) struct Http {
    client: Client,
    clock: Clock,
}

impl Http {
    /// For one address, which is known.
    pub(super) fn to(sink: &str, endpoint: &Endpoint, clock: Clock) -> Result<(Self, Url), DeliverError> {
        let url = Url::parse(&endpoint.url).ok().filter(|_| may_post_to(&endpoint.url));
        let url = url.ok_or_else(|| DeliverError::Url { sink: sink.to_owned() })?;
        Ok((Self::new(sink, &endpoint.trust, is_loopback(&url), clock)?, url))
    }

    /// For addresses that are secrets, or are learnt later. Nothing is sent to this machine by way of a proxy.
    pub(super) fn new(sink: &str, trust: &Trust, is_loopback: bool, clock: Clock) -> Result<Self, DeliverError> {
        // The client takes the process's provider. Whoever was first has set the same one, or has reasons for another.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none());
        if is_loopback {
            builder = builder.no_proxy();
        }
        if !trust.verify {
            tracing::warn!(sink, "certificates are not checked: anybody on the way can read and change the alerts");
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        if let Some(path) = &trust.ca_file {
            let unusable = || DeliverError::Authority { sink: sink.to_owned(), path: path.clone() };
            let pem = fs::read(path).map_err(|_| unusable())?;
            let authorities =
                Certificate::from_pem_bundle(&pem).ok().filter(|all| !all.is_empty()).ok_or_else(unusable)?;
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|source| DeliverError::HttpClient { sink: sink.to_owned(), source })?;
        Ok(Self { client, clock })
    }

    /// A request to be filled.
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    /// Any request that is not a post.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    /// Sends; of the answer only the status matters, and the words of a refusal.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Fault> {
        let response = request.send().await.map_err(unreachable_because)?;
        Ok(Answer::brief(response, (self.clock)()).await)
    }

    /// Sends, and takes the whole answer.
    pub(super) async fn ask(&self, request: RequestBuilder, bytes_max: usize) -> Result<Answer, Fault> {
        let response = request.send().await.map_err(unreachable_because)?;
        Answer::whole(response, bytes_max, (self.clock)()).await
    }
}

/// The address may hold a secret of its own, so it stays out of the reason. That a certificate is not believed does not
/// mend itself.
fn unreachable_because(error: reqwest::Error) -> Fault {
    let reason = chain(&error.without_url());
    if is_distrust(&reason) { Fault::hold(reason) } else { Fault::retry(reason) }
}

/// The client tells of a certificate in words only.
fn is_distrust(reason: &str) -> bool {
    reason.contains("invalid peer certificate")
}

/// Whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}
