//! A webhook as the end of a simulated stream.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::runtime::{Builder, Runtime};

use crate::cli::failure::Failure;
use crate::config::SecretSource;
use crate::secrets;

const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a payload is sent that the receiver has no room for.
const TRIES_MAX: u32 = 10;
const PAUSE_SECONDS_MAX: u64 = 30;

/// A receiver of webhooks.
pub(super) struct Webhook {
    url: Url,
    client: Client,
    runtime: Runtime,
}

impl Webhook {
    /// Prepares to post there. A token never travels unencrypted to another machine.
    pub(super) fn open(url: &str, bearer_file: Option<&Path>) -> Result<Self, Failure> {
        let url = Url::parse(url).with_context(|| format!("{url:?} is no URL")).map_err(Failure::usage)?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(Failure::usage(anyhow!("{url}: use https, or http to a loopback address such as 127.0.0.1")));
        }
        // Fails where another part of the process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).default_headers(headers(bearer_file)?).no_proxy().build();
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self { url, client: client.map_err(Failure::dependency)?, runtime: runtime.map_err(Failure::dependency)? })
    }

    /// Posts a payload until the receiver has taken it.
    pub(super) fn send(&self, payload: &str) -> Result<(), Failure> {
        self.runtime.block_on(self.deliver(payload)).map_err(Failure::dependency)
    }

    async fn deliver(&self, payload: &str) -> anyhow::Result<()> {
        for _ in 0..TRIES_MAX {
            let request = self.client.post(self.url.clone()).body(payload.to_owned());
            let response = request.send().await.with_context(|| format!("no answer from {}", self.url))?;
            match response.status() {
                status if status.is_success() => return Ok(()),
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(pause(&response)).await,
                status => {
                    return Err(anyhow!("{} answers {status}; compare its path and its authentication", self.url));
                }
            }
        }
        Err(anyhow!("{} has had no room for {TRIES_MAX} tries; lower --rate", self.url))
    }
}

fn headers(bearer_file: Option<&Path>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    if let Some(file) = bearer_file {
        let token = secrets::read(&SecretSource::File(file.to_owned())).map_err(Failure::usage)?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .with_context(|| format!("{} holds what no header may", file.display()))
            .map_err(Failure::usage)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn pause(response: &Response) -> Duration {
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(asked.unwrap_or(1).min(PAUSE_SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_nowhere_but_to_this_machine() {
        for url in ["https://hook.example/", "http://127.0.0.1:8088/", "http://[::1]/", "http://localhost/x"] {
            assert!(Webhook::open(url, None).is_ok(), "{url}");
        }
        for url in ["http://192.0.2.1/", "http://127.0.0.1.example/", "ftp://127.0.0.1/", "127.0.0.1:8088"] {
            assert!(Webhook::open(url, None).is_err(), "{url}");
        }
    }
}
