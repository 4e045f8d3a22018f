//! CEF:0, the Common Event Format, as a line without a syslog header.
//!
//! | key | is |
//! |---|---|
//! | header | `Postern`, `Postern`, version, rule (`heartbeat`), title, severity 3, 5, 8, 10 for low to critical (0 for a heartbeat) |
//! | `rt`, `start`, `end` | time of the record, of the first and the last message, in milliseconds since the epoch |
//! | `externalId`, `cn1` | the alert's id, and `seq`: which record of its life this is |
//! | `act` | state: `open`, `updated`, `closed` (`heartbeat`) |
//! | `cat` | `email`, `configuration` (`heartbeat`) |
//! | `cnt`, `cn2`, `cn3` | messages, recipients, clicks (of a heartbeat: records) |
//! | `deviceExternalId` | the tenant's name |
//! | `src` or `c6a2` | the first source, by version of IP |
//! | `suser` | the first sender; of a change of settings, who made it |
//! | `duser` | the first who followed a link, else the first recipient |
//! | `msg`, `reason` | summary; what made the severity what it is |
//! | `cs1` … `cs6` | subjects, senders, sources, NetworkMessageIds, techniques, evidence; each with its label |
//! | `request` … | not used: no field of an alert is a link that was requested |
//! | `PosternTenantId` and others | what the dictionary has no key for, named as it asks: the vendor's name first |
//!
//! Escaping is that of the specification: `\` and `|` in the header, `\` and `=` in the extension. Values have no line
//! ends to escape, because what is hidden is replaced in every format. Each value keeps to the length that the dictionary
//! gives its key; lists are joined with `; `.

use std::fmt::Display;
use std::net::IpAddr;

use super::line::{Part, line};
use super::text::{cut, joined, shown};
use super::{
    PRODUCT, VERSION, evidence_phrases, heartbeat_words, ids, is_about_settings, millis, out_of_ten, reason_phrases,
};
use crate::alert::{Alert, Heartbeat, Record};

const IN_HEADER: &[char] = &['\\', '|'];
const IN_EXTENSION: &[char] = &['\\', '='];

/// Lengths of the dictionary, in bytes so that they hold however a receiver counts.
const NAME_MAX: usize = 512;
const TENANT_MAX: usize = 255;
const TEXT_MAX: usize = 1023;
const CUSTOM_MAX: usize = 4000;

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
    fn header(&mut self, signature: &str, name: &str, severity: u8) {
        let before = format!("CEF:0|{PRODUCT}|{PRODUCT}|{VERSION}|{signature}|");
        self.0.push(Part::cut(before, within(name, NAME_MAX), &format!("|{severity}|"), IN_HEADER));
    }

    /// What always stays; before the first there is no space.
    fn fixed(&mut self, key: &str, value: &(impl Display + ?Sized)) {
        let space = if self.0.len() == 1 { "" } else { " " };
        self.0.push(Part::fixed(format!("{space}{key}="), value.to_string(), IN_EXTENSION));
    }

    fn whole(&mut self, key: &str, value: &(impl Display + ?Sized)) {
        self.0.push(Part::whole(format!(" {key}="), value.to_string(), IN_EXTENSION));
    }

    fn text(&mut self, key: &str, text: &str, bytes_max: usize) {
        let value = within(text, bytes_max);
        if !value.is_empty() {
            self.0.push(Part::text(format!(" {key}="), value, IN_EXTENSION));
        }
    }

    /// A key that says what it is only beside a label.
    fn labelled(&mut self, key: &str, label: &str, text: &str) {
        self.text(&format!("{key}Label={label} {key}"), text, CUSTOM_MAX);
    }

    fn texts(&mut self, key: &str, texts: &[String], bytes_max: usize) {
        self.text(key, &joined(texts.iter().map(String::as_str)), bytes_max);
    }
}

fn put_alert(fields: &mut Fields, alert: &Alert) {
    let is_about_settings = is_about_settings(alert);
    fields.header(alert.rule.as_str(), &alert.title, out_of_ten(alert.severity));
    fields.fixed("rt", &millis(alert.last_seen));
    fields.fixed("externalId", &alert.id);
    fields.fixed("act", alert.state.as_str());
    fields.fixed("cat", if is_about_settings { "configuration" } else { "email" });
    fields.fixed("cnt", &alert.counts.messages);
    fields.fixed("cn1Label=seq cn1", &alert.seq);
    tenant(fields, &alert.tenant);
    source(fields, alert);
    fields.text("suser", alert.senders.first().map_or("", String::as_str), TEXT_MAX);
    fields.text("duser", alert.clicked_by.first().or(alert.recipients.first()).map_or("", String::as_str), TEXT_MAX);
    fields.text("msg", &alert.summary, TEXT_MAX);
    fields.whole("start", &millis(alert.first_seen));
    fields.whole("end", &millis(alert.last_seen));
    fields.whole("cn2Label=recipients cn2", &alert.counts.recipients);
    fields.whole("cn3Label=clicks cn3", &alert.counts.clicked);
    let list = |texts: &[String]| joined(texts.iter().map(String::as_str));
    fields.labelled("cs1", "subjects", &list(&alert.subjects));
    fields.labelled("cs4", "networkMessageIds", &list(&alert.sample_message_ids));
    fields.labelled("cs3", "sources", &list(&alert.sources));
    fields.labelled("cs2", "senders", &list(&alert.senders));
    fields.labelled("cs5", "techniques", &list(&alert.techniques));
    fields.labelled("cs6", "evidence", &list(&evidence_phrases(alert)));
    fields.texts("reason", &reason_phrases(alert), TEXT_MAX);
    own(fields, alert);
}

/// What the dictionary has no key for.
fn own(fields: &mut Fields, alert: &Alert) {
    let counts = [
        ("PosternDelivered", alert.counts.delivered),
        ("PosternJunked", alert.counts.junked),
        ("PosternBlocked", alert.counts.blocked),
        ("PosternRemoved", alert.counts.removed),
        ("PosternCampaigns", alert.storm.as_ref().map_or(0, |storm| storm.campaigns)),
    ];
    if alert.test {
        fields.whole("PosternTest", &true);
    }
    if let Some(id) = alert.merged_into {
        fields.whole("PosternMergedInto", &id);
    }
    fields.text("PosternTenantId", &alert.tenant_id, TEXT_MAX);
    for (key, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        fields.whole(key, &count);
    }
    fields.texts("PosternClickedBy", &alert.clicked_by, CUSTOM_MAX);
    fields.texts("PosternRecipients", &alert.recipients, CUSTOM_MAX);
    fields.texts("PosternLinkDomains", &alert.link_domains, CUSTOM_MAX);
    fields.texts("PosternCampaignsSince", &ids(&alert.campaigns_since), CUSTOM_MAX);
    fields.texts("PosternActions", &alert.actions, CUSTOM_MAX);
}

fn put_heartbeat(fields: &mut Fields, heartbeat: &Heartbeat) {
    fields.header("heartbeat", "Heartbeat", 0);
    fields.fixed("rt", &millis(heartbeat.until));
    fields.fixed("externalId", &within(&heartbeat.id, 40));
    fields.fixed("act", "heartbeat");
    fields.fixed("cat", "heartbeat");
    fields.fixed("cnt", &heartbeat.records);
    fields.fixed("cn1Label=seq cn1", &heartbeat.seq);
    tenant(fields, &heartbeat.tenant);
    fields.text("msg", &heartbeat_words(heartbeat.records), TEXT_MAX);
    fields.whole("start", &millis(heartbeat.since));
    fields.whole("end", &millis(heartbeat.until));
    fields.text("PosternDigest", &heartbeat.digest, TEXT_MAX);
    fields.text("PosternTenantId", &heartbeat.tenant_id, TEXT_MAX);
}

fn tenant(fields: &mut Fields, name: &str) {
    fields.0.push(Part::cut(" deviceExternalId=".to_owned(), within(name, TENANT_MAX), "", IN_EXTENSION));
}

fn source(fields: &mut Fields, alert: &Alert) {
    match alert.sources.iter().find_map(|source| source.parse().ok()) {
        Some(IpAddr::V4(address)) => fields.whole("src", &address),
        Some(IpAddr::V6(address)) => fields.whole("c6a2Label=Source IPv6 Address c6a2", &address),
        None => {}
    }
}

fn within(text: &str, bytes_max: usize) -> String {
    cut(&shown(text), bytes_max, char::len_utf8).into_owned()
}
