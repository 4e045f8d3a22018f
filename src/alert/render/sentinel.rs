//! A row of the table `PosternAlerts_CL` in a Log Analytics workspace, for Microsoft Sentinel.
//!
//! The columns stand in one table, [`COLUMNS`], from which the table's definition and that of the data collection rule are
//! made; a column that a rule does not declare is dropped without a word on the way in. Where ASIM's alert schema (version
//! 0.1) or its common fields have a name for what a column holds, there is a column of that name, so that a parser for
//! `_Im_AlertEvent` has nothing to do but to name its source. Beside them stand the names of the native format, which are
//! what the documentation and the shipped queries use.
//!
//! `Title`, `Type` and `TenantId` are names of the workspace's own: the title is `AlertName`, as ASIM calls it, and the
//! tenant's id is `EntraTenantId`. Sentinel has no severity above `High`; `PosternSeverity` tells `critical` apart.
//!
//! Log Analytics drops no repeats. A query takes the last of each `EventOriginalUid`, or of each `AlertId` for the present
//! state. A heartbeat has no `AlertId`, so nothing that counts alerts counts it.

use super::native::{evidence, severity_reasons, storm};
use super::object::Object;
use super::{PRODUCT, VERSION, heartbeat_words, is_about_settings, record_id};
use crate::alert::{Alert, Heartbeat, Record, State};
use crate::judge::Severity;
use ColumnType::{Boolean, DateTime, Dynamic, Int, Long, String as Text};

/// The longest value of a column, as JSON. The service cuts what is longer than 64 KB and does not say in what unit; half
/// of that is not reached by any.
pub const FIELD_BYTES_MAX: usize = 32 << 10;

/// More than all columns can take together; the service takes 1 MB in one call.
const ROW_BYTES_MAX: usize = 512 << 10;

/// A type of a column, in a table and in a stream of a data collection rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A text.
    String,
    /// RFC 3339, in JSON a text.
    DateTime,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// True or false.
    Boolean,
    /// An array or an object.
    Dynamic,
}

impl ColumnType {
    /// The word in `streamDeclarations` and in a table's schema.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::Int => "int",
            Self::Long => "long",
            Self::Boolean => "boolean",
            Self::Dynamic => "dynamic",
        }
    }
}

/// Every column that a row can have. `TimeGenerated`, `RecordType`, `SchemaVersion`, `Seq` and
/// `EventOriginalUid` are in every row; what a record does not have is left out.
pub const COLUMNS: &[(&str, ColumnType)] = &[
    ("TimeGenerated", DateTime),
    ("RecordType", Text),
    ("SchemaVersion", Text),
    ("AlertId", Text),
    ("Seq", Int),
    ("State", Text),
    ("AlertName", Text),
    ("Summary", Text),
    ("RuleName", Text),
    ("Severity", Text),
    ("PosternSeverity", Text),
    ("TenantName", Text),
    ("EntraTenantId", Text),
    ("FirstSeen", DateTime),
    ("LastSeen", DateTime),
    ("MessageCount", Long),
    ("RecipientCount", Long),
    ("DeliveredCount", Long),
    ("JunkedCount", Long),
    ("BlockedCount", Long),
    ("RemovedCount", Long),
    ("ClickedCount", Long),
    ("Sources", Dynamic),
    ("Senders", Dynamic),
    ("Recipients", Dynamic),
    ("ClickedBy", Dynamic),
    ("Subjects", Dynamic),
    ("NetworkMessageIds", Dynamic),
    ("LinkDomains", Dynamic),
    ("Techniques", Dynamic),
    ("Evidence", Dynamic),
    ("SeverityReasons", Dynamic),
    ("Actions", Dynamic),
    ("MergedInto", Text),
    ("CampaignsSince", Dynamic),
    ("Storm", Dynamic),
    ("IsTest", Boolean),
    ("Records", Long),
    ("Digest", Text),
    ("EventVendor", Text),
    ("EventProduct", Text),
    ("EventProductVersion", Text),
    ("EventSchema", Text),
    ("EventSchemaVersion", Text),
    ("EventType", Text),
    ("EventSubType", Text),
    ("EventCount", Int),
    ("EventStartTime", DateTime),
    ("EventEndTime", DateTime),
    ("EventUid", Text),
    ("EventOriginalUid", Text),
    ("EventSeverity", Text),
    ("AlertStatus", Text),
    ("ThreatCategory", Text),
];

pub(super) fn render(record: &Record) -> String {
    let mut row = Object::default();
    row.set("TimeGenerated", record.time().to_string());
    row.set("EventVendor", PRODUCT);
    row.set("EventProduct", PRODUCT);
    row.set("EventProductVersion", VERSION);
    row.set("EventCount", 1);
    row.set("EventOriginalUid", record_id(record));
    match record {
        Record::Alert(alert) => put_alert(&mut row, alert),
        Record::Heartbeat(heartbeat) => put_heartbeat(&mut row, heartbeat),
    }
    row.fit_fields(FIELD_BYTES_MAX);
    row.line(ROW_BYTES_MAX)
}

fn put_alert(row: &mut Object, alert: &Alert) {
    row.set("RecordType", "alert");
    row.text("SchemaVersion", &alert.schema);
    row.set("AlertId", alert.id.to_string());
    row.set("Seq", alert.seq);
    row.set("State", alert.state.as_str());
    row.text("AlertName", &alert.title);
    row.text("Summary", &alert.summary);
    row.set("RuleName", alert.rule.as_str());
    row.set("Severity", severity(alert.severity));
    row.set("PosternSeverity", alert.severity.as_str());
    row.text("TenantName", &alert.tenant);
    row.text("EntraTenantId", &alert.tenant_id);
    row.set("FirstSeen", alert.first_seen.to_string());
    row.set("LastSeen", alert.last_seen.to_string());
    put_counts(row, alert);
    row.texts("Sources", &alert.sources);
    row.texts("Senders", &alert.senders);
    row.texts("Recipients", &alert.recipients);
    row.texts("ClickedBy", &alert.clicked_by);
    row.texts("Subjects", &alert.subjects);
    row.texts("NetworkMessageIds", &alert.sample_message_ids);
    row.texts("LinkDomains", &alert.link_domains);
    row.texts("Techniques", &alert.techniques);
    row.list("Evidence", evidence(alert));
    row.list("SeverityReasons", severity_reasons(alert));
    row.texts("Actions", &alert.actions);
    if let Some(id) = alert.merged_into {
        row.set("MergedInto", id.to_string());
    }
    row.texts("CampaignsSince", &super::ids(&alert.campaigns_since));
    if let Some(report) = &alert.storm {
        row.set("Storm", storm(report));
    }
    row.set("IsTest", alert.test);
    put_asim(row, alert);
}

fn put_counts(row: &mut Object, alert: &Alert) {
    row.set("MessageCount", alert.counts.messages);
    row.set("RecipientCount", alert.counts.recipients);
    row.set("DeliveredCount", alert.counts.delivered);
    row.set("JunkedCount", alert.counts.junked);
    row.set("BlockedCount", alert.counts.blocked);
    row.set("RemovedCount", alert.counts.removed);
    row.set("ClickedCount", alert.counts.clicked);
}

/// What ASIM asks of an alert, in the values that it allows.
fn put_asim(row: &mut Object, alert: &Alert) {
    let (kind, threat) = if is_about_settings(alert) {
        ("Suspicious Activity", "Security Policy Violation")
    } else {
        ("Threat", "Spoofing")
    };
    row.set("EventSchema", "AlertEvent");
    row.set("EventSchemaVersion", "0.1");
    row.set("EventType", "Alert");
    row.set("EventSubType", kind);
    row.set("EventStartTime", alert.first_seen.to_string());
    row.set("EventEndTime", alert.last_seen.to_string());
    row.set("EventUid", alert.id.to_string());
    row.set("EventSeverity", severity(alert.severity));
    row.set("AlertStatus", if alert.state == State::Closed { "Closed" } else { "Active" });
    row.set("ThreatCategory", threat);
}

fn put_heartbeat(row: &mut Object, heartbeat: &Heartbeat) {
    row.set("RecordType", "heartbeat");
    row.text("SchemaVersion", &heartbeat.schema);
    row.set("Seq", heartbeat.seq);
    row.set("Summary", heartbeat_words(heartbeat.records));
    row.set("Severity", "Informational");
    row.text("TenantName", &heartbeat.tenant);
    row.text("EntraTenantId", &heartbeat.tenant_id);
    row.set("FirstSeen", heartbeat.since.to_string());
    row.set("LastSeen", heartbeat.until.to_string());
    row.set("Records", heartbeat.records);
    row.text("Digest", &heartbeat.digest);
    row.set("IsTest", false);
    row.set("EventType", "Heartbeat");
    row.set("EventStartTime", heartbeat.since.to_string());
    row.set("EventEndTime", heartbeat.until.to_string());
    row.text("EventUid", &heartbeat.id);
    row.set("EventSeverity", "Informational");
}

/// Sentinel's levels.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High | Severity::Critical => "High",
    }
}
