//! The stateless half: payload bytes to a slice, wherever they arrive.

use std::sync::Arc;

use serde::Serialize;

use crate::correlate::{Related, Ruling, Seen};
use crate::decode::{self, Body, Owner, RawRecord, Record, Skim, Undecodable};
use crate::event::{AuditEvent, DeliveryAction, Direction, MailEvent, RelatedEvent, Span, Time};
use crate::judge::posture::judge_audit;
use crate::judge::{
    BenignReason, Departure, FactorSet, Judgement, MailName, Observation, OwnMail, RuleSet, Severity, TenantIndex,
    Tenants, Verdict, at_a_glance, judge, weigh,
};

use super::slice::{DEAD_LETTER_BYTES_MAX, DeadLetter, Outcome, Slice, Step};

/// How far a timestamp may lie after the arrival of its record. Beyond, it is wrong or forged, and the arrival counts:
/// one far future date would otherwise close every campaign of its tenant.
pub const FUTURE_TOLERANCE: Span = Span::minutes(5);

/// Decodes and judges records; shared by every receiver.
#[derive(Debug, Clone)]
pub struct Inspector {
    tenants: Arc<Tenants>,
    limits: decode::Limits,
}

/// Where and when a payload came in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Names the input in dead letters: `source/topic/partition`, or the webhook's or file's name.
    pub origin: &'a str,
    /// The payload's offset in its input; 0 where the input has none.
    pub offset: i64,
    /// When the payload came in, from the broker, so that a replay sees it again; `None` where only the records know.
    pub time: Option<Time>,
}

impl Inspector {
    /// An inspector for these tenants.
    #[must_use]
    pub const fn new(tenants: Arc<Tenants>, limits: decode::Limits) -> Self {
        Self { tenants, limits }
    }

    /// The tenants that records are judged for.
    #[must_use]
    pub const fn tenants(&self) -> &Arc<Tenants> {
        &self.tenants
    }

    /// Inspects one payload, in UTF-8 or UTF-16, adding to the slice; every record ends in exactly one outcome. The verdict
    /// on each mail, and on each record that could not be read, is reported in input order. On suspicious mail the memory
    /// has the last word ([`VerdictLine::ruled`]): the nth one is the nth [`Seen::Suspicious`] of the slice.
    pub fn inspect(
        &self,
        payload: &[u8],
        arrival: Arrival<'_>,
        slice: &mut Slice,
        report: &mut impl FnMut(&VerdictLine<'_>),
    ) {
        slice.bytes += payload.len() as u64;
        let mut inspection = Inspection { tenants: &self.tenants, arrival, slice, report };
        decode::records(&decode::utf8(payload), &self.limits, &mut |visit| inspection.visit(visit));
    }
}

struct Inspection<'i, R> {
    tenants: &'i Tenants,
    arrival: Arrival<'i>,
    slice: &'i mut Slice,
    report: &'i mut R,
}

impl<R: FnMut(&VerdictLine<'_>)> Inspection<'_, R> {
    fn visit(&mut self, visit: Result<RawRecord<'_>, Undecodable<'_>>) {
        let outcome = match visit {
            Ok(raw) => self.record(&raw),
            Err(undecodable) => self.undecodable(&undecodable),
        };
        self.slice.outcomes.count(outcome);
    }

    fn record(&mut self, raw: &RawRecord<'_>) -> Outcome {
        if let Some(outcome) = raw.skim().and_then(|skim| self.glance(skim)) {
            return outcome;
        }
        match raw.decode() {
            Ok(record) => self.decoded(record, raw.text()),
            Err(undecodable) => self.undecodable(&undecodable),
        }
    }

    fn glance(&mut self, skim: &Skim<'_>) -> Option<Outcome> {
        let index = self.tenants.find(skim.tenant_id)?;
        let tenant = self.tenants.get(index);
        let glance = at_a_glance(skim, tenant)?;
        let published = || skim.published.and_then(|text| Time::parse(text).ok());
        let time = self.event_time(skim.timestamp, published);
        let watermark = self.slice.advance(index, time);
        self.slice.mail_of(index).count(glance.entry, &Verdict::Benign(glance.reason), DeliveryAction::Unknown);
        if skim.direction == Direction::Outbound {
            self.departs(index, watermark, departure_at_a_glance(skim, time));
        }
        let record = self.number();
        (self.report)(&VerdictLine {
            record,
            time: Some(time),
            tenant: Some(&tenant.name),
            network_message_id: Some(skim.network_message_id),
            recipient: Some(skim.recipient),
            reason: Some(glance.reason.as_str()),
            entry: Some(glance.entry.as_str()),
            alignment: Some(glance.alignment.as_str()),
            ..VerdictLine::new("benign")
        });
        Some(Outcome::Benign)
    }

    fn decoded(&mut self, record: Record<'_>, json: &str) -> Outcome {
        let mail = if let Body::Mail(event) = &record.body { Some(event) } else { None };
        if let Body::Other { .. } = record.body {
            return Outcome::OtherTable;
        }
        let Some(tenant) = self.tenants.owner(&record.envelope.owner, mail) else {
            return self.unknown_tenant(&record.envelope.owner, json);
        };
        let published = record.envelope.published;
        match record.body {
            Body::Other { .. } => Outcome::OtherTable,
            Body::Mail(event) => self.mail(event, tenant, published),
            Body::Related(event) => self.related(&event, tenant, published),
            Body::Audit(event) => self.audit(&event, tenant, published),
        }
    }

    fn related(&mut self, event: &RelatedEvent<'_>, tenant: TenantIndex, published: Option<Time>) -> Outcome {
        let time = self.event_time(event.timestamp(), || published);
        let watermark = self.slice.advance(tenant, time);
        if let Some(related) = Related::of(event) {
            self.step(tenant, watermark, Seen::Related(Related { time, ..related }));
        }
        Outcome::Related
    }

    fn audit(&mut self, event: &AuditEvent<'_>, tenant: TenantIndex, published: Option<Time>) -> Outcome {
        let time = self.event_time(event.timestamp, || published);
        let watermark = self.slice.advance(tenant, time);
        for mut finding in judge_audit(event, self.tenants.get(tenant)) {
            finding.time = time;
            self.step(tenant, watermark, Seen::Posture(finding));
        }
        Outcome::Related
    }

    fn step(&mut self, tenant: TenantIndex, watermark: Time, seen: Seen) {
        self.slice.steps.push(Step { offset: self.arrival.offset, tenant, watermark, seen });
    }

    fn departs(&mut self, tenant: TenantIndex, watermark: Time, departure: Option<Departure>) {
        if let Some(departure) = departure {
            self.step(tenant, watermark, Seen::Departed(departure));
        }
    }

    fn mail(&mut self, mut event: MailEvent<'_>, index: TenantIndex, published: Option<Time>) -> Outcome {
        event.timestamp = self.event_time(event.timestamp, || published);
        let watermark = self.slice.advance(index, event.timestamp);
        let tenant = self.tenants.get(index);
        let judgement = judge(&event, tenant);
        let verdict = judgement.verdict();
        self.slice.mail_of(index).count(judgement.facts.entry, &verdict, event.delivery_action);
        let record = self.number();
        (self.report)(&VerdictLine { record, ..VerdictLine::of(&judgement, &verdict, &tenant.name) });
        match verdict {
            Verdict::Benign(BenignReason::Outbound) => {
                self.departs(index, watermark, departure(&event));
                Outcome::Benign
            }
            Verdict::Benign(_) => self.own(&judgement, index, watermark, Outcome::Benign),
            Verdict::Sanctioned(_) => self.own(&judgement, index, watermark, Outcome::Sanctioned),
            Verdict::Unknown(_) => Outcome::Unknown,
            Verdict::Suspicious => {
                let observation = Observation::of(&judgement, tenant);
                self.step(index, watermark, Seen::Suspicious(observation));
                Outcome::Suspicious
            }
        }
    }

    fn own(&mut self, judgement: &Judgement<'_>, tenant: TenantIndex, watermark: Time, outcome: Outcome) -> Outcome {
        if let Some(mail) = OwnMail::of(judgement, self.tenants.get(tenant)) {
            self.step(tenant, watermark, Seen::Own(mail));
        }
        outcome
    }

    /// The number of the record at hand, which is counted when it has been dealt with.
    fn number(&self) -> u64 {
        self.slice.outcomes.total() + 1
    }

    fn event_time(&self, timestamp: Time, published: impl FnOnce() -> Option<Time>) -> Time {
        let arrival = self.arrival.time.or_else(published);
        arrival.filter(|arrival| timestamp > *arrival + FUTURE_TOLERANCE).unwrap_or(timestamp)
    }

    fn unknown_tenant(&mut self, owner: &Owner<'_>, text: &str) -> Outcome {
        self.dead_letter("unknown_tenant", owner.explanation(), text.as_bytes());
        Outcome::UnknownTenant
    }

    fn undecodable(&mut self, undecodable: &Undecodable<'_>) -> Outcome {
        self.dead_letter(undecodable.reason.as_str(), undecodable.detail.clone(), undecodable.raw);
        Outcome::Undecodable
    }

    fn dead_letter(&mut self, reason: &str, detail: String, raw: &[u8]) {
        let record = self.number();
        (self.report)(&VerdictLine { record, reason: Some(reason), ..VerdictLine::new("undecodable") });
        let letter = DeadLetter {
            reason: reason.to_owned(),
            detail,
            origin: format!("{}/{}", self.arrival.origin, self.arrival.offset),
            raw: raw[..raw.len().min(DEAD_LETTER_BYTES_MAX)].to_vec(),
        };
        self.slice.dead_letters.push((self.arrival.offset, letter));
    }
}

fn departure_at_a_glance(skim: &Skim<'_>, time: Time) -> Option<Departure> {
    let (message_id, subject) = (skim.internet_message_id()?, skim.subject().unwrap_or_default());
    let name = MailName { message_id: &message_id, author: skim.header_from?, subject: &subject };
    Departure::of(time, name, skim.recipient)
}

fn departure(event: &MailEvent<'_>) -> Option<Departure> {
    let name = MailName {
        message_id: event.internet_message_id.as_deref()?,
        author: event.header_from.address.as_deref()?,
        subject: event.subject.as_deref().unwrap_or_default(),
    };
    Departure::of(event.timestamp, name, &event.recipient)
}

/// The verdict on one record, as `scan --verdicts` writes it, without the input's name and the record's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VerdictLine<'a> {
    /// The number of the record in the slice, from 1; not written, because an input has many slices.
    #[serde(skip)]
    pub record: u64,
    /// Event time; `None` where the record could not be read.
    #[serde(skip)]
    pub time: Option<Time>,
    /// The tenant's name; `None` where it is not known.
    pub tenant: Option<&'a str>,
    /// `EmailEvents`; a record that could not be read is counted with them.
    pub table: &'a str,
    /// `NetworkMessageId`.
    pub network_message_id: Option<&'a str>,
    /// `RecipientEmailAddress`.
    pub recipient: Option<&'a str>,
    /// `benign`, `sanctioned`, `suspicious` or `undecodable`.
    pub verdict: &'a str,
    /// Why, for all but the suspicious.
    pub reason: Option<&'a str>,
    /// The rules that fired, gravest first.
    #[serde(serialize_with = "rule_names")]
    pub rules: RuleSet,
    /// What makes the message worse or less bad.
    #[serde(skip)]
    pub factors: FactorSet,
    /// How bad the message is on its own.
    pub severity: Option<Severity>,
    /// By which door it came.
    pub entry: Option<&'a str>,
    /// Whether anything proves the claim.
    pub alignment: Option<&'a str>,
}

impl<'a> VerdictLine<'a> {
    fn new(verdict: &'a str) -> Self {
        Self {
            record: 0,
            time: None,
            tenant: None,
            table: "EmailEvents",
            network_message_id: None,
            recipient: None,
            verdict,
            reason: None,
            rules: RuleSet::default(),
            factors: FactorSet::default(),
            severity: None,
            entry: None,
            alignment: None,
        }
    }

    /// The line on a suspicious message in the light of what the memory knows.
    #[must_use]
    pub fn ruled(self, ruling: Ruling) -> Self {
        match ruling {
            Ruling::Suspicious(factors) => {
                Self { factors, severity: Some(weigh(self.rules.severity(), factors, factors).severity), ..self }
            }
            Ruling::Benign(reason) => Self {
                verdict: "benign",
                reason: Some(reason.as_str()),
                rules: RuleSet::default(),
                factors: FactorSet::default(),
                severity: None,
                ..self
            },
        }
    }

    fn of(judgement: &'a Judgement<'a>, verdict: &'a Verdict<'a>, tenant: &'a str) -> Self {
        let facts = &judgement.facts;
        let reason = match verdict {
            Verdict::Benign(reason) => Some(reason.as_str()),
            Verdict::Sanctioned(name) => Some(*name),
            Verdict::Unknown(gap) => Some(gap.as_str()),
            Verdict::Suspicious => None,
        };
        Self {
            time: Some(facts.event.timestamp),
            tenant: Some(tenant),
            table: facts.event.form.as_str(),
            network_message_id: Some(facts.event.network_message_id.as_str()).filter(|id| !id.is_empty()),
            recipient: Some(facts.event.recipient.as_str()).filter(|recipient| !recipient.is_empty()),
            reason,
            rules: judgement.rules,
            factors: judgement.factors,
            severity: (!judgement.rules.is_empty()).then(|| judgement.weighing().severity),
            entry: Some(facts.entry.as_str()),
            alignment: Some(facts.alignment.as_str()),
            ..Self::new(verdict.as_str())
        }
    }
}

fn rule_names<S: serde::Serializer>(rules: &RuleSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rules.iter().map(|rule| rule.id.as_str()))
}
