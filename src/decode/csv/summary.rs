//! A row of the message trace as a file: the enhanced summary, Get-MessageTraceV2, the extended report.

use super::column::Column;
use super::local_time;
use super::row::{Entry, Row};
use crate::decode::trace::{self, TraceRow};
use crate::decode::undecodable::Flaw;
use crate::event::{Form, MailEvent, Untold};

/// Whether a row of the extended report says how a mail came in; the other fifteen say where it went from there.
pub(super) fn came_in(row: &Row<'_>) -> bool {
    row.says(Column::EventId, "RECEIVE") && row.says(Column::Source, "SMTP")
}

/// What the row says of the mail to one recipient.
///
/// A column that the file does not have is something else than an empty one: whoever exports a few chosen columns has
/// not said that there was no sender, nor that the mail was submitted inside.
pub(super) fn event<'a>(entry: &Entry<'a>, form: Form) -> Result<MailEvent<'a>, Flaw> {
    let header = &entry.row.header;
    let event = trace::event(trace_row(entry, form))?;
    let has_sender = header.has_any(&[Column::Sender, Column::ReturnPath]);
    let untold = Untold { envelope_from: !has_sender, ..event.untold };
    Ok(MailEvent { untold, ..event })
}

/// `client_ip` is the last hop, which may be one of Microsoft's; `original_client_ip` is whoever knocked at the door.
fn trace_row<'a>(entry: &Entry<'a>, form: Form) -> TraceRow<'a> {
    let row = &entry.row;
    TraceRow {
        form,
        received: row.text(Column::Received).map(local_time::rfc3339),
        network_message_id: row.text(Column::NetworkMessageId),
        internet_message_id: row.text(Column::MessageId),
        sender: row.text(Column::Sender).or_else(|| row.text(Column::ReturnPath)),
        recipient: entry.recipient(),
        source: row.text(Column::OriginalClientIp).or_else(|| row.text(Column::ClientIp)),
        is_source_untold: !row.header.has_any(&[Column::OriginalClientIp, Column::ClientIp]),
        subject: row.text(Column::Subject),
        status: entry.listed_status().or_else(|| row.text(Column::Status)),
        directionality: row.text(Column::Directionality),
        connector: row.text(Column::ConnectorId),
    }
}
