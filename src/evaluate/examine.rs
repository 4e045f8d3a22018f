//! One record before everybody's eyes.

use std::sync::Arc;

use crate::decode::{self, Body, RawRecord, Undecodable};
use crate::detector::{Arrival, Inspector, Slice};
use crate::event::MailEvent;
use crate::judge::{RuleSet, Severity, Tenant, Tenants};

use super::contender::Fired;
use super::published::PUBLISHED;

/// Shows each record to Postern and to the published rules.
///
/// A payload is read twice: first by the inspector, as the service would, then by the full decoder for the published
/// rules, which need the whole row. That is dearer than sharing one reading, and it measures what runs.
#[derive(Debug, Clone)]
pub struct Examiner {
    inspector: Inspector,
    limits: decode::Limits,
}

/// What came of one record.
#[derive(Debug, Clone, Copy)]
pub struct Examined<'a> {
    /// The mail; `None` where the record is none, or cannot be read, or is of no tenant.
    pub mail: Option<&'a MailEvent<'a>>,
    /// What fired on it.
    pub fired: Fired,
}

impl Examiner {
    /// An examiner for these tenants.
    #[must_use]
    pub const fn new(tenants: Arc<Tenants>, limits: decode::Limits) -> Self {
        Self { inspector: Inspector::new(tenants, limits), limits }
    }

    /// Examines each record of the payload, in order.
    pub fn examine(&self, payload: &[u8], report: &mut impl FnMut(&Examined<'_>)) {
        let verdicts = self.suspicious(payload);
        let mut verdicts = verdicts.into_iter().peekable();
        let mut record = 0;
        decode::records(payload, &self.limits, &mut |visit| {
            record += 1;
            let verdict = verdicts.next_if(|verdict| verdict.record == record);
            self.record(visit, verdict, report);
        });
    }

    /// The inspector's suspicious records, in order.
    fn suspicious(&self, payload: &[u8]) -> Vec<Suspicious> {
        let mut found = Vec::new();
        let arrival = Arrival { origin: "evaluation", offset: 0, time: None };
        self.inspector.inspect(payload, arrival, &mut Slice::default(), &mut |line| {
            if !line.rules.is_empty() {
                found.push(Suspicious { record: line.record, rules: line.rules, severity: line.severity });
            }
        });
        found
    }

    fn record(
        &self,
        visit: Result<RawRecord<'_>, Undecodable<'_>>,
        verdict: Option<Suspicious>,
        report: &mut impl FnMut(&Examined<'_>),
    ) {
        let tenants = self.inspector.tenants();
        let decoded = visit.and_then(|raw| raw.decode()).ok();
        let Some((owner, Body::Mail(mail))) = decoded.map(|record| (record.envelope.owner, record.body)) else {
            return report(&Examined { mail: None, fired: Fired::default() });
        };
        let Some(tenant) = tenants.owner(&owner, Some(&mail)) else {
            return report(&Examined { mail: None, fired: Fired::default() });
        };
        let published = published(&mail, tenants.get(tenant));
        let fired =
            verdict.map_or_else(Fired::default, |it| Fired { rules: it.rules, severity: it.severity, published: 0 });
        report(&Examined { mail: Some(&mail), fired: Fired { published, ..fired } });
    }
}

/// What the inspector found.
struct Suspicious {
    record: u64,
    rules: RuleSet,
    severity: Option<Severity>,
}

/// A bit for each published rule that fires.
fn published(mail: &MailEvent<'_>, tenant: &Tenant) -> u16 {
    let fires = PUBLISHED.iter().enumerate().filter(|(_, rule)| (rule.fires)(mail, tenant));
    fires.fold(0, |bits, (place, _)| bits | 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Contender;
    use crate::judge::AcceptedDomain;

    const SPOOF: &str = include_str!("../../corpora/stream/direct-send-spoof/input.json");

    #[test]
    fn what_fires_is_told_with_the_record_it_fired_on() {
        let accepted_domains = vec![AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false }];
        let tenants = Arc::new(Tenants::catch_all(Tenant { accepted_domains, ..Tenant::default() }));
        let examiner = Examiner::new(tenants, decode::Limits::default());
        let mut told = Vec::new();
        let payload = format!("{{\"category\":\"x\"}}\nnonsense\n{}\n", SPOOF.trim());
        examiner.examine(payload.as_bytes(), &mut |examined| {
            told.push((examined.mail.is_some(), examined.fired.has(Contender::Postern), examined.fired.published != 0));
        });
        assert_eq!(told, [(false, false, false), (false, false, false), (true, false, true), (true, true, true)]);
    }
}
