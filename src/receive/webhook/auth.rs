//! Who may send. Whoever cannot prove it does not get as far as the decompressor.
//!
//! Two acts, because a signature is over the body: the head is examined first, and what cannot be right is refused
//! before a byte of the body is read.

use axum::http::HeaderMap;
use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::WebhookError;
use crate::config::{SecretSource, WebhookAuth};
use crate::secrets::{self, Secret, SecretError};

/// Signatures of one request that are looked at; a sender that changes its key sends two.
const SIGNATURES_MAX: usize = 4;

/// The prefix of a key in Standard Webhooks; base64 follows.
const KEY_PREFIX: &str = "whsec_";

/// How requests are authenticated. Secrets are read for each request, so that a new one needs no restart.
pub(super) struct Authenticator(Option<WebhookAuth>);

/// What the head of a request claims.
pub(super) enum Claim {
    /// Enough is known.
    Proven,
    /// The body has to fit the signature.
    Signed(SignedClaim),
}

/// A signature that is still to be checked.
pub(super) struct SignedClaim {
    key: Vec<u8>,
    /// What is signed in front of the body.
    prefix: String,
    presented: Vec<String>,
    encode: fn(&[u8]) -> String,
    expires: i64,
}

/// A signature that fits its request; no two requests have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    /// The HMAC.
    pub(super) code: [u8; 32],
    /// When its timestamp leaves the replay window, in unix seconds.
    pub(super) expires: i64,
}

/// Why a request, or a secret, is not good enough.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthFault {
    #[error("no Authorization header with a bearer token; send one")]
    NoToken,
    #[error("the bearer token is not the configured one")]
    WrongToken,
    #[error("no signature; send X-Postern-Timestamp and X-Postern-Signature, or the headers of Standard Webhooks")]
    NoSignature,
    #[error("the timestamp is not in unix seconds or outside of the replay window; sign each attempt anew")]
    Timestamp,
    #[error("the signature does not fit the body; check the secret, and sign the bytes as they are sent")]
    WrongSignature,
    #[error("the webhook's own secret cannot be read; try again")]
    Secret(#[source] SecretError),
    #[error("the webhook's own secret is not base64 behind whsec_")]
    NotAKey,
}

impl AuthFault {
    /// The same, told at start.
    pub(super) fn at_start(self, name: String) -> WebhookError {
        match self {
            Self::Secret(source) => WebhookError::Secret { name, source },
            _ => WebhookError::NotAKey { name },
        }
    }

    /// Whether it is our fault and not the sender's.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::NotAKey)
    }
}

impl Authenticator {
    /// An authenticator; `None` lets everybody in.
    pub(super) const fn new(auth: Option<WebhookAuth>) -> Self {
        Self(auth)
    }

    /// Whether the secret can be read, so that a mistake is told at start.
    pub(super) fn check(&self) -> Result<(), AuthFault> {
        match &self.0 {
            None => Ok(()),
            Some(WebhookAuth::Hmac { secret, .. }) => key(secret).map(drop),
            Some(WebhookAuth::Bearer { token }) => read(token).map(drop),
        }
    }

    /// Checks what the head alone can tell. `now` is in unix seconds.
    pub(super) fn examine(&self, headers: &HeaderMap, now: i64) -> Result<Claim, AuthFault> {
        match &self.0 {
            None => Ok(Claim::Proven),
            Some(WebhookAuth::Bearer { token }) => {
                let presented = bearer(headers).ok_or(AuthFault::NoToken)?;
                if is_same_secret(presented, read(token)?.expose()) {
                    Ok(Claim::Proven)
                } else {
                    Err(AuthFault::WrongToken)
                }
            }
            Some(WebhookAuth::Hmac { secret, replay_window }) => {
                let window = i64::try_from(replay_window.as_secs()).unwrap_or(i64::MAX);
                let signed = Presented::of(headers).ok_or(AuthFault::NoSignature)?;
                let signed_at: i64 = signed.timestamp.parse().map_err(|_| AuthFault::Timestamp)?;
                if now.abs_diff(signed_at) > window.unsigned_abs() {
                    return Err(AuthFault::Timestamp);
                }
                Ok(Claim::Signed(signed.claim(key(secret)?, signed_at.saturating_add(window))))
            }
        }
    }
}

impl Claim {
    /// Checks the body; the signature, where there is one.
    pub(super) fn verify(self, body: &[u8]) -> Result<Option<Signature>, AuthFault> {
        match self {
            Self::Proven => Ok(None),
            Self::Signed(claim) => claim.verify(body).map(Some),
        }
    }
}

impl SignedClaim {
    fn verify(self, body: &[u8]) -> Result<Signature, AuthFault> {
        // HMAC takes keys of any length; the error exists for the trait's other implementations.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| AuthFault::NotAKey)?;
        mac.update(self.prefix.as_bytes());
        mac.update(body);
        let code: [u8; 32] = mac.finalize().into_bytes().into();
        let expected = (self.encode)(&code);
        let fits = |presented: &String| bool::from(presented.as_bytes().ct_eq(expected.as_bytes()));
        if self.presented.iter().any(fits) {
            Ok(Signature { code, expires: self.expires })
        } else {
            Err(AuthFault::WrongSignature)
        }
    }
}

/// The signature headers of a request, in either dialect.
struct Presented<'h> {
    id: Option<&'h str>,
    timestamp: &'h str,
    signature: &'h str,
}

impl<'h> Presented<'h> {
    fn of(headers: &'h HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let own = || {
            let (timestamp, signature) = (text("x-postern-timestamp")?, text("x-postern-signature")?);
            Some(Self { id: None, timestamp, signature })
        };
        let standard = || {
            let (timestamp, signature) = (text("webhook-timestamp")?, text("webhook-signature")?);
            Some(Self { id: Some(text("webhook-id")?), timestamp, signature })
        };
        own().or_else(standard)
    }

    fn claim(&self, key: Vec<u8>, expires: i64) -> SignedClaim {
        let timestamp = self.timestamp;
        match self.id {
            None => SignedClaim {
                key,
                prefix: format!("{timestamp}."),
                presented: vec![self.signature.to_ascii_lowercase()],
                encode: hexadecimal,
                expires,
            },
            Some(id) => SignedClaim {
                key,
                prefix: format!("{id}.{timestamp}."),
                presented: versioned(self.signature).map(str::to_owned).collect(),
                encode: |code| BASE64_STANDARD.encode(code),
                expires,
            },
        }
    }
}

/// The signatures of version 1 in a list like `v1,… v1a,… v1,…`.
fn versioned(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter_map(|item| item.strip_prefix("v1,")).take(SIGNATURES_MAX)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares digests, so that neither content nor length shows in the time that it takes.
fn is_same_secret(a: &str, b: &str) -> bool {
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}

fn key(source: &SecretSource) -> Result<Vec<u8>, AuthFault> {
    let secret = read(source)?;
    match secret.expose().strip_prefix(KEY_PREFIX) {
        Some(encoded) => BASE64_STANDARD.decode(encoded).map_err(|_| AuthFault::NotAKey),
        None => Ok(secret.expose().as_bytes().to_vec()),
    }
}

fn read(source: &SecretSource) -> Result<Secret, AuthFault> {
    secrets::read(source).map_err(AuthFault::Secret)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn secret(value: &str) -> SecretSource {
        SecretSource::Environment { name: "HOOK".to_owned(), value: value.to_owned() }
    }

    fn hmac(value: &str) -> Authenticator {
        Authenticator::new(Some(WebhookAuth::Hmac { secret: secret(value), replay_window: Duration::from_secs(300) }))
    }

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// A key, a body, and what another implementation (Python's `hmac`) makes of them with a dot behind the timestamp.
    const KNOWN: (&str, &str, &str) =
        ("s3cret", "{\"a\":1}", "b3e592eceaf8e8b6c5101a58c2678f5ff4e74c21bed3a56a3130ecc5c7f6ed82");

    fn known(timestamp: i64) -> HeaderMap {
        headers(&[("x-postern-timestamp", &timestamp.to_string()), ("x-postern-signature", KNOWN.2)])
    }

    #[test]
    fn our_own_dialect_is_hmac_over_timestamp_and_body_in_hexadecimal() {
        let claim = |body: &str| hmac(KNOWN.0).examine(&known(NOW), NOW + 299).unwrap().verify(body.as_bytes());
        assert_eq!(claim(KNOWN.1).unwrap().unwrap().expires, NOW + 300);
        assert!(matches!(claim("{\"a\":2}"), Err(AuthFault::WrongSignature)));
        let other_key = hmac("other").examine(&known(NOW), NOW).unwrap().verify(KNOWN.1.as_bytes());
        assert!(matches!(other_key, Err(AuthFault::WrongSignature)));
    }

    #[test]
    fn a_timestamp_outside_of_the_window_is_refused_before_the_body_is_read() {
        for now in [NOW + 301, NOW - 301, i64::MIN, i64::MAX] {
            assert!(matches!(hmac(KNOWN.0).examine(&known(NOW), now), Err(AuthFault::Timestamp)), "{now}");
        }
        for timestamp in ["", "1e9", "2026-11-20T10:00:00Z", "99999999999999999999"] {
            let headers = headers(&[("x-postern-timestamp", timestamp), ("x-postern-signature", KNOWN.2)]);
            assert!(matches!(hmac(KNOWN.0).examine(&headers, NOW), Err(AuthFault::Timestamp)), "{timestamp}");
        }
    }

    #[test]
    fn what_the_reference_implementation_of_standard_webhooks_signs_is_taken() {
        let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"a\":1}";
        let signed = standardwebhooks::Webhook::new(key).unwrap().sign("msg_1", NOW, body.as_bytes()).unwrap();
        for list in [signed.clone(), format!("v1,AAAA v1a,BBBB {signed}")] {
            let timestamp = NOW.to_string();
            let headers =
                headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", &timestamp), ("webhook-signature", &list)]);
            let claim = || hmac(key).examine(&headers, NOW).unwrap();
            claim().verify(body.as_bytes()).unwrap().unwrap();
            assert!(claim().verify(b"{}").is_err());
        }
    }

    #[test]
    fn a_request_without_a_whole_signature_is_refused() {
        for list in [
            &[][..],
            &[("x-postern-signature", KNOWN.2)],
            &[("webhook-timestamp", "1790000000"), ("webhook-signature", "v1,AAAA")],
            &[("authorization", "Bearer s3cret")],
        ] {
            assert!(matches!(hmac(KNOWN.0).examine(&headers(list), NOW), Err(AuthFault::NoSignature)), "{list:?}");
        }
    }

    #[test]
    fn a_bearer_token_is_the_whole_token() {
        let bearer = Authenticator::new(Some(WebhookAuth::Bearer { token: secret("t0ken") }));
        let examine = |value: &str| bearer.examine(&headers(&[("authorization", value)]), NOW);
        assert!(examine("Bearer t0ken").is_ok() && examine("bearer  t0ken").is_ok());
        for wrong in ["Bearer t0ke", "Bearer t0ken2", "Bearer ", "Bearer T0KEN"] {
            assert!(matches!(examine(wrong), Err(AuthFault::WrongToken)), "{wrong}");
        }
        for none in ["t0ken", "Basic t0ken"] {
            assert!(matches!(examine(none), Err(AuthFault::NoToken)), "{none}");
        }
    }

    #[test]
    fn a_secret_that_is_no_key_is_told_at_start() {
        assert!(matches!(hmac("whsec_???").check(), Err(AuthFault::NotAKey)));
        assert!(matches!(hmac("").check(), Err(AuthFault::Secret(_))));
        assert!(hmac("whsec_AAAA").check().is_ok() && Authenticator::new(None).check().is_ok());
    }
}
