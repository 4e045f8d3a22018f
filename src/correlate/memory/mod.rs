//! Everything that is remembered of one tenant.

mod limits;
mod stored;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Span, Time};
use crate::judge::posture::PostureFinding;
use crate::judge::{BenignReason, Departure, Factor, FactorSet, Observation, OwnMail, Standing, Visit};

use super::campaign::Kind;
use super::campaigns::{Campaigns, Incoming, Opening, Over};
use super::deliveries::{Deliveries, Moved, Row};
use super::finding::Telling;
use super::finding::{Finding, Stage};
use super::gate::Gates;
use super::related::{Related, Says, Waiting};
use super::seen::{Ruling, Seen};
use super::sent::{Echo, SentMail};
use super::sources::{Familiarity, Sighting, SourceKey, Sources};

pub use limits::{CrowdedOut, Limits, Sizes};
use stored::Touched;
pub use stored::{Change, KINDS};

/// From then on a source that was never seen before is worth a word: everything is new to a memory that has just begun.
const LEARNING: Span = Span::hours(7 * 24);

/// One tenant's memory: a state machine that knows no other tenant.
#[derive(Debug, Clone)]
pub struct Memory {
    tenant: Fingerprint,
    clock: Clock,
    campaigns: Campaigns,
    deliveries: Deliveries,
    sources: Sources,
    sent: SentMail,
    waiting: Waiting,
    gates: Gates,
    limits: Limits,
    touched: BTreeSet<Touched>,
    repeated: u64,
}

/// What counts beside the entries themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Clock {
    /// The latest event time of any of the tenant's mail.
    watermark: Time,
    /// Campaigns closed because there were too many.
    evicted: u64,
    /// The earliest event time of anything that was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<Time>,
    /// Entries of other kinds that were forgotten because there were too many.
    #[serde(default)]
    crowded_out: CrowdedOut,
}

impl Default for Clock {
    fn default() -> Self {
        Self { watermark: Time::MIN, evicted: 0, began: None, crowded_out: CrowdedOut::default() }
    }
}

impl Memory {
    /// An empty memory of the tenant with this id, with these bounds.
    #[must_use]
    pub fn new(tenant_id: &str, limits: Limits) -> Self {
        Self {
            tenant: Fingerprint::of("postern tenant", &[tenant_id.to_ascii_lowercase().as_bytes()]),
            clock: Clock::default(),
            campaigns: Campaigns::default(),
            deliveries: Deliveries::default(),
            sources: Sources::default(),
            sent: SentMail::default(),
            waiting: Waiting::default(),
            gates: Gates::default(),
            limits,
            touched: BTreeSet::new(),
            repeated: 0,
        }
    }

    /// Advances event time, closes what is over and forgets what is old. Time never goes back.
    pub fn handle_watermark(&mut self, watermark: Time, tell: &mut dyn FnMut(Finding)) {
        if watermark <= self.clock.watermark {
            return;
        }
        self.clock.watermark = watermark;
        self.touched.insert(Touched::Clock);
        while self.campaigns.pass(watermark, tell).is_some() {}
        self.close_gates(tell);
        self.forget();
    }

    /// Takes in what was seen; says what becomes of a suspicious message.
    pub fn observe(&mut self, seen: &Seen, tell: &mut dyn FnMut(Finding)) -> Option<Ruling> {
        self.begin(seen.time());
        let mut findings = Vec::new();
        let ruling = match seen {
            Seen::Suspicious(observation) => Some(self.suspect(observation, &mut |finding| findings.push(finding))),
            Seen::Own(mail) => {
                self.meet(mail);
                None
            }
            Seen::Departed(departure) => {
                self.depart(departure);
                None
            }
            Seen::Related(related) => {
                self.relate(related, &mut |finding| findings.push(finding));
                None
            }
            Seen::Posture(finding) => {
                self.open_gate(finding, &mut |finding| findings.push(finding));
                None
            }
        };
        for finding in findings {
            let named = self.name_at_gates(&finding);
            tell(finding);
            named.into_iter().for_each(&mut *tell);
        }
        self.forget();
        ruling
    }

    /// Under which name a message is told that was seen, unless there is nothing to tell of it.
    #[must_use]
    pub fn telling(&self, observation: &Observation) -> Option<Telling> {
        let joined = self.deliveries.campaign(Deliveries::key(observation))?;
        self.campaigns.telling(joined, observation)
    }

    /// Rows that were recognised as repeats since this was asked last.
    pub const fn take_repeated(&mut self) -> u64 {
        std::mem::replace(&mut self.repeated, 0)
    }

    /// Campaigns closed because there were too many, ever.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.clock.evicted
    }

    /// Entries of other kinds forgotten because there were too many, ever.
    #[must_use]
    pub const fn crowded_out(&self) -> CrowdedOut {
        self.clock.crowded_out
    }

    /// How much is remembered.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes {
            open_campaigns: self.campaigns.open(),
            deliveries: self.deliveries.len(),
            sources: self.sources.len(),
            sent: self.sent.len(),
            waiting: self.waiting.len(),
            gates: self.gates.len(),
        }
    }

    fn begin(&mut self, time: Time) {
        if self.clock.began.is_none_or(|began| time < began) {
            self.clock.began = Some(time);
            self.touched.insert(Touched::Clock);
        }
    }

    fn suspect(&mut self, observation: &Observation, tell: &mut dyn FnMut(Finding)) -> Ruling {
        let key = Deliveries::key(observation);
        let row = self.deliveries.observe(key, observation);
        let known = self.deliveries.ruling(key);
        if row == Row::Repeated {
            self.repeated += 1;
            return known.unwrap_or(Ruling::Suspicious(observation.factors));
        }
        self.touched.insert(Touched::Delivery(key));
        if let Some(known) = known {
            if let (Some(campaign), Ruling::Suspicious(factors)) = (self.deliveries.campaign(key), known) {
                let factors = observation.factors.union(learnt(factors));
                let observation = Observation { factors, content: None, ..observation.clone() };
                self.campaigns.correct(campaign, &observation, row, tell);
            }
            return known;
        }
        let ruling = self.rule(observation);
        match ruling.ruling {
            Ruling::Benign(reason) => self.deliveries.silenced(key, reason),
            Ruling::Suspicious(factors) => {
                let content = observation.content.filter(|_| !ruling.is_settled);
                let observation = Observation { factors, content, ..observation.clone() };
                let campaign = self.join(&observation, row, &ruling, tell);
                self.deliveries.joined(key, campaign, factors);
                self.call_waiting(&observation, tell);
            }
        }
        ruling.ruling
    }

    /// Weighs a suspicious message against what is known of its source and of what left the tenant.
    fn rule(&mut self, observation: &Observation) -> Ruled {
        let echo = self.echo(observation);
        if echo == Echo::Proven {
            return Ruled::benign(BenignReason::Echo);
        }
        let mut ruled =
            Ruled { ruling: Ruling::Suspicious(observation.factors), is_settled: false, kind: Kind::Ordinary };
        let mut factors = observation.factors;
        if let Some(visit) = &observation.visit {
            let key = source_key(visit);
            let familiarity = self.visit(&key, visit, observation.time, observation.recipient);
            if is_known(familiarity, visit.standing) {
                return Ruled::benign(BenignReason::KnownSource);
            }
            ruled.is_settled = !visit.is_personal && self.sources.is_settled(&key, observation.time);
            self.weigh_source(&key, visit, familiarity, observation.time, &mut factors);
        }
        factors.insert_if(Factor::LikelyEcho, echo == Echo::Likely);
        ruled.kind = Kind::of(factors);
        ruled.ruling = Ruling::Suspicious(factors);
        ruled
    }

    fn echo(&mut self, observation: &Observation) -> Echo {
        let Some(arrival) = &observation.arrival else { return Echo::No };
        let echo = self.sent.returns(arrival, observation.message, observation.time);
        if echo != Echo::No {
            self.touched.insert(Touched::Sent(arrival.mail));
        }
        echo
    }

    fn visit(&mut self, key: &SourceKey, visit: &Visit, time: Time, recipient: Fingerprint) -> Familiarity {
        let sighting = Sighting {
            time,
            recipient,
            standing: visit.standing,
            is_personal: visit.is_personal,
            results: visit.results,
        };
        self.touched.insert(Touched::Source(key.clone()));
        self.sources.observe(key, &sighting)
    }

    fn weigh_source(
        &self,
        key: &SourceKey,
        visit: &Visit,
        familiarity: Familiarity,
        time: Time,
        factors: &mut FactorSet,
    ) {
        let has_history = self.clock.began.is_some_and(|began| began + LEARNING <= time);
        let is_new = familiarity == Familiarity::New;
        factors.insert_if(Factor::FirstSeen, is_new && has_history);
        factors.insert_if(Factor::KnownNetwork, self.sources.knows_network(key, time));
        let was_aligned = matches!(familiarity, Familiarity::AlignedBefore | Familiarity::Aligned);
        factors.insert_if(Factor::AlignedHistory, was_aligned && visit.standing == Standing::Transient);
    }

    fn join(
        &mut self,
        observation: &Observation,
        row: Row,
        ruled: &Ruled,
        tell: &mut dyn FnMut(Finding),
    ) -> Fingerprint {
        let opening = Opening { tenant: self.tenant, watermark: self.clock.watermark, evicted: self.clock.evicted };
        let incoming = Incoming { observation, row, kind: ruled.kind };
        self.touched.insert(Touched::Budgets);
        let joined = self.campaigns.observe(incoming, opening, tell);
        while let Some(over) = self.campaigns.evict_one(self.limits.campaigns_max, tell) {
            self.clock.evicted += u64::from(over == Over::Closed);
            self.touched.insert(Touched::Clock);
        }
        joined
    }

    /// Joins the rows that came before their message.
    fn call_waiting(&mut self, observation: &Observation, tell: &mut dyn FnMut(Finding)) {
        let Some(rows) = self.waiting.call(observation.message) else { return };
        self.touched.insert(Touched::Waiting(observation.message));
        rows.iter().for_each(|related| self.relate(related, tell));
    }

    fn relate(&mut self, related: &Related, tell: &mut dyn FnMut(Finding)) {
        let joined = self.deliveries.campaign_of_message(related.message);
        let (Some(campaign), true) = (joined, self.has_its_delivery(related)) else {
            self.waiting.wait(related);
            self.touched.insert(Touched::Waiting(related.message));
            return;
        };
        let rows = match related.says {
            Says::Moved { recipient, to } => {
                let moved = Moved { time: related.time, row: related.row, to };
                self.deliveries.moved(related.message, recipient, moved)
            }
            Says::Link { .. } | Says::Attachment | Says::Click => Vec::new(),
        };
        self.touched.extend(rows.iter().map(|(key, _)| Touched::Delivery(*key)));
        self.campaigns.relate(campaign, related, &rows, tell);
    }

    /// A message may be known by the row of another recipient.
    fn has_its_delivery(&self, related: &Related) -> bool {
        match related.says {
            Says::Moved { recipient: Some(recipient), .. } => self.deliveries.has(related.message, recipient),
            _ => true,
        }
    }

    fn meet(&mut self, mail: &OwnMail) {
        let key = Deliveries::key_of_own(mail);
        if self.deliveries.observe_own(key, mail) {
            self.visit(&source_key(&mail.visit), &mail.visit, mail.time, mail.recipient);
        } else {
            self.repeated += 1;
        }
        self.touched.insert(Touched::Delivery(key));
    }

    fn depart(&mut self, departure: &Departure) {
        self.sent.depart(departure);
        self.touched.insert(Touched::Sent(departure.mail));
    }

    fn open_gate(&mut self, finding: &PostureFinding, tell: &mut dyn FnMut(Finding)) {
        if let Some(gate) = self.gates.open(finding, self.tenant) {
            self.touched.insert(Touched::Gate(gate.id));
            tell(Finding::Gate(Stage::Opened, gate));
        }
        self.close_gates(tell);
    }

    fn close_gates(&mut self, tell: &mut dyn FnMut(Finding)) {
        while let Some(gate) = self.gates.close_one(self.clock.watermark, self.limits.gates_max) {
            self.touched.insert(Touched::Gate(gate.id));
            tell(Finding::Gate(Stage::Closed, gate));
        }
    }

    /// Names a new campaign in the alerts of the changes before it.
    fn name_at_gates(&mut self, finding: &Finding) -> Vec<Finding> {
        let Finding::Campaign(Stage::Opened, campaign) = finding else { return Vec::new() };
        let (touched, told) = self.gates.note(campaign.id, campaign.first_seen);
        self.touched.extend(touched.into_iter().map(Touched::Gate));
        told.into_iter().map(|gate| Finding::Gate(Stage::Updated, gate)).collect()
    }

    fn forget(&mut self) {
        let Limits { deliveries_max, sources_max, sent_max, waiting_max, .. } = self.limits;
        let watermark = self.clock.watermark;
        let mut lost = self.clock.crowded_out;
        lost.deliveries += (self.deliveries.len().saturating_sub(deliveries_max)) as u64;
        lost.sent += (self.sent.len().saturating_sub(sent_max)) as u64;
        lost.waiting += (self.waiting.len().saturating_sub(waiting_max)) as u64;
        while let Some(key) = self.deliveries.forget_one(watermark, deliveries_max) {
            self.touched.insert(Touched::Delivery(key));
        }
        while let Some(mail) = self.sent.forget_one(watermark, sent_max) {
            self.touched.insert(Touched::Sent(mail));
        }
        while let Some(message) = self.waiting.forget_one(watermark, waiting_max) {
            self.touched.insert(Touched::Waiting(message));
        }
        while let Some(key) = self.sources.forget_one_silent(watermark) {
            self.touched.insert(Touched::Source(key));
        }
        while let Some(key) = self.sources.evict_one(sources_max) {
            lost.sources += 1;
            self.touched.insert(Touched::Source(key));
        }
        if lost != self.clock.crowded_out {
            self.clock.crowded_out = lost;
            self.touched.insert(Touched::Clock);
        }
    }
}

/// What a message comes to, and how it would join.
struct Ruled {
    ruling: Ruling,
    kind: Kind,
    /// Whether its source was there on an earlier day and has behaved as a device since. Such a source is found by its
    /// network alone, and nobody by what it writes, because the scanners of one maker all write the same subject.
    is_settled: bool,
}

impl Ruled {
    const fn benign(reason: BenignReason) -> Self {
        Self { ruling: Ruling::Benign(reason), kind: Kind::Ordinary, is_settled: false }
    }
}

/// A known device is silent whatever it proves. A source that proved itself for a week is, where it proves itself now or
/// only a lookup failed; that it fails for good is news.
fn is_known(familiarity: Familiarity, standing: Standing) -> bool {
    match familiarity {
        Familiarity::Device => true,
        Familiarity::Aligned => matches!(standing, Standing::Aligned | Standing::Transient),
        Familiarity::New | Familiarity::Seen | Familiarity::AlignedBefore => false,
    }
}

/// What the memory added to a message's factors: a later row of the message cannot know it.
fn learnt(factors: FactorSet) -> FactorSet {
    let mut learnt = FactorSet::default();
    for factor in [Factor::FirstSeen, Factor::KnownNetwork, Factor::AlignedHistory, Factor::LikelyEcho] {
        learnt.insert_if(factor, factors.contains(factor));
    }
    learnt
}

fn source_key(visit: &Visit) -> SourceKey {
    SourceKey { network: visit.network, sender: visit.sender.clone() }
}
