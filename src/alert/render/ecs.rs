//! Elastic Common Schema, release 9.4: an alert of a mail detection, in nested objects.
//!
//! ECS has a place for most of what an alert says; the results of SPF, DKIM, DMARC and composite authentication are not
//! among it, nor are counts, reasons and actions. Those stand below `postern.*`, in the words of the native format.
//!
//! `event.severity` is a number of Elastic's own detections (21, 47, 73, 99), so that both sort in one list. An alert about
//! mail has the category `email`, whose only type is `info`; an alert about settings is `configuration`, `change`.
//! Fields that hold addresses of machines get only what is one, because a single bad value would make Elasticsearch
//! refuse the whole document; what the sources are called otherwise stands in `postern.sources`.

use std::net::IpAddr;

use serde_json::json;

use super::native::{evidence, severity_reasons, storm};
use super::object::Object;
use super::{DOCUMENT_BYTES_MAX, PRODUCT, VERSION, heartbeat_words, is_about_settings, record_id};
use crate::alert::{Alert, Heartbeat, Record};
use crate::judge::Severity;

/// The release whose fields these are.
const ECS_VERSION: &str = "9.4.0";

/// Facts of the evidence that are results of authentication, as the native format calls them.
const AUTHENTICATION: [&str; 4] = ["spf", "dkim", "dmarc", "compauth"];

pub(super) fn render(record: &Record) -> String {
    let mut document = Object::default();
    document.set("@timestamp", record.time().to_string());
    document.set("ecs.version", ECS_VERSION);
    document.set("event.module", "postern");
    document.set("event.id", record_id(record));
    document.set("observer.vendor", PRODUCT);
    document.set("observer.product", PRODUCT);
    document.set("observer.version", VERSION);
    match record {
        Record::Alert(alert) => put_alert(&mut document, alert),
        Record::Heartbeat(heartbeat) => put_heartbeat(&mut document, heartbeat),
    }
    document.line(DOCUMENT_BYTES_MAX)
}

fn put_alert(document: &mut Object, alert: &Alert) {
    let is_about_settings = is_about_settings(alert);
    let (category, kind) = if is_about_settings { ("configuration", "change") } else { ("email", "info") };
    document.set("event.kind", "alert");
    document.set("event.category", json!([category]));
    document.set("event.type", json!([kind]));
    document.set("event.action", alert.state.as_str());
    document.set("event.dataset", "postern.alert");
    document.set("event.severity", severity(alert.severity));
    document.set("event.start", alert.first_seen.to_string());
    document.set("event.end", alert.last_seen.to_string());
    document.text("message", &format!("{}. {}", alert.title, alert.summary));
    document.set("rule.id", alert.rule.as_str());
    document.text("rule.name", &alert.title);
    if !alert.techniques.is_empty() {
        document.set("threat.framework", "MITRE ATT&CK");
        document.texts("threat.technique.id", &alert.techniques);
    }
    put_tenant(document, &alert.tenant, &alert.tenant_id);
    let addresses = || alert.sources.iter().filter(|source| source.parse::<IpAddr>().is_ok());
    document.texts("source.ip", addresses());
    document.texts("related.ip", addresses());
    document.texts("related.user", people(alert));
    document.texts("related.hosts", &alert.link_domains);
    if is_about_settings {
        document.texts("user.name", &alert.senders);
    } else {
        document.texts("email.from.address", &alert.senders);
        document.texts("email.to.address", &alert.recipients);
        document.texts("email.subject", &alert.subjects);
        document.texts("email.local_id", &alert.sample_message_ids);
        document.set("email.direction", "inbound");
    }
    if alert.test {
        document.set("labels.test", "true");
    }
    put_own(document, alert);
}

/// Everybody that the alert names, each once.
fn people(alert: &Alert) -> Vec<&String> {
    let mut people = Vec::new();
    for person in alert.senders.iter().chain(&alert.clicked_by).chain(&alert.recipients) {
        if !people.contains(&person) {
            people.push(person);
        }
    }
    people
}

/// What ECS has no name for.
fn put_own(document: &mut Object, alert: &Alert) {
    document.text("postern.schema", &alert.schema);
    document.set("postern.alert_id", alert.id.to_string());
    document.set("postern.seq", alert.seq);
    document.set("postern.state", alert.state.as_str());
    document.set("postern.severity", alert.severity.as_str());
    document.text("postern.summary", &alert.summary);
    document.set("postern.counts", json!(alert.counts));
    document.texts("postern.sources", &alert.sources);
    document.texts("postern.clicked_by", &alert.clicked_by);
    document.texts("postern.link_domains", &alert.link_domains);
    document.list("postern.evidence", evidence(alert));
    for evidence in alert.evidence.iter().filter(|evidence| AUTHENTICATION.contains(&evidence.fact.as_str())) {
        document.text(&format!("postern.auth.{}", evidence.fact), &evidence.observed);
    }
    document.list("postern.severity_reasons", severity_reasons(alert));
    document.texts("postern.actions", &alert.actions);
    if let Some(id) = alert.merged_into {
        document.set("postern.merged_into", id.to_string());
    }
    document.texts("postern.campaigns_since", &super::ids(&alert.campaigns_since));
    if let Some(report) = &alert.storm {
        document.set("postern.storm", storm(report));
    }
    if alert.test {
        document.set("postern.test", true);
    }
}

fn put_heartbeat(document: &mut Object, heartbeat: &Heartbeat) {
    document.set("event.kind", "metric");
    document.set("event.type", json!(["info"]));
    document.set("event.action", "heartbeat");
    document.set("event.dataset", "postern.heartbeat");
    document.set("event.start", heartbeat.since.to_string());
    document.set("event.end", heartbeat.until.to_string());
    document.set("message", heartbeat_words(heartbeat.records));
    put_tenant(document, &heartbeat.tenant, &heartbeat.tenant_id);
    document.text("postern.schema", &heartbeat.schema);
    document.set("postern.seq", heartbeat.seq);
    document.set("postern.records", heartbeat.records);
    document.text("postern.digest", &heartbeat.digest);
}

fn put_tenant(document: &mut Object, name: &str, id: &str) {
    document.text("organization.name", name);
    document.text("organization.id", id);
}

const fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}
