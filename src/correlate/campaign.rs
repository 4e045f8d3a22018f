//! One campaign: what its messages have in common, and what has been told of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, SourceNetwork, Span, Time};
use crate::judge::{Content, Evidence, Factor, FactorSet, Observation, RuleId, RuleSet, Severity, Weighing, weigh};

use super::burst::Burst;
use super::deliveries::{Fate, REMEMBERED, Row};
use super::distinct::Distinct;
use super::earliest::Earliest;
use super::related::{Related, Says};
use super::storm::Storm;
use super::voices::Voices;

/// A campaign is over after this long without a message, in event time.
pub(super) const IDLE: Span = Span::hours(1);
/// A campaign is over after this long, whatever happens; what goes on is a new one.
pub(super) const LIFE_MAX: Span = Span::hours(24);
/// A campaign that may be a device is over after this long without a message: longer than a long weekend.
const QUIET: Span = Span::hours(4 * 24);
/// Even such a campaign is over after this long, which is longer than it takes to become known.
const STEADY_LIFE_MAX: Span = Span::hours(30 * 24);
/// How late a message may be and still find its campaign.
pub(super) const LATENESS: Span = Span::minutes(10);
/// Networks and contents that a campaign can be found by. A message beyond them still joins by its other key.
pub(super) const KEYS_MAX: usize = 64;
/// Own identities that no device has.
const IDENTITIES: usize = 3;

/// Suspicious messages that share a source network or a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The identity, fixed when the campaign is opened.
    pub id: Fingerprint,
    /// What holds its messages together.
    #[serde(default, skip_serializing_if = "Kind::is_ordinary")]
    pub kind: Kind,
    /// The gravest rule of the message that opened it.
    pub rule: RuleId,
    /// Event time of the message that opened it.
    pub opened: Time,
    /// Event time of the earliest message.
    pub first_seen: Time,
    /// Event time of the latest message.
    pub last_seen: Time,
    /// Event time of the latest thing that happened to one of its messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_touched: Option<Time>,
    /// All rules that fired.
    pub rules: RuleSet,
    /// Factors that any message shows.
    pub any: FactorSet,
    /// Factors that all messages show.
    pub all: FactorSet,
    /// Distinct messages.
    pub messages: Distinct,
    /// Distinct recipients.
    pub recipients: Distinct,
    /// Deliveries outside the junk folder.
    pub delivered: u64,
    /// Deliveries to the junk folder.
    pub junked: u64,
    /// Deliveries that were blocked.
    pub blocked: u64,
    /// Deliveries that were taken out of the mailbox again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed: u64,
    /// Distinct clicks on its links.
    #[serde(default, skip_serializing_if = "Distinct::is_empty")]
    pub clicks: Distinct,
    /// Networks that it is found by.
    pub networks: BTreeSet<SourceNetwork>,
    /// Contents that it is found by.
    pub contents: BTreeSet<Content>,
    /// Who spoke in it from where.
    #[serde(default, skip_serializing_if = "Voices::is_empty")]
    pub voices: Voices,
    /// How many it reached in a short time.
    #[serde(default, skip_serializing_if = "Burst::is_empty")]
    pub burst: Burst,
    /// Sample of source addresses.
    pub sources: Earliest,
    /// Sample of claimed senders.
    pub senders: Earliest,
    /// Sample of the addresses that it was sent to.
    #[serde(default, skip_serializing_if = "Earliest::is_empty")]
    pub recipient_addresses: Earliest,
    /// Sample of who followed its links.
    #[serde(default, skip_serializing_if = "Earliest::is_empty")]
    pub clicked_by: Earliest,
    /// Sample of subjects.
    pub subjects: Earliest,
    /// Sample of the domains that its links lead to.
    #[serde(default, skip_serializing_if = "Earliest::is_empty")]
    pub link_domains: Earliest,
    /// Sample of NetworkMessageIds.
    pub message_ids: Earliest,
    /// The earliest message's name and evidence.
    pub earliest: (Time, Fingerprint, Vec<Evidence>),
    /// Where it is the telling of many: what they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storm: Option<Storm>,
    /// Whether it is over. It is kept for a while, for what may still become of its messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
    /// What has been told.
    pub told: Told,
}

/// What holds the messages of a campaign together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A network or a content.
    #[default]
    Ordinary,
    /// Each has the name of mail that left the tenant: forwarders that break signatures, unless somebody plays one.
    Returns,
    /// Each is of a configured vendor of phishing simulations.
    Exercise,
    /// Each proves the own name, and came past the filter.
    Proven,
    /// Each is of a source that proved the name before, and of which a lookup failed.
    Lapses,
    /// Nothing: they came in a flood.
    Storm,
}

impl Kind {
    /// What holds a message together with others, by what is known of it. What is personal is nobody's routine.
    pub(super) fn of(factors: FactorSet) -> Self {
        let has = |factor| factors.contains(factor);
        match () {
            () if has(Factor::SimulationVendor) => Self::Exercise,
            () if has(Factor::SelfAddressed) || has(Factor::ProtectedPerson) => Self::Ordinary,
            () if has(Factor::LikelyEcho) => Self::Returns,
            () if has(Factor::OwnAndAligned) => Self::Proven,
            () if has(Factor::AlignedHistory) => Self::Lapses,
            () => Self::Ordinary,
        }
    }

    /// Whether it is one campaign of the tenant for as long as such mail comes: routine, of which many alerts would say
    /// no more than one.
    pub(super) const fn is_standing(self) -> bool {
        matches!(self, Self::Returns | Self::Exercise | Self::Proven | Self::Lapses)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it looks at by reference")]
    const fn is_ordinary(&self) -> bool {
        matches!(self, Self::Ordinary)
    }
}

/// What has been told of a campaign, and under which names: the only part that depends on the order of arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Records told so far.
    pub seq: u32,
    /// The severity told last.
    pub severity: Option<Severity>,
    /// The power of ten of recipients told last.
    pub magnitude: u32,
    /// The power of ten of clicks told last, from 1; 0 where none was told.
    #[serde(default)]
    pub clicks: u32,
    /// How many of those who clicked were told by name.
    #[serde(default)]
    pub clicked_by: usize,
    /// Whether it was told that every delivery has been removed.
    #[serde(default)]
    pub is_removed: bool,
    /// Whether it is told as a part of a storm only.
    #[serde(default)]
    pub in_storm: bool,
    /// The campaigns that turned out to be this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub merged: BTreeSet<Fingerprint>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it looks at by reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Campaign {
    /// A campaign that nothing has joined yet.
    pub(super) fn open(id: Fingerprint, kind: Kind, rule: RuleId, observation: &Observation) -> Self {
        Self {
            id,
            kind,
            rule,
            opened: observation.time,
            first_seen: observation.time,
            last_seen: observation.time,
            last_touched: None,
            rules: observation.rules,
            any: observation.factors,
            all: observation.factors,
            messages: Distinct::default(),
            recipients: Distinct::default(),
            delivered: 0,
            junked: 0,
            blocked: 0,
            removed: 0,
            clicks: Distinct::default(),
            networks: BTreeSet::new(),
            contents: BTreeSet::new(),
            voices: Voices::default(),
            burst: Burst::default(),
            sources: Earliest::default(),
            senders: Earliest::default(),
            recipient_addresses: Earliest::default(),
            clicked_by: Earliest::default(),
            subjects: Earliest::default(),
            link_domains: Earliest::default(),
            message_ids: Earliest::default(),
            earliest: (observation.time, observation.message, observation.evidence.clone()),
            storm: (kind == Kind::Storm).then(Storm::default),
            is_closed: false,
            told: Told::default(),
        }
    }

    /// Whether a message belongs to the campaign, if it shares a key.
    pub(super) fn covers(&self, observation: &Observation) -> bool {
        self.is_near(observation.time, IDLE, LIFE_MAX)
            || (self.is_steady() && self.knows(observation) && self.is_near(observation.time, QUIET, STEADY_LIFE_MAX))
    }

    /// Whether this campaign and another may become one. Both together must not live longer than one may: else it would
    /// matter whether the message that is near to both comes before those that made them two.
    pub(super) fn may_be_one_with(&self, other: &Self) -> bool {
        let mut both = self.clone();
        both.merge(other.clone());
        let life_max = if both.is_steady() { STEADY_LIFE_MAX } else { LIFE_MAX };
        both.last_seen - both.first_seen <= life_max
    }

    fn is_near(&self, time: Time, idle: Span, life_max: Span) -> bool {
        let near = self.first_seen - idle <= time && time <= self.last_seen + idle;
        near && self.last_seen.max(time) - self.first_seen.min(time) <= life_max
    }

    fn knows(&self, observation: &Observation) -> bool {
        self.kind.is_standing() || observation.visit.as_ref().is_some_and(|visit| self.voices.has(visit))
    }

    /// Whether it may be an unregistered device, or a few: each network speaks with one voice, about nothing personal, to
    /// few at a time. Such a campaign stays open over nights and holidays, so that a device is one alert until it is
    /// known; a message of anybody else does not join it then.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        let is_personal = self.any.contains(Factor::SelfAddressed) || self.any.contains(Factor::ProtectedPerson);
        match self.kind {
            Kind::Ordinary => !is_personal && !self.burst.is_reached() && self.voices.are_of_devices(),
            Kind::Storm => false,
            Kind::Returns | Kind::Exercise | Kind::Proven | Kind::Lapses => true,
        }
    }

    /// The watermark at which the campaign is over: nothing that may still come could join it.
    pub(super) fn deadline(&self) -> Time {
        let over = match self.is_steady() {
            true => (self.last_seen + QUIET).min(self.first_seen + STEADY_LIFE_MAX),
            false => (self.last_seen + IDLE).min(self.first_seen + LIFE_MAX),
        };
        over.max(self.last_touched.map_or(over, |touched| touched + IDLE)) + LATENESS
    }

    /// The watermark at which a campaign that is over is forgotten.
    pub(super) fn forgotten(&self) -> Time {
        self.last_touched.map_or(self.last_seen, |touched| touched.max(self.last_seen)) + REMEMBERED
    }

    /// Takes a message in.
    pub(super) fn absorb(&mut self, observation: &Observation, row: Row) {
        self.count(row);
        self.first_seen = self.first_seen.min(observation.time);
        self.last_seen = self.last_seen.max(observation.time);
        self.rules = self.rules.union(observation.rules);
        self.any = self.any.union(observation.factors);
        self.all = self.all.intersection(observation.factors);
        self.messages.insert(observation.message);
        self.recipients.insert(observation.recipient);
        self.burst.insert(observation.time, observation.recipient);
        self.voices.hear(observation.visit.as_ref());
        if self.kind == Kind::Ordinary {
            observation.network().into_iter().for_each(|network| insert_bounded(&mut self.networks, network));
            observation.content.into_iter().for_each(|content| insert_bounded(&mut self.contents, content));
        }
        self.sample(observation);
    }

    /// Takes in what another table says of one of its messages.
    pub(super) fn relate(&mut self, related: &Related) {
        self.last_touched = self.last_touched.max(Some(related.time));
        match &related.says {
            Says::Link { is_qr, domain } => {
                self.any.insert_if(Factor::UrlPayload, true);
                self.any.insert_if(Factor::QrCode, *is_qr);
                domain.iter().for_each(|domain| self.link_domains.insert(related.time, domain));
            }
            Says::Attachment => self.any.insert_if(Factor::AttachmentPayload, true),
            Says::Click => {
                self.clicks.insert(related.row);
                related.by.iter().for_each(|account| self.clicked_by.insert(related.time, account));
            }
            Says::Moved { .. } => {}
        }
    }

    /// Takes in everything that another campaign knows; what was told of this one stays.
    pub(super) fn merge(&mut self, other: Self) {
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.last_touched = self.last_touched.max(other.last_touched);
        self.rules = self.rules.union(other.rules);
        self.any = self.any.union(other.any);
        self.all = self.all.intersection(other.all);
        self.messages.merge(&other.messages);
        self.recipients.merge(&other.recipients);
        self.delivered += other.delivered;
        self.junked += other.junked;
        self.blocked += other.blocked;
        self.removed += other.removed;
        self.clicks.merge(&other.clicks);
        other.networks.into_iter().for_each(|network| insert_bounded(&mut self.networks, network));
        other.contents.into_iter().for_each(|content| insert_bounded(&mut self.contents, content));
        self.voices.merge(other.voices);
        self.burst.merge(other.burst);
        self.sources.merge(&other.sources);
        self.senders.merge(&other.senders);
        self.recipient_addresses.merge(&other.recipient_addresses);
        self.clicked_by.merge(&other.clicked_by);
        self.subjects.merge(&other.subjects);
        self.link_domains.merge(&other.link_domains);
        self.message_ids.merge(&other.message_ids);
        if (other.earliest.0, other.earliest.1) < (self.earliest.0, self.earliest.1) {
            self.earliest = other.earliest;
        }
        other.told.merged.into_iter().chain([other.id]).for_each(|id| insert_bounded(&mut self.told.merged, id));
    }

    /// How bad it is: its messages' factors, and those that only a campaign can show.
    #[must_use]
    pub fn weighing(&self) -> Weighing {
        let mut any = self.any;
        // What stands for weeks reaches many in the name of many, without being worse for it.
        any.insert_if(Factor::Burst, !self.kind.is_standing() && self.burst.is_reached());
        any.insert_if(Factor::SeveralIdentities, !self.kind.is_standing() && self.senders.len() >= IDENTITIES);
        self.weigh(any)
    }

    /// Whether its messages are grave on their own, without being many: what a flood must not hide.
    pub(super) fn is_grave(&self) -> bool {
        self.weigh(self.any).severity >= Severity::High
    }

    fn weigh(&self, mut any: FactorSet) -> Weighing {
        let mut all = self.all;
        any.insert_if(Factor::Clicked, !self.clicks.is_empty());
        all.insert_if(Factor::Removed, self.is_removed());
        weigh(self.rules.severity(), any, all)
    }

    /// Whether it was delivered, and no delivery is left where somebody reads.
    fn is_removed(&self) -> bool {
        self.removed > 0 && self.delivered == 0 && self.clicks.is_empty()
    }

    /// The power of ten that the recipients have reached.
    #[must_use]
    pub fn magnitude(&self) -> u32 {
        self.recipients.count().checked_ilog10().unwrap_or(0)
    }

    /// Whether there is more to tell than was told. Each person who clicked is somebody to call, as long as there are few.
    pub(super) fn has_news(&self) -> bool {
        Some(self.weighing().severity) > self.told.severity
            || self.magnitude() > self.told.magnitude
            || self.clicks_told_as() > self.told.clicks
            || self.clicked_by.len() > self.told.clicked_by
            || self.is_removed() != self.told.is_removed
    }

    fn clicks_told_as(&self) -> u32 {
        self.clicks.count().checked_ilog10().map_or(0, |power| power + 1)
    }

    /// Notes that the present state is being told.
    pub(super) fn tell(&mut self) {
        self.told.seq = self.told.seq.saturating_add(1);
        self.told.severity = Some(self.weighing().severity);
        self.told.magnitude = self.magnitude();
        self.told.clicks = self.clicks_told_as();
        self.told.clicked_by = self.clicked_by.len();
        self.told.is_removed = self.is_removed();
    }

    fn sample(&mut self, observation: &Observation) {
        let time = observation.time;
        let source = observation.source.map(|address| address.to_string());
        source.iter().for_each(|text| self.sources.insert(time, text));
        observation.sender.iter().for_each(|text| self.senders.insert(time, text));
        observation.subject.iter().for_each(|text| self.subjects.insert(time, text));
        if !observation.recipient_address.is_empty() {
            self.recipient_addresses.insert(time, &observation.recipient_address);
        }
        if !observation.message_id.is_empty() {
            self.message_ids.insert(time, &observation.message_id);
        }
        if (time, observation.message) < (self.earliest.0, self.earliest.1) {
            self.earliest = (time, observation.message, observation.evidence.clone());
        }
    }

    /// Counts what became of a delivery.
    pub(super) fn count(&mut self, row: Row) {
        let (before, after) = match row {
            Row::New(fate) => (None, fate),
            Row::Changed(before, after) => (Some(before), after),
            Row::Repeated => return,
        };
        if let Some(counter) = before.and_then(|fate| self.counter(fate)) {
            *counter = counter.saturating_sub(1);
        }
        if let Some(counter) = self.counter(after) {
            *counter += 1;
        }
    }

    const fn counter(&mut self, fate: Fate) -> Option<&mut u64> {
        match fate {
            Fate::Delivered => Some(&mut self.delivered),
            Fate::Junked => Some(&mut self.junked),
            Fate::Blocked => Some(&mut self.blocked),
            Fate::Removed => Some(&mut self.removed),
            Fate::Unknown => None,
        }
    }
}

/// A bounded set that keeps its smallest members, so that it does not depend on the order of arrival.
fn insert_bounded<T: Ord>(set: &mut BTreeSet<T>, member: T) {
    set.insert(member);
    if set.len() > KEYS_MAX {
        set.pop_last();
    }
}
