//! LEEF:2.0, the Log Event Extended Format of QRadar, as a line without a syslog header.
//!
//! The header is `LEEF:2.0|Postern|Postern|<version>|<rule>|x09|`: the delimiter is a tab, and is said to be one. Attributes
//! that the format defines come first: `cat` (the state, which with the rule makes QRadar's event id and category),
//! `devTime` with `devTimeFormat`, `sev` (3, 5, 8, 10; 1 for a heartbeat), `src` (the first source that is an address),
//! `usrName` (the first sender; of a change of settings, who made it). What follows has names of our own, those of the
//! native format in the spelling of the format's keys.
//!
//! The format has no escapes. So nothing that anybody else chose stands in the header, and a value cannot hold a tab or a
//! line end, because what is hidden is replaced in every format. An `=` in a value needs no escape: the first one ends
//! the key.

use std::fmt::Display;
use std::net::IpAddr;

use super::line::{Part, line};
use super::text::{cut, joined, shown};
use super::{
    PRODUCT, VERSION, evidence_phrases, heartbeat_words, ids, is_about_settings, millis, out_of_ten, reason_phrases,
};
use crate::alert::{Alert, Heartbeat, Record};
use crate::event::Time;

/// One of the patterns that the format's guide suggests, as Java reads it, and as jiff does.
const TIME_FORMAT: &str = "MMM dd yyyy HH:mm:ss.SSS zzz";
const TIME_PATTERN: &str = "%b %d %Y %H:%M:%S%.3f UTC";

/// The longest name of a tenant that is told, in bytes.
const TENANT_MAX: usize = 255;

pub(super) fn render(record: &Record, bytes_max: usize) -> String {
    let mut fields = Fields(Vec::new());
    match record {
        Record::Alert(alert) => put_alert(&mut fields, alert),
        Record::Heartbeat(heartbeat) => put_heartbeat(&mut fields, heartbeat),
    }
    line(fields.0, bytes_max)
}

struct Fields(Vec<Part>);

impl Fields {
    fn header(&mut self, event: &str) {
        self.0.push(Part::fixed(format!("LEEF:2.0|{PRODUCT}|{PRODUCT}|{VERSION}|{event}|x09|"), String::new(), &[]));
    }

    /// What always stays; before the first there is no delimiter.
    fn fixed(&mut self, key: &str, value: &(impl Display + ?Sized)) {
        let delimiter = if self.0.len() == 1 { "" } else { "\t" };
        self.0.push(Part::fixed(format!("{delimiter}{key}="), value.to_string(), &[]));
    }

    fn time(&mut self, time: Time) {
        self.fixed("devTime", &date(time));
        self.fixed("devTimeFormat", TIME_FORMAT);
    }

    fn tenant(&mut self, name: &str) {
        let name = cut(&shown(name), TENANT_MAX, char::len_utf8).into_owned();
        self.0.push(Part::cut("\ttenant=".to_owned(), name, "", &[]));
    }

    fn whole(&mut self, key: &str, value: &(impl Display + ?Sized)) {
        self.0.push(Part::whole(format!("\t{key}="), value.to_string(), &[]));
    }

    fn text(&mut self, key: &str, text: &str) {
        let value = shown(text);
        if !value.is_empty() {
            self.0.push(Part::text(format!("\t{key}="), value.into_owned(), &[]));
        }
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        self.text(key, &joined(texts.iter().map(String::as_str)));
    }
}

fn put_alert(fields: &mut Fields, alert: &Alert) {
    fields.header(alert.rule.as_str());
    fields.fixed("cat", alert.state.as_str());
    fields.time(alert.last_seen);
    fields.fixed("sev", &out_of_ten(alert.severity));
    fields.fixed("alertId", &alert.id);
    fields.fixed("seq", &alert.seq);
    fields.fixed("messages", &alert.counts.messages);
    fields.tenant(&alert.tenant);
    if let Some(address) = alert.sources.iter().find_map(|source| source.parse::<IpAddr>().ok()) {
        fields.whole("src", &address);
    }
    fields.text("usrName", alert.senders.first().map_or("", String::as_str));
    fields.whole("severity", alert.severity.as_str());
    fields.whole("kind", if is_about_settings(alert) { "configuration" } else { "email" });
    fields.text("title", &alert.title);
    fields.text("summary", &alert.summary);
    fields.texts("subjects", &alert.subjects);
    fields.texts("networkMessageIds", &alert.sample_message_ids);
    put_counts(fields, alert);
    fields.texts("senders", &alert.senders);
    fields.texts("clickedBy", &alert.clicked_by);
    fields.texts("recipientAddresses", &alert.recipients);
    fields.texts("sources", &alert.sources);
    fields.texts("techniques", &alert.techniques);
    fields.texts("severityReasons", &reason_phrases(alert));
    fields.texts("evidence", &evidence_phrases(alert));
    fields.texts("linkDomains", &alert.link_domains);
    fields.texts("campaignsSince", &ids(&alert.campaigns_since));
    fields.texts("actions", &alert.actions);
}

fn put_counts(fields: &mut Fields, alert: &Alert) {
    if alert.test {
        fields.whole("test", &true);
    }
    if let Some(id) = alert.merged_into {
        fields.whole("mergedInto", &id);
    }
    fields.whole("firstSeen", &alert.first_seen);
    fields.whole("recipients", &alert.counts.recipients);
    fields.whole("delivered", &alert.counts.delivered);
    fields.whole("junked", &alert.counts.junked);
    fields.whole("blocked", &alert.counts.blocked);
    fields.whole("removed", &alert.counts.removed);
    fields.whole("clicked", &alert.counts.clicked);
    if let Some(storm) = &alert.storm {
        fields.whole("campaigns", &storm.campaigns);
    }
    fields.text("tenantId", &alert.tenant_id);
}

fn put_heartbeat(fields: &mut Fields, heartbeat: &Heartbeat) {
    fields.header("heartbeat");
    fields.fixed("cat", "heartbeat");
    fields.time(heartbeat.until);
    fields.fixed("sev", &1);
    fields.fixed("alertId", &cut(&shown(&heartbeat.id), 40, char::len_utf8));
    fields.fixed("seq", &heartbeat.seq);
    fields.fixed("records", &heartbeat.records);
    fields.tenant(&heartbeat.tenant);
    fields.text("summary", &heartbeat_words(heartbeat.records));
    fields.whole("since", &heartbeat.since);
    fields.text("digest", &heartbeat.digest);
    fields.text("tenantId", &heartbeat.tenant_id);
}

/// A time that no calendar has is told in milliseconds, as a receiver that cannot read it would keep it.
fn date(time: Time) -> String {
    let instant = jiff::Timestamp::from_microsecond(time.as_micros());
    instant.map_or_else(|_| millis(time).to_string(), |instant| instant.strftime(TIME_PATTERN).to_string())
}
