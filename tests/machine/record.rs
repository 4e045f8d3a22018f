//! Records as the streaming API writes them, with the columns that decide anything.

use postern::event::Time;

use crate::world::tenant_id;

/// A row of EmailEvents.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) time: Time,
    pub(crate) tenant: usize,
    /// NetworkMessageId.
    pub(crate) id: String,
    /// InternetMessageId.
    pub(crate) message_id: String,
    pub(crate) envelope: String,
    pub(crate) author: String,
    pub(crate) address: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) cluster: u32,
    pub(crate) direction: &'static str,
    pub(crate) fate: &'static str,
    /// The keys of AuthenticationDetails.
    pub(crate) results: &'static str,
    pub(crate) report: u32,
}

impl Mail {
    /// The record; its timestamp may be forged.
    pub(crate) fn json(&self, timestamp: Time) -> String {
        let Self { tenant, id, message_id, envelope, author, recipient, subject, cluster, direction, .. } = self;
        let column = if self.address.contains(':') { "SenderIPv6" } else { "SenderIPv4" };
        let location = match self.fate {
            "Delivered" => "Inbox/folder",
            "Junked" => "Junk folder",
            _ => "Quarantine",
        };
        let domain = |address: &str| address.split_once('@').map_or_else(String::new, |(_, domain)| domain.to_owned());
        let properties = format!(
            r#""NetworkMessageId":"{id}","InternetMessageId":"<{message_id}>","SenderMailFromAddress":"{envelope}","SenderFromAddress":"{author}","SenderMailFromDomain":"{}","SenderFromDomain":"{}","{column}":"{}","RecipientEmailAddress":"{recipient}","Subject":"{subject}","EmailClusterId":{cluster},"EmailDirection":"{direction}","DeliveryAction":"{}","DeliveryLocation":"{location}","AuthenticationDetails":"{}","Connectors":null,"ReportId":"{id}-{}""#,
            domain(envelope),
            domain(author),
            self.address,
            self.fate,
            self.results,
            self.report,
        );
        record(*tenant, "EmailEvents", timestamp, &properties)
    }
}

/// A row of a table about a message.
pub(crate) fn related(tenant: usize, table: &str, time: Time, id: &str, columns: &str) -> String {
    record(tenant, table, time, &format!(r#""NetworkMessageId":"{id}",{columns}"#))
}

/// An audit record of somebody who opens the gate.
pub(crate) fn audit(tenant: usize, time: Time, number: u32) -> String {
    let id = format!("5d0c3f0e-3f8e-4a53-9d2a-{number:012}");
    let raw = format!(
        r#"{{\"CreationTime\":\"{time}\",\"Id\":\"{id}\",\"Operation\":\"Set-OrganizationConfig\",\"OrganizationId\":\"{}\",\"RecordType\":1,\"ResultStatus\":\"True\",\"UserType\":2,\"Version\":1,\"Workload\":\"Exchange\",\"ClientIP\":\"203.0.113.7:51234\",\"ObjectId\":\"contoso.onmicrosoft.com\",\"UserId\":\"admin@contoso.com\",\"Parameters\":[{{\"Name\":\"RejectDirectSend\",\"Value\":\"False\"}}]}}"#,
        tenant_id(tenant),
    );
    let properties = format!(
        r#""ActionType":"Set-OrganizationConfig","Application":"Microsoft Exchange Online","ApplicationId":20893,"IPAddress":"203.0.113.7","RawEventData":"{raw}","ReportId":"366c{number}""#
    );
    record(tenant, "CloudAppEvents", time, &properties)
}

/// A record of a table that nobody reads.
pub(crate) fn other(tenant: usize, time: Time) -> String {
    record(tenant, "DeviceInfo", time, r#""DeviceId":"1""#)
}

fn record(tenant: usize, table: &str, timestamp: Time, properties: &str) -> String {
    format!(
        r#"{{"time":"{timestamp}","tenantId":"{}","operationName":"Publish","category":"AdvancedHunting-{table}","properties":{{"Timestamp":"{timestamp}",{properties}}},"Tenant":"DefaultTenant"}}"#,
        tenant_id(tenant),
    )
}
