//! An alert in JSON that fits: with less in its lists, where it would be too long whole.

use crate::alert::{Alert, Record, render};
use crate::config::Format;

/// The record in a JSON format, with at most so many entries in each list; counts, title and summary stay whole. None
/// for what has no lists.
pub(super) fn shortened(record: &Record, entries_max: usize, format: Format) -> Option<String> {
    let mut alert = record.alert()?.clone();
    shorten(&mut alert, entries_max);
    match format {
        Format::Native => serde_json::to_string(&alert).ok(),
        Format::Ecs => Some(render::ecs(&Record::Alert(Box::new(alert)))),
        Format::Ocsf => Some(render::ocsf(&Record::Alert(Box::new(alert)))),
        Format::Cef | Format::Leef => None,
    }
}

fn shorten(alert: &mut Alert, entries_max: usize) {
    alert.sources.truncate(entries_max);
    alert.senders.truncate(entries_max);
    alert.recipients.truncate(entries_max);
    alert.clicked_by.truncate(entries_max);
    alert.subjects.truncate(entries_max);
    alert.sample_message_ids.truncate(entries_max);
    alert.evidence.truncate(entries_max);
    alert.severity_reasons.truncate(entries_max);
    alert.techniques.truncate(entries_max);
    alert.actions.truncate(entries_max);
    alert.link_domains.truncate(entries_max);
    alert.campaigns_since.truncate(entries_max);
    if let Some(storm) = &mut alert.storm {
        storm.networks.truncate(entries_max);
        storm.senders.truncate(entries_max);
        storm.subjects.truncate(entries_max);
    }
}
