//! The links and attachments of a message. They follow from the message alone, so that a click finds the link again.

use super::tables::{AttachmentRow, RelatedRow, UrlRow};
use crate::event::domain_of;
use crate::simulate::label::Family;
use crate::simulate::message::{Message, Row};

/// A newsletter has hundreds of links; so many different ones are enough here.
const LINKS_MAX: u32 = 3;

const QR_CODE: &str = "QRCode";

/// A link of a message.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) domain: String,
    /// As in the column `UrlLocation`.
    pub(super) location: &'static str,
}

impl Link {
    /// Whether Safe Links sees who follows it: from a picture, people go there with their phones.
    pub(super) fn can_be_clicked(&self) -> bool {
        self.location == "Body"
    }
}

/// What the tables of links and of attachments have to say about this row: a link once for each message, an attachment
/// once for each recipient.
pub(super) fn contents(row: &Row) -> Vec<RelatedRow> {
    let links = if row.is_first() { links(&row.message) } else { Vec::new() };
    let links = (0..).zip(links).map(|(nth, link)| RelatedRow::Url(UrlRow { row: row.clone(), link, nth }));
    let attachments = (0..row.message.attachments).map(|nth| RelatedRow::Attachment(attachment(row, nth)));
    links.chain(attachments).collect()
}

/// The links of a message.
pub(super) fn links(message: &Message) -> Vec<Link> {
    match message.family {
        family if family.is_malicious() => lure(message).into_iter().collect(),
        _ => (0..message.urls.min(LINKS_MAX)).map(|nth| honest_link(message, nth)).collect(),
    }
}

/// To where the attacker waits: in the text, or as a QR code in what is attached.
fn lure(message: &Message) -> Option<Link> {
    if message.attachments + message.urls == 0 {
        return None;
    }
    let domain = format!("login-{}.verify-account.example", message.campaign.unwrap_or_default());
    let url = format!("https://{domain}/m365?id={:x}", message.cluster_id);
    Some(Link { url, domain, location: if message.attachments > 0 { QR_CODE } else { "Body" } })
}

/// Honest mail has QR codes as well, and links in odd places, both rarely.
fn honest_link(message: &Message, nth: u32) -> Link {
    let domain = match (message.family, domain_of(&message.header_from)) {
        (Family::PhishingSimulation, _) | (_, None) => "www.training.example".to_owned(),
        (_, Some(domain)) => ["www.", domain].concat(),
    };
    let location = match message.cluster_id % 50 {
        0 if nth == 0 => QR_CODE,
        1 if nth == 0 => "Subject",
        2 if nth == 0 && message.attachments > 0 => "Attachment",
        _ => "Body",
    };
    Link { url: format!("https://{domain}/{}/{nth}", message.cluster_id), domain, location }
}

fn attachment(row: &Row, nth: u32) -> AttachmentRow {
    let message = &row.message;
    // The same file for every recipient, and no real one.
    let hash = blake3::hash(format!("{} {nth}", message.network_message_id).as_bytes()).to_hex();
    let is_document = message.family.is_malicious() || message.family.has_standing_sender() || nth.is_multiple_of(2);
    let (kind, extension) = if is_document { ("pdf;pdf", ".pdf") } else { ("txt;text", ".txt") };
    AttachmentRow {
        row: row.clone(),
        name: format!("{}-{nth}{extension}", message.cluster_id % 10_000),
        kind,
        extension,
        hash: hash.as_str().to_owned(),
        bytes: message.size_bytes / (message.attachments + 1),
    }
}
