//! Everything that is remembered of one tenant.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Span, Time};
use crate::judge::posture::PostureFinding;
use crate::judge::{BenignReason, Departure, Factor, FactorSet, Observation, OwnMail, Standing, Visit};

use super::campaign::{Campaign, Kind};
use super::campaigns::{Campaigns, Incoming, Opening, Over};
use super::deliveries::{Deliveries, Delivery, Moved, Row};
use super::finding::{Finding, Stage};
use super::gate::{Gates, OpenGate};
use super::related::{Related, Rows, Says, Waiting};
use super::seen::{Ruling, Seen};
use super::sent::{Echo, Sent, SentMail};
use super::sources::{Familiarity, Profile, Sighting, SourceKey, Sources};

/// How much may be remembered of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Campaigns. Beyond, the one that would be over first is closed, forgotten and counted.
    pub campaigns_max: usize,
    /// Deliveries. Beyond, the oldest is forgotten: its repeat would be counted again.
    pub deliveries_max: usize,
    /// Pairs of network and sender. Beyond, the one that would be missed least is forgotten.
    pub sources_max: usize,
    /// Mail that left. Beyond, the oldest is forgotten: its return would be an alert.
    pub sent_max: usize,
    /// Messages that rows of other tables wait for. Beyond, those that waited longest are forgotten.
    pub waiting_max: usize,
    /// Changes of settings that are watched.
    pub gates_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            campaigns_max: 10_000,
            deliveries_max: 200_000,
            sources_max: 1_000_000,
            sent_max: 200_000,
            waiting_max: 50_000,
            gates_max: 200,
        }
    }
}

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

/// Entries forgotten because there were too many, ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CrowdedOut {
    /// Deliveries.
    pub deliveries: u64,
    /// Pairs of network and sender.
    pub sources: u64,
    /// Mail that left.
    pub sent: u64,
    /// Messages that rows waited for.
    pub waiting: u64,
}

impl CrowdedOut {
    /// The counts with the kinds that they are of.
    #[must_use]
    pub const fn by_kind(self) -> [(&'static str, u64); 4] {
        [(DELIVERY, self.deliveries), (SOURCE, self.sources), (SENT, self.sent), (WAITING, self.waiting)]
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self { watermark: Time::MIN, evicted: 0, began: None, crowded_out: CrowdedOut::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    Clock,
    Delivery(Fingerprint),
    Source(SourceKey),
    Sent(Fingerprint),
    Waiting(Fingerprint),
    Gate(Fingerprint),
    Budgets,
}

/// An entry as it is stored: its kind, its key and its value, or `None` where it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Unique within the kind.
    pub key: String,
    /// Canonical JSON.
    pub value: Option<String>,
}

/// How much is remembered of one tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Campaigns that are open.
    pub open_campaigns: usize,
    /// Deliveries.
    pub deliveries: usize,
    /// Pairs of network and sender.
    pub sources: usize,
    /// Mail that left.
    pub sent: usize,
    /// Messages that rows of other tables wait for.
    pub waiting: usize,
    /// Changes of settings that are watched.
    pub gates: usize,
}

impl Sizes {
    /// The sizes with the kinds that they are of, but for open campaigns.
    #[must_use]
    pub const fn by_kind(self) -> [(&'static str, usize); 5] {
        let Self { deliveries, sources, sent, waiting, gates, .. } = self;
        [(DELIVERY, deliveries), (SOURCE, sources), (SENT, sent), (WAITING, waiting), (GATE, gates)]
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
        while let Some(gate) = self.gates.close_one(watermark, self.limits.gates_max) {
            self.touched.insert(Touched::Gate(gate.id));
            tell(Finding::Gate(Stage::Closed, gate));
        }
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
            if let Some(campaign) = self.deliveries.campaign(key) {
                self.campaigns.correct(campaign, observation, row, tell);
            }
            return known;
        }
        let ruling = self.rule(observation);
        match ruling.ruling {
            Ruling::Benign(reason) => self.deliveries.silenced(key, reason),
            Ruling::Suspicious(factors) => {
                let observation = Observation { factors, ..observation.clone() };
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
            let is_device_like = !visit.is_personal && self.sources.is_like_a_device(&key, observation.time);
            ruled.is_settled = familiarity != Familiarity::New && is_device_like;
            self.weigh_source(&key, visit, familiarity, observation.time, &mut factors);
        }
        factors.insert_if(Factor::LikelyEcho, echo == Echo::Likely);
        if echo == Echo::Likely
            && !factors.contains(Factor::SelfAddressed)
            && !factors.contains(Factor::ProtectedPerson)
        {
            ruled.kind = Kind::Returns;
        }
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
        let incoming = Incoming { observation, row, kind: ruled.kind, is_settled: ruled.is_settled };
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

fn source_key(visit: &Visit) -> SourceKey {
    SourceKey { network: visit.network, sender: visit.sender.clone() }
}

/// The kinds of entries.
pub const KINDS: [&str; 8] = [CLOCK, BUDGETS, CAMPAIGN, DELIVERY, SOURCE, SENT, WAITING, GATE];

const CLOCK: &str = "clock";
const BUDGETS: &str = "budgets";
const CAMPAIGN: &str = "campaign";
const DELIVERY: &str = "delivery";
const SOURCE: &str = "source";
const SENT: &str = "sent";
const WAITING: &str = "waiting";
const GATE: &str = "gate";

/// The memory as entries.
impl Memory {
    /// The entries that changed since this was asked last, each once, in a fixed order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        let campaigns = self.campaigns.take_touched();
        let entries = touched.into_iter().map(|entry| self.change(entry));
        let campaigns = campaigns.into_iter().map(|id| Change::of(CAMPAIGN, &id, self.campaigns.get(id)));
        entries.chain(campaigns).collect()
    }

    /// Puts a stored entry back.
    ///
    /// # Errors
    /// When the entry is not one that this build stores.
    pub fn restore(&mut self, kind: &str, key: &str, value: &str) -> Result<(), serde_json::Error> {
        use serde::de::Error;

        let name = || key.parse::<Fingerprint>().map_err(serde_json::Error::custom);
        match kind {
            CLOCK => self.clock = serde_json::from_str(value)?,
            BUDGETS => self.campaigns.restore_budgets(serde_json::from_str(value)?),
            CAMPAIGN => self.restore_campaign(serde_json::from_str(value)?),
            DELIVERY => self.deliveries.restore(name()?, serde_json::from_str::<Delivery>(value)?),
            SOURCE => {
                let key = key.parse().map_err(serde_json::Error::custom)?;
                self.sources.restore(key, serde_json::from_str::<Profile>(value)?);
            }
            SENT => self.sent.restore(name()?, serde_json::from_str::<Sent>(value)?),
            WAITING => self.waiting.restore(name()?, serde_json::from_str::<Rows>(value)?),
            GATE => self.gates.restore(serde_json::from_str::<OpenGate>(value)?),
            _ => return Err(serde_json::Error::custom(format_args!("no state is of the kind {kind:?}"))),
        }
        Ok(())
    }

    fn restore_campaign(&mut self, campaign: Campaign) {
        self.campaigns.insert(campaign);
        self.campaigns.take_touched();
    }

    fn change(&self, entry: Touched) -> Change {
        match entry {
            Touched::Clock => Change::of(CLOCK, &"", Some(&self.clock)),
            Touched::Budgets => Change::of(BUDGETS, &"", Some(self.campaigns.budgets())),
            Touched::Delivery(key) => Change::of(DELIVERY, &key, self.deliveries.get(key)),
            Touched::Source(key) => Change::of(SOURCE, &key, self.sources.get(&key).as_deref()),
            Touched::Sent(mail) => Change::of(SENT, &mail, self.sent.get(mail)),
            Touched::Waiting(message) => Change::of(WAITING, &message, self.waiting.get(message)),
            Touched::Gate(id) => Change::of(GATE, &id, self.gates.get(id)),
        }
    }
}

impl Change {
    /// Canonical JSON: only ordered collections are stored, so equal values are equal text.
    fn of<T: Serialize>(kind: &'static str, key: &dyn std::fmt::Display, value: Option<&T>) -> Self {
        Self { kind, key: key.to_string(), value: value.and_then(|value| serde_json::to_string(value).ok()) }
    }
}
