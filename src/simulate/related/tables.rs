//! The columns of the other tables, after captures of July 2026. That the words of a removal are these is documentation's,
//! not a capture's.

use super::contents::Link;
use crate::simulate::envelope::{Property, Table};
use crate::simulate::json::Json;
use crate::simulate::message::{Message, Row, Source};
use crate::simulate::options::EnvelopeShape;

/// A row of one of the tables, with the row of the mail that it speaks of.
#[derive(Debug, Clone)]
pub(super) enum RelatedRow {
    Url(UrlRow),
    Attachment(AttachmentRow),
    Click(ClickRow),
    Remedy(RemedyRow),
}

/// A row of EmailUrlInfo.
#[derive(Debug, Clone)]
pub(super) struct UrlRow {
    pub(super) row: Row,
    pub(super) link: Link,
    pub(super) nth: u64,
}

/// A row of EmailAttachmentInfo.
#[derive(Debug, Clone)]
pub(super) struct AttachmentRow {
    pub(super) row: Row,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) extension: &'static str,
    /// 64 hexadecimal digits.
    pub(super) hash: String,
    pub(super) bytes: u32,
}

/// A row of UrlClickEvents.
#[derive(Debug, Clone)]
pub(super) struct ClickRow {
    pub(super) row: Row,
    pub(super) link: Link,
    pub(super) action: &'static str,
    pub(super) is_clicked_through: bool,
    pub(super) address: Source,
    pub(super) report_id: String,
    pub(super) timestamp: String,
}

/// A row of EmailPostDeliveryEvents.
#[derive(Debug, Clone)]
pub(super) struct RemedyRow {
    pub(super) row: Row,
    pub(super) remedy: &'static Remedy,
    pub(super) result: &'static str,
    pub(super) timestamp: String,
}

/// What is done to delivered mail; all in the words of the columns.
#[derive(Debug)]
pub(super) struct Remedy {
    pub(super) action: &'static str,
    pub(super) kind: &'static str,
    pub(super) trigger: &'static str,
    pub(super) location: &'static str,
    /// Whether it was done because of a threat.
    pub(super) is_threat: bool,
}

impl RelatedRow {
    pub(super) fn message(&self) -> &Message {
        &self.row().message
    }

    /// Whom the row is about: nobody, where it is a link.
    pub(super) fn recipient(&self) -> &str {
        match self {
            Self::Url(_) => "",
            Self::Attachment(_) | Self::Click(_) | Self::Remedy(_) => &self.row().recipient().address,
        }
    }

    pub(super) const fn table(&self) -> &'static str {
        match self {
            Self::Url(_) => URLS,
            Self::Attachment(_) => ATTACHMENTS,
            Self::Click(_) => CLICKS,
            Self::Remedy(_) => REMEDIES,
        }
    }

    /// Sets the moment of what happens after delivery, the first time that it is told.
    pub(super) fn happens(&mut self, second: &str, fraction: u64) {
        match self {
            Self::Click(click) if click.timestamp.is_empty() => {
                click.timestamp = format!("{second}.{fraction:07}Z");
            }
            Self::Remedy(remedy) if remedy.timestamp.is_empty() => second.clone_into(&mut remedy.timestamp),
            _ => {}
        }
    }

    const fn row(&self) -> &Row {
        match self {
            Self::Url(url) => &url.row,
            Self::Attachment(attachment) => &attachment.row,
            Self::Click(click) => &click.row,
            Self::Remedy(remedy) => &remedy.row,
        }
    }
}

/// Writes the rows of all four.
#[derive(Debug)]
pub(super) struct Tables {
    urls: Table<UrlRow>,
    attachments: Table<AttachmentRow>,
    clicks: Table<ClickRow>,
    remedies: Table<RemedyRow>,
}

impl Tables {
    pub(super) fn new(shape: EnvelopeShape) -> Self {
        Self {
            urls: Table::new(shape, URLS, URL_COLUMNS.to_vec()),
            attachments: Table::new(shape, ATTACHMENTS, ATTACHMENT_COLUMNS.to_vec()),
            clicks: Table::new(shape, CLICKS, CLICK_COLUMNS.to_vec()),
            remedies: Table::new(shape, REMEDIES, REMEDY_COLUMNS.to_vec()),
        }
    }

    pub(super) fn write(&self, row: &RelatedRow, tenant: &str, published: &str) -> String {
        let delivered = format_args!("{}.0000000", row.message().timestamp);
        match row {
            RelatedRow::Url(url) => self.urls.write(url, delivered, tenant, published),
            RelatedRow::Attachment(attachment) => self.attachments.write(attachment, delivered, tenant, published),
            // Alone among these, this time has a zone.
            RelatedRow::Click(click) => self.clicks.write(click, &click.timestamp, tenant, published),
            RelatedRow::Remedy(remedy) => {
                self.remedies.write(remedy, format_args!("{}.0000000", remedy.timestamp), tenant, published)
            }
        }
    }
}

const URLS: &str = "EmailUrlInfo";
const ATTACHMENTS: &str = "EmailAttachmentInfo";
const CLICKS: &str = "UrlClickEvents";
const REMEDIES: &str = "EmailPostDeliveryEvents";

const URL_COLUMNS: [Property<UrlRow>; 8] = [
    ("Timestamp", |json, it| json.plain(format_args!("{}Z", it.row.message.timestamp))),
    ("NetworkMessageId", |json, it| json.word(&it.row.message.network_message_id)),
    ("Url", |json, it| json.text(&it.link.url)),
    ("UrlDomain", |json, it| json.text(&it.link.domain)),
    ("UrlLocation", |json, it| json.word(it.link.location)),
    ("ReportId", |json, it| {
        let digits = 16_939_000_000_000_000_000 + it.nth;
        json.plain(format_args!("{}-{digits}", it.row.message.network_message_id));
    }),
    ("UrlChainId", |json, _| json.null()),
    ("UrlChainPosition", |json, _| json.number(0)),
];

const ATTACHMENT_COLUMNS: [Property<AttachmentRow>; 16] = [
    ("Timestamp", |json, it| json.plain(format_args!("{}Z", it.row.message.timestamp))),
    ("NetworkMessageId", |json, it| json.word(&it.row.message.network_message_id)),
    ("SenderFromAddress", |json, it| json.text(&it.row.message.header_from)),
    ("SenderDisplayName", |json, it| json.text(&it.row.message.display_name)),
    ("SenderObjectId", |json, it| json.text_or_null(it.row.message.sender_object_id.as_deref())),
    ("RecipientEmailAddress", |json, it| json.text(&it.row.recipient().address)),
    ("RecipientObjectId", |json, it| json.text_or_null(it.row.recipient().object_id.as_deref())),
    ("FileName", |json, it| json.word(&it.name)),
    ("FileType", |json, it| json.word(it.kind)),
    ("SHA256", |json, it| json.word(&it.hash)),
    ("FileSize", |json, it| json.number(it.bytes)),
    ("ThreatTypes", |json, _| json.null()),
    ("ThreatNames", |json, _| json.null()),
    ("DetectionMethods", |json, _| json.null()),
    ("ReportId", |json, it| {
        let digits = 6_682_000_000_000_000_000 + it.row.recipient().mailbox;
        json.plain(format_args!("{}-{digits}-{}-1", it.row.message.network_message_id, it.hash));
    }),
    ("FileExtension", |json, it| json.word(it.extension)),
];

const CLICK_COLUMNS: [Property<ClickRow>; 15] = [
    ("Timestamp", |json, it| json.word(&it.timestamp)),
    ("Url", |json, it| json.text(&it.link.url)),
    ("ActionType", |json, it| json.word(it.action)),
    ("AccountUpn", |json, it| json.text(&it.row.recipient().address)),
    ("Workload", |json, _| json.word("Email")),
    ("NetworkMessageId", |json, it| json.word(&it.row.message.network_message_id)),
    ("ThreatTypes", |json, it| json.text_or_null((it.action == "ClickBlocked").then_some("Phish"))),
    ("DetectionMethods", |json, _| json.null()),
    ("IPAddress", |json, it| match it.address.v4() {
        Some(address) => json.plain(address),
        None => json.plain_or_null(it.address.v6()),
    }),
    ("IsClickedThrough", |json, it| json.boolean(it.is_clicked_through)),
    ("UrlChain", |json, it| {
        let mut chain = Json::with_capacity(it.link.url.len() + 4);
        chain.texts([it.link.url.as_str()].into_iter());
        json.text(&chain.into_string());
    }),
    ("ReportId", |json, it| json.word(&it.report_id)),
    ("AppName", |json, _| json.word("Mail")),
    ("AppVersion", |json, _| json.word("0.0.0000")),
    ("SourceId", |json, it| json.word(&it.row.message.network_message_id)),
];

const REMEDY_COLUMNS: [Property<RemedyRow>; 14] = [
    ("Timestamp", |json, it| json.plain(format_args!("{}Z", it.timestamp))),
    ("NetworkMessageId", |json, it| json.word(&it.row.message.network_message_id)),
    ("InternetMessageId", |json, it| json.text(&format!("<{}>", it.row.message.internet_message_id))),
    ("Action", |json, it| json.word(it.remedy.action)),
    ("ActionType", |json, it| json.word(it.remedy.kind)),
    ("ActionTrigger", |json, it| json.word(it.remedy.trigger)),
    ("ActionResult", |json, it| json.word(it.result)),
    ("RecipientEmailAddress", |json, it| json.text(&it.row.recipient().address)),
    ("DeliveryLocation", |json, it| json.word(it.remedy.location)),
    ("ThreatTypes", |json, it| json.text_or_null(it.remedy.is_threat.then_some("Phish"))),
    ("DetectionMethods", |json, it| {
        json.text_or_null(it.remedy.is_threat.then_some(r#"{"Phish":["Advanced filter"]}"#));
    }),
    ("ReportId", |json, it| {
        let digits = 4_061_000_000_000_000_000 + it.row.recipient().mailbox;
        json.plain(format_args!("{}-{digits}", it.row.message.network_message_id));
    }),
    ("SenderFromAddress", |json, it| json.text(&it.row.message.header_from)),
    ("EmailDirection", |json, _| json.null()),
];
