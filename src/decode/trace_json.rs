//! The message trace as JSON: Get-MessageTraceV2 and the web service before it in one spelling, Graph in another.
//!
//! A row is told by keys that no other form has. What a cmdlet adds beside them (`Received@data.type`, `PSComputerName`,
//! `__metadata`) is passed over like any unknown key.

use super::key::TraceKey;
use super::members::TraceMembers;
use super::quoted::Quoted;
use super::trace::{self, TraceRow};
use super::undecodable::{Flaw, Reason};
use crate::event::{Form, MailEvent, Text, Time, Untold};

/// The most recipients of one row: Exchange Online lets no message have more (`RecipientLimits`). A row is read again for
/// each of them, so the number must have an end, and a message must not be able to reach it.
const RECIPIENTS_MAX: usize = 1_000;

/// Whether a member may name several recipients: a glance, for whoever passes over the row anyway.
pub(super) fn may_name_several(key: Quoted<'_>, written: &str) -> bool {
    matches!(key.text().as_str(), "RecipientAddress" | "recipientAddress") && written.contains([';', ',', '\\'])
}

/// A row of the trace.
pub(super) struct Trace<'a> {
    members: TraceMembers<'a>,
    spelling: &'static Spelling,
}

impl<'a> Trace<'a> {
    /// Recognises a row; `None` for anything else.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        let members = TraceMembers::find(json)?;
        let spelling = Spelling::of(&members)?;
        Some(Self { members, spelling })
    }

    /// How many records the row stands for: one for each recipient, and one where it names none, or what cannot be read.
    pub(super) fn records(&self) -> usize {
        let list = self.members.text(self.spelling.recipient).ok().flatten();
        let count = list.map_or(1, |list| recipients(&list).count());
        if count > RECIPIENTS_MAX { 1 } else { count.max(1) }
    }

    /// The message to one of the recipients.
    pub(super) fn event(&self, place: usize) -> Result<MailEvent<'a>, Flaw> {
        let Spelling { received, network_message_id, internet_message_id, sender, source, subject, status, .. } =
            *self.spelling;
        let text = |key| self.members.text(key);
        let event = trace::event(TraceRow {
            form: Form::MessageTrace,
            received: text(received)?.map(readable),
            network_message_id: text(network_message_id)?,
            internet_message_id: text(internet_message_id)?,
            sender: text(sender)?,
            recipient: self.recipient(place)?,
            source: text(source)?,
            is_source_untold: !self.members.has(source),
            subject: text(subject)?,
            status: text(status)?,
            ..TraceRow::default()
        })?;
        let untold = Untold { envelope_from: !self.members.has(sender), ..event.untold };
        Ok(MailEvent { untold, ..event })
    }

    fn recipient(&self, place: usize) -> Result<Option<Text<'a>>, Flaw> {
        let key = self.spelling.recipient;
        let Some(list) = self.members.text(key)? else { return Ok(None) };
        if !list.contains(SEPARATORS) {
            return Ok(Some(list));
        }
        if recipients(&list).count() > RECIPIENTS_MAX {
            return Err(Flaw::of(Reason::BadColumn, key));
        }
        Ok(recipients(&list).nth(place).map(|address| Text::from(address.to_owned())))
    }
}

/// The interfaces write one address; what has been through a spreadsheet or an index may hold a list.
fn recipients(list: &str) -> impl Iterator<Item = &str> {
    list.split(SEPARATORS).map(str::trim).filter(|address| !address.is_empty())
}

const SEPARATORS: [char; 2] = [';', ','];

/// A time as it is, but for the milliseconds of OData's second version, `/Date(1577836800000)/`, which .NET's older
/// serialisers write as well, Windows PowerShell's `ConvertTo-Json` among them.
fn readable(written: Text<'_>) -> Text<'_> {
    let millis = || {
        let inner = written.strip_prefix("/Date(")?.strip_suffix(")/")?;
        let zone = inner.rfind(['+', '-']).filter(|at| *at > 0);
        inner[..zone.unwrap_or(inner.len())].parse().ok()
    };
    match millis() {
        Some(millis) => Text::from(Time::from_millis(millis).to_string()),
        None => written,
    }
}

/// What the values are called.
struct Spelling {
    received: TraceKey,
    network_message_id: TraceKey,
    internet_message_id: TraceKey,
    sender: TraceKey,
    recipient: TraceKey,
    source: TraceKey,
    subject: TraceKey,
    status: TraceKey,
}

impl Spelling {
    fn of(row: &TraceMembers<'_>) -> Option<&'static Self> {
        let has_all = |keys: &[TraceKey]| keys.iter().all(|key| row.has(*key));
        let is_exchange =
            row.has(EXCHANGE.network_message_id) || has_all(&[EXCHANGE.received, EXCHANGE.sender, EXCHANGE.recipient]);
        match () {
            () if is_exchange => Some(&EXCHANGE),
            () if has_all(&[GRAPH.received, GRAPH.recipient]) => Some(&GRAPH),
            () => None,
        }
    }
}

static EXCHANGE: Spelling = Spelling {
    received: TraceKey::Received,
    network_message_id: TraceKey::MessageTraceId,
    internet_message_id: TraceKey::MessageId,
    sender: TraceKey::SenderAddress,
    recipient: TraceKey::RecipientAddress,
    source: TraceKey::FromIp,
    subject: TraceKey::Subject,
    status: TraceKey::Status,
};

static GRAPH: Spelling = Spelling {
    received: TraceKey::GraphReceived,
    network_message_id: TraceKey::GraphId,
    internet_message_id: TraceKey::GraphMessageId,
    sender: TraceKey::GraphSenderAddress,
    recipient: TraceKey::GraphRecipientAddress,
    source: TraceKey::GraphFromIp,
    subject: TraceKey::GraphSubject,
    status: TraceKey::GraphStatus,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Direction;

    fn trace(members: &str) -> Option<Result<MailEvent<'static>, Reason>> {
        let json = format!("{{{members}}}").leak();
        Trace::of(json).map(|trace| trace.event(0).map_err(|flaw| flaw.reason))
    }

    #[test]
    fn a_row_is_known_by_its_keys_in_either_spelling() {
        assert!(trace(r#""MessageTraceId":"i""#).is_some());
        assert!(trace(r#""Received":"t","SenderAddress":"s","RecipientAddress":"r""#).is_some());
        assert!(trace(r#""receivedDateTime":"t","recipientAddress":"r""#).is_some());
        for other in [r#""id":"i","subject":"s","status":"s""#, r#""Received":"t","RecipientAddress":"r""#, ""] {
            assert!(trace(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_time_may_be_milliseconds_in_odatas_wrapping() {
        let year = Time::parse("2020-01-01T00:00:00Z").unwrap();
        for written in [
            "2020-01-01T00:00:00",
            "/Date(1577836800000)/",
            r"\/Date(1577836800000)\/",
            "/Date(1577836800000+0000)/",
            "/Date(1577836800000-0530)/",
        ] {
            let event = trace(&format!(r#""MessageTraceId":"i","Received":"{written}""#)).unwrap();
            assert_eq!(event.unwrap().timestamp, year, "{written}");
        }
        for written in ["/Date()/", "/Date(x)/", "/Date(9223372036854775807)/", "Date(0)", "/Date(--1)/"] {
            let event = trace(&format!(r#""MessageTraceId":"i","Received":"{written}""#)).unwrap();
            assert_eq!(event, Err(Reason::BadColumn), "{written}");
        }
    }

    #[test]
    fn each_recipient_of_a_list_is_a_record() {
        for (list, count) in [("", 1), ("a@x", 1), ("a@x;b@y", 2), (" a@x , b@y ,", 2), (";,", 1)] {
            let json = format!(r#"{{"MessageTraceId":"i","Received":"2026-11-02","RecipientAddress":"{list}"}}"#);
            let trace = Trace::of(&json).unwrap();
            assert_eq!(trace.records(), count, "{list}");
            let last = trace.event(count - 1).unwrap().recipient;
            assert_eq!(last.contains('@'), list.contains('@'), "{list}");
        }
    }

    #[test]
    fn a_list_without_end_is_one_record_that_cannot_be_read() {
        let list = |count| format!(r#"{{"MessageTraceId":"i","RecipientAddress":"{}"}}"#, "a@x;".repeat(count));
        assert_eq!(Trace::of(&list(RECIPIENTS_MAX)).unwrap().records(), RECIPIENTS_MAX);
        let json = list(RECIPIENTS_MAX + 1);
        let trace = Trace::of(&json).unwrap();
        assert_eq!((trace.records(), trace.recipient(0).unwrap_err().reason), (1, Reason::BadColumn));
    }

    #[test]
    fn a_sender_that_was_not_taken_is_no_bounce() {
        let untold = |sender: &str| {
            let row = format!(r#""MessageTraceId":"i","Received":"2026-11-02"{sender}"#);
            trace(&row).unwrap().unwrap().untold.envelope_from
        };
        assert!(untold("") && !untold(r#","SenderAddress":"""#) && !untold(r#","SenderAddress":"<>""#));
    }

    #[test]
    fn an_empty_source_was_inside_and_a_missing_one_says_nothing() {
        let direction = |source: &str| {
            let row = format!(r#""MessageTraceId":"i","Received":"2026-11-02"{source}"#);
            trace(&row).unwrap().unwrap().direction
        };
        assert_eq!(direction(r#","FromIP":null"#), Direction::IntraOrg);
        assert_eq!(direction(r#","FromIP":"""#), Direction::IntraOrg);
        assert_eq!(direction(""), Direction::Unknown);
    }
}
