//! Rows of the tables that accompany EmailEvents.

use super::key::Key;
use super::members::Members;
use super::undecodable::Flaw;
use crate::event::{AttachmentInfo, PostDeliveryEvent, UrlClick, UrlInfo};

/// A row of EmailUrlInfo.
pub(super) fn url<'a>(row: &Members<'a>) -> Result<UrlInfo<'a>, Flaw> {
    Ok(UrlInfo {
        timestamp: row.event_time()?,
        network_message_id: row.required(Key::NetworkMessageId)?,
        url: row.text(Key::Url)?,
        url_domain: row.text(Key::UrlDomain)?,
        url_location: row.text(Key::UrlLocation)?,
        report_id: row.text(Key::ReportId)?,
    })
}

/// A row of EmailAttachmentInfo.
pub(super) fn attachment<'a>(row: &Members<'a>) -> Result<AttachmentInfo<'a>, Flaw> {
    Ok(AttachmentInfo {
        timestamp: row.event_time()?,
        network_message_id: row.required(Key::NetworkMessageId)?,
        recipient: row.text(Key::RecipientEmailAddress)?,
        file_name: row.text(Key::FileName)?,
        file_type: row.text(Key::FileType)?,
        sha256: row.text(Key::Sha256)?,
        file_size: row.parsed(Key::FileSize)?,
        threat_types: row.text(Key::ThreatTypes)?,
        report_id: row.text(Key::ReportId)?,
    })
}

/// A row of UrlClickEvents; a click in a document or a chat belongs to no message.
pub(super) fn click<'a>(row: &Members<'a>) -> Result<UrlClick<'a>, Flaw> {
    Ok(UrlClick {
        timestamp: row.event_time()?,
        network_message_id: row.text(Key::NetworkMessageId)?,
        url: row.text(Key::Url)?,
        action_type: row.text(Key::ActionType)?,
        account_upn: row.text(Key::AccountUpn)?,
        workload: row.text(Key::Workload)?,
        ip_address: row.parsed(Key::IpAddress)?,
        is_clicked_through: row.flag(Key::IsClickedThrough)?,
        report_id: row.text(Key::ReportId)?,
    })
}

/// A row of EmailPostDeliveryEvents.
pub(super) fn post_delivery<'a>(row: &Members<'a>) -> Result<PostDeliveryEvent<'a>, Flaw> {
    Ok(PostDeliveryEvent {
        timestamp: row.event_time()?,
        network_message_id: row.required(Key::NetworkMessageId)?,
        recipient: row.text(Key::RecipientEmailAddress)?,
        action: row.text(Key::Action)?,
        action_type: row.text(Key::ActionType)?,
        action_trigger: row.text(Key::ActionTrigger)?,
        action_result: row.text(Key::ActionResult)?,
        delivery_location: row.text(Key::DeliveryLocation)?,
        report_id: row.text(Key::ReportId)?,
    })
}
