//! Tokens of Microsoft Entra: by a client secret, by the token of a workload, or from the machine itself.
//!
//! Secrets and workload tokens are read for each request, so that a rotated one counts at once. A token is kept in
//! memory only, as a header that does not print itself, and renewed five minutes before it runs out.

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use crate::config::{EntraAuth, SecretSource, Trust};
use crate::deliver::decision::{Fault, Remedy};
use crate::deliver::http::{Answer, Http, is_loopback};
use crate::deliver::words::chain;
use crate::deliver::{Clock, DeliverError};
use crate::event::{Span, Time};
use crate::secrets::{self, Secret};

/// The longest answer that may hold a token; real ones have two or three kilobytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// How long before its end a token is renewed, for clocks that disagree and calls that take their time.
const RENEWED_BEFORE_S: i64 = 300;

/// RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Gets tokens for one audience, and keeps the last.
pub(super) struct Tokens {
    http: Http,
    url: Url,
    auth: EntraAuth,
    audience: String,
    clock: Clock,
    kept: Option<Kept>,
}

/// A token until it is to be renewed.
struct Kept {
    authorization: HeaderValue,
    until: Time,
}

/// A token, as Entra and the metadata service of a machine give it.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Seconds,
}

/// Entra writes a number, the metadata service a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u32),
    Text(String),
}

/// RFC 6749, section 5.2, and what Entra adds to it.
#[derive(Deserialize)]
struct Denied {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Default for Seconds {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Seconds {
    fn seconds(&self) -> i64 {
        match self {
            Self::Number(seconds) => i64::from(*seconds),
            Self::Text(text) => text.parse::<u32>().map_or(0, i64::from),
        }
    }
}

impl Tokens {
    /// Whom the authority's certificate is believed by is not for the sink's endpoint to say: secrets go there.
    pub(super) fn new(sink: &str, auth: &EntraAuth, audience: &str, clock: Clock) -> Result<Self, DeliverError> {
        let (base, path) = match auth {
            EntraAuth::ClientSecret { authority, tenant, .. }
            | EntraAuth::WorkloadIdentity { authority, tenant, .. } => {
                (authority, format!("{tenant}/oauth2/v2.0/token"))
            }
            EntraAuth::ManagedIdentity { metadata, .. } => (metadata, "metadata/identity/oauth2/token".to_owned()),
        };
        let url = format!("{}/{path}", base.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| DeliverError::Url { sink: sink.to_owned() })?;
        let is_direct = is_loopback(&url) || matches!(auth, EntraAuth::ManagedIdentity { .. });
        let http = Http::new(sink, &Trust { ca_file: None, verify: true }, is_direct, clock)?;
        Ok(Self { http, url, auth: auth.clone(), audience: audience.to_owned(), clock, kept: None })
    }

    /// Whether the next call travels with a token that was used before.
    pub(super) fn is_kept(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| (self.clock)() < kept.until)
    }

    /// Does not use the kept token again.
    pub(super) fn forget(&mut self) {
        self.kept = None;
    }

    /// The header with the token that is kept, or with a new one.
    pub(super) async fn authorization(&mut self) -> Result<HeaderValue, Fault> {
        let now = (self.clock)();
        if let Some(kept) = self.kept.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.authorization.clone());
        }
        let request = self.request()?;
        let answer = self.http.ask(request, ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|fault| Fault { reason: format!("no token: {}", fault.reason), ..fault })?;
        if !answer.is_success() {
            return Err(self.denied(&answer));
        }
        let granted: Option<Granted> = serde_json::from_slice(&answer.body).ok();
        let header = granted.as_ref().and_then(|granted| bearer(&granted.access_token));
        let (Some(authorization), Some(granted)) = (header, granted) else {
            return Err(Fault::hold("no token: the answer holds none; check authority or metadata"));
        };
        let life = granted.expires_in.seconds();
        let until = now + Span::seconds((life - RENEWED_BEFORE_S).max(life / 2));
        self.kept = Some(Kept { authorization: authorization.clone(), until });
        Ok(authorization)
    }

    fn request(&self) -> Result<RequestBuilder, Fault> {
        let scope = format!("{}/.default", self.audience);
        let grant = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
        match &self.auth {
            EntraAuth::ClientSecret { client, secret, .. } => {
                let secret = read(secret)?;
                Ok(self.post(&grant, &[("client_id", client), ("client_secret", secret.expose())]))
            }
            EntraAuth::WorkloadIdentity { client, token_file, .. } => {
                let token = read(&SecretSource::File(token_file.clone()))?;
                let assertion = [("client_assertion_type", JWT_BEARER), ("client_assertion", token.expose())];
                Ok(self.post(&grant, &[&[("client_id", client.as_str())], &assertion[..]].concat()))
            }
            EntraAuth::ManagedIdentity { client, .. } => {
                let mut url = self.url.clone();
                url.query_pairs_mut()
                    .append_pair("api-version", "2018-02-01")
                    .append_pair("resource", &self.audience)
                    .extend_pairs(client.iter().map(|client| ("client_id", client)));
                Ok(self.http.get(url).header("Metadata", "true"))
            }
        }
    }

    /// A form; the writer of query strings writes it as well.
    fn post(&self, grant: &[(&str, &str)], credentials: &[(&str, &str)]) -> RequestBuilder {
        let mut form = self.url.clone();
        form.query_pairs_mut().clear().extend_pairs(grant).extend_pairs(credentials);
        let body = form.query().unwrap_or_default().to_owned();
        self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }

    /// What a refusal means. Of its words only the codes are kept, so that nothing of what was posted can come back.
    fn denied(&self, answer: &Answer) -> Fault {
        let is_machine = matches!(self.auth, EntraAuth::ManagedIdentity { .. });
        let remedy = match (answer.status, answer.fault().remedy) {
            // "The endpoint is being updated", says the documentation of the metadata service of both.
            (404 | 410, _) if is_machine => Remedy::Retry(answer.retry_after),
            (_, Remedy::Refuse) => Remedy::Hold,
            (_, remedy) => remedy,
        };
        let what = if is_machine { "the machine's identity" } else { "tenant_id, client_id and the credential" };
        let code = codes(&answer.body);
        Fault { remedy, reason: format!("no token: {}{code}; check {what}", answer.status) }
    }
}

fn read(source: &SecretSource) -> Result<Secret, Fault> {
    secrets::read(source).map_err(|error| Fault::hold(chain(&error)))
}

/// The header, which does not show itself. None for what is no token.
fn bearer(token: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| !token.is_empty())?;
    header.set_sensitive(true);
    Some(header)
}

/// ` invalid_client AADSTS7000215`: what can be looked up.
fn codes(body: &[u8]) -> String {
    const CHARS_MAX: usize = 64;
    let Ok(denied) = serde_json::from_slice::<Denied>(body) else { return String::new() };
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(CHARS_MAX).collect()
    };
    let code = denied.error_description.find("AADSTS").map(|at| word(&denied.error_description[at..]));
    let words = [Some(word(&denied.error)), code].into_iter().flatten();
    words.map(|word| format!(" {word}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::sync::atomic::{AtomicI64, Ordering};

    use axum::http::StatusCode;

    use super::*;
    use crate::deliver::receiver::{Receiver, Request};

    const TENANT: &str = "6f0c1d7e-0000-4000-8000-000000000001";
    const CLIENT: &str = "6f0c1d7e-0000-4000-8000-00000000000a";
    const GRANTED: &str = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0.t0ken"}"#;

    /// A secret with everything that a form has to escape.
    fn secret() -> SecretSource {
        SecretSource::Environment { name: "SECRET".into(), value: "s3~c+r&e=t/ä%".into() }
    }

    fn origin(receiver: &Receiver) -> String {
        receiver.url.trim_end_matches("/hook").to_owned()
    }

    fn start() -> Time {
        Time::from_millis(1_700_000_000_000)
    }

    fn tokens(auth: &EntraAuth, clock: Clock) -> Tokens {
        Tokens::new("sentinel", auth, "https://monitor.azure.com", clock).unwrap()
    }

    fn by_secret(receiver: &Receiver) -> EntraAuth {
        let (tenant, client) = (TENANT.to_owned(), CLIENT.to_owned());
        EntraAuth::ClientSecret { authority: origin(receiver), tenant, client, secret: secret() }
    }

    fn pairs(text: &str) -> HashMap<String, String> {
        let url = Url::parse(&format!("http://localhost/?{text}")).unwrap();
        url.query_pairs().into_owned().collect()
    }

    fn form(request: &Request) -> HashMap<String, String> {
        pairs(str::from_utf8(&request.body).unwrap())
    }

    async fn fault(status: u16, body: &'static str) -> Fault {
        let entra = Receiver::open(move |_, _| (StatusCode::from_u16(status).unwrap(), body)).await;
        tokens(&by_secret(&entra), start).authorization().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_client_secret_is_posted_as_a_form() {
        let entra = Receiver::open(|_, _| GRANTED).await;
        let header = tokens(&by_secret(&entra), start).authorization().await.unwrap();
        assert_eq!(header, "Bearer eyJ0.t0ken");
        assert!(!format!("{header:?}").contains("t0ken"), "a token does not show itself");
        let request = &entra.requests()[0];
        assert_eq!(request.uri.path(), format!("/{TENANT}/oauth2/v2.0/token"));
        assert_eq!(request.uri.query(), None, "a secret is in no address");
        assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
        let expected = [
            ("grant_type", "client_credentials"),
            ("scope", "https://monitor.azure.com/.default"),
            ("client_id", CLIENT),
            ("client_secret", "s3~c+r&e=t/ä%"),
        ];
        assert_eq!(form(request), expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }

    #[tokio::test]
    async fn the_token_of_a_workload_is_read_each_time() {
        let entra = Receiver::open(|_, _| r#"{"access_token":"t"}"#).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        let auth = EntraAuth::WorkloadIdentity {
            authority: format!("{}/", origin(&entra)),
            tenant: TENANT.into(),
            client: CLIENT.into(),
            token_file: file.path().to_owned(),
        };
        let mut tokens = tokens(&auth, start);
        for token in ["eyJ.first", "eyJ.second"] {
            fs::write(&file, token).unwrap();
            // The answer says nothing of its life, so it is not kept.
            tokens.authorization().await.unwrap();
        }
        let forms: Vec<_> = entra.requests().iter().map(form).collect();
        assert_eq!(
            (&forms[0]["client_assertion"], &forms[1]["client_assertion"]),
            (&"eyJ.first".into(), &"eyJ.second".into())
        );
        assert_eq!(forms[0]["client_assertion_type"], JWT_BEARER);
        assert!(!forms[0].contains_key("client_secret"));
        fs::write(&file, "").unwrap();
        assert_eq!(tokens.authorization().await.unwrap_err().remedy, Remedy::Hold);
    }

    #[tokio::test]
    async fn a_machine_is_asked_by_the_header_that_no_browser_sends() {
        let machine = Receiver::open(|_, _| r#"{"access_token":"m","expires_in":"86399","resource":"x"}"#).await;
        let auth = EntraAuth::ManagedIdentity { metadata: origin(&machine), client: Some(CLIENT.into()) };
        let mut tokens = tokens(&auth, start);
        assert_eq!(tokens.authorization().await.unwrap(), "Bearer m");
        assert!(tokens.is_kept());
        let request = &machine.requests()[0];
        assert_eq!(
            (request.uri.path(), &request.headers["metadata"]),
            ("/metadata/identity/oauth2/token", &"true".parse().unwrap())
        );
        let expected =
            [("api-version", "2018-02-01"), ("resource", "https://monitor.azure.com"), ("client_id", CLIENT)];
        let query = pairs(request.uri.query().unwrap());
        assert_eq!(query, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }

    #[tokio::test]
    async fn a_metadata_service_that_is_being_updated_is_waited_for() {
        for status in [404, 410, 429, 500] {
            let machine = Receiver::open(move |_, _| StatusCode::from_u16(status).unwrap()).await;
            let auth = EntraAuth::ManagedIdentity { metadata: origin(&machine), client: None };
            let fault = tokens(&auth, start).authorization().await.unwrap_err();
            assert_eq!(fault.remedy, Remedy::Retry(None), "{status}");
        }
    }

    #[tokio::test]
    async fn a_token_is_kept_until_five_minutes_before_its_end() {
        static SECONDS: AtomicI64 = AtomicI64::new(0);
        let clock: Clock = || start() + Span::seconds(SECONDS.load(Ordering::Relaxed));
        let entra = Receiver::open(|_, _| GRANTED).await;
        let mut tokens = tokens(&by_secret(&entra), clock);
        for (seconds, asked) in [(0, 1), (3_298, 1), (3_299, 2)] {
            SECONDS.store(seconds, Ordering::Relaxed);
            tokens.authorization().await.unwrap();
            assert_eq!(entra.requests().len(), asked, "after {seconds} s");
        }
        tokens.forget();
        tokens.authorization().await.unwrap();
        assert_eq!(entra.requests().len(), 3);
    }

    #[tokio::test]
    async fn wrong_credentials_hold_with_the_codes_that_can_be_looked_up() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret s3~c provided.\r\nTrace ID: x"}"#;
        for status in [400, 401, 403] {
            let fault = fault(status, body).await;
            assert_eq!(fault.remedy, Remedy::Hold);
            assert!(fault.reason.contains(" invalid_client AADSTS7000215;"), "{}", fault.reason);
            assert!(!fault.reason.contains("s3~c"), "{}", fault.reason);
        }
    }

    #[tokio::test]
    async fn an_entra_that_is_busy_is_waited_for() {
        for status in [429, 500, 503] {
            assert_eq!(fault(status, "<html>").await.remedy, Remedy::Retry(None), "{status}");
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_not_sent_as_one() {
        for body in ["", "<html>login</html>", r#"{"access_token":""}"#, r#"{"access_token":"a\nb"}"#] {
            assert_eq!(fault(200, body).await.remedy, Remedy::Hold, "{body}");
        }
    }
}
