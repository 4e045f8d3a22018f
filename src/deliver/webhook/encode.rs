//! The body and the headers of Standard Webhooks 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::Sha256;

use crate::event::Time;
use crate::ledger::Entry;
use crate::secrets::Secret;

/// What the standard puts in front of a symmetric secret.
const SECRET_PREFIX: &str = "whsec_";

#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: Time,
    data: &'a RawValue,
}

/// Just enough of a record to wrap it: its name, and the time of what it tells.
#[derive(Deserialize)]
struct Told {
    schema: String,
    #[serde(alias = "until")]
    last_seen: Time,
}

/// The body: `{"type":"postern.alert","timestamp":…,"data":<alert>}`, with the alert in the sink's format. The timestamp
/// is that of what happened, not of the attempt, so the bytes are the same in every attempt.
pub(super) fn body(record: &str, data: &str) -> Result<String, serde_json::Error> {
    let Told { schema, last_seen } = serde_json::from_str(record)?;
    let r#type = schema.split('/').next().unwrap_or_default();
    serde_json::to_string(&Payload { r#type, timestamp: last_seen, data: serde_json::from_str(data)? })
}

/// The three headers. A file may hold several secrets, separated by white space: every one signs, so that a receiver
/// may change from one to the next whenever it likes. None when one of them is not a secret of the standard.
pub(super) fn headers(
    entry: &Entry,
    attempt: Time,
    body: &str,
    secret: &Secret,
) -> Option<[(&'static str, String); 3]> {
    let id = format!("{}-{}", entry.key, entry.seq);
    let timestamp = attempt.as_micros().div_euclid(1_000_000).to_string();
    let content = format!("{id}.{timestamp}.{body}");
    let signatures: Option<Vec<_>> = secret.expose().split_whitespace().map(|secret| sign(secret, &content)).collect();
    let signature = signatures.filter(|signatures| !signatures.is_empty())?.join(" ");
    Some([("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)])
}

fn sign(secret: &str, content: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok().filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(content.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretSource;
    use crate::secrets;

    const ATTEMPT: Time = Time::from_millis(1_614_265_330_999);

    fn secret(value: &str) -> Secret {
        secrets::read(&SecretSource::Environment { name: "HOOK".into(), value: value.into() }).unwrap()
    }

    fn entry() -> Entry {
        Entry { sequence: 9, written: None, key: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(), seq: 1, body: String::new() }
    }

    #[test]
    fn the_body_wraps_the_alert_byte_by_byte() {
        let alert = r#"{"schema":"postern.alert/1","id":"0f","last_seen":"2026-11-20T10:04:00Z","n":1.50}"#;
        let expected = format!(r#"{{"type":"postern.alert","timestamp":"2026-11-20T10:04:00Z","data":{alert}}}"#);
        assert_eq!(body(alert, alert).unwrap(), expected);
    }

    #[test]
    fn a_heartbeat_says_what_it_is() {
        let heartbeat = r#"{"schema":"postern.heartbeat/1","until":"2026-11-20T10:00:00Z"}"#;
        let body = body(heartbeat, heartbeat).unwrap();
        assert!(
            body.starts_with(r#"{"type":"postern.heartbeat","timestamp":"2026-11-20T10:00:00Z","data":{"#),
            "{body}"
        );
    }

    #[test]
    fn what_is_not_an_alert_has_no_body() {
        let schema = r#"{"schema":"postern.alert/1","last_seen":"#;
        for text in [
            "",
            "{",
            "[]",
            "{}",
            &format!(r#"{schema}"yesterday"}}"#),
            &format!(r#"{schema}"2026-11-20T10:04:00Z"}} x"#),
        ] {
            assert!(body(text, text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_signature_is_that_of_the_reference_implementation() {
        let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let [id, timestamp, signature] = headers(&entry(), ATTEMPT, "{}", &secret(key)).unwrap();
        let reference = standardwebhooks::Webhook::new(key).unwrap();
        assert_eq!(id.1, "msg_p5jXN8AQM9LWM0D4loKWxJek-1");
        assert_eq!(timestamp.1, "1614265330");
        assert_eq!(signature.1, reference.sign(&id.1, 1_614_265_330, b"{}").unwrap());
    }

    #[test]
    fn several_secrets_sign_next_to_each_other() {
        let [.., signature] = headers(&entry(), ATTEMPT, "{}", &secret("whsec_b2xk\nwhsec_bmV3")).unwrap();
        let [old, new] =
            ["whsec_b2xk", "whsec_bmV3"].map(|key| headers(&entry(), ATTEMPT, "{}", &secret(key)).unwrap());
        assert_eq!(signature.1, format!("{} {}", old[2].1, new[2].1));
    }

    #[test]
    fn what_is_not_a_secret_of_the_standard_does_not_sign() {
        for value in ["b2xk", "whsec_", "whsec_***", "whsk_b2xk", "   "] {
            assert_eq!(headers(&entry(), ATTEMPT, "{}", &secret(value)), None, "{value}");
        }
    }
}
