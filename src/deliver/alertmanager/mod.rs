//! Prometheus Alertmanager, API v2: an alert is firing while its campaign goes on.
//!
//! Labels are what an alert *is* to Alertmanager, so what changes must not be one. The severity has to be, because routes
//! go by it: when a record tells another one, the alert with the former severity is resolved in the same request. The
//! alert's id is a label too, so that two campaigns are two alerts; nothing that an attacker wrote is one.

use std::collections::BTreeMap;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;

use super::attention::{Channel, Telling};
use super::chat::{facts, headline, remark, shown};
use super::decision::{Fate, Fault, Sent};
use super::format::record;
use super::http::{Http, authorised};
use super::{Clock, DeliverError, Sink};
use crate::alert::{Alert, Record, State};
use crate::config::{AlertmanagerSink, HttpAuth};
use crate::event::{Span, Time};
use crate::judge::Severity;
use crate::ledger::Entry;

/// Where alerts are posted.
const PATH: &str = "/api/v2/alerts";

/// How long an alert fires that nobody closes. A campaign is closed after a day at most, and telemetry may be late.
const FIRES_FOR: Span = Span::hours(26);

/// Posts to one Alertmanager.
pub(super) struct Alertmanager {
    http: Http,
    url: Url,
    auth: HttpAuth,
    channel: Channel,
    clock: Clock,
}

/// An alert as the API takes it (Alertmanager, `api/v2/openapi.yaml`, `postableAlert`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Postable {
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: Time,
    ends_at: Time,
}

impl Alertmanager {
    pub(super) fn new(name: &str, config: &AlertmanagerSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, mut url) = Http::to(name, &config.endpoint, clock)?;
        url.set_path(&format!("{}{PATH}", url.path().trim_end_matches('/')));
        Ok(Self { http, url, auth: config.auth.clone(), channel: Channel::new(config.attention), clock })
    }

    async fn post(&self, alerts: &[Postable]) -> Result<(), Fault> {
        // Encoding cannot fail: it is text.
        let body = serde_json::to_string(alerts).unwrap_or_default();
        let request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let answer = self.http.send(authorised(request, &self.auth)?).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.fault()) }
    }

    /// What a record comes to: alerts to post, and what is remembered once they are.
    fn alerts(&self, alert: &Alert, now: Time) -> (Vec<Postable>, Telling) {
        if is_over(alert) {
            return (Severity::ALL.map(|severity| postable(alert, severity, now, None)).to_vec(), Telling::Silence);
        }
        let telling = self.channel.decide(alert, now);
        if !matches!(telling, Telling::Tell { .. } | Telling::LastOfTheHour) {
            return (Vec::new(), telling);
        }
        let end = now.max(alert.last_seen) + FIRES_FOR;
        let mut alerts = vec![postable(alert, alert.severity, end, remark(telling))];
        if alert.seq > 1 {
            let former = Severity::ALL.into_iter().filter(|severity| *severity != alert.severity);
            alerts.extend(former.map(|severity| postable(alert, severity, now, None)));
        }
        (alerts, telling)
    }
}

impl Sink for Alertmanager {
    /// One record an attempt: Alertmanager refuses a request whole, and the rest must not suffer for one.
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let mut fates = Vec::new();
        for entry in batch {
            match record(entry) {
                Ok(Record::Heartbeat(_)) => fates.push(Fate::Accepted),
                Err(fault) => fates.push(Fate::Refused(fault.reason)),
                Ok(Record::Alert(alert)) => {
                    let now = (self.clock)();
                    let (alerts, telling) = self.alerts(&alert, now);
                    if !alerts.is_empty()
                        && let Err(fault) = self.post(&alerts).await
                    {
                        return Sent::each(fates, Some(fault));
                    }
                    self.channel.note(&alert, now, telling);
                    fates.push(Fate::Accepted);
                    if !alerts.is_empty() {
                        break;
                    }
                }
            }
        }
        Sent::each(fates, None)
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        let mut url = self.url.clone();
        url.set_path(&url.path().replace(PATH, "/api/v2/status"));
        let answer = self.http.send(authorised(self.http.get(url), &self.auth)?).await?;
        if answer.is_success() { Ok("it answers as an Alertmanager".to_owned()) } else { Err(answer.fault()) }
    }
}

fn is_over(alert: &Alert) -> bool {
    alert.state == State::Closed || alert.merged_into.is_some()
}

fn postable(alert: &Alert, severity: Severity, ends_at: Time, remark: Option<String>) -> Postable {
    let labels = [
        ("alertname", "PosternAlert".to_owned()),
        ("rule", alert.rule.as_str().to_owned()),
        ("severity", severity.as_str().to_owned()),
        ("tenant", alert.tenant.clone()),
        ("alert_id", alert.id.to_string()),
    ];
    let test = alert.test.then(|| ("test", "true".to_owned()));
    let description = facts(alert).into_iter().map(|(label, value)| format!("{label}: {value}")).chain(remark);
    let annotations = [
        ("summary", headline(alert)),
        ("description", description.collect::<Vec<_>>().join("\n")),
        ("reason", shown(&alert.summary)),
    ];
    // An end before the beginning is refused.
    let ends_at = ends_at.max(alert.first_seen);
    Postable {
        labels: labels.into_iter().chain(test).collect(),
        annotations: annotations.into(),
        starts_at: alert.first_seen,
        ends_at,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::Value;

    use super::*;
    use crate::config::{Attention, SinkKind};
    use crate::deliver::harness::{self, alert, config, entries};
    use crate::deliver::receiver::Receiver;

    /// What a receiver gets of these records, request by request.
    async fn told(alerts: &[Alert]) -> Vec<Value> {
        let receiver = Receiver::open(|_, _| StatusCode::OK).await;
        let attention = Attention { severity_min: Severity::Medium, per_hour_max: 30 };
        let url = receiver.url.trim_end_matches("/hook");
        let kind = AlertmanagerSink { endpoint: harness::endpoint(url), auth: HttpAuth::None, attention };
        let bodies: Vec<_> = alerts.iter().map(|alert| serde_json::to_string(alert).unwrap()).collect();
        let entries = entries(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
        let sink = harness::run(&config(SinkKind::Alertmanager(kind)), entries);
        sink.until_delivered(alerts.len() as u64).await;
        assert_eq!(sink.stop().await, (alerts.len() as u64, vec![]));
        let requests = receiver.requests();
        assert!(requests.iter().all(|request| request.uri.path() == "/api/v2/alerts"));
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_rise_in_severity_resolves_what_was_firing_before() {
        let open = Alert { severity: Severity::Medium, ..alert(1) };
        let worse = Alert { severity: Severity::High, state: State::Updated, seq: 2, ..open.clone() };
        let closed = Alert { state: State::Closed, seq: 3, ..worse.clone() };
        let requests = told(&[open, worse, closed]).await;
        let firing = |request: &Value| -> Vec<String> {
            let now = jiff::Timestamp::now();
            let ends = |alert: &Value| alert["endsAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let alerts = request.as_array().unwrap().iter().filter(|alert| ends(alert) > now);
            alerts.map(|alert| alert["labels"]["severity"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(requests.iter().map(firing).collect::<Vec<_>>(), [vec!["medium"], vec!["high"], vec![]]);
        assert_eq!(requests.iter().map(|request| request.as_array().unwrap().len()).collect::<Vec<_>>(), [1, 4, 4]);
    }

    #[tokio::test]
    async fn nothing_that_an_attacker_wrote_is_a_label() {
        let mut hostile = alert(1);
        hostile.subjects = vec!["evil subject".into()];
        hostile.senders = vec!["evil@contoso.com".into()];
        hostile.title = "evil title".into();
        let requests = told(&[hostile]).await;
        assert!(!requests[0][0]["labels"].to_string().contains("evil"), "{}", requests[0]);
        assert!(requests[0][0]["annotations"].to_string().contains("evil"));
    }
}
