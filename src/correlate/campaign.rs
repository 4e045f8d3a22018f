//! One campaign: what its messages have in common, and what has been told of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, SourceNetwork, Span, Time};
use crate::judge::{Content, Evidence, Factor, FactorSet, Observation, RuleId, RuleSet, Severity, Weighing, weigh};

use super::deliveries::{Fate, Row};
use super::distinct::Distinct;
use super::earliest::Earliest;

/// A campaign is over after this long without a message, in event time.
pub(super) const IDLE: Span = Span::hours(1);
/// A campaign is over after this long, whatever happens; what goes on is a new one.
pub(super) const LIFE_MAX: Span = Span::hours(24);
/// How late a message may be and still find its campaign.
pub(super) const LATENESS: Span = Span::minutes(10);
/// Networks and contents that a campaign can be found by. A message beyond them still joins by its other key.
pub(super) const KEYS_MAX: usize = 64;
/// Recipients that make a burst.
const BURST_RECIPIENTS: u64 = 10;
/// Own identities that no device has.
const IDENTITIES: usize = 3;

/// Suspicious messages that share a source network or a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The identity, fixed when the campaign is opened.
    pub id: Fingerprint,
    /// The gravest rule of the message that opened it.
    pub rule: RuleId,
    /// Event time of the message that opened it.
    pub opened: Time,
    /// Event time of the earliest message.
    pub first_seen: Time,
    /// Event time of the latest message.
    pub last_seen: Time,
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
    /// Networks that it is found by.
    pub networks: BTreeSet<SourceNetwork>,
    /// Contents that it is found by.
    pub contents: BTreeSet<Content>,
    /// Sample of source addresses.
    pub sources: Earliest,
    /// Sample of claimed senders.
    pub senders: Earliest,
    /// Sample of subjects.
    pub subjects: Earliest,
    /// Sample of NetworkMessageIds.
    pub message_ids: Earliest,
    /// The earliest message's name and evidence.
    pub earliest: (Time, Fingerprint, Vec<Evidence>),
    /// What has been told.
    pub told: Told,
}

/// What has been told of a campaign: the only part that depends on the order of arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Records told so far.
    pub seq: u32,
    /// The severity told last.
    pub severity: Option<Severity>,
    /// The power of ten of recipients told last.
    pub magnitude: u32,
}

impl Campaign {
    /// A campaign that nothing has joined yet.
    pub(super) fn open(id: Fingerprint, rule: RuleId, observation: &Observation) -> Self {
        Self {
            id,
            rule,
            opened: observation.time,
            first_seen: observation.time,
            last_seen: observation.time,
            rules: observation.rules,
            any: observation.factors,
            all: observation.factors,
            messages: Distinct::default(),
            recipients: Distinct::default(),
            delivered: 0,
            junked: 0,
            blocked: 0,
            networks: BTreeSet::new(),
            contents: BTreeSet::new(),
            sources: Earliest::default(),
            senders: Earliest::default(),
            subjects: Earliest::default(),
            message_ids: Earliest::default(),
            earliest: (observation.time, observation.message, observation.evidence.clone()),
            told: Told::default(),
        }
    }

    /// Whether a message of this time belongs to the campaign, if it shares a key.
    pub(super) fn covers(&self, time: Time) -> bool {
        let near = self.first_seen - IDLE <= time && time <= self.last_seen + IDLE;
        near && self.last_seen.max(time) - self.first_seen.min(time) <= LIFE_MAX
    }

    /// The watermark at which the campaign is over: nothing that may still come could join it.
    pub(super) fn deadline(&self) -> Time {
        (self.last_seen + IDLE).min(self.first_seen + LIFE_MAX) + LATENESS
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
        observation.network().into_iter().for_each(|network| insert_bounded(&mut self.networks, network));
        observation.content.into_iter().for_each(|content| insert_bounded(&mut self.contents, content));
        self.sample(observation);
    }

    /// Takes in everything that another campaign knows; what was told of this one stays.
    pub(super) fn merge(&mut self, other: Self) {
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.rules = self.rules.union(other.rules);
        self.any = self.any.union(other.any);
        self.all = self.all.intersection(other.all);
        self.messages.merge(&other.messages);
        self.recipients.merge(&other.recipients);
        self.delivered += other.delivered;
        self.junked += other.junked;
        self.blocked += other.blocked;
        other.networks.into_iter().for_each(|network| insert_bounded(&mut self.networks, network));
        other.contents.into_iter().for_each(|content| insert_bounded(&mut self.contents, content));
        self.sources.merge(&other.sources);
        self.senders.merge(&other.senders);
        self.subjects.merge(&other.subjects);
        self.message_ids.merge(&other.message_ids);
        if (other.earliest.0, other.earliest.1) < (self.earliest.0, self.earliest.1) {
            self.earliest = other.earliest;
        }
    }

    /// How bad it is: its messages' factors, and those that only a campaign can show.
    #[must_use]
    pub fn weighing(&self) -> Weighing {
        let mut any = self.any;
        any.insert_if(Factor::Burst, self.recipients.count() >= BURST_RECIPIENTS);
        any.insert_if(Factor::SeveralIdentities, self.senders.len() >= IDENTITIES);
        weigh(self.rules.severity(), any, self.all)
    }

    /// The power of ten that the recipients have reached.
    #[must_use]
    pub fn magnitude(&self) -> u32 {
        self.recipients.count().checked_ilog10().unwrap_or(0)
    }

    /// Whether there is more to tell than was told.
    pub(super) fn has_news(&self) -> bool {
        Some(self.weighing().severity) > self.told.severity || self.magnitude() > self.told.magnitude
    }

    /// Notes that the present state is being told.
    pub(super) fn tell(&mut self) {
        self.told = Told {
            seq: self.told.seq.saturating_add(1),
            severity: Some(self.weighing().severity),
            magnitude: self.magnitude(),
        };
    }

    fn sample(&mut self, observation: &Observation) {
        let time = observation.time;
        let source = observation.source.map(|address| address.to_string());
        source.iter().for_each(|text| self.sources.insert(time, text));
        observation.sender.iter().for_each(|text| self.senders.insert(time, text));
        observation.subject.iter().for_each(|text| self.subjects.insert(time, text));
        if !observation.message_id.is_empty() {
            self.message_ids.insert(time, &observation.message_id);
        }
        if (time, observation.message) < (self.earliest.0, self.earliest.1) {
            self.earliest = (time, observation.message, observation.evidence.clone());
        }
    }

    fn count(&mut self, row: Row) {
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

/// Something to tell about a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// There is a new one.
    Opened(Campaign),
    /// More is known.
    Updated(Campaign),
    /// It is over.
    Closed(Campaign),
    /// It turned out to be part of another.
    Merged(Campaign, Fingerprint),
}

impl Finding {
    /// The campaign, as it is told.
    #[must_use]
    pub const fn campaign(&self) -> &Campaign {
        match self {
            Self::Opened(campaign) | Self::Updated(campaign) | Self::Closed(campaign) | Self::Merged(campaign, _) => {
                campaign
            }
        }
    }
}
