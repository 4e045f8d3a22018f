//! A machine to which nothing happens: one shard, one payload after the other, what it keeps in a map.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use postern::alert::Alert;
use postern::correlate::{Campaign, Kind, Limits, Ruling};
use postern::detector::{Detector, Slice, StateChange};
use postern::event::{Span, Time};
use postern::judge::{TenantIndex, Tenants};

use crate::summary::Summary;

/// Payloads after which what changed is written down, and how far event time may move until then: what has changed is
/// seen before it can be forgotten again.
const PAYLOADS_MAX: usize = 40;
const PASSED_MAX: Span = Span::hours(40);

/// Everything that came of a run.
#[derive(Default)]
pub(crate) struct Undisturbed {
    /// Tenant, kind and key to the value.
    pub(crate) state: BTreeMap<(String, String, String), String>,
    /// Id and number to the tenant's name and the body.
    pub(crate) alerts: BTreeMap<(String, u32), (String, String)>,
    /// Alerts in the order in which they were told.
    pub(crate) told: Vec<Alert>,
    /// Suspicious messages of which nothing is told.
    pub(crate) silenced: u64,
    /// Every campaign as it was last stored, by the tenant's id and its key.
    campaigns: BTreeMap<(String, String), String>,
}

impl Undisturbed {
    /// Runs over slices in this order.
    pub(crate) fn run<'s>(tenants: &Arc<Tenants>, limits: Limits, slices: impl Iterator<Item = &'s Slice>) -> Self {
        let mut detector = Detector::new(Arc::clone(tenants), limits);
        let mut run = Self::default();
        let (mut payloads, mut kept_at, mut latest) = (0, Time::MIN, Time::MIN);
        for slice in slices {
            latest = slice.watermarks.iter().map(|(_, watermark)| *watermark).fold(latest, Time::max);
            if payloads >= PAYLOADS_MAX || latest > kept_at + PASSED_MAX {
                run.keep(&mut detector);
                (payloads, kept_at) = (0, latest);
            }
            payloads += 1;
            let rulings = detector.handle_slice(slice);
            run.silenced += rulings.iter().filter(|ruling| matches!(ruling, Ruling::Benign(_))).count() as u64;
        }
        run.keep(&mut detector);
        run
    }

    fn keep(&mut self, detector: &mut Detector) {
        for alert in detector.take_alerts() {
            let key = (alert.id.to_string(), alert.seq);
            if let Entry::Vacant(place) = self.alerts.entry(key) {
                place.insert((alert.tenant.clone(), serde_json::to_string(&alert).unwrap()));
                self.told.push(alert);
            }
        }
        for StateChange { tenant, kind, key, value } in detector.take_changes() {
            if let Some(value) = value.as_ref().filter(|_| kind == "campaign") {
                self.campaigns.insert((tenant.clone(), key.clone()), value.clone());
            }
            let key = (tenant, kind, key);
            match value {
                Some(value) => drop(self.state.insert(key, value)),
                None => drop(self.state.remove(&key)),
            }
        }
    }

    /// Every campaign of a tenant, but for storms and for those that became part of another.
    pub(crate) fn summaries(&self, tenant_id: &str) -> Vec<Summary> {
        let own = self.campaigns.iter().filter(|((tenant, _), _)| tenant == tenant_id);
        let own: Vec<Campaign> = own.map(|(_, value)| serde_json::from_str(value).unwrap()).collect();
        let is_part = |id| own.iter().any(|campaign| campaign.told.merged.contains(&id));
        let whole = own.iter().filter(|campaign| campaign.kind != Kind::Storm && !is_part(campaign.id));
        whole.map(Summary::of).collect()
    }

    /// Every campaign that was ever stored.
    pub(crate) fn campaigns(&self) -> Vec<Campaign> {
        self.campaigns.values().map(|value| serde_json::from_str(value).unwrap()).collect()
    }
}

/// What one tenant contributed to a slice.
pub(crate) fn of_tenant(slice: &Slice, tenant: TenantIndex) -> Slice {
    Slice {
        steps: slice.steps.iter().filter(|step| step.tenant == tenant).cloned().collect(),
        watermarks: slice.watermarks.iter().filter(|(of, _)| *of == tenant).copied().collect(),
        ..Slice::default()
    }
}
