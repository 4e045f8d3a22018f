//! OCSF 1.8.0: an alert is a Detection Finding (class 2004), a heartbeat a Base Event (class 0).
//!
//! A campaign is a finding with a life: open creates it, later records update and close it, all under one
//! `finding_info.uid`. `time` is when the record's latest message was sent; the campaign's span stands in `start_time` and
//! `end_time`. `status_id` belongs to the consumer, and nothing that Postern knows is "resolved" or "under review": a
//! finding is new until its campaign is over, which is 99 with the word beside it.
//!
//! `evidences` pairs only what belongs together. Sources, senders, recipients and subjects of a campaign are lists of their
//! own, so each source, sender and recipient is an artifact of its own, and a subject stands with the senders only where
//! the whole campaign has one. A NetworkMessageId is neither a Message-ID (`email.message_uid`) nor a thread (`email.uid`),
//! and is kept in `unmapped`, where it can be looked up, instead of where it would find nothing.
//!
//! The heartbeat is a Base Event because the schema says that this class is for what is not otherwise defined.
//! Application Lifecycle (6002) tells of installing, starting and stopping, and an hour in which nothing of the kind
//! happened is none of it; Scan Activity (6007) demands a scan.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::native::{evidence, severity_reasons, storm};
use super::object::Object;
use super::text::{joined, shown};
use super::{DOCUMENT_BYTES_MAX, PRODUCT, VERSION, heartbeat_words, is_about_settings, millis, record_id};
use crate::alert::{Alert, Heartbeat, Record, State};
use crate::judge::Severity;

/// The release of the schema that the events keep to.
const OCSF_VERSION: &str = "1.8.0";

pub(super) fn render(record: &Record) -> String {
    let mut event = Object::default();
    event.set("time", millis(record.time()));
    event.set("metadata.version", OCSF_VERSION);
    event.set("metadata.product", json!({ "name": PRODUCT, "vendor_name": PRODUCT, "version": VERSION }));
    event.set("metadata.uid", record_id(record));
    match record {
        Record::Alert(alert) => put_finding(&mut event, alert),
        Record::Heartbeat(heartbeat) => put_heartbeat(&mut event, heartbeat),
    }
    event.line(DOCUMENT_BYTES_MAX)
}

fn put_finding(event: &mut Object, alert: &Alert) {
    put_class(event, alert.state);
    let (severity_id, severity) = severity(alert.severity);
    event.set("severity_id", severity_id);
    event.set("severity", severity);
    let (status_id, status) = if alert.state == State::Closed { (99, "Closed") } else { (1, "New") };
    event.set("status_id", status_id);
    event.set("status", status);
    event.set("is_alert", true);
    event.text("message", &alert.summary);
    event.set("start_time", millis(alert.first_seen));
    event.set("end_time", millis(alert.last_seen));
    if alert.counts.messages > 0 {
        event.set("count", alert.counts.messages);
    }
    put_metadata(event, &alert.schema, &alert.tenant_id, alert.seq);
    event.set("metadata.event_code", alert.rule.as_str());
    if alert.test {
        event.set("metadata.labels", json!(["test"]));
    }
    put_finding_info(event, alert);
    if !alert.actions.is_empty() {
        event.set("remediation.desc", joined(alert.actions.iter().map(String::as_str)));
    }
    event.set("evidences", evidences(alert));
    event.list("observables", observables(alert));
    put_unmapped(event, alert);
}

fn put_class(event: &mut Object, state: State) {
    let (activity_id, activity) = match state {
        State::Open => (1, "Create"),
        State::Updated => (2, "Update"),
        State::Closed => (3, "Close"),
    };
    event.set("category_uid", 2);
    event.set("category_name", "Findings");
    event.set("class_uid", 2004);
    event.set("class_name", "Detection Finding");
    event.set("activity_id", activity_id);
    event.set("activity_name", activity);
    event.set("type_uid", 200_400 + activity_id);
    event.set("type_name", format!("Detection Finding: {activity}"));
}

fn put_metadata(event: &mut Object, schema: &str, tenant_id: &str, seq: u32) {
    event.text("metadata.log_name", schema);
    event.text("metadata.tenant_uid", tenant_id);
    event.set("metadata.sequence", seq);
}

fn put_finding_info(event: &mut Object, alert: &Alert) {
    event.set("finding_info.uid", alert.id.to_string());
    event.text("finding_info.title", &alert.title);
    event.text("finding_info.desc", &alert.summary);
    event.set("finding_info.types", json!([if is_about_settings(alert) { "configuration" } else { "email" }]));
    event.set("finding_info.first_seen_time", millis(alert.first_seen));
    event.set("finding_info.last_seen_time", millis(alert.last_seen));
    let rule = alert.rule.as_str();
    event.set("finding_info.analytic", json!({ "uid": rule, "name": rule, "type_id": 1, "type": "Rule" }));
    let attack = |technique: &String| json!({ "technique": { "uid": shown(technique) } });
    event.list("finding_info.attacks", alert.techniques.iter().map(attack));
    let merged = alert.merged_into.iter().map(|id| json!({ "uid": id.to_string(), "title": "merged into" }));
    let since = alert.campaigns_since.iter().map(|id| json!({ "uid": id.to_string(), "title": "campaign since" }));
    event.list("finding_info.related_events", merged.chain(since));
}

/// A change has one actor at one address; a campaign has lists that say nothing of each other.
fn evidences(alert: &Alert) -> Vec<Value> {
    let data: Vec<Value> = evidence(alert).collect();
    if is_about_settings(alert) {
        let mut artifact = Object::default();
        artifact.set("name", "change");
        artifact.set("data", data);
        alert.senders.first().into_iter().for_each(|actor| artifact.text("user.name", actor));
        addresses(alert).take(1).for_each(|address| artifact.text("src_endpoint.ip", address));
        return vec![artifact.into()];
    }
    let earliest = json!({ "name": "earliest message", "data": data });
    let sources = addresses(alert).map(|address| json!({ "name": "source", "src_endpoint": { "ip": address } }));
    let senders = mail_addresses(&alert.senders).map(|address| {
        let mut artifact = Object::default();
        artifact.set("name", "sender");
        artifact.text("email.from", address);
        if let [subject] = alert.subjects.as_slice() {
            artifact.text("email.subject", subject);
        }
        artifact.into()
    });
    let recipients =
        mail_addresses(&alert.recipients).map(|address| json!({ "name": "recipient", "email": { "to": [address] } }));
    [earliest].into_iter().chain(sources).chain(senders).chain(recipients).collect()
}

fn observables(alert: &Alert) -> impl Iterator<Item = Value> {
    let observable = |name: &'static str, type_id: u8, kind: &'static str| move |value: &String| json!({ "name": name, "type_id": type_id, "type": kind, "value": shown(value) });
    let (actors, senders) =
        if is_about_settings(alert) { (alert.senders.as_slice(), 0) } else { (&[][..], usize::MAX) };
    let actors = actors.iter().take(1).map(observable("evidences[].user.name", 4, "User Name"));
    let senders =
        mail_addresses(&alert.senders).take(senders).map(observable("evidences[].email.from", 5, "Email Address"));
    let sources = addresses(alert).map(observable("evidences[].src_endpoint.ip", 2, "IP Address"));
    let subjects = alert.subjects.iter().map(observable("unmapped.subjects", 40, "Email Object: subject"));
    let links = alert.link_domains.iter().map(observable("unmapped.link_domains", 1, "Hostname"));
    let recipients = mail_addresses(&alert.recipients).map(observable("evidences[].email.to", 5, "Email Address"));
    sources.chain(actors).chain(senders).chain(subjects).chain(links).chain(recipients)
}

fn put_unmapped(event: &mut Object, alert: &Alert) {
    event.text("unmapped.tenant", &alert.tenant);
    event.set("unmapped.severity", alert.severity.as_str());
    event.set("unmapped.counts", json!(alert.counts));
    event.texts("unmapped.sources", &alert.sources);
    event.texts("unmapped.senders", &alert.senders);
    event.texts("unmapped.recipients", &alert.recipients);
    event.texts("unmapped.clicked_by", &alert.clicked_by);
    event.texts("unmapped.subjects", &alert.subjects);
    event.texts("unmapped.network_message_ids", &alert.sample_message_ids);
    event.texts("unmapped.link_domains", &alert.link_domains);
    event.list("unmapped.severity_reasons", severity_reasons(alert));
    if let Some(report) = &alert.storm {
        event.set("unmapped.storm", storm(report));
    }
}

fn put_heartbeat(event: &mut Object, heartbeat: &Heartbeat) {
    event.set("category_uid", 0);
    event.set("category_name", "Uncategorized");
    event.set("class_uid", 0);
    event.set("class_name", "Base Event");
    event.set("activity_id", 99);
    event.set("activity_name", "Heartbeat");
    event.set("type_uid", 99);
    event.set("type_name", "Base Event: Other");
    event.set("severity_id", 1);
    event.set("severity", "Informational");
    event.set("status_id", 1);
    event.set("status", "Success");
    event.set("message", heartbeat_words(heartbeat.records));
    event.set("start_time", millis(heartbeat.since));
    event.set("end_time", millis(heartbeat.until));
    put_metadata(event, &heartbeat.schema, &heartbeat.tenant_id, heartbeat.seq);
    event.text("unmapped.tenant", &heartbeat.tenant);
    event.set("unmapped.records", heartbeat.records);
    event.text("unmapped.digest", &heartbeat.digest);
}

const fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn addresses(alert: &Alert) -> impl Iterator<Item = &String> {
    alert.sources.iter().filter(|source| source.parse::<IpAddr>().is_ok())
}

/// What the schema's type `email_t` takes: its pattern, in words.
fn mail_addresses(all: &[String]) -> impl Iterator<Item = &String> {
    let is_local = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+,-./=?^_`{|}~".contains(letter);
    let is_domain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    all.iter().filter(move |address| {
        let parts = address.split_once('@').and_then(|(local, domain)| Some((local, domain.split_once('.')?)));
        parts.is_some_and(|(local, (name, rest))| {
            let is_whole = ![local, name, rest].contains(&"");
            is_whole && local.chars().all(is_local) && name.chars().chain(rest.chars()).all(is_domain)
        })
    })
}
