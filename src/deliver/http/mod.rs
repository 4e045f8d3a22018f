//! HTTP as every sink speaks it: never in clear text, never redirected, every answer read within bounds.

mod answer;

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};

pub(super) use answer::Answer;

use super::decision::Fault;
use super::words::chain;
use super::{Clock, DeliverError};
use crate::config::{Endpoint, HttpAuth, SecretSource, Trust, may_post_to};
use crate::secrets::{self, Secret};

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

    /// A request that puts something where it belongs.
    pub(super) fn put(&self, url: Url) -> RequestBuilder {
        self.client.put(url)
    }

    /// A request that changes nothing.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    /// Whether anybody answers there, whatever the answer: that is name, address, port and certificate.
    pub(super) async fn reach(&self, url: Url) -> Result<String, Fault> {
        let answer = self.send(self.client.head(url)).await?;
        Ok(format!("somebody answers (status {}); `postern test-alert` shows whether alerts are taken", answer.status))
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

/// The request with the credentials of now: a rotated file counts at once.
///
/// # Errors
/// When a secret cannot be read, which an operator has to mend.
pub(super) fn authorised(request: RequestBuilder, auth: &HttpAuth) -> Result<RequestBuilder, Fault> {
    let (scheme, credential) = match auth {
        HttpAuth::None => return Ok(request),
        HttpAuth::Basic { username, password } => {
            ("Basic", STANDARD.encode(format!("{username}:{}", read(password)?.expose())))
        }
        HttpAuth::ApiKey { key } => ("ApiKey", read(key)?.expose().to_owned()),
        HttpAuth::Bearer { token } => ("Bearer", read(token)?.expose().to_owned()),
    };
    Ok(request.header(AUTHORIZATION, authorization(scheme, &credential)?))
}

fn read(source: &SecretSource) -> Result<Secret, Fault> {
    secrets::read(source).map_err(|error| Fault::hold(chain(&error)))
}

/// A request with its body, compressed where the receiver is said to read that and where it is shorter for it: a limit
/// that holds for both forms is met by neither then.
pub(super) fn packed(request: RequestBuilder, body: Vec<u8>, gzip: bool) -> RequestBuilder {
    match gzip.then(|| compressed(&body)) {
        Some(Ok(packed)) if packed.len() < body.len() => request.header(CONTENT_ENCODING, "gzip").body(packed),
        // Nobody has to do without an alert because it could not be made smaller.
        _ => request.body(body),
    }
}

/// At the fastest level: JSON shrinks to a tenth with it, and an executor thread is not ours for long.
fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// The value of `Authorization`, which nothing prints.
///
/// # Errors
/// When the credential holds what no header can carry, a line end for example.
pub(super) fn authorization(scheme: &str, credential: &str) -> Result<HeaderValue, Fault> {
    let unfit =
        |_| Fault::hold("the secret holds a character that no HTTP header can carry; check what is in its file");
    let mut value = HeaderValue::try_from(format!("{scheme} {credential}")).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}

/// An address below another one, whether or not that one ends with a slash.
pub(super) fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A GUID of version 4 (RFC 9562). It only has to differ from those of others, not to be a secret.
pub(super) fn guid(chance: u128) -> String {
    let bits = chance & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::StatusCode;
    use flate2::read::GzDecoder;

    use super::*;
    use crate::deliver::decision::Remedy;
    use crate::deliver::harness::{endpoint, now};
    use crate::deliver::receiver::Receiver;

    #[test]
    fn an_address_below_keeps_the_path_that_a_proxy_has_put_before_it() {
        for (base, expected) in [
            ("https://siem.example:8088", "https://siem.example:8088/a/b"),
            ("https://siem.example:8088/", "https://siem.example:8088/a/b"),
            ("https://siem.example/splunk/", "https://siem.example/splunk/a/b"),
            ("https://siem.example/splunk?x=1", "https://siem.example/splunk/a/b?x=1"),
        ] {
            assert_eq!(below(&Url::parse(base).unwrap(), &["a", "b"]).as_str(), expected);
        }
    }

    #[test]
    fn a_guid_has_its_shape() {
        assert_eq!(guid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(guid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(guid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn a_credential_with_a_line_end_needs_an_operator_and_is_not_shown() {
        let fault = authorization("Splunk", "s3cret\nHost: evil.example").unwrap_err();
        assert!(fault == Fault::hold(fault.reason.clone()) && !fault.reason.contains("s3cret"), "{fault:?}");
        let value = authorization("Splunk", "s3cret").unwrap();
        assert_eq!((value.as_bytes(), format!("{value:?}").as_str()), (b"Splunk s3cret".as_slice(), "Sensitive"));
    }

    #[test]
    fn what_is_compressed_reads_back() {
        let packed = compressed(&[b'x'; 10_000]).unwrap();
        let mut body = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
        assert!(body == [b'x'; 10_000] && packed.len() < 200, "{}", packed.len());
    }

    #[tokio::test]
    async fn a_long_page_hides_no_status_and_a_long_answer_is_not_believed() {
        let receiver = Receiver::open(|count, _| match count {
            1 => (StatusCode::BAD_GATEWAY, "0123456789 and a page"),
            2 => (StatusCode::OK, "0123456789"),
            _ => (StatusCode::OK, "0123456789 and more"),
        })
        .await;
        let (http, url) = Http::to("test", &endpoint(&receiver.url), now).unwrap();
        let ask = async || http.ask(http.post(url.clone()), 10).await;
        for status in [502, 200] {
            let answer = ask().await.unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (status, b"0123456789".as_slice()));
        }
        assert_eq!(ask().await.unwrap_err().remedy, Remedy::Retry(None));
    }
}
