//! Sources for tests, made as the detector makes them.

use super::Entry;
use crate::correlate::{Sighting, SourceKey, Sources, Standing};
use crate::event::{AuthResults, Fingerprint, Time};

const DAY: i64 = 86_400_000;

/// Noon of a day of the year 2026, counted from 0.
pub(crate) fn at(day: i64) -> Time {
    Time::from_millis((20_454 + day) * DAY + DAY / 2)
}

/// A message of that day.
pub(crate) fn on(day: i64, standing: Standing) -> Sighting {
    Sighting {
        time: at(day),
        recipient: Fingerprint::of("test", &[b"r"]),
        standing,
        is_personal: false,
        results: AuthResults::default(),
    }
}

/// A profile as it is stored.
pub(crate) fn stored(key: &SourceKey, sightings: impl IntoIterator<Item = Sighting>) -> String {
    let mut sources = Sources::default();
    for sighting in sightings {
        sources.observe(key, &sighting);
    }
    serde_json::to_string(&sources.get(key).unwrap()).unwrap()
}

/// The entry of a source that did so.
pub(crate) fn entry_of(network: &str, sender: &str, sightings: impl IntoIterator<Item = Sighting>) -> Entry {
    let key = format!("{network} {sender}");
    Entry::read(&key, &stored(&key.parse().unwrap(), sightings)).unwrap()
}
