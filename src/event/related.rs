//! What the other mail tables say about a message: its links, its attachments, who clicked, what was done later.
//!
//! They are decoded to their typed form so that a record of a known table is never carried as loose JSON. Joining them
//! to campaigns is the correlator's business.

use std::net::IpAddr;

use super::text::Text;
use super::time::Time;

/// A record of one of the tables that accompany EmailEvents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelatedEvent<'a> {
    /// A link.
    Url(UrlInfo<'a>),
    /// An attachment.
    Attachment(AttachmentInfo<'a>),
    /// A click on a link.
    Click(UrlClick<'a>),
    /// A change after delivery.
    PostDelivery(PostDeliveryEvent<'a>),
}

impl RelatedEvent<'_> {
    /// When it happened.
    #[must_use]
    pub const fn timestamp(&self) -> Time {
        match self {
            Self::Url(row) => row.timestamp,
            Self::Attachment(row) => row.timestamp,
            Self::Click(row) => row.timestamp,
            Self::PostDelivery(row) => row.timestamp,
        }
    }
}

/// A row of EmailUrlInfo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlInfo<'a> {
    /// `Timestamp`.
    pub timestamp: Time,
    /// `NetworkMessageId`.
    pub network_message_id: Text<'a>,
    /// `Url`: the attacker's to choose.
    pub url: Option<Text<'a>>,
    /// `UrlDomain`.
    pub url_domain: Option<Text<'a>>,
    /// `UrlLocation`: `Body`, `Subject`, `Attachment` or `QRCode`.
    pub url_location: Option<Text<'a>>,
    /// `ReportId`.
    pub report_id: Option<Text<'a>>,
}

/// A row of EmailAttachmentInfo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachmentInfo<'a> {
    /// `Timestamp`.
    pub timestamp: Time,
    /// `NetworkMessageId`.
    pub network_message_id: Text<'a>,
    /// `RecipientEmailAddress`.
    pub recipient: Option<Text<'a>>,
    /// `FileName`: the attacker's to choose.
    pub file_name: Option<Text<'a>>,
    /// `FileType`, for example `txt;text`.
    pub file_type: Option<Text<'a>>,
    /// `SHA256`, hexadecimal.
    pub sha256: Option<Text<'a>>,
    /// `FileSize` in bytes.
    pub file_size: Option<u64>,
    /// `ThreatTypes`.
    pub threat_types: Option<Text<'a>>,
    /// `ReportId`.
    pub report_id: Option<Text<'a>>,
}

/// A row of UrlClickEvents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlClick<'a> {
    /// `Timestamp`.
    pub timestamp: Time,
    /// `NetworkMessageId`; missing when the link was not in a mail.
    pub network_message_id: Option<Text<'a>>,
    /// `Url`.
    pub url: Option<Text<'a>>,
    /// `ActionType`: `ClickAllowed`, `ClickBlocked`, `UrlScanInProgress`, …
    pub action_type: Option<Text<'a>>,
    /// `AccountUpn`: who clicked.
    pub account_upn: Option<Text<'a>>,
    /// `Workload`: `Email`, `Office` or `Teams`.
    pub workload: Option<Text<'a>>,
    /// `IPAddress`: from where.
    pub ip_address: Option<IpAddr>,
    /// `IsClickedThrough`: the warning page was passed.
    pub is_clicked_through: Option<bool>,
    /// `ReportId`.
    pub report_id: Option<Text<'a>>,
}

/// A row of EmailPostDeliveryEvents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostDeliveryEvent<'a> {
    /// `Timestamp`.
    pub timestamp: Time,
    /// `NetworkMessageId`.
    pub network_message_id: Text<'a>,
    /// `RecipientEmailAddress`.
    pub recipient: Option<Text<'a>>,
    /// `Action`, for example `Moved to quarantine` or `Reprocessed`.
    pub action: Option<Text<'a>>,
    /// `ActionType`, for example `Phish ZAP` or the undocumented `Redelivery`.
    pub action_type: Option<Text<'a>>,
    /// `ActionTrigger`.
    pub action_trigger: Option<Text<'a>>,
    /// `ActionResult`.
    pub action_result: Option<Text<'a>>,
    /// `DeliveryLocation` after the change.
    pub delivery_location: Option<Text<'a>>,
    /// `ReportId`.
    pub report_id: Option<Text<'a>>,
}
