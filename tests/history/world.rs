//! One tenant, contoso.com, and what is told of it.

use std::sync::Arc;

use postern::alert::{Alert, State};
use postern::correlate::{Limits, Ruling};
use postern::detector::{Arrival, Detector, Inspector, Outcome, Slice};
use postern::event::{Span, Time};
use postern::judge::{
    AcceptedDomain, BenignReason, SanctionedSource, SenderPattern, Severity, SimulationVendor, Tenant, Tenants,
};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "6f0c1d7e-0000-4000-8000-000000000001";

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A tenant with a memory, and everything that it told.
pub(crate) struct World {
    inspector: Inspector,
    detector: Detector,
    pub(crate) alerts: Vec<Alert>,
    number: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        let tenant = Tenant {
            id: TENANT.to_owned(),
            name: "contoso".to_owned(),
            accepted_domains: vec![AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false }],
            protected_people: vec!["ceo@contoso.com".to_owned()],
            sanctioned: vec![SanctionedSource {
                name: "HQ scanners".to_owned(),
                networks: vec!["198.51.100.7/32".parse().unwrap()],
                senders: vec![SenderPattern::Address("scanner@contoso.com".to_owned())],
                expires: None,
            }],
            simulations: vec![SimulationVendor {
                name: "training".to_owned(),
                networks: vec!["192.0.2.64/27".parse().unwrap()],
                senders: Vec::new(),
                expires: None,
            }],
            ..Tenant::default()
        };
        let tenants = Arc::new(Tenants::new(vec![tenant]));
        Self {
            inspector: Inspector::new(Arc::clone(&tenants), postern::decode::Limits::default()),
            detector: Detector::new(tenants, Limits::default()),
            alerts: Vec::new(),
            number: 0,
        }
    }

    /// Feeds a record and says what becomes of it, if the rules call it suspicious.
    pub(crate) fn feed(&mut self, record: &Value) -> Option<Ruling> {
        let mut slice = Slice::default();
        let arrival = Arrival { origin: "test", offset: 0, time: None };
        self.inspector.inspect(record.to_string().as_bytes(), arrival, &mut slice, &mut |_| {});
        assert_eq!(slice.outcomes.total(), 1, "{record}");
        assert_eq!(slice.outcomes.get(Outcome::Undecodable), 0, "{record}: {:?}", slice.dead_letters);
        let rulings = self.detector.handle_slice(&slice);
        self.alerts.extend(self.detector.take_alerts());
        rulings.first().copied()
    }

    /// Feeds a mail of which each field that is not said is that of an unremarkable spoof.
    pub(crate) fn mail(&mut self, mail: Mail<'_>) -> Option<Ruling> {
        self.number += 1;
        let id = format!("n{}", self.number);
        self.feed(&mail.record(&id))
    }

    /// Feeds a mail under this NetworkMessageId.
    pub(crate) fn mail_named(&mut self, id: &str, mail: Mail<'_>) -> Option<Ruling> {
        self.feed(&mail.record(id))
    }

    /// Lets time pass, by a mail that nobody minds.
    pub(crate) fn wait_until(&mut self, at: i64) {
        let stranger = Mail {
            at,
            envelope: "a@fabrikam.com",
            from: "a@fabrikam.com",
            ip: "198.51.100.200",
            results: PASS,
            ..Mail::default()
        };
        assert_eq!(self.mail(stranger), None);
    }

    /// The latest record of each alert, by its first message.
    pub(crate) fn latest(&self) -> Vec<&Alert> {
        let mut latest: Vec<&Alert> = Vec::new();
        for alert in &self.alerts {
            match latest.iter_mut().find(|known| known.id == alert.id) {
                Some(known) => *known = alert,
                None => latest.push(alert),
            }
        }
        latest.retain(|alert| alert.merged_into.is_none());
        latest
    }

    /// The only alert.
    pub(crate) fn only(&self) -> &Alert {
        let latest = self.latest();
        assert_eq!(latest.len(), 1, "{:#?}", latest.iter().map(|it| (&it.title, &it.subjects)).collect::<Vec<_>>());
        latest[0]
    }

    /// How many records of it were told, and in which state the last one was.
    pub(crate) fn told(&self) -> (usize, State) {
        (self.alerts.len(), self.alerts[self.alerts.len() - 1].state)
    }
}

pub(crate) const FAIL: &str = r#"{"SPF":"softfail","DKIM":"none","DMARC":"fail","CompAuth":"none"}"#;
pub(crate) const PASS: &str = r#"{"SPF":"pass","DKIM":"pass","DMARC":"pass","CompAuth":"pass"}"#;
pub(crate) const TEMPERROR: &str = r#"{"SPF":"temperror","DKIM":"none","DMARC":"temperror","CompAuth":"none"}"#;
pub(crate) const LIST: &str = r#"{"SPF":"pass","DKIM":"fail","DMARC":"fail","CompAuth":"fail"}"#;

/// A mail, in the fields that matter here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mail<'a> {
    /// Seconds after the beginning.
    pub(crate) at: i64,
    pub(crate) envelope: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) ip: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) direction: &'a str,
    pub(crate) results: &'a str,
    pub(crate) delivery: &'a str,
}

impl Default for Mail<'_> {
    fn default() -> Self {
        Self {
            at: 0,
            envelope: "printer@contoso.com",
            from: "printer@contoso.com",
            to: "sam@contoso.com",
            ip: "203.0.113.9",
            subject: "Scan",
            message_id: "<1@contoso.com>",
            direction: "Inbound",
            results: FAIL,
            delivery: "Delivered",
        }
    }
}

impl Mail<'_> {
    fn record(&self, id: &str) -> Value {
        let address_column = if self.ip.contains(':') { "SenderIPv6" } else { "SenderIPv4" };
        let mut row = json!({
            "Timestamp": time(self.at), "NetworkMessageId": id, "InternetMessageId": self.message_id,
            "SenderMailFromAddress": self.envelope, "SenderFromAddress": self.from,
            "RecipientEmailAddress": self.to, "Subject": self.subject, "EmailDirection": self.direction,
            "DeliveryAction": self.delivery, "DeliveryLocation": "Inbox/folder", "Connectors": "",
            "AuthenticationDetails": self.results, "ReportId": format!("{id}-1"),
        });
        row[address_column] = json!(self.ip);
        streamed("EmailEvents", &row)
    }
}

/// A row as the streaming API writes it.
pub(crate) fn streamed(table: &str, row: &Value) -> Value {
    json!({"tenantId": TENANT, "category": format!("AdvancedHunting-{table}"), "properties": row})
}

/// So many seconds after the beginning, which is a midnight.
pub(crate) fn time(seconds: i64) -> String {
    (Time::parse("2026-11-02T00:00:00Z").unwrap() + Span::seconds(seconds)).to_string()
}

pub(crate) fn is_benign(ruling: Option<Ruling>, reason: BenignReason) -> bool {
    ruling == Some(Ruling::Benign(reason))
}

pub(crate) fn reasons(alert: &Alert) -> Vec<&str> {
    alert.severity_reasons.iter().map(|reason| reason.reason.as_str()).collect()
}

pub(crate) fn is_at_most_medium(alert: &Alert) -> bool {
    alert.severity <= Severity::Medium
}
