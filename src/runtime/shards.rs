//! Tenants spread over shards, each with a detector of its own.
//!
//! A shard is the unit that another machine could own: it has a number, its tenants are a function of their ids alone,
//! and nothing is shared between shards. On one machine the commit loop drives them all in turn, because the traffic
//! that reaches them is a small part of the stream and handing it to threads would cost more than the work itself.

use std::sync::Arc;

use crate::alert::Alert;
use crate::correlate::{Limits, Ruling, Seen};
use crate::detector::{Acquittal, Detector, RestoreError, Slice, StateChange, Tally};
use crate::event::Fingerprint;
use crate::judge::{TenantIndex, Tenants};

/// All shards of this process.
#[derive(Debug)]
pub(super) struct Shards {
    detectors: Vec<Detector>,
    of_tenant: Vec<usize>,
    tenants: Arc<Tenants>,
}

impl Shards {
    /// `count` shards that remember nothing yet.
    pub(super) fn new(tenants: &Arc<Tenants>, count: u32, limits: Limits) -> Self {
        let count = count.max(1);
        let detectors = (0..count).map(|_| Detector::new(Arc::clone(tenants), limits)).collect();
        let of_tenant = tenants.iter().map(|(_, tenant)| shard_of(&tenant.id, count)).collect();
        Self { detectors, of_tenant, tenants: Arc::clone(tenants) }
    }

    /// Puts a stored entry back, into its tenant's shard.
    ///
    /// # Errors
    /// When the entry is not one that this build stores.
    pub(super) fn restore(&mut self, change: &StateChange) -> Result<(), RestoreError> {
        match self.tenants.find(&change.tenant) {
            Some(tenant) => self.detector(tenant).restore(change),
            None => Ok(()),
        }
    }

    /// Routes what a stretch contributed to the shards of its tenants; says which suspicious messages are benign in the
    /// light of what was seen before.
    pub(super) fn handle_slice(&mut self, slice: &Slice) -> Vec<Acquittal> {
        let mut acquitted = Vec::new();
        for step in &slice.steps {
            let ruling = self.detector(step.tenant).handle_step(step);
            if let (Some(Ruling::Benign(reason)), Seen::Suspicious(observation)) = (ruling, &step.seen) {
                acquitted.push(Acquittal { tenant: step.tenant, delivery: observation.delivery, reason });
            }
        }
        for (tenant, watermark) in &slice.watermarks {
            self.detector(*tenant).handle_watermark(*tenant, *watermark);
        }
        acquitted
    }

    /// The alerts that are due, shard by shard.
    pub(super) fn take_alerts(&mut self) -> Vec<Alert> {
        self.detectors.iter_mut().flat_map(Detector::take_alerts).collect()
    }

    /// Whether an alert is waiting.
    pub(super) fn has_alerts(&self) -> bool {
        self.detectors.iter().any(Detector::has_alerts)
    }

    /// The entries of the state that changed since this was asked last.
    pub(super) fn take_changes(&mut self) -> Vec<StateChange> {
        self.detectors.iter_mut().flat_map(Detector::take_changes).collect()
    }

    /// What is remembered, tenant by tenant.
    pub(super) fn tallies(&mut self) -> impl Iterator<Item = (TenantIndex, Tally)> {
        self.detectors.iter_mut().flat_map(Detector::tallies)
    }

    fn detector(&mut self, tenant: TenantIndex) -> &mut Detector {
        let shard = self.of_tenant.get(tenant.0 as usize).copied().unwrap_or_default();
        &mut self.detectors[shard]
    }
}

fn shard_of(tenant_id: &str, count: u32) -> usize {
    let hash = Fingerprint::of("postern shard", &[tenant_id.to_ascii_lowercase().as_bytes()]).leading();
    (hash % u64::from(count)) as usize
}
