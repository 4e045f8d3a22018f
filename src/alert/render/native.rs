//! What no receiver's schema has a place for, as the native format has it, but for what is not shown.

use serde_json::Value;

use super::object::Object;
use crate::alert::{Alert, Frequent, StormReport};

/// The evidence.
pub(super) fn evidence(alert: &Alert) -> impl Iterator<Item = Value> {
    alert.evidence.iter().map(|it| {
        let mut row = Object::default();
        row.text("fact", &it.fact);
        row.text("observed", &it.observed);
        row.text("expected", &it.expected);
        row.text("field", &it.field);
        row.into()
    })
}

/// The reasons.
pub(super) fn severity_reasons(alert: &Alert) -> impl Iterator<Item = Value> {
    alert.severity_reasons.iter().map(|it| {
        let mut row = Object::default();
        row.text("reason", &it.reason);
        row.text("effect", &it.effect);
        row.into()
    })
}

/// The report of a storm.
pub(super) fn storm(storm: &StormReport) -> Value {
    let frequent = |most: &Frequent| {
        let mut row = Object::default();
        row.text("value", &most.value);
        row.set("messages", most.messages);
        row.into()
    };
    let mut report = Object::default();
    report.set("campaigns", storm.campaigns);
    report.list("networks", storm.networks.iter().map(frequent));
    report.list("senders", storm.senders.iter().map(frequent));
    report.list("subjects", storm.subjects.iter().map(frequent));
    report.into()
}
