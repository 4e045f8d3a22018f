//! The body of a post: one object an event, one behind the other, without an array around them.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::{Format, SplunkHecSink};
use crate::deliver::decision::Fault;
use crate::deliver::format::{record, told};
use crate::event::Time;
use crate::ledger::Entry;

/// What every event says of itself.
pub(super) struct Envelope {
    host: Option<String>,
    source: String,
    sourcetype: String,
    index: Option<String>,
    format: Format,
}

/// "Format events for HTTP Event Collector", Splunk.
#[derive(Serialize)]
struct Event<'a> {
    time: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    source: &'a str,
    sourcetype: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    event: &'a RawValue,
}

impl Envelope {
    pub(super) fn new(config: &SplunkHecSink) -> Self {
        Self {
            host: config.host.clone(),
            source: config.source.clone(),
            sourcetype: config.sourcetype.clone(),
            index: config.index.clone(),
            format: config.format,
        }
    }

    /// Appends an entry as an event, with the time of what it tells.
    pub(super) fn append(&self, entry: &Entry, body: &mut Vec<u8>) -> Result<(), Fault> {
        let time = epoch_seconds(record(entry)?.time());
        let told = told(entry, self.format)?;
        self.write(&time, &told, body).map_err(|error| Fault::refuse(format!("not an event: {error}")))
    }

    fn write(&self, time: &str, event: &str, body: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let event = Event {
            time: serde_json::from_str(time)?,
            host: self.host.as_deref(),
            source: &self.source,
            sourcetype: &self.sourcetype,
            index: self.index.as_deref(),
            event: serde_json::from_str(event)?,
        };
        serde_json::to_writer(&mut *body, &event)?;
        body.push(b'\n');
        Ok(())
    }
}

/// `1732222222.123`: the form that Splunk documents, `<sec>.<ms>`. As a number of ours it would be rounded; the event
/// itself has the microseconds.
fn epoch_seconds(time: Time) -> String {
    let millis = time.as_micros().div_euclid(1_000);
    let (sign, size) = (if millis < 0 { "-" } else { "" }, millis.unsigned_abs());
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_in_seconds_and_never_rounded_into_the_future() {
        for (micros, expected) in [
            (1_732_222_222_123_999, "1732222222.123"),
            (1_732_222_222_000_000, "1732222222.000"),
            (0, "0.000"),
            (-1, "-0.001"),
            (-1_500_000, "-1.500"),
            (i64::MIN, "-9223372036854.776"),
        ] {
            assert_eq!(epoch_seconds(Time::from_micros(micros)), expected);
        }
    }
}
