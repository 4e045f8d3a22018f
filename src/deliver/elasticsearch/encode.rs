//! The body of a bulk request: an action and a document for each entry, a line each.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::alert::render;
use crate::config::ElasticTarget;
use crate::deliver::decision::Fault;
use crate::deliver::format::record;
use crate::event::Time;
use crate::ledger::Entry;

/// `create`, because it is the only action that a data stream takes, and the one that says that a document is there.
#[derive(Serialize)]
struct Action<'a> {
    create: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_id")]
    id: &'a str,
}

/// Appends the two lines of an entry.
pub(super) fn append(target: &ElasticTarget, entry: &Entry, body: &mut Vec<u8>) -> Result<(), Fault> {
    let record = record(entry)?;
    let index = index(target, record.time());
    let action = Action { create: Place { index: &index, id: &id(entry) } };
    serde_json::to_writer(&mut *body, &action).map_err(|error| Fault::refuse(error.to_string()))?;
    body.push(b'\n');
    body.extend_from_slice(render::ecs(&record).as_bytes());
    body.push(b'\n');
    Ok(())
}

/// The same for a record in every attempt, and after every restart.
pub(super) fn id(entry: &Entry) -> String {
    format!("{}-{}", entry.key, entry.seq)
}

/// The index of a day in UTC is chosen by what happened, never by when it is sent: ids are unique in one index only.
fn index(target: &ElasticTarget, time: Time) -> String {
    match target {
        ElasticTarget::DataStream(name) => name.clone(),
        ElasticTarget::Daily(prefix) => {
            let instant = Timestamp::from_microsecond(time.as_micros()).unwrap_or_default();
            let day = TimeZone::UTC.to_datetime(instant);
            format!("{prefix}-{:04}.{:02}.{:02}", day.year(), day.month(), day.day())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_into_the_index_of_its_day_in_utc() {
        let daily = ElasticTarget::Daily("postern-alerts".into());
        for (time, expected) in [
            ("2026-11-22T23:59:59.999999Z", "postern-alerts-2026.11.22"),
            ("2026-11-23T00:00:00Z", "postern-alerts-2026.11.23"),
            // New Year's Eve in New York.
            ("2026-12-31T20:00:00-05:00", "postern-alerts-2027.01.01"),
        ] {
            assert_eq!(index(&daily, Time::parse(time).unwrap()), expected);
        }
        assert_eq!(index(&daily, Time::MIN), "postern-alerts-1970.01.01", "no time that could be shown");
        let stream = ElasticTarget::DataStream("logs-postern.alerts-default".into());
        assert_eq!(index(&stream, Time::default()), "logs-postern.alerts-default");
    }
}
