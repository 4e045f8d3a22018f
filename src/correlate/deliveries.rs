//! Which rows have been counted already, and what became of each delivery.
//!
//! About three rows in a hundred are delivered twice, with equal properties and a new envelope; others come again
//! because something changed. A row is a repeat when its message, its recipient and its ReportId have been seen; a later
//! row for the same message and recipient replaces the earlier one. Names are 128-bit fingerprints and not a Bloom
//! filter: what suppresses must not be wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{DeliveryAction, Fingerprint, Span, Time};
use crate::judge::{BenignReason, FactorSet, Observation, OwnMail};

use super::seen::Ruling;

/// How long a delivery is remembered, in event time behind the tenant's watermark: as long as somebody may click on it,
/// or remove it, and the campaign should hear of it.
pub(super) const REMEMBERED: Span = Span::hours(48);

/// The deliveries of a tenant's suspicious messages, and of its own mail at the direct door.
#[derive(Debug, Clone, Default)]
pub(super) struct Deliveries {
    entries: BTreeMap<Fingerprint, Delivery>,
    by_time: BTreeSet<(Time, Fingerprint)>,
    by_message: BTreeSet<(Fingerprint, Fingerprint)>,
}

/// The newest row of one message to one recipient, and what was made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    /// The row's event time.
    pub(super) time: Time,
    /// The row's ReportId.
    pub(super) row: Fingerprint,
    /// What became of the delivery.
    pub(super) fate: Fate,
    /// The message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Fingerprint>,
    /// What was ruled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ruled: Option<Ruled>,
    /// Where it was moved to later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Moved>,
}

/// What was ruled on a delivery, for its repeats and for what is told of it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ruled {
    Joined { campaign: Fingerprint, factors: FactorSet },
    Echo,
    KnownSource,
}

/// A later change of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Moved {
    pub(super) time: Time,
    pub(super) row: Fingerprint,
    pub(super) to: Fate,
}

/// What became of a delivery, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// In a mailbox, outside the junk folder.
    Delivered,
    /// In the junk folder.
    Junked,
    /// Blocked or quarantined.
    Blocked,
    /// Taken out of the mailbox later.
    Removed,
    /// The row does not say.
    Unknown,
}

impl Fate {
    const fn of(action: DeliveryAction) -> Self {
        match action {
            DeliveryAction::Delivered | DeliveryAction::Replaced => Self::Delivered,
            DeliveryAction::Junked => Self::Junked,
            DeliveryAction::Blocked => Self::Blocked,
            DeliveryAction::Unknown => Self::Unknown,
        }
    }
}

/// What a row means beside the rows that were seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The first row of this delivery.
    New(Fate),
    /// A newer row: the delivery's fate was the first and is the second.
    Changed(Fate, Fate),
    /// Seen before, or older than what was seen.
    Repeated,
}

impl Delivery {
    /// What became of it in the end: a later change of place outlives a later row about the delivery itself.
    const fn outcome(&self) -> Fate {
        match self.moved {
            Some(moved) => moved.to,
            None => self.fate,
        }
    }
}

impl Deliveries {
    /// The name of the delivery that an observation tells of.
    pub(super) fn key(observation: &Observation) -> Fingerprint {
        key(observation.message, observation.recipient)
    }

    /// The name of the delivery of own mail.
    pub(super) fn key_of_own(mail: &OwnMail) -> Fingerprint {
        key(mail.message, mail.recipient)
    }

    /// Records a row about suspicious mail.
    pub(super) fn observe(&mut self, key: Fingerprint, observation: &Observation) -> Row {
        let Observation { time, row, message, delivery, .. } = *observation;
        self.record(key, message, time, row, Fate::of(delivery))
    }

    /// Records a row about own mail; whether it is the first one.
    pub(super) fn observe_own(&mut self, key: Fingerprint, mail: &OwnMail) -> bool {
        matches!(self.record(key, mail.message, mail.time, mail.row, Fate::Unknown), Row::New(_))
    }

    fn record(&mut self, key: Fingerprint, message: Fingerprint, time: Time, row: Fingerprint, fate: Fate) -> Row {
        let Some(mut known) = self.entries.get(&key).copied() else {
            self.restore(key, Delivery { time, row, fate, message: Some(message), ruled: None, moved: None });
            return Row::New(fate);
        };
        if (known.time, known.row) >= (time, row) {
            return Row::Repeated;
        }
        let before = known.outcome();
        self.by_time.remove(&(known.time, key));
        (known.time, known.row, known.fate) = (time, row, fate);
        self.restore(key, known);
        Row::Changed(before, known.outcome())
    }

    /// Notes that a delivery belongs to a campaign.
    pub(super) fn joined(&mut self, key: Fingerprint, campaign: Fingerprint, factors: FactorSet) {
        self.rule(key, Ruled::Joined { campaign, factors });
    }

    /// Notes that nothing is to be told of a delivery.
    pub(super) fn silenced(&mut self, key: Fingerprint, reason: BenignReason) {
        self.rule(key, if reason == BenignReason::Echo { Ruled::Echo } else { Ruled::KnownSource });
    }

    fn rule(&mut self, key: Fingerprint, ruled: Ruled) {
        if let Some(delivery) = self.entries.get_mut(&key) {
            delivery.ruled = Some(ruled);
        }
    }

    /// What was ruled on a delivery.
    pub(super) fn ruling(&self, key: Fingerprint) -> Option<Ruling> {
        Some(match self.entries.get(&key)?.ruled? {
            Ruled::Joined { factors, .. } => Ruling::Suspicious(factors),
            Ruled::Echo => Ruling::Benign(BenignReason::Echo),
            Ruled::KnownSource => Ruling::Benign(BenignReason::KnownSource),
        })
    }

    /// The campaign that a delivery joined.
    pub(super) fn campaign(&self, key: Fingerprint) -> Option<Fingerprint> {
        match self.entries.get(&key)?.ruled? {
            Ruled::Joined { campaign, .. } => Some(campaign),
            Ruled::Echo | Ruled::KnownSource => None,
        }
    }

    /// The campaign that a message joined.
    pub(super) fn campaign_of_message(&self, message: Fingerprint) -> Option<Fingerprint> {
        self.of_message(message).find_map(|key| self.campaign(key))
    }

    /// Notes that a delivery was moved, or with no recipient every delivery of the message: which, what it was and is.
    pub(super) fn moved(
        &mut self,
        message: Fingerprint,
        recipient: Option<Fingerprint>,
        moved: Moved,
    ) -> Vec<(Fingerprint, Row)> {
        let keys: Vec<_> = match recipient {
            Some(recipient) => vec![key(message, recipient)],
            None => self.of_message(message).collect(),
        };
        let mut changes = Vec::new();
        for key in keys {
            let Some(delivery) = self.entries.get_mut(&key).filter(|it| it.moved < Some(moved)) else { continue };
            let before = delivery.outcome();
            delivery.moved = Some(moved);
            changes.push((key, Row::Changed(before, moved.to)));
        }
        changes
    }

    /// Whether a delivery is remembered.
    pub(super) fn has(&self, message: Fingerprint, recipient: Fingerprint) -> bool {
        self.entries.contains_key(&key(message, recipient))
    }

    /// Puts an entry back as it was stored.
    pub(super) fn restore(&mut self, key: Fingerprint, delivery: Delivery) {
        self.entries.insert(key, delivery);
        self.by_time.insert((delivery.time, key));
        if let Some(message) = delivery.message {
            self.by_message.insert((message, key));
        }
    }

    /// Forgets and returns the oldest entry that the watermark has left behind, or that exceeds the bound.
    pub(super) fn forget_one(&mut self, watermark: Time, entries_max: usize) -> Option<Fingerprint> {
        let (time, key) = self.by_time.first().copied()?;
        if self.entries.len() <= entries_max && time > watermark - REMEMBERED {
            return None;
        }
        self.by_time.remove(&(time, key));
        if let Some(message) = self.entries.remove(&key).and_then(|delivery| delivery.message) {
            self.by_message.remove(&(message, key));
        }
        Some(key)
    }

    /// The entry with this name.
    pub(super) fn get(&self, key: Fingerprint) -> Option<&Delivery> {
        self.entries.get(&key)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn of_message(&self, message: Fingerprint) -> impl Iterator<Item = Fingerprint> {
        let first = (message, Fingerprint::MIN);
        self.by_message.range(first..).take_while(move |(of, _)| *of == message).map(|(_, key)| *key)
    }
}

fn key(message: Fingerprint, recipient: Fingerprint) -> Fingerprint {
    Fingerprint::of("postern delivery", &[message.as_bytes(), recipient.as_bytes()])
}
