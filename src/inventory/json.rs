//! The inventory for programs: one document, `postern.inventory/1`, with one line for each source.
//!
//! The numbers of a tenant stand behind its sources, because they are known when all have been walked over.

use serde::Serialize;

use super::entry::{Messages, date};
use super::kind::{Kind, Sign};
use super::survey::Survey;
use super::{Counts, Form, Owner, Source};
use crate::event::{AuthResults, SourceNetwork, Time};

/// The form `json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json {
    has_tenant: bool,
    has_source: bool,
}

impl Form for Json {
    fn open(&mut self, text: &mut String) {
        text.push_str("{\"schema\":\"postern.inventory/1\",\"tenants\":[");
    }

    fn tenant(&mut self, owner: &Owner<'_>, survey: &Survey, text: &mut String) {
        text.push_str(if self.has_tenant { ",\n" } else { "\n" });
        *self = Self { has_tenant: true, has_source: false };
        let (name, id, up_to) = (json(&owner.name), json(&owner.id), json(&survey.up_to()));
        text.push_str(&format!("{{\"tenant\":{name},\"tenant_id\":{id},\"up_to\":{up_to},\"sources\":["));
    }

    fn source(&mut self, source: &Source<'_>, text: &mut String) {
        text.push_str(if self.has_source { ",\n" } else { "\n" });
        self.has_source = true;
        text.push_str(&json(&Line::of(source)));
    }

    fn tenant_end(&mut self, counts: &Counts, text: &mut String) {
        let end = if self.has_source { "\n]" } else { "]" };
        text.push_str(&format!("{end},\"counts\":{}}}", json(counts)));
    }

    fn close(&mut self, text: &mut String) {
        text.push_str(if self.has_tenant { "\n]}\n" } else { "]}\n" });
    }
}

#[derive(Serialize)]
struct Line<'a> {
    network: SourceNetwork,
    sender: &'a str,
    kind: Kind,
    signs: &'a [Sign],
    sanction: Option<&'a str>,
    first_seen: Time,
    last_seen: Time,
    days: u32,
    recent_days: Vec<String>,
    messages: Messages,
    recipients: u64,
    latest: Latest,
}

/// The results of the latest message; `null` where none was told.
#[derive(Serialize)]
struct Latest {
    spf: Option<&'static str>,
    dkim: Option<&'static str>,
    dmarc: Option<&'static str>,
}

impl<'a> Line<'a> {
    fn of(source: &Source<'a>) -> Self {
        let Source { entry, assessment, up_to, .. } = *source;
        let recent = entry.recent_days(up_to).filter(|(_, was_seen)| *was_seen);
        Self {
            network: entry.network,
            sender: &entry.sender,
            kind: assessment.kind,
            signs: &assessment.signs,
            sanction: assessment.sanction,
            first_seen: entry.first_seen,
            last_seen: entry.last_seen,
            days: entry.days.count(),
            recent_days: recent.map(|(day, _)| date(day)).collect(),
            messages: entry.messages,
            recipients: entry.recipients,
            latest: Latest::of(&entry.latest),
        }
    }
}

impl Latest {
    fn of(results: &AuthResults) -> Self {
        Self {
            spf: results.spf.map(|it| it.as_str()),
            dkim: results.dkim.map(|it| it.as_str()),
            dmarc: results.dmarc.map(|it| it.as_str()),
        }
    }
}

/// Text, numbers and lists of them: writing them to memory cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::correlate::Standing;
    use crate::inventory::Entry;
    use crate::inventory::fixtures::{entry_of, on};

    fn document(tenants: &[&[Entry]]) -> String {
        let (mut form, mut text) = (Json::default(), String::new());
        form.open(&mut text);
        for entries in tenants {
            let owner = Owner { id: "6f0c1d7e", name: "con\"toso", tenant: None };
            let mut survey = Survey::default();
            entries.iter().for_each(|entry| survey.add(entry));
            form.tenant(&owner, &survey, &mut text);
            for entry in *entries {
                let (assessment, up_to) = (survey.assess(entry, None), survey.up_to().unwrap());
                form.source(&Source { owner: &owner, entry, assessment: &assessment, up_to }, &mut text);
            }
            form.tenant_end(&Kind::ALL.map(|kind| (kind, 0)).into(), &mut text);
        }
        form.close(&mut text);
        text
    }

    #[test]
    fn a_document_of_any_number_of_tenants_and_sources_is_json() {
        let source = entry_of("2001:db8:1:2::/64", "\u{1b}\",\u{202e}@contoso.com", [on(0, Standing::Unaligned)]);
        let two = [source.clone(), source];
        for tenants in [&[][..], &[&two[..0]], &[&two[..1]], &[&two, &two[..0], &two]] {
            let read: Value = serde_json::from_str(&document(tenants)).unwrap();
            assert_eq!(read["schema"], "postern.inventory/1");
            let sources = read["tenants"].as_array().unwrap().iter().map(|it| it["sources"].as_array().unwrap().len());
            assert!(sources.eq(tenants.iter().map(|entries| entries.len())));
        }
    }

    #[test]
    fn a_source_stands_on_a_line_of_its_own() {
        let entries = [entry_of("203.0.113.0/24", "scanner@contoso.com", [0, 2].map(|day| on(day, Standing::Aligned)))];
        assert_eq!(
            document(&[&entries]).lines().nth(2),
            Some(concat!(
                r#"{"network":"203.0.113.0/24","sender":"scanner@contoso.com","kind":"aligned","signs":[],"#,
                r#""sanction":null,"first_seen":"2026-01-01T12:00:00Z","last_seen":"2026-01-03T12:00:00Z","days":2,"#,
                r#""recent_days":["2026-01-01","2026-01-03"],"messages":{"total":2,"aligned":2,"sanctioned":0,"#,
                r#""transient":0,"unaligned":0},"recipients":1,"latest":{"spf":null,"dkim":null,"dmarc":null}}"#
            ))
        );
    }
}
