//! A record as a message of RFC 5424: `<131>1 2026-11-20T10:04:00.000000Z - postern - direct-send-spoof [postern@32473
//! id="…" seq="1" tenant="contoso" state="open"] CEF:0|…`.
//!
//! There is no byte order mark in front of the text. RFC 5424 wants one to call it UTF-8, but receivers that look for
//! `CEF:`, `LEEF:` or `{` at the beginning do not find it behind one, and rsyslog hands it on as part of the text. Without
//! it the text is what the grammar calls MSG-ANY, and is UTF-8 all the same.

use super::shorten::shortened;
use crate::alert::{Record, render};
use crate::config::{Format, SyslogSink};
use crate::deliver::decision::Fault;
use crate::deliver::format::{record, told};
use crate::event::Time;
use crate::judge::Severity;
use crate::ledger::Entry;

/// Behind the name of the structured data stands a private enterprise number. This is the one that RFC 5612 reserves
/// for documentation, because the project has none of its own.
const ENTERPRISE: u32 = 32473;

/// The longest MSGID.
const MSGID_CHARS_MAX: usize = 32;

/// How many entries the lists of an alert keep, step by step, where its JSON is too long.
const SHORTER: [usize; 5] = [10, 5, 2, 1, 0];

/// Writes messages.
pub(super) struct Encoder {
    format: Format,
    facility: u8,
    hostname: String,
    bytes_max: usize,
}

impl Encoder {
    pub(super) fn new(config: &SyslogSink) -> Self {
        let SyslogSink { format, facility, hostname, message_bytes_max, .. } = config;
        let hostname = if hostname.is_empty() { "-".to_owned() } else { hostname.clone() };
        Self { format: *format, facility: *facility, hostname, bytes_max: *message_bytes_max }
    }

    /// The message of an entry, without framing; no control character is in it but the tab that LEEF needs.
    ///
    /// JSON that is cut is broken, so what is too long is told with shorter lists, and says so (`shortened="yes"`). CEF
    /// and LEEF cut their longest values by themselves.
    ///
    /// # Errors
    /// When the entry is no record of this build, or does not fit even so.
    pub(super) fn message(&self, entry: &Entry) -> Result<String, Fault> {
        let record = record(entry)?;
        let (head, short_head) = (self.head(&record, false), self.head(&record, true));
        let room = self.bytes_max.saturating_sub(head.len());
        let text = match self.format {
            Format::Cef => render::cef(&record, room),
            Format::Leef => render::leef(&record, room),
            Format::Native | Format::Ecs | Format::Ocsf => told(entry, self.format)?.into_owned(),
        };
        if text.len() <= room {
            return Ok(head + &in_one_line(&text));
        }
        let room = self.bytes_max.saturating_sub(short_head.len());
        let mut shorter = SHORTER.into_iter().filter_map(|entries| shortened(&record, entries, self.format));
        match shorter.find(|text| text.len() <= room) {
            Some(text) => Ok(short_head + &in_one_line(&text)),
            None => Err(Fault::refuse(format!(
                "a message of {} bytes; message_bytes_max is {}, raise it if the receiver takes more",
                head.len() + text.len(),
                self.bytes_max
            ))),
        }
    }

    /// Everything up to the text, and the space before it.
    fn head(&self, record: &Record, is_shortened: bool) -> String {
        let priority = u32::from(self.facility) * 8 + severity(record);
        let (timestamp, data) = (timestamp(record.time()), data(record, is_shortened));
        format!("<{priority}>1 {timestamp} {} postern - {} {data} ", self.hostname, message_id(record))
    }
}

/// RFC 5424, section 6.2.1: 2 is critical, 6 informational.
const fn severity(record: &Record) -> u32 {
    match record {
        Record::Heartbeat(_) => 6,
        Record::Alert(alert) => match alert.severity {
            Severity::Critical => 2,
            Severity::High => 3,
            Severity::Medium => 4,
            Severity::Low => 5,
        },
    }
}

/// RFC 3339 with microseconds, or nothing where no calendar has the time.
fn timestamp(time: Time) -> String {
    jiff::Timestamp::from_microsecond(time.as_micros()).map_or_else(|_| "-".to_owned(), |time| format!("{time:.6}"))
}

/// The rule, which is what a receiver tells messages apart by.
fn message_id(record: &Record) -> &str {
    let name = record.alert().map_or("heartbeat", |alert| alert.rule.as_str());
    &name[..name.floor_char_boundary(MSGID_CHARS_MAX)]
}

fn data(record: &Record, is_shortened: bool) -> String {
    let (id, seq, tenant, state) = match record {
        Record::Alert(alert) => (alert.id.to_string(), alert.seq, &alert.tenant, Some(alert.state.as_str())),
        Record::Heartbeat(beat) => (beat.id.clone(), beat.seq, &beat.tenant, None),
    };
    let mut element = format!("[postern@{ENTERPRISE}");
    let seq = seq.to_string();
    let shortened = is_shortened.then_some("yes");
    let parameters = [
        ("id", Some(id.as_str())),
        ("seq", Some(seq.as_str())),
        ("tenant", Some(tenant.as_str())),
        ("state", state),
        ("shortened", shortened),
    ];
    for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        element.push_str(&format!(" {name}=\"{}\"", escaped(value)));
    }
    element.push(']');
    element
}

/// A value of structured data (RFC 5424, section 6.3.3).
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(if c.is_control() { ' ' } else { c });
    }
    text
}

/// No character that ends a frame or that receivers replace on their own. In JSON, where they may stand between values
/// only, a space is the same.
fn in_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deliver::syslog::tests::{alert, config, entry, heartbeat};

    fn encoder(format: Format, bytes_max: usize) -> Encoder {
        Encoder::new(&SyslogSink { format, message_bytes_max: bytes_max, ..config("localhost:514") })
    }

    #[test]
    fn an_alert_says_what_who_and_how_bad_in_the_header() {
        let message = encoder(Format::Native, 8_192).message(&entry(&alert(|_| ()))).unwrap();
        let (head, text) = message.split_once("] ").unwrap();
        let expected = "<131>1 2026-11-20T10:04:00.123456Z - postern - direct-send-spoof [postern@32473 \
                        id=\"0123456789abcdef0123456789abcdef\" seq=\"2\" tenant=\"contoso\" state=\"open\"";
        assert_eq!(head, expected);
        assert_eq!(text, entry(&alert(|_| ())).body);
    }

    #[test]
    fn a_heartbeat_is_informational() {
        let message = encoder(Format::Native, 8_192).message(&entry(&heartbeat())).unwrap();
        let head = "<134>1 2026-11-20T10:00:00.000000Z - postern - heartbeat [postern@32473 id=\"0f\" seq=\"1\" \
                    tenant=\"contoso\"] {";
        assert!(message.starts_with(head), "{message}");
    }

    #[test]
    fn the_priority_is_made_of_the_facility_and_the_severity() {
        let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
        for (severity, number) in severities.into_iter().zip(2..) {
            let record = alert(|alert| alert.severity = severity);
            for facility in [0, 16, 23] {
                let encoder = Encoder::new(&SyslogSink { facility, ..config("localhost:514") });
                let message = encoder.message(&entry(&record)).unwrap();
                assert!(message.starts_with(&format!("<{}>1 ", u32::from(facility) * 8 + number)), "{message}");
            }
        }
    }

    #[test]
    fn a_tenant_cannot_leave_its_quotes() {
        let record = alert(|alert| alert.tenant = "a\"] x\\\r\nb".into());
        let message = encoder(Format::Native, 8_192).message(&entry(&record)).unwrap();
        assert!(message.contains(r#" tenant="a\"\] x\\  b" state="open"] {"#), "{message}");
    }

    #[test]
    fn nothing_in_the_text_ends_a_frame() {
        assert_eq!(in_one_line("a\nb\r\0c\u{85}d\te\u{7f}ä"), "a b  c d\te ä");
    }

    #[test]
    fn json_that_is_too_long_is_told_with_shorter_lists() {
        let record = alert(|alert| alert.subjects = (0..20).map(|n| format!("{n:0>400}")).collect());
        let message = encoder(Format::Native, 8_192).message(&entry(&record)).unwrap();
        let (head, text) = message.split_once("] ").unwrap();
        assert!(head.ends_with("state=\"open\" shortened=\"yes\""), "{head}");
        let Ok(Record::Alert(told)) = Record::parse(text) else { panic!("{text}") };
        assert_eq!(told.subjects.len(), 10);
        assert_eq!(told.counts.messages, record.alert().unwrap().counts.messages, "the counts are whole");
    }

    #[test]
    fn what_does_not_fit_at_all_is_refused_and_says_which_setting_helps() {
        let record = alert(|alert| alert.summary = "x".repeat(9_000));
        let fault = encoder(Format::Native, 8_192).message(&entry(&record)).unwrap_err();
        assert!(fault.reason.contains("message_bytes_max is 8192"), "{}", fault.reason);
    }

    fn format() -> impl Strategy<Value = Format> {
        prop::sample::select(vec![Format::Native, Format::Ecs, Format::Ocsf, Format::Cef, Format::Leef])
    }

    proptest! {
        #[test]
        fn a_message_keeps_its_bounds_and_its_frame(
            tenant in any::<String>(),
            subjects in prop::collection::vec(any::<String>(), 0..20),
            format in format(),
            bytes_max in 480_usize..4_000,
        ) {
            let record = alert(|alert| (alert.tenant, alert.subjects) = (tenant, subjects));
            if let Ok(message) = encoder(format, bytes_max).message(&entry(&record)) {
                prop_assert!(message.len() <= bytes_max);
                prop_assert!(!message.chars().any(|c| c.is_control() && c != '\t'), "{}", message);
                prop_assert!(message.starts_with("<131>1 2026-11-20T10:04:00.123456Z - postern - direct-send-spoof ["));
            }
        }
    }
}
