//! One message to one recipient, as the telemetry tells it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::Mailbox;
use super::auth::AuthResults;
use super::text::Text;
use super::time::Time;

/// A row of EmailEvents (Microsoft Defender XDR), or what another schema can say of the same.
///
/// One row stands for one recipient after expansion of distribution lists. `None` means that the schema or the record
/// says nothing: `null`, `""` and a missing key are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailEvent<'a> {
    /// Which form of the telemetry tells it.
    pub form: Form,
    /// What the form, or the query that was run, has no field for.
    pub untold: Untold,
    /// `Timestamp`: when the message was processed; whole seconds on the wire.
    pub timestamp: Time,
    /// `NetworkMessageId`: shared by all recipients of one message; empty where a form does not tell it.
    pub network_message_id: Text<'a>,
    /// `RecipientEmailAddress`, as written; empty where a form does not tell it.
    pub recipient: Text<'a>,
    /// `ReportId`: names the row; a repeat of the row has it again.
    pub report_id: Option<Text<'a>>,
    /// `InternetMessageId`: the sender's to choose.
    pub internet_message_id: Option<Text<'a>>,
    /// RFC 5321 `MAIL FROM` (P1).
    pub envelope_from: Mailbox<'a>,
    /// RFC 5322 `From:` (P2); the first mailbox, where there are several.
    pub header_from: Mailbox<'a>,
    /// The other mailboxes of `From:`, which RFC 5322 (3.6.2) allows and readers show as they like.
    pub further_from: Vec<Mailbox<'a>>,
    /// `SenderDisplayName`.
    pub display_name: Option<Text<'a>>,
    /// `SenderIPv4`: the last relay that Exchange Online saw.
    pub sender_ipv4: Option<Ipv4Addr>,
    /// `SenderIPv6`; both may be set.
    pub sender_ipv6: Option<Ipv6Addr>,
    /// `Subject`.
    pub subject: Option<Text<'a>>,
    /// `EmailClusterId`: Microsoft's grouping by content.
    pub cluster_id: Option<Text<'a>>,
    /// `EmailDirection`.
    pub direction: Direction,
    /// `DeliveryAction`.
    pub delivery_action: DeliveryAction,
    /// `DeliveryLocation`.
    pub delivery_location: DeliveryLocation,
    /// `ThreatTypes`, as written.
    pub threat_types: Option<Text<'a>>,
    /// `DetectionMethods`: a JSON object in text, as written.
    pub detection_methods: Option<Text<'a>>,
    /// `AuthenticationDetails`, parsed.
    pub authentication: AuthResults,
    /// `header.d` of each DKIM signature that passed; only the headers of a message tell.
    pub dkim_domains: Vec<Text<'a>>,
    /// `Connectors`: the inbound connector that the message was attributed to.
    pub connectors: Option<Text<'a>>,
    /// `OrgLevelPolicy`: what overrode the filters, for example an advanced-delivery policy.
    pub org_level_policy: Option<Text<'a>>,
    /// `AttachmentCount`.
    pub attachment_count: Option<u64>,
    /// `UrlCount`.
    pub url_count: Option<u64>,
    /// `IsFirstContact`.
    pub is_first_contact: Option<bool>,
}

impl MailEvent<'_> {
    /// The address that the message came from: IPv4 where known, else IPv6.
    #[must_use]
    pub fn sender_ip(&self) -> Option<IpAddr> {
        self.sender_ipv4.map(IpAddr::V4).or(self.sender_ipv6.map(IpAddr::V6))
    }

    /// All mailboxes of `From:`.
    pub fn header_mailboxes(&self) -> impl Iterator<Item = &Mailbox<'_>> {
        [&self.header_from].into_iter().chain(&self.further_from)
    }
}

/// The form of the telemetry in which a message was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// A row of EmailEvents: streamed, exported to Log Analytics, or the reply to a hunting query.
    #[default]
    EmailEvents,
    /// A row of the message trace (Get-MessageTraceV2, Graph) or of a historical search's enhanced summary.
    MessageTrace,
    /// A row of a historical search's extended report.
    MessageTraceDetail,
    /// A row of a historical search's connector report.
    ConnectorReport,
    /// The headers of one message.
    Message,
}

impl Form {
    /// The value of `table` in verdict lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailEvents => "EmailEvents",
            Self::MessageTrace => "MessageTrace",
            Self::MessageTraceDetail => "MessageTraceDetail",
            Self::ConnectorReport => "ConnectorReport",
            Self::Message => "message",
        }
    }
}

/// What a form has no field for, which is something else than an empty field: an empty `Connectors` says that there was
/// no connector, a message trace says nothing about connectors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Untold {
    /// By which door the message came (`Connectors`, `EmailDirection`).
    pub entry: bool,
    /// RFC 5321 `MAIL FROM`.
    pub envelope_from: bool,
    /// RFC 5322 `From:`.
    pub header_from: bool,
    /// The results of sender authentication.
    pub authentication: bool,
}

/// `EmailDirection`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `Inbound`: from outside, whatever it claims.
    Inbound,
    /// `Outbound`.
    Outbound,
    /// `Intra-org`: authenticated submission inside the tenant.
    IntraOrg,
    /// Missing, or a word that is not documented.
    #[default]
    Unknown,
}

impl Direction {
    /// Reads Microsoft's word, ignoring case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            _ if word.eq_ignore_ascii_case("Inbound") => Self::Inbound,
            _ if word.eq_ignore_ascii_case("Outbound") => Self::Outbound,
            _ if word.eq_ignore_ascii_case("Intra-org") => Self::IntraOrg,
            _ => Self::Unknown,
        }
    }
}

/// `DeliveryAction`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DeliveryAction {
    /// `Delivered`, to the inbox or a folder.
    Delivered,
    /// `Junked`.
    Junked,
    /// `Blocked`: quarantined, dropped or failed.
    Blocked,
    /// `Replaced`: an attachment was.
    Replaced,
    /// Missing, or a word that is not documented.
    #[default]
    Unknown,
}

impl DeliveryAction {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Delivered, Self::Junked, Self::Blocked, Self::Replaced, Self::Unknown];

    /// Reads Microsoft's word, ignoring case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            _ if word.eq_ignore_ascii_case("Delivered") => Self::Delivered,
            _ if word.eq_ignore_ascii_case("Junked") => Self::Junked,
            _ if word.eq_ignore_ascii_case("Blocked") => Self::Blocked,
            _ if word.eq_ignore_ascii_case("Replaced") => Self::Replaced,
            _ => Self::Unknown,
        }
    }

    /// Microsoft's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "Delivered",
            Self::Junked => "Junked",
            Self::Blocked => "Blocked",
            Self::Replaced => "Replaced",
            Self::Unknown => "unknown",
        }
    }
}

/// `DeliveryLocation`, as far as it changes what an analyst does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DeliveryLocation {
    /// `Inbox/folder`.
    Inbox,
    /// `Junk folder`.
    Junk,
    /// `Quarantine`.
    Quarantine,
    /// Anything else that is written: `On-premises/external`, `Failed`, `Dropped`, `Deleted items`.
    Elsewhere,
    /// Missing.
    #[default]
    Unknown,
}

impl DeliveryLocation {
    /// Reads Microsoft's word, ignoring case; `Inbox` alone is what EmailPostDeliveryEvents writes.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            _ if word.eq_ignore_ascii_case("Inbox/folder") || word.eq_ignore_ascii_case("Inbox") => Self::Inbox,
            _ if word.eq_ignore_ascii_case("Junk folder") => Self::Junk,
            _ if word.eq_ignore_ascii_case("Quarantine") => Self::Quarantine,
            _ => Self::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsofts_words_are_read_without_case_and_others_are_unknown() {
        assert_eq!(Direction::parse("intra-org"), Direction::IntraOrg);
        assert_eq!(Direction::parse("Sideways"), Direction::Unknown);
        assert_eq!(DeliveryAction::parse("JUNKED"), DeliveryAction::Junked);
        assert_eq!(DeliveryLocation::parse("Inbox"), DeliveryLocation::Inbox);
        assert_eq!(DeliveryLocation::parse("Dropped"), DeliveryLocation::Elsewhere);
    }

    #[test]
    fn an_ipv6_only_sender_has_an_address() {
        let event = MailEvent { sender_ipv6: Some("2001:db8::1".parse().unwrap()), ..MailEvent::default() };
        assert_eq!(event.sender_ip(), Some("2001:db8::1".parse().unwrap()));
    }
}
