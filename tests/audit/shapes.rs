//! One run of a cmdlet, in every shape in which it may arrive.

use postern::decode::audit::{Decoded, audit_record, cloud_app_event};
use postern::judge::{AcceptedDomain, Gateway, SimulationVendor, Tenant};
use serde_json::{Value, json};

/// What reads a shape.
pub(crate) type Read = for<'a> fn(&'a str) -> Decoded<'a>;

/// A run as a table writes it: the operation, the object, the parameters.
pub(crate) type Line<'l> = (&'static str, &'l str, &'l [(&'l str, &'l str)]);

/// How many shapes there are.
pub(crate) const SHAPES: usize = 6;

/// A run of a cmdlet, before it is written in a shape.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) operation: &'static str,
    pub(crate) object: String,
    pub(crate) has_failed: bool,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Run {
    pub(crate) fn new(operation: &'static str, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { operation, object: String::new(), has_failed: false, parameters }
    }

    pub(crate) fn on(self, object: &str) -> Self {
        Self { object: object.to_owned(), ..self }
    }

    /// Every shape, with what reads it.
    pub(crate) fn shapes(&self) -> Vec<(Read, String)> {
        (0..SHAPES).map(|shape| self.shape(shape)).collect()
    }

    /// One of the shapes.
    pub(crate) fn shape(&self, shape: usize) -> (Read, String) {
        let row = |record: Value| json!({"ActionType": self.operation, "Timestamp": "2026-11-02T08:14:09.239Z", "RawEventData": record});
        let unified = self.unified();
        match shape {
            0 => (cloud_app_event, row(unified).to_string()),
            1 => (cloud_app_event, row(json!(unified.to_string())).to_string()),
            2 => (audit_record, self.office_activity().to_string()),
            3 => (audit_record, json!({"operation": self.operation, "auditData": unified}).to_string()),
            4 => (audit_record, unified.to_string()),
            _ => (audit_record, self.typed(unified).to_string()),
        }
    }

    /// The record with its parameters as the line that was typed.
    fn typed(&self, mut unified: Value) -> Value {
        let line: Vec<_> = self.parameters.iter().map(|(name, value)| format!("-{name} {}", quoted(value))).collect();
        unified["Parameters"] = json!(line.join(" "));
        unified
    }

    pub(crate) fn unified(&self) -> Value {
        json!({
            "CreationTime": "2026-11-02T08:14:09", "Id": "5d0c3f0e-3f8e-4a53-9d2a-08de19f0aa01", "RecordType": 1,
            "Operation": self.operation, "ObjectId": self.object, "Parameters": self.listed(), "UserType": 2,
            "ResultStatus": if self.has_failed { "False" } else { "True" }, "UserId": "admin@contoso.com",
            "Workload": "Exchange", "ClientIP": "203.0.113.7:51234", "OrganizationName": "contoso.onmicrosoft.com",
        })
    }

    fn office_activity(&self) -> Value {
        json!({
            "Type": "OfficeActivity", "TimeGenerated": "2026-11-02T08:14:09Z", "Operation": self.operation,
            "OfficeId": "5d0c3f0e-3f8e-4a53-9d2a-08de19f0aa01", "OfficeWorkload": "Exchange", "UserType": "Admin",
            "OfficeObjectId": self.object, "Parameters": self.listed().to_string(), "UserId": "admin@contoso.com",
            "ResultStatus": if self.has_failed { "Failed" } else { "Succeeded" }, "ClientIP": "203.0.113.7",
        })
    }

    fn listed(&self) -> Value {
        self.parameters.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

pub(crate) fn tenant() -> Tenant {
    let domain = |name: &str, match_subdomains| AcceptedDomain { name: name.to_owned(), match_subdomains };
    let networks = |text: &str| vec![text.parse().unwrap()];
    Tenant {
        accepted_domains: vec![domain("contoso.com", false), domain("contoso.example", true)],
        gateways: vec![Gateway {
            connector: Some("Inbound from filter".to_owned()),
            networks: networks("203.0.113.0/24"),
        }],
        simulations: vec![SimulationVendor {
            name: "training".to_owned(),
            networks: networks("192.0.2.64/27"),
            senders: Vec::new(),
            expires: None,
        }],
        ..Tenant::default()
    }
}
