//! A channel that people read, by a webhook whose address is the secret: Teams and Slack differ in the words alone.
//!
//! One message an attempt: both services throttle at about one a second, and one that is refused must not take others
//! with it.

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::attention::{Channel, Telling};
use super::decision::{Fate, Fault, Sent};
use super::format::record;
use super::http::Http;
use super::words::chain;
use super::{Clock, DeliverError, Sink};
use crate::alert::{Alert, Record};
use crate::config::{ChatSink, SecretSource, may_post_to};
use crate::ledger::Entry;
use crate::secrets;

/// Writes a message: of an alert, with what has to be said about others.
type Encode = fn(&Alert, Option<String>) -> serde_json::Value;

/// Posts messages to a channel.
pub(super) struct Chat {
    http: Http,
    url: SecretSource,
    channel: Channel,
    clock: Clock,
    encode: Encode,
}

impl Chat {
    pub(super) fn new(name: &str, config: &ChatSink, clock: Clock, encode: Encode) -> Result<Self, DeliverError> {
        let http = Http::new(name, &config.trust, false, clock)?;
        Ok(Self { http, url: config.url.clone(), channel: Channel::new(config.attention), clock, encode })
    }

    /// The address of now: a rotated file counts at once.
    fn url(&self) -> Result<Url, Fault> {
        let secret = secrets::read(&self.url).map_err(|error| Fault::hold(chain(&error)))?;
        let url = Some(secret.expose().trim()).filter(|url| may_post_to(url)).and_then(|url| Url::parse(url).ok());
        url.ok_or_else(|| Fault::hold("the secret is not an https address; copy the webhook's whole URL"))
    }

    async fn post(&self, message: String) -> Result<(), Fault> {
        let request = self.http.post(self.url()?).header(CONTENT_TYPE, "application/json").body(message);
        let answer = self.http.send(request).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.fault()) }
    }
}

impl Sink for Chat {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let mut fates = Vec::new();
        for entry in batch {
            let alert = match record(entry) {
                Ok(Record::Alert(alert)) => alert,
                Ok(Record::Heartbeat(_)) => {
                    fates.push(Fate::Accepted);
                    continue;
                }
                Err(fault) => {
                    fates.push(Fate::Refused(fault.reason));
                    continue;
                }
            };
            let now = (self.clock)();
            let telling = self.channel.decide(&alert, now);
            let is_told = matches!(telling, Telling::Tell { .. } | Telling::LastOfTheHour);
            if is_told {
                let message = (self.encode)(&alert, remark(telling)).to_string();
                if let Err(fault) = self.post(message).await {
                    return Sent::each(fates, Some(fault));
                }
            }
            self.channel.note(&alert, now, telling);
            fates.push(Fate::Accepted);
            if is_told {
                break;
            }
        }
        Sent::each(fates, None)
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        self.http.reach(self.url()?).await
    }
}

/// What has to be said about alerts that are not told.
pub(super) fn remark(telling: Telling) -> Option<String> {
    match telling {
        Telling::Silence | Telling::TooMany | Telling::Tell { untold: 0 } => None,
        Telling::Tell { untold } => {
            Some(format!("{untold} more were not told here in the last hour; the SIEM has them all"))
        }
        Telling::LastOfTheHour => {
            Some("This is the last one told here for now; the SIEM has all that follow".to_owned())
        }
    }
}

/// The lines of a message: what a person needs to decide whether to get up.
pub(super) fn facts(alert: &Alert) -> Vec<(&'static str, String)> {
    let counts = &alert.counts;
    let mut happened =
        format!("{} messages to {} people, {} delivered", counts.messages, counts.recipients, counts.delivered);
    if counts.clicked > 0 {
        happened += &format!(", {} clicked", counts.clicked);
    }
    let mut facts =
        vec![("Tenant", alert.tenant.clone()), ("Rule", alert.rule.as_str().to_owned()), ("What", happened)];
    let some = [
        ("From", &alert.sources),
        ("Claims to be", &alert.senders),
        ("Clicked by", &alert.clicked_by),
        ("Subject", &alert.subjects),
    ];
    facts.extend(some.into_iter().filter_map(|(label, all)| Some((label, first(all)?))));
    facts.extend(first(&alert.link_domains).map(|domain| ("Link", domain.replace('.', "[.]"))));
    facts.push(("Seen", format!("{} to {}", alert.first_seen, alert.last_seen)));
    facts.extend(alert.actions.first().map(|action| ("Do first", shown(action))));
    facts.push(("Alert", alert.id.to_string()));
    facts
}

fn first(all: &[String]) -> Option<String> {
    let more = all.len().saturating_sub(1);
    let first = shown(all.first()?);
    Some(if more > 0 { format!("{first} (and {more} more)") } else { first })
}

/// Text of mail as a channel may show it: nothing that steers, nothing that can be clicked, nothing long.
pub(super) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    let plain = super::words::sanitised(text).replace("://", "[:]//");
    match plain.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// The headline.
pub(super) fn headline(alert: &Alert) -> String {
    let test = if alert.test { "TEST: " } else { "" };
    format!("{test}{}: {}", alert.severity.as_str().to_uppercase(), shown(&alert.title))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::http::StatusCode;

    use super::*;
    use crate::config::{Attention, SinkConfig, SinkKind, Trust};
    use crate::deliver::SinkState;
    use crate::deliver::harness::{self, alert, config, entries};
    use crate::deliver::receiver::Receiver;
    use crate::judge::Severity;

    fn sink(path: &std::path::Path) -> SinkConfig {
        let attention = Attention { severity_min: Severity::Medium, per_hour_max: 2 };
        let trust = Trust { ca_file: None, verify: true };
        config(SinkKind::Slack(ChatSink { url: SecretSource::File(path.to_owned()), trust, attention }))
    }

    fn bodies(count: u32) -> Vec<String> {
        (0..count).map(|n| serde_json::to_string(&alert(n)).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_person_gets_as_many_messages_as_a_person_can_read_and_the_backlog_is_settled() {
        let receiver = Receiver::open(|_, _| StatusCode::OK).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, &receiver.url).unwrap();
        let bodies = bodies(9);
        let sink = harness::run(&sink(file.path()), entries(&bodies.iter().map(String::as_str).collect::<Vec<_>>()));
        sink.until_delivered(9).await;
        assert_eq!(sink.stop().await, (9, vec![]));
        let requests = receiver.requests();
        assert_eq!(requests.len(), 2);
        assert!(String::from_utf8_lossy(&requests[1].body).contains("last one told here"));
    }

    #[tokio::test]
    async fn an_address_that_is_none_holds_and_is_not_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "http://hooks.example/T000/s3cret").unwrap();
        let bodies = bodies(1);
        let sink = harness::run(&sink(file.path()), entries(&[&bodies[0]]));
        sink.until(|report| report.state == SinkState::Holding).await;
        let reason = sink.status.report().last_error.unwrap();
        assert!(reason.contains("https") && !reason.contains("s3cret"), "{reason}");
        assert_eq!(sink.stop().await, (0, vec![]));
    }

    #[tokio::test]
    async fn a_channel_that_is_gone_holds_and_one_that_is_busy_is_tried_again() {
        let receiver = Receiver::open(|count, _| match count {
            1 => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            2 => (StatusCode::NOT_FOUND, "no_service"),
            _ => (StatusCode::OK, "ok"),
        })
        .await;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, &receiver.url).unwrap();
        let bodies = bodies(1);
        let sink = harness::run(&sink(file.path()), entries(&[&bodies[0]]));
        sink.until(|report| report.last_error.as_deref() == Some("404 Not Found no_service")).await;
        sink.until_delivered(1).await;
        assert_eq!(sink.stop().await, (1, vec![]));
    }

    #[test]
    fn what_an_attacker_wrote_can_neither_be_clicked_nor_steer() {
        let text = "pay\u{202e} now\r\nhttps://evil.example/\u{1b}[31m";
        assert_eq!(shown(text), "pay now https[:]//evil.example/ [31m");
        assert_eq!(shown(&"ä".repeat(999)).chars().count(), 201);
    }
}
