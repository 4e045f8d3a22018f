//! What each receiver is configured as, and which records it has in the end.

use std::path::Path;

use serde_json::Value;

use super::scene::{Key, Scene};
use crate::support::alertmanager::Alertmanager;
use crate::support::collector::Collector;
use crate::support::opensearch::OpenSearch;
use crate::support::rsyslog::Rsyslog;
use crate::support::sentinel::{CLIENT, RULE, SECRET, Sentinel, TENANT};

/// The template that an operator installs first.
const TEMPLATE: &str = include_str!("../../../deploy/elasticsearch/postern-alerts.json");

/// The records that a receiver has, each as often as it has it.
pub(super) type Kept = Vec<Key>;

pub(super) fn install_template(opensearch: &OpenSearch) {
    opensearch.put("/_index_template/postern-alerts", &serde_json::from_str(TEMPLATE).unwrap());
}

pub(super) fn elasticsearch(url: &str, index: &str) -> String {
    format!("[[sink.elasticsearch]]\nurl = {url:?}\nindex = {index:?}\n")
}

pub(super) fn kept_by_opensearch(opensearch: &OpenSearch, index: &str) -> Kept {
    let documents = opensearch.documents(&format!("{index}-*"));
    let key = |document: &Value| {
        let (id, seq) = document["_id"].as_str().unwrap().rsplit_once('-').unwrap();
        (id.to_owned(), seq.parse().unwrap())
    };
    documents.iter().map(key).collect()
}

/// Events say by their `source` which sink they are of.
pub(super) fn splunk_hec(scene: &Scene, name: &str, url: &str, acknowledge: bool) -> String {
    let token_file = scene.secret("hec-token", "00000000-0000-4000-8000-000000000000");
    format!(
        "[[sink.splunk-hec]]\nname = {name:?}\nsource = {name:?}\nurl = {url:?}\ntoken_file = {token_file:?}\n\
         acknowledge = {acknowledge}\n"
    )
}

pub(super) fn kept_by_collector(collector: &Collector, name: &str) -> Kept {
    let events = collector.events().into_iter().filter(|event| event.source.as_deref() == Some(name));
    events.map(|event| key(&event.event, "id", "seq")).collect()
}

/// The name of the sink is the transport.
pub(super) fn syslog(rsyslog: &Rsyslog, transport: &str) -> String {
    let at = rsyslog.listeners;
    let (address, trust) = match transport {
        "udp" => (at.udp, String::new()),
        "tcp" => (at.tcp, String::new()),
        _ => (at.tls, format!("ca_file = {:?}\n", rsyslog.ca_file)),
    };
    format!("[[sink.syslog]]\nname = {transport:?}\naddress = \"{address}\"\ntransport = {transport:?}\n{trust}")
}

pub(super) fn kept_by_rsyslog(rsyslog: &Rsyslog, transport: &str) -> Kept {
    let messages = rsyslog.messages().into_iter().filter(|message| message.listener == transport);
    let value = |data: &str, name: &str| {
        let (_, rest) = data.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    messages
        .map(|message| (value(&message.structured_data, "id"), value(&message.structured_data, "seq").parse().unwrap()))
        .collect()
}

pub(super) fn alertmanager(url: &str) -> String {
    format!("[[sink.alertmanager]]\nurl = {url:?}\nseverity_min = \"low\"\nper_hour_max = 1000\n")
}

/// The ids of the alerts that fire, one for each that fires.
pub(super) fn firing(alertmanager: &Alertmanager) -> Vec<String> {
    let alerts = alertmanager.alerts();
    alerts.iter().map(|alert| alert["labels"]["alert_id"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn sentinel(scene: &Scene, url: &str) -> String {
    let secret_file = scene.secret("entra-secret", SECRET);
    format!(
        "[[sink.sentinel]]\nurl = {url:?}\ndcr = {RULE:?}\n\
         auth = {{ kind = \"client-secret\", authority = {url:?}, tenant_id = {TENANT:?}, client_id = {CLIENT:?}, \
         secret_file = {secret_file:?} }}\n"
    )
}

pub(super) fn kept_by_sentinel(sentinel: &Sentinel) -> Kept {
    sentinel.rows().iter().map(|row| key(row, "AlertId", "Seq")).collect()
}

pub(super) fn file(path: &Path) -> String {
    format!("[[sink.file]]\npath = {path:?}\n")
}

pub(super) fn kept_in_file(path: &Path) -> Kept {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.map(|alert: Value| key(&alert, "id", "seq")).collect()
}

/// The receiver may have made a double of the number.
fn key(of: &Value, id: &str, seq: &str) -> Key {
    #[expect(clippy::cast_possible_truncation, reason = "records of an alert are counted in tens")]
    let number = of[seq].as_i64().or_else(|| of[seq].as_f64().map(|number| number as i64));
    (of[id].as_str().unwrap().to_owned(), number.unwrap())
}
