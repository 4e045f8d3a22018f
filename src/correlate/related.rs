//! What the other tables say of a message, and the wait of those rows that come before it.
//!
//! The tables are exported on their own, so a link may be told before its mail, and a click hours after. A row of a
//! message that is already followed joins at once. The others wait, because most of them belong to mail that nobody
//! will ever suspect, and nothing tells which: so the wait is short, and what waits is small.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, PostDeliveryEvent, RelatedEvent, Span, Text, Time, UrlClick, UrlInfo};
use crate::judge::{message_name, recipient_name};

use super::deliveries::Fate;

/// How long a row waits for its message, in event time.
const WAIT: Span = Span::minutes(30);

/// Rows of one message that wait; a newsletter has a hundred links, and the first ones tell what it carries.
const ROWS_MAX: usize = 32;

/// Longest domain that is kept; a name in DNS is no longer.
const DOMAIN_CHARS_MAX: usize = 253;

/// Longest account that is kept; a user principal name in Entra ID is no longer than 113 characters.
const ACCOUNT_CHARS_MAX: usize = 256;

/// A row about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Event time.
    pub time: Time,
    /// Names the message.
    pub message: Fingerprint,
    /// Names the row.
    pub row: Fingerprint,
    /// What it says.
    pub says: Says,
    /// Who did it, where it is a click and the row tells: `AccountUpn`, folded, cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a row about a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// The message has a link.
    Link {
        /// Whether it is drawn as a QR code.
        is_qr: bool,
        /// Where it leads.
        domain: Option<String>,
    },
    /// The message has an attachment.
    Attachment,
    /// Somebody followed a link of the message.
    Click,
    /// The message was moved after its delivery.
    Moved {
        /// Out of whose mailbox; `None` means out of all.
        recipient: Option<Fingerprint>,
        /// Where it is now.
        to: Fate,
    },
}

impl Related {
    /// What a row says that matters here; `None` where it says nothing of a message, or nothing that has happened.
    #[must_use]
    pub fn of(event: &RelatedEvent<'_>) -> Option<Self> {
        let (id, report, says) = match event {
            RelatedEvent::Url(row) => (Some(&row.network_message_id), &row.report_id, link(row)),
            RelatedEvent::Attachment(row) => (Some(&row.network_message_id), &row.report_id, Says::Attachment),
            RelatedEvent::Click(row) => (row.network_message_id.as_ref(), &row.report_id, click(row)?),
            RelatedEvent::PostDelivery(row) => (Some(&row.network_message_id), &row.report_id, moved(row)?),
        };
        let id = id.filter(|id| !id.is_empty())?;
        let time = event.timestamp();
        let report = report.as_deref().unwrap_or_default();
        let row = Fingerprint::of("postern related row", &[report.as_bytes(), time.to_string().as_bytes()]);
        Some(Self { time, message: message_name(id), row, says, by: account(event) })
    }
}

/// Who clicked, in the case in which mail has the same name.
fn account(event: &RelatedEvent<'_>) -> Option<String> {
    let RelatedEvent::Click(row) = event else { return None };
    let name = row.account_upn.as_deref().map(str::trim).filter(|name| !name.is_empty())?;
    Some(name.to_lowercase().chars().take(ACCOUNT_CHARS_MAX).collect())
}

fn link(row: &UrlInfo<'_>) -> Says {
    let is_qr = row.url_location.as_deref().is_some_and(|place| place.eq_ignore_ascii_case("QRCode"));
    let domain = row.url_domain.as_deref().map(|domain| domain.chars().take(DOMAIN_CHARS_MAX).collect());
    Says::Link { is_qr, domain }
}

/// A click that was held back is no click, unless the reader went on behind the warning.
fn click(row: &UrlClick<'_>) -> Option<Says> {
    let is_allowed = row.action_type.as_deref().is_some_and(|action| action.eq_ignore_ascii_case("ClickAllowed"));
    (is_allowed || row.is_clicked_through == Some(true)).then_some(Says::Click)
}

fn moved(row: &PostDeliveryEvent<'_>) -> Option<Says> {
    let lower = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_ascii_lowercase();
    let result = lower(&row.action_result);
    if !matches!(result.as_str(), "" | "success") {
        return None;
    }
    let to = destination(&lower(&row.action), &lower(&row.action_type), &lower(&row.delivery_location))?;
    Some(Says::Moved { recipient: row.recipient.as_deref().map(recipient_name), to })
}

/// Where a message went. `Redelivery` with `Reprocessed` is not documented and was captured: it brings a message back.
/// A removal whose `Action` is in words that we do not know is told by its kind.
fn destination(action: &str, kind: &str, location: &str) -> Option<Fate> {
    let names = |words: &[&str]| words.iter().any(|word| action.contains(word) || location == *word);
    match () {
        () if kind.contains("redelivery") || action.contains("reprocessed") => Some(Fate::Delivered),
        () if names(&["quarantine", "delete", "deleted items", "dropped"]) => Some(Fate::Removed),
        () if names(&["junk", "junk folder"]) => Some(Fate::Junked),
        () if names(&["inbox", "inbox/folder"]) => Some(Fate::Delivered),
        () if kind == "spam zap" => Some(Fate::Junked),
        () if kind.contains("zap") || kind == "manual remediation" => Some(Fate::Removed),
        () => None,
    }
}

/// Rows whose message has not been seen, or not been seen to be suspicious.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    entries: BTreeMap<Fingerprint, Rows>,
    by_time: BTreeSet<(Time, Fingerprint)>,
}

/// The rows of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rows {
    since: Time,
    rows: Vec<Related>,
}

impl Waiting {
    /// Lets a row wait for its message.
    pub(super) fn wait(&mut self, related: &Related) {
        let mut waiting = self.take(related.message).unwrap_or_else(|| Rows { since: related.time, rows: Vec::new() });
        waiting.since = waiting.since.max(related.time);
        let is_new = !waiting.rows.contains(related);
        if is_new && waiting.rows.len() < ROWS_MAX {
            let place = waiting.rows.partition_point(|row| (row.time, row.row) < (related.time, related.row));
            waiting.rows.insert(place, related.clone());
        }
        self.restore(related.message, waiting);
    }

    /// The rows that wait for a message, the earliest first.
    pub(super) fn call(&mut self, message: Fingerprint) -> Option<Vec<Related>> {
        self.take(message).map(|waiting| waiting.rows)
    }

    /// Puts an entry back as it was stored.
    pub(super) fn restore(&mut self, message: Fingerprint, rows: Rows) {
        self.by_time.insert((rows.since, message));
        self.entries.insert(message, rows);
    }

    /// Forgets and returns the entry that has waited longest, where it has waited for too long or there are too many.
    pub(super) fn forget_one(&mut self, watermark: Time, entries_max: usize) -> Option<Fingerprint> {
        let (since, message) = self.by_time.first().copied()?;
        if self.entries.len() <= entries_max && since > watermark - WAIT {
            return None;
        }
        self.take(message);
        Some(message)
    }

    /// The entry of a message.
    pub(super) fn get(&self, message: Fingerprint) -> Option<&Rows> {
        self.entries.get(&message)
    }

    /// How many messages are waited for.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn take(&mut self, message: Fingerprint) -> Option<Rows> {
        let rows = self.entries.remove(&message)?;
        self.by_time.remove(&(rows.since, message));
        Some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post_delivery(action: &'static str, kind: &'static str, location: &'static str) -> Option<Fate> {
        destination(&action.to_ascii_lowercase(), &kind.to_ascii_lowercase(), &location.to_ascii_lowercase())
    }

    #[test]
    fn a_removal_is_known_by_any_of_its_words_and_a_redelivery_brings_back() {
        assert_eq!(post_delivery("Moved to quarantine", "Phish ZAP", ""), Some(Fate::Removed));
        assert_eq!(post_delivery("Soft delete", "Manual remediation", ""), Some(Fate::Removed));
        assert_eq!(post_delivery("", "Malware ZAP", ""), Some(Fate::Removed));
        assert_eq!(post_delivery("Moved to junk folder", "Spam ZAP", ""), Some(Fate::Junked));
        assert_eq!(post_delivery("Reprocessed", "Redelivery", "Inbox"), Some(Fate::Delivered));
        assert_eq!(post_delivery("Moved to inbox", "Manual remediation", ""), Some(Fate::Delivered));
        assert_eq!(post_delivery("", "", ""), None);
    }

    #[test]
    fn a_click_that_was_held_back_is_none_unless_somebody_went_on() {
        let says = |action: &'static str, through| {
            click(&UrlClick { action_type: Some(action.into()), is_clicked_through: through, ..UrlClick::default() })
        };
        assert_eq!(says("ClickAllowed", None), Some(Says::Click));
        assert_eq!(says("ClickBlocked", Some(false)), None);
        assert_eq!(says("ClickBlocked", Some(true)), Some(Says::Click));
    }

    fn link_at(minute: i64) -> Related {
        let row = UrlInfo {
            network_message_id: "n".into(),
            timestamp: Time::from_millis(minute * 60_000),
            url_location: Some("QRCode".into()),
            ..UrlInfo::default()
        };
        Related::of(&RelatedEvent::Url(row)).unwrap()
    }

    #[test]
    fn rows_wait_in_their_order_once_each_and_not_for_ever() {
        let mut waiting = Waiting::default();
        [3, 1, 2, 1].map(link_at).iter().for_each(|row| waiting.wait(row));
        (10..100).map(link_at).for_each(|row| waiting.wait(&row));
        let message = message_name("n");
        assert_eq!(waiting.forget_one(Time::from_millis(100 * 60_000), 1), None);
        let rows = waiting.clone().call(message).unwrap();
        assert_eq!((rows.len(), rows[0].time, rows[2].time), (ROWS_MAX, link_at(1).time, link_at(3).time));
        assert_eq!(waiting.forget_one(Time::from_millis(130 * 60_000), 1), Some(message));
        assert_eq!(waiting.len(), 0);
    }
}
