//! The memory of all tenants of a shard, as one state machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alert::Alert;
use crate::correlate::{CrowdedOut, Finding, Limits, Memory, Ruling, Sizes, Telling};
use crate::event::Time;
use crate::judge::{Observation, TenantIndex, Tenants};

use super::slice::{Slice, Step};

/// The stateful half: steps in, alerts and changed state out.
///
/// One tenant's records never touch another's memory (invariant TENANT), and the result is a function of the steps and
/// their order within each tenant, not of how they were cut into slices (invariant SPLIT).
#[derive(Debug)]
pub struct Detector {
    tenants: Arc<Tenants>,
    limits: Limits,
    memories: BTreeMap<TenantIndex, Memory>,
    touched: BTreeSet<TenantIndex>,
    alerts: Vec<Alert>,
}

impl Detector {
    /// A detector that remembers nothing yet.
    #[must_use]
    pub const fn new(tenants: Arc<Tenants>, limits: Limits) -> Self {
        Self { tenants, limits, memories: BTreeMap::new(), touched: BTreeSet::new(), alerts: Vec::new() }
    }

    /// Puts a stored entry back. An entry of a tenant that is no longer configured stays in the ledger, untouched.
    ///
    /// # Errors
    /// When the entry is not one that this build stores.
    pub fn restore(&mut self, change: &StateChange) -> Result<(), RestoreError> {
        let (Some(tenant), Some(value)) = (self.tenants.find(&change.tenant), &change.value) else { return Ok(()) };
        self.memory(tenant).restore(&change.kind, &change.key, value).map_err(|source| RestoreError {
            kind: change.kind.clone(),
            key: change.key.clone(),
            source,
        })
    }

    /// Takes in what a stretch of input contributed, and says what becomes of its suspicious messages, in their order.
    pub fn handle_slice(&mut self, slice: &Slice) -> Vec<Ruling> {
        let rulings = slice.steps.iter().filter_map(|step| self.handle_step(step)).collect();
        for (tenant, watermark) in &slice.watermarks {
            self.handle_watermark(*tenant, *watermark);
        }
        rulings
    }

    /// Takes in one thing that was seen, and says what becomes of it if it is a suspicious message.
    pub fn handle_step(&mut self, step: &Step) -> Option<Ruling> {
        self.with_memory(step.tenant, |memory, tell| {
            memory.handle_watermark(step.watermark, tell);
            memory.observe(&step.seen, tell)
        })
    }

    /// Advances one tenant's event time.
    pub fn handle_watermark(&mut self, tenant: TenantIndex, watermark: Time) {
        self.with_memory(tenant, |memory, tell| memory.handle_watermark(watermark, tell));
    }

    /// Under which name a message is told that was seen, unless there is nothing to tell of it.
    #[must_use]
    pub fn telling(&self, tenant: TenantIndex, observation: &Observation) -> Option<Telling> {
        self.memories.get(&tenant)?.telling(observation)
    }

    /// The alerts that are due, in order.
    pub fn take_alerts(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.alerts)
    }

    /// Whether an alert is waiting, which is a reason to commit at once.
    #[must_use]
    pub const fn has_alerts(&self) -> bool {
        !self.alerts.is_empty()
    }

    /// The entries of the state that changed since this was asked last, each once, in a fixed order.
    pub fn take_changes(&mut self) -> Vec<StateChange> {
        let mut changes = Vec::new();
        for tenant in std::mem::take(&mut self.touched) {
            let id = &self.tenants.get(tenant).id;
            let Some(memory) = self.memories.get_mut(&tenant) else { continue };
            changes.extend(memory.take_changes().into_iter().map(|change| StateChange {
                tenant: id.clone(),
                kind: change.kind.to_owned(),
                key: change.key,
                value: change.value,
            }));
        }
        changes
    }

    /// Forgets which entries changed, where nobody stores them: the list of them is what would grow.
    pub fn forget_changes(&mut self) {
        self.touched.clear();
        self.memories.values_mut().for_each(Memory::forget_changes);
    }

    /// What is remembered, tenant by tenant.
    pub fn tallies(&mut self) -> impl Iterator<Item = (TenantIndex, Tally)> {
        self.memories.iter_mut().map(|(tenant, memory)| {
            let tally = Tally {
                sizes: memory.sizes(),
                evicted: memory.evicted(),
                crowded_out: memory.crowded_out(),
                repeated: memory.take_repeated(),
            };
            (*tenant, tally)
        })
    }

    fn with_memory<T>(
        &mut self,
        tenant: TenantIndex,
        act: impl FnOnce(&mut Memory, &mut dyn FnMut(Finding)) -> T,
    ) -> T {
        self.touched.insert(tenant);
        let tenants = Arc::clone(&self.tenants);
        let mut alerts = std::mem::take(&mut self.alerts);
        let result = act(self.memory(tenant), &mut |finding| alerts.push(Alert::of(&finding, tenants.get(tenant))));
        self.alerts = alerts;
        result
    }

    fn memory(&mut self, tenant: TenantIndex) -> &mut Memory {
        let id = &self.tenants.get(tenant).id;
        self.memories.entry(tenant).or_insert_with(|| Memory::new(id, self.limits))
    }
}

/// One entry of the detector's state that changed.
///
/// State is kept as many small entries, so that a commit writes what changed and nothing else. Values are canonical
/// JSON: equal state is equal bytes, and the ledger can be read with any SQLite tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The tenant's Entra id.
    pub tenant: String,
    /// What kind of entry, for example `campaign`.
    pub kind: String,
    /// Which one, unique within the tenant and the kind.
    pub key: String,
    /// The entry, or `None` where it is gone.
    pub value: Option<String>,
}

/// A stored entry that this build does not understand.
#[derive(Debug, thiserror::Error)]
#[error("the ledger's entry {kind} {key} cannot be read; was it written by another version of postern?")]
pub struct RestoreError {
    kind: String,
    key: String,
    source: serde_json::Error,
}

/// What is remembered of one tenant, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How much of what.
    pub sizes: Sizes,
    /// Campaigns closed because there were too many, ever.
    pub evicted: u64,
    /// Entries of other kinds forgotten because there were too many, ever.
    pub crowded_out: CrowdedOut,
    /// Repeated rows since this was asked last.
    pub repeated: u64,
}
