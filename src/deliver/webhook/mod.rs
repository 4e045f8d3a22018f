//! An HTTP endpoint, signed as Standard Webhooks 1.0.0 says; one request an alert record.
//!
//! The webhook-id stays the same however often a record is sent, so a receiver can drop what it has. The secret is read
//! for each request: a rotated one counts at once, and a wrong one is put right without a restart.

mod answer;
mod encode;

use std::net::IpAddr;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};

use super::decision::{Fault, Sent};
use super::words::chain;
use super::{Clock, DeliverError, Sink};
use crate::config::{SecretSource, WebhookSink};
use crate::event::Time;
use crate::ledger::Entry;
use crate::secrets;

/// Posts to an endpoint.
pub(super) struct Webhook {
    client: Client,
    url: Url,
    secret: SecretSource,
    clock: Clock,
}

impl Webhook {
    pub(super) fn new(name: &str, config: &WebhookSink, clock: Clock) -> Result<Self, DeliverError> {
        let sink = name.to_owned();
        let url = Url::parse(&config.url).ok().filter(|url| url.scheme() == "https" || is_loopback(url));
        let Some(url) = url else { return Err(DeliverError::Url { sink }) };
        let client = client(&url).map_err(|source| DeliverError::HttpClient { sink, source })?;
        Ok(Self { client, url, secret: config.secret.clone(), clock })
    }

    async fn post(&self, entry: &Entry) -> Result<(), Fault> {
        let now = (self.clock)();
        let body = encode::body(&entry.body).map_err(|error| Fault::refuse(format!("not an alert: {error}")))?;
        let secret = secrets::read(&self.secret).map_err(|error| Fault::hold(chain(&error)))?;
        let headers = encode::headers(entry, now, &body, &secret)
            .ok_or_else(|| Fault::hold("the secret is not whsec_ followed by base64; write it so, without spaces"))?;
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // The address may hold a secret of its own, so it stays out of the reason.
        let response = request.send().await.map_err(|error| Fault::retry(chain(&error.without_url())))?;
        judge(response, now).await
    }
}

impl Sink for Webhook {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let Some(entry) = batch.first() else { return Sent::accepted(0) };
        self.post(entry).await.map_or_else(Sent::from, |()| Sent::accepted(1))
    }
}

fn client(url: &Url) -> Result<Client, reqwest::Error> {
    // The client takes the process's provider. Whoever was first has set the same one, or has reasons for another.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder =
        Client::builder().user_agent(concat!("postern/", env!("CARGO_PKG_VERSION"))).redirect(redirect::Policy::none());
    if is_loopback(url) { builder.no_proxy() } else { builder.https_only(true) }.build()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    matches!(url.scheme(), "http" | "https") && address.map_or(host == "localhost", |address| address.is_loopback())
}

async fn judge(response: Response, now: Time) -> Result<(), Fault> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after =
        response.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes).and_then(|v| answer::retry_after(v, now));
    let words = answer::words(response).await;
    Err(answer::fault(status.as_u16(), after, format!("{status} {words}")))
}
