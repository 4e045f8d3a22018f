//! Invariants over any text in any field that somebody else chose.

use postern::alert::render::{DOCUMENT_BYTES_MAX, FIELD_BYTES_MAX, LINE_BYTES_MIN, cef, ecs, leef, ocsf, sentinel};
use postern::alert::{Alert, AlertRule, Frequent, Record, StormReport};
use postern::event::is_hidden;
use postern::judge::{Evidence, Severity};
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases::{alert, parsed, shown};
use crate::{cef as cef_reader, leef as leef_reader, native, ocsf as ocsf_schema};

/// Any text, texts of what the formats are made of, and long ones.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "|", "=", "\\", "\t", "\n", "\r", "\"", "}", "]", "…", " act=", "\\n", "x", "ü", "\u{202e}", "\u{2028}", "\0",
        "😀",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat()),
        ("[a-zü|=\\\\\"]{1,4}", 1..4_000_usize).prop_map(|(text, times)| text.repeat(times)),
        "[a-z]{1,8}@[a-z]{1,8}\\.example",
        "(192\\.0\\.2\\.[1-9]|2001:db8::[1-9a-f]{1,4})",
    ]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..4)
}

prop_compose! {
    /// An alert whose every text is arbitrary.
    pub(crate) fn any_alert()(
        rule in select(AlertRule::all().collect::<Vec<_>>()),
        severity in select(Severity::ALL.to_vec()),
        base in select(vec!["campaign-clicked", "posture", "storm", "merged", "test-alert"]),
        (tenant, tenant_id, title, summary) in (text(), text(), text(), text()),
        (sources, senders, subjects, ids) in (texts(), texts(), texts(), texts()),
        (recipients, clicked_by) in (texts(), texts()),
        (actions, techniques, links, observed) in (texts(), texts(), texts(), texts()),
        counts in prop::array::uniform3(0..1_u64 << 53),
        storm in any::<bool>(),
    ) -> Alert {
        let mut alert = Alert {
            rule, severity, tenant, tenant_id, title, summary, sources, senders, recipients, clicked_by, subjects, actions,
            techniques,
            sample_message_ids: ids,
            link_domains: links,
            ..alert(base)
        };
        let [messages, people, clicked] = counts;
        (alert.counts.messages, alert.counts.recipients, alert.counts.clicked) = (messages, people, clicked);
        alert.evidence = observed.iter().map(|observed| Evidence {
            fact: "header-from".to_owned(),
            observed: observed.clone(),
            expected: "foreign".to_owned(),
            field: observed.clone(),
        }).collect();
        let frequent = |texts: &[String]| texts.iter().map(|text| Frequent { value: text.clone(), messages }).collect();
        alert.storm = storm.then(|| StormReport {
            campaigns: people,
            networks: frequent(&alert.sources),
            senders: frequent(&alert.senders),
            subjects: frequent(&alert.subjects),
        });
        alert
    }
}

fn is_clean(line: &str) -> bool {
    !line.contains(is_hidden)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_json_rendering_is_a_bounded_line_that_its_schema_takes(alert in any_alert()) {
        let record = Record::Alert(Box::new(alert.clone()));
        let (ecs, ocsf, row) = (ecs(&record), ocsf(&record), sentinel(&record));
        for line in [&ecs, &ocsf, &row] {
            prop_assert!(is_clean(line));
        }
        prop_assert!(ecs.len() <= DOCUMENT_BYTES_MAX && ocsf.len() <= DOCUMENT_BYTES_MAX);
        ocsf_schema::assert_valid(&parsed(&ocsf));
        let row = parsed(&row);
        prop_assert!(row.as_object().unwrap().values().all(|value| value.to_string().len() <= FIELD_BYTES_MAX));
        let summary = row.get("Summary").map_or("", |summary| summary.as_str().unwrap());
        prop_assert_eq!(summary, shown(&alert.summary));
    }

    #[test]
    fn every_line_parses_within_its_bound_and_keeps_what_must_stay(
        alert in any_alert(),
        bytes_max in prop_oneof![LINE_BYTES_MIN..2_100, 2_100..70_000_usize],
    ) {
        let record = Record::Alert(Box::new(alert.clone()));
        let line = cef(&record, bytes_max);
        prop_assert!(line.len() <= bytes_max && is_clean(&line), "{} of {bytes_max}", line.len());
        let (read, whole) = (cef_reader::read(&line).unwrap(), cef_reader::read(&cef(&record, usize::MAX)).unwrap());
        prop_assert_eq!(&read.header[3], alert.rule.as_str());
        prop_assert_eq!(&read.extension["externalId"], &alert.id.to_string());
        for key in ["rt", "act", "cat", "cnt", "cn1", "deviceExternalId"] {
            prop_assert!(read.extension.contains_key(key), "{}", key);
        }
        for (key, value) in &read.extension {
            prop_assert!(is_beginning(value, &whole.extension[key]), "{}: {}", key, value);
            prop_assert!(!key.ends_with("Label") || read.extension.contains_key(key.trim_end_matches("Label")));
        }

        let line = leef(&record, bytes_max);
        prop_assert!(line.len() <= bytes_max && is_clean(&line.replace('\t', "")), "{} of {bytes_max}", line.len());
        let (read, whole) = (leef_reader::read(&line).unwrap(), leef_reader::read(&leef(&record, usize::MAX)).unwrap());
        for key in ["cat", "devTime", "devTimeFormat", "sev", "alertId", "seq", "messages", "tenant"] {
            prop_assert!(read.attributes.contains_key(key), "{}", key);
        }
        for (key, value) in &read.attributes {
            prop_assert!(is_beginning(value, &whole.attributes[key]), "{}: {}", key, value);
        }
    }

    #[test]
    fn every_alert_keeps_to_its_own_schema(alert in any_alert()) {
        native::assert_valid(&serde_json::to_value(&alert).unwrap());
    }
}

fn is_beginning(value: &str, whole: &str) -> bool {
    value == whole || value.is_empty() || value.strip_suffix('…').is_some_and(|beginning| whole.starts_with(beginning))
}
