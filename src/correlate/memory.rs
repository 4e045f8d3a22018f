//! Everything that is remembered of one tenant.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Time};
use crate::judge::Observation;

use super::campaign::{Campaign, Finding};
use super::campaigns::{Campaigns, Opening};
use super::deliveries::{Deliveries, Delivery, Row};

/// How much may be remembered of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open campaigns. Beyond, the one that would be over first is closed and counted.
    pub campaigns_max: usize,
    /// Deliveries. Beyond, the oldest is forgotten: its repeat would be counted again.
    pub deliveries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { campaigns_max: 10_000, deliveries_max: 200_000 }
    }
}

/// One tenant's memory: a state machine that knows no other tenant.
#[derive(Debug, Clone)]
pub struct Memory {
    tenant: Fingerprint,
    clock: Clock,
    campaigns: Campaigns,
    deliveries: Deliveries,
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
}

impl Default for Clock {
    fn default() -> Self {
        Self { watermark: Time::MIN, evicted: 0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    Clock,
    Campaign(Fingerprint),
    Delivery(Fingerprint),
}

/// An entry as it is stored: its kind, its key and its value, or `None` where it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `clock`, `campaign` or `delivery`.
    pub kind: &'static str,
    /// Unique within the kind.
    pub key: String,
    /// Canonical JSON.
    pub value: Option<String>,
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
            limits,
            touched: BTreeSet::new(),
            repeated: 0,
        }
    }

    /// Advances event time and closes what is over. Time never goes back.
    pub fn handle_watermark(&mut self, watermark: Time, tell: &mut dyn FnMut(Finding)) {
        if watermark <= self.clock.watermark {
            return;
        }
        self.clock.watermark = watermark;
        self.touched.insert(Touched::Clock);
        while let Some(campaign) = self.campaigns.close_one(watermark) {
            self.close(campaign, tell);
        }
        self.forget_deliveries();
    }

    /// Takes in a suspicious message.
    pub fn observe(&mut self, observation: &Observation, tell: &mut dyn FnMut(Finding)) {
        let key = Deliveries::key(observation);
        let row = self.deliveries.observe(key, observation);
        match row {
            Row::Repeated => {
                self.repeated += 1;
                return;
            }
            Row::New(_) => self.join(observation, row, tell),
            Row::Changed(..) => self.correct(observation, row, tell),
        }
        self.touched.insert(Touched::Delivery(key));
        self.forget_deliveries();
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

    /// How many campaigns are open.
    #[must_use]
    pub fn open_campaigns(&self) -> usize {
        self.campaigns.len()
    }

    /// How many deliveries are remembered.
    #[must_use]
    pub fn deliveries(&self) -> usize {
        self.deliveries.len()
    }

    /// The entries that changed since this was asked last, each once, in a fixed order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().map(|entry| self.change(entry)).collect()
    }

    /// Puts a stored entry back.
    ///
    /// # Errors
    /// When the entry is not one that this build stores.
    pub fn restore(&mut self, kind: &str, key: &str, value: &str) -> Result<(), serde_json::Error> {
        use serde::de::Error;

        match kind {
            CLOCK => self.clock = serde_json::from_str(value)?,
            CAMPAIGN => self.campaigns.insert(serde_json::from_str::<Campaign>(value)?),
            DELIVERY => {
                let key = key.parse().map_err(serde_json::Error::custom)?;
                self.deliveries.restore(key, serde_json::from_str::<Delivery>(value)?);
            }
            _ => return Err(serde_json::Error::custom(format_args!("no state is of the kind {kind:?}"))),
        }
        Ok(())
    }

    fn join(&mut self, observation: &Observation, row: Row, tell: &mut dyn FnMut(Finding)) {
        let mut touched = std::mem::take(&mut self.touched);
        let mut note = |finding: Finding| {
            touched.insert(Touched::Campaign(finding.campaign().id));
            tell(finding);
        };
        let opening = Opening { tenant: self.tenant, watermark: self.clock.watermark, evicted: self.clock.evicted };
        let joined = self.campaigns.observe(observation, row, opening, &mut note);
        touched.insert(Touched::Campaign(joined));
        self.touched = touched;
        while let Some(campaign) = self.campaigns.evict_one(self.limits.campaigns_max) {
            self.clock.evicted += 1;
            self.touched.insert(Touched::Clock);
            self.close(campaign, tell);
        }
    }

    fn correct(&mut self, observation: &Observation, row: Row, tell: &mut dyn FnMut(Finding)) {
        let corrected = self.campaigns.correct(observation, row, tell);
        self.touched.extend(corrected.map(Touched::Campaign));
    }

    fn close(&mut self, mut campaign: Campaign, tell: &mut dyn FnMut(Finding)) {
        self.touched.insert(Touched::Campaign(campaign.id));
        campaign.tell();
        tell(Finding::Closed(campaign));
    }

    fn forget_deliveries(&mut self) {
        while let Some(key) = self.deliveries.forget_one(self.clock.watermark, self.limits.deliveries_max) {
            self.touched.insert(Touched::Delivery(key));
        }
    }

    fn change(&self, entry: Touched) -> Change {
        match entry {
            Touched::Clock => Change { kind: CLOCK, key: String::new(), value: json(Some(&self.clock)) },
            Touched::Campaign(id) => {
                Change { kind: CAMPAIGN, key: id.to_string(), value: json(self.campaigns.get(id)) }
            }
            Touched::Delivery(key) => {
                Change { kind: DELIVERY, key: key.to_string(), value: json(self.deliveries.get(key)) }
            }
        }
    }
}

const CLOCK: &str = "clock";
const CAMPAIGN: &str = "campaign";
const DELIVERY: &str = "delivery";

/// Canonical JSON: only ordered collections are stored, so equal values are equal text.
fn json<T: Serialize>(value: Option<&T>) -> Option<String> {
    value.and_then(|value| serde_json::to_string(value).ok())
}
