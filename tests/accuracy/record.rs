//! A cell of a matrix, and the record that it is on the wire.

use std::fmt;

use postern::judge::RuleId;

/// One message, by its place in each dimension, and what must become of it.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// RFC 5321 `MAIL FROM`: what stands before and behind the `@`.
    pub(crate) envelope: Option<(&'static str, String)>,
    /// RFC 5322 `From:`.
    pub(crate) header: Option<(&'static str, String)>,
    /// How the own name is spelt, for the tables.
    pub(crate) spelling: &'static str,
    pub(crate) results: Results,
    pub(crate) ip: Ip,
    pub(crate) connector: Column,
    pub(crate) delivery: &'static str,
    pub(crate) direction: &'static str,
    /// The rule that must fire, and no other spoof rule; `None` where none may.
    pub(crate) expected: Option<RuleId>,
}

/// `AuthenticationDetails`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Results {
    /// Each method's word; `None` where its key is missing.
    Words { spf: Option<&'static str>, dmarc: Option<&'static str>, comp_auth: Option<&'static str> },
    /// The column itself is null, empty or missing.
    Column(Column),
}

/// A column that may be there in four ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Null,
    Empty,
    Missing,
    Text(&'static str),
}

/// The source: its IPv4 and its IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ip(pub(crate) Option<&'static str>, pub(crate) Option<&'static str>);

impl Results {
    /// SPF's word, or what stands in its place; for the tables.
    pub(crate) fn spf(self) -> &'static str {
        match self {
            Self::Words { spf, .. } => spf.unwrap_or("(missing)"),
            Self::Column(_) => "(no results)",
        }
    }

    /// DMARC's word, or what stands in its place.
    pub(crate) fn dmarc(self) -> &'static str {
        match self {
            Self::Words { dmarc, .. } => dmarc.unwrap_or("(missing)"),
            Self::Column(_) => "(no results)",
        }
    }

    /// CompAuth's word, or what stands in its place.
    pub(crate) fn comp_auth(self) -> &'static str {
        match self {
            Self::Words { comp_auth, .. } => comp_auth.unwrap_or("(missing)"),
            Self::Column(_) => "(no results)",
        }
    }

    /// The column: a JSON object in text, as on the wire.
    fn write(self, line: &mut String) {
        let (spf, dmarc, comp_auth) = match self {
            Self::Words { spf, dmarc, comp_auth } => (spf, dmarc, comp_auth),
            Self::Column(column) => return column.write(line, "AuthenticationDetails"),
        };
        *line += r#","AuthenticationDetails":"{\"DKIM\":\"none\""#;
        for (method, word) in [("SPF", spf), ("DMARC", dmarc), ("CompAuth", comp_auth)] {
            for part in word.into_iter().flat_map(|word| [r#",\""#, method, r#"\":\""#, word, r#"\""#]) {
                *line += part;
            }
        }
        *line += r#"}""#;
    }
}

impl Column {
    /// For the tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Empty => "\"\"",
            Self::Missing => "(missing)",
            Self::Text(text) => text,
        }
    }

    fn write(self, line: &mut String, key: &str) {
        match self {
            Self::Null => text(line, key, None),
            Self::Empty => text(line, key, Some("")),
            Self::Missing => {}
            Self::Text(value) => text(line, key, Some(value)),
        }
    }
}

impl Ip {
    /// For the tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self(Some(_), None) => "IPv4",
            Self(None, Some(_)) => "IPv6",
            Self(Some(_), Some(_)) => "both",
            Self(None, None) => "none",
        }
    }
}

impl Cell {
    const fn location(&self) -> &'static str {
        match self.delivery.as_bytes() {
            b"Delivered" => "Inbox/folder",
            b"Junked" => "Junk folder",
            _ => "Quarantine",
        }
    }

    /// Microsoft is taken to have recognised every spoof that it did not deliver, and no other message: rules that rest
    /// on its verdict get the best that they can.
    fn spoof_verdict(&self) -> Option<&'static str> {
        let recognised = self.expected.is_some() && self.delivery != "Delivered";
        recognised.then_some(r#"{\"Phish\":[\"Spoof intra-org\"]}"#)
    }

    /// One line of JSON, as the streaming API writes it. Put together by hand, because there are a hundred thousand.
    pub(crate) fn json(&self, number: usize) -> String {
        let mut line = String::with_capacity(1_024);
        line += r#"{"time":"2026-11-02T08:18:30.1234567Z","tenantId":"6f0c1d7e-0000-4000-8000-000000000001","#;
        line += r#""operationName":"Publish","category":"AdvancedHunting-EmailEvents","properties":{"#;
        line += r#""Timestamp":"2026-11-02T08:16:02Z","NetworkMessageId":"7a1c0b52-40de-4b1e-9c3f-"#;
        line += &format!("{number:012}\"");
        sender(&mut line, ["SenderMailFromAddress", "SenderMailFromDomain"], self.envelope.as_ref());
        sender(&mut line, ["SenderFromAddress", "SenderFromDomain"], self.header.as_ref());
        text(&mut line, "SenderIPv4", self.ip.0);
        text(&mut line, "SenderIPv6", self.ip.1);
        line += r#","RecipientEmailAddress":"alex@contoso.com","Subject":"Caller Left VM Message""#;
        text(&mut line, "EmailDirection", Some(self.direction));
        text(&mut line, "DeliveryAction", Some(self.delivery));
        text(&mut line, "DeliveryLocation", Some(self.location()));
        text(&mut line, "DetectionMethods", self.spoof_verdict());
        self.results.write(&mut line);
        self.connector.write(&mut line, "Connectors");
        line += r#","AttachmentCount":1,"UrlCount":0},"Tenant":"DefaultTenant"}"#;
        line
    }
}

/// In words, for a table or a failure.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sender = |side| address(side).unwrap_or_else(|| "<>".to_owned());
        write!(f, "P1 {}, P2 {}, ", sender(self.envelope.as_ref()), sender(self.header.as_ref()))?;
        let Self { results, ip, connector, direction, delivery, .. } = self;
        let (spf, dmarc, comp_auth) = (results.spf(), results.dmarc(), results.comp_auth());
        write!(f, "SPF {spf}, DMARC {dmarc}, CompAuth {comp_auth}, ")?;
        write!(f, "{}, connector {}, {direction}, {delivery}", ip.as_str(), connector.as_str())
    }
}

fn address(side: Option<&(&'static str, String)>) -> Option<String> {
    side.map(|(local, domain)| [local, "@", domain].concat())
}

fn sender(line: &mut String, [address_key, domain_key]: [&str; 2], side: Option<&(&'static str, String)>) {
    text(line, address_key, address(side).as_deref());
    text(line, domain_key, side.map(|(_, domain)| domain.as_str()));
}

/// One more member: text that is JSON between its quotes already, or null.
fn text(line: &mut String, key: &str, value: Option<&str>) {
    let quote = if value.is_some() { "\"" } else { "" };
    for part in [",\"", key, "\":", quote, value.unwrap_or("null"), quote] {
        *line += part;
    }
}
