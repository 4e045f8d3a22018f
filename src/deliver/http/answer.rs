//! What a receiver's answer means, as far as HTTP itself says (RFC 9110).

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use crate::deliver::decision::{Fault, Remedy};
use crate::deliver::words::{REASON_BYTES_MAX, chain};
use crate::event::Time;

/// How long the body of a refusal is waited for: the status is what counts, so a body that hangs must not turn into a
/// timeout.
const BODY_WAIT: Duration = Duration::from_secs(2);

/// An answer with as much of its body as is kept.
#[derive(Debug)]
pub(in crate::deliver) struct Answer {
    pub(in crate::deliver) status: u16,
    /// What `Retry-After` asks for.
    pub(in crate::deliver) retry_after: Option<Duration>,
    pub(in crate::deliver) body: Vec<u8>,
}

impl Answer {
    /// Takes an answer whose body does not matter: of a refusal as many words as are kept, of a success nothing.
    pub(super) async fn brief(response: Response, now: Time) -> Self {
        let mut answer = Self::head(&response, now);
        if !answer.is_success() {
            answer.body = beginning(response, REASON_BYTES_MAX).await;
        }
        answer
    }

    /// Takes an answer whose body matters, whole. Of a refusal whatever comes will do: a page of a proxy that is long or
    /// breaks off must not hide the status.
    ///
    /// # Errors
    /// When it is no refusal, and breaks off or is longer than that.
    pub(super) async fn whole(mut response: Response, bytes_max: usize, now: Time) -> Result<Self, Fault> {
        let mut answer = Self::head(&response, now);
        if !answer.is_success() {
            answer.body = beginning(response, bytes_max).await;
            return Ok(answer);
        }
        let chunk =
            |error: reqwest::Error| Fault::retry(format!("the answer broke off: {}", chain(&error.without_url())));
        while let Some(chunk) = response.chunk().await.map_err(chunk)? {
            if answer.body.len() + chunk.len() > bytes_max {
                return Err(Fault::retry(format!("the answer is longer than {bytes_max} bytes")));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    fn head(response: &Response, now: Time) -> Self {
        let after = response.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes);
        let retry_after = after.and_then(|value| retry_after(value, now));
        Self { status: response.status().as_u16(), retry_after, body: Vec::new() }
    }

    pub(in crate::deliver) const fn is_success(&self) -> bool {
        200 <= self.status && self.status <= 299
    }

    /// The status and the receiver's own words, for a reason.
    pub(in crate::deliver) fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(REASON_BYTES_MAX)]);
        let status =
            StatusCode::from_u16(self.status).map_or_else(|_| self.status.to_string(), |known| known.to_string());
        format!("{status} {text}")
    }

    /// What an answer other than 2xx means by itself; a receiver with rules of its own looks further.
    pub(in crate::deliver) fn fault(&self) -> Fault {
        fault(self.status, self.retry_after, self.words())
    }
}

/// What an answer other than 2xx means. Only what condemns the alert itself is refused.
///
/// A redirect is never followed and 410 means that nobody listens any more: somebody has to look. So it is with 404 and
/// 405, which a wrong address or a half-deployed receiver gives: refusing would burn the whole backlog for it.
fn fault(status: u16, after: Option<Duration>, reason: String) -> Fault {
    let remedy = match status {
        408 | 425 | 429 | 500.. => Remedy::Retry(after),
        ..=399 | 401..=405 | 407 | 410 => Remedy::Hold,
        _ => Remedy::Refuse,
    };
    Fault { remedy, reason }
}

/// How long `Retry-After` asks to wait, in seconds or as an HTTP-date.
fn retry_after(value: &[u8], now: Time) -> Option<Duration> {
    let value = str::from_utf8(value).ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let wait = Time::from_micros(date.as_microsecond()) - now;
    u64::try_from(wait.as_micros()).ok().map(Duration::from_micros)
}

/// The beginning of the body.
async fn beginning(mut response: Response, bytes_max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = bytes_max - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if bytes.len() == bytes_max {
                break;
            }
        }
    };
    // What has come until then will do.
    let _ = timeout(BODY_WAIT, read).await;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_condemns_the_alert_itself_is_refused() {
        for status in [400, 406, 409, 411, 412, 413, 414, 415, 422, 424, 431, 451] {
            assert_eq!(fault(status, None, String::new()).remedy, Remedy::Refuse, "{status}");
        }
        for status in [300, 301, 302, 304, 307, 308, 401, 403, 404, 405, 407, 410] {
            assert_eq!(fault(status, None, String::new()).remedy, Remedy::Hold, "{status}");
        }
        for status in [408, 425, 429, 500, 501, 502, 503, 504, 599, 999] {
            assert_eq!(fault(status, None, String::new()).remedy, Remedy::Retry(None), "{status}");
        }
    }

    #[test]
    fn retry_after_is_in_seconds_or_a_date() {
        let now = Time::parse("1994-11-06T08:49:30Z").unwrap();
        let wait = |value: &str| retry_after(value.as_bytes(), now).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(wait("18446744073709551615"), Some(u64::MAX));
    }

    #[test]
    fn a_date_that_is_past_or_nonsense_asks_for_nothing() {
        let now = Time::parse("1994-11-06T08:49:38Z").unwrap();
        for value in ["Sun, 06 Nov 1994 08:49:37 GMT", "", "-1", "1.5", "soon", "99999999999999999999"] {
            assert_eq!(retry_after(value.as_bytes(), now), None, "{value}");
        }
        assert_eq!(retry_after(b"\xff", now), None);
    }
}
