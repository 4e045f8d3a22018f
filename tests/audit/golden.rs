//! Recorded shapes, read and judged.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use postern::decode::audit::{Decoded, audit_record, cloud_app_event};
use postern::event::AuditEvent;
use postern::judge::posture::judge_audit;

use crate::shapes::{Read, tenant};

#[test]
fn every_golden_case_reads_and_is_judged_as_expected() {
    for case in cases() {
        assert!(!fs::read_to_string(case.join("WHY.md")).unwrap().is_empty(), "{case:?} says why");
        let (read, rows) = input(&case);
        let told: String = rows.lines().map(|row| render(&read(row))).collect();
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        assert_eq!(told, fs::read_to_string(&expected).unwrap(), "{case:?}");
    }
}

#[test]
fn every_text_of_a_plain_record_is_borrowed() {
    let (_, rows) = input(&root().join("corpora/audit/unified"));
    let event = audit_record(rows.lines().next().unwrap()).unwrap().unwrap();
    let parameter = &event.parameters[0];
    for text in [&event.id, &event.object, &event.actor, &event.organisation.id, &event.organisation.name] {
        assert!(text.as_ref().unwrap().is_borrowed(), "{text:?}");
    }
    assert!(parameter.name.is_borrowed() && parameter.value.is_borrowed());
}

fn render(decoded: &Decoded<'_>) -> String {
    match decoded {
        Ok(Some(event)) => render_event(event),
        Ok(None) => "not watched\n".to_owned(),
        Err(flaw) => format!("flaw {}: {flaw}\n", flaw.reason),
    }
}

fn render_event(event: &AuditEvent<'_>) -> String {
    let mut text = format!("event {} {}\n", event.timestamp, event.operation);
    let organisation = &event.organisation;
    let mut line = |name: &str, value: Option<&str>| {
        value.into_iter().for_each(|value| writeln!(text, "  {name}: {value}").unwrap());
    };
    line("id", event.id.as_deref());
    line("object", event.object.as_deref());
    line("actor", event.actor.as_deref());
    line("actor kind", Some(event.actor_kind.as_str()));
    line("client", event.client_ip.map(|ip| ip.to_string()).as_deref());
    line("succeeded", event.succeeded.map(|flag| flag.to_string()).as_deref());
    line("organisation", organisation.id.as_deref());
    line("organisation name", organisation.name.as_deref());
    for (kind, list) in [("", &event.parameters), (" before", &event.before)] {
        list.iter().for_each(|it| writeln!(text, "  {}{kind} = {:?}", it.name.as_str(), it.value).unwrap());
    }
    for finding in judge_audit(event, &tenant()) {
        writeln!(text, "finding {} {}", finding.rule.as_str(), finding.severity.as_str()).unwrap();
        finding
            .changes
            .iter()
            .for_each(|it| writeln!(text, "  {} {:?} -> {:?}", it.parameter, it.from, it.to).unwrap());
    }
    text
}

/// The folders of all cases.
pub(crate) fn cases() -> Vec<PathBuf> {
    files(&root().join("corpora/audit"))
}

/// The rows of a case, and what reads them.
pub(crate) fn input(case: &Path) -> (Read, String) {
    let path = files(case).into_iter().find(|file| file.extension().is_some_and(|it| it == "jsonl")).unwrap();
    let is_cloud_app = path.file_stem().is_some_and(|stem| stem == "cloud-app-events");
    (if is_cloud_app { cloud_app_event } else { audit_record }, fs::read_to_string(path).unwrap())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
