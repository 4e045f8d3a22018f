//! How much is remembered, and what was forgotten early because of it.

use serde::{Deserialize, Serialize};

use super::stored::{DELIVERY, GATE, SENT, SOURCE, WAITING};

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
