//! The loop that anybody would write: decode the whole record into a type, look at it, write a line.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Deserialize;

/// The accepted domain of the simulated tenant.
pub(crate) const DOMAIN: &str = "contoso.com";

/// A record as it travels.
#[derive(Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    #[serde(borrow)]
    properties: Row<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    network_message_id: Cow<'a, str>,
    #[serde(borrow)]
    recipient_email_address: Cow<'a, str>,
    #[serde(borrow)]
    sender_mail_from_domain: Option<&'a str>,
    #[serde(borrow)]
    email_direction: Option<&'a str>,
    #[serde(borrow)]
    connectors: Option<&'a str>,
    #[serde(borrow, rename = "SenderIPv4")]
    sender_ipv4: Option<&'a str>,
    authentication_details: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "UPPERCASE", default)]
struct Authentication {
    spf: Option<String>,
    dmarc: Option<String>,
}

impl Envelope<'_> {
    /// Writes a line where the record is a spoof, and says whether it is one.
    pub(crate) fn judge(&self, mut alerts: impl Write) -> io::Result<bool> {
        let row = &self.properties;
        let is_spoof = self.category == "AdvancedHunting-EmailEvents" && row.is_spoof();
        if is_spoof {
            let source = row.sender_ipv4.unwrap_or_default();
            let (time, id, recipient) = (&row.timestamp, &row.network_message_id, &row.recipient_email_address);
            writeln!(alerts, r#"{{"time":"{time}","id":"{id}","recipient":"{recipient}","source":"{source}"}}"#)?;
        }
        Ok(is_spoof)
    }
}

impl Row<'_> {
    fn is_spoof(&self) -> bool {
        self.sender_mail_from_domain.is_some_and(|domain| domain.eq_ignore_ascii_case(DOMAIN))
            && self.email_direction == Some("Inbound")
            && self.connectors.is_none_or(str::is_empty)
            && !self.is_authenticated()
    }

    fn is_authenticated(&self) -> bool {
        let details = self.authentication_details.as_deref().unwrap_or("{}");
        let results: Authentication = serde_json::from_str(details).unwrap_or_default();
        results.spf.as_deref() == Some("pass") || results.dmarc.as_deref() == Some("pass")
    }
}
