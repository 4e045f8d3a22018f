//! What a receiver's answer means.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::Response;
use tokio::time::timeout;

use crate::deliver::decision::{Fault, Remedy};
use crate::deliver::words::REASON_BYTES_MAX;
use crate::event::Time;

/// How long an answer's body is waited for: the status is what counts, so a body that hangs must not turn into a timeout.
const BODY_WAIT: Duration = Duration::from_secs(2);

/// What an answer other than 2xx means. Only what condemns the alert itself is refused.
///
/// A redirect is never followed and 410 means that nobody listens any more: somebody has to look. So it is with 404 and
/// 405, which a wrong address or a half-deployed receiver gives: refusing would burn the whole backlog for it.
pub(super) fn fault(status: u16, after: Option<Duration>, reason: String) -> Fault {
    let remedy = match status {
        408 | 425 | 429 | 500.. => Remedy::Retry(after),
        ..=399 | 401..=405 | 407 | 410 => Remedy::Hold,
        _ => Remedy::Refuse,
    };
    Fault { remedy, reason }
}

/// How long `Retry-After` asks to wait, in seconds or as an HTTP-date.
pub(super) fn retry_after(value: &[u8], now: Time) -> Option<Duration> {
    let value = str::from_utf8(value).ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let wait = Time::from_micros(date.as_microsecond()) - now;
    u64::try_from(wait.as_micros()).ok().map(Duration::from_micros)
}

/// The beginning of the body: as much of the receiver's own words as is kept.
pub(super) async fn words(mut response: Response) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(REASON_BYTES_MAX)]);
            if bytes.len() >= REASON_BYTES_MAX {
                break;
            }
        }
    };
    // What has come until then will do.
    let _ = timeout(BODY_WAIT, read).await;
    String::from_utf8_lossy(&bytes).into_owned()
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
