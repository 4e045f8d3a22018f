//! What the commit loop decides, without its clock and its channels.
//!
//! Stretches of input and requests of sinks go in, transactions come out: when one is made, how often it is tried and who
//! is told is the loop's business, and the simulation's. All that must be exact through a crash is here, so a machine
//! without time or threads can be crashed at any step: what is not in the ledger is dropped with the kernel, and a new
//! one is made of what is.
//!
//! Exactly once into the state: a stretch says which offsets it covers, the kernel knows where each partition stands, and
//! what lies before that is skipped. So it does not matter how often a partition is assigned, lost and read again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::alert::Alert;
use crate::correlate::Limits;
use crate::detector::{Slice, Tally};
use crate::judge::{TenantIndex, Tenants};
use crate::ledger::{AlertRecord, Ledger, LedgerError, Position, Request, Snapshot, Transaction};
use crate::receive::{Origin, PartitionId, Stretch};

use super::error::RunError;
use super::shards::Shards;

/// The shards, where the partitions stand, and what the next commit will make durable.
#[derive(Debug)]
pub struct Kernel {
    shards: Shards,
    positions: BTreeMap<PartitionId, i64>,
    gathered: Gathered,
}

#[derive(Debug, Default)]
struct Gathered {
    transaction: Transaction,
    positions: BTreeMap<PartitionId, i64>,
    records: u64,
}

/// What becomes durable together.
#[derive(Debug)]
pub struct Commit {
    /// What the ledger is to write, all of it or nothing; as often as it takes.
    pub transaction: Transaction,
    /// Where partitions durably stand from then on.
    pub positions: BTreeMap<PartitionId, i64>,
    /// The alerts that are in it.
    pub alerts: Vec<Alert>,
}

impl Kernel {
    /// A kernel that goes on where a ledger stands, whose snapshot this is.
    ///
    /// # Errors
    /// When the ledger cannot be read, or an entry of it is not one that this build stores.
    pub fn restore(
        tenants: &Arc<Tenants>,
        shards: u32,
        limits: Limits,
        snapshot: &Snapshot,
        ledger: &mut dyn Ledger,
    ) -> Result<Self, RunError> {
        let mut shards = Shards::new(tenants, shards, limits);
        let mut refused = None;
        ledger.state(&mut |change| match shards.restore(&change) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                refused = Some(error);
                ControlFlow::Break(())
            }
        })?;
        let positions = positions(&snapshot.positions);
        refused.map_or(Ok(Self { shards, positions, gathered: Gathered::default() }), |error| Err(error.into()))
    }

    /// Where partitions stand, counting what is not durable yet.
    #[must_use]
    pub const fn positions(&self) -> &BTreeMap<PartitionId, i64> {
        &self.positions
    }

    /// Lets the shards see what is new in a stretch. Where anything is, `count` is told the source and how its records
    /// ended.
    pub fn take_in(&mut self, stretch: Stretch, count: impl FnOnce(&str, &Slice)) {
        let mut slice = stretch.slice;
        let source = match stretch.origin {
            Origin::Request { source } => source,
            Origin::Partition { id, next_offset } => {
                let stands_at = self.positions.get(&id).copied().unwrap_or_default();
                if next_offset < stands_at {
                    return;
                }
                slice.skip_before(stands_at);
                let source = Arc::clone(&id.source);
                self.positions.insert(id.clone(), next_offset);
                self.gathered.positions.insert(id, next_offset);
                source
            }
        };
        self.gathered.records += slice.outcomes.total();
        let acquitted = self.shards.handle_slice(&slice);
        slice.acquit(&acquitted);
        count(&source, &slice);
        self.gathered.transaction.dead_letters.extend(slice.dead_letters.into_iter().map(|(_, letter)| letter));
    }

    /// Serves a sink: what it has settled rides along with the next commit.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn serve(&mut self, request: Request, ledger: &mut dyn Ledger) -> Result<(), LedgerError> {
        request.serve(ledger, &mut self.gathered.transaction)
    }

    /// Whether an alert is waiting, which is a reason to commit at once.
    #[must_use]
    pub fn has_alerts(&self) -> bool {
        self.shards.has_alerts()
    }

    /// How many records were taken in since the last commit was made up.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.gathered.records
    }

    /// Makes up the commit of everything that was gathered. It has to become durable before more is taken in; sinks may
    /// be served meanwhile, and what they settle goes into the next one.
    pub fn next_commit(&mut self) -> Commit {
        let Gathered { mut transaction, positions, .. } = std::mem::take(&mut self.gathered);
        let alerts = self.shards.take_alerts();
        transaction.state = self.shards.take_changes();
        transaction.alerts = alerts.iter().filter_map(encode).collect();
        transaction.positions = positions.iter().map(|(id, offset)| position(id, *offset)).collect();
        Commit { transaction, positions, alerts }
    }

    /// What is remembered, tenant by tenant.
    pub fn tallies(&mut self) -> impl Iterator<Item = (TenantIndex, Tally)> {
        self.shards.tallies()
    }
}

fn positions(stored: &[Position]) -> BTreeMap<PartitionId, i64> {
    let id = |position: &Position| PartitionId {
        source: position.source.as_str().into(),
        topic: position.topic.as_str().into(),
        partition: position.partition,
    };
    stored.iter().map(|position| (id(position), position.next_offset)).collect()
}

fn position(id: &PartitionId, next_offset: i64) -> Position {
    Position { source: id.source.to_string(), topic: id.topic.to_string(), partition: id.partition, next_offset }
}

/// The record that the ledger keeps. Encoding cannot fail: an alert is text, numbers and lists of them.
fn encode(alert: &Alert) -> Option<AlertRecord> {
    let body = serde_json::to_string(alert).ok()?;
    Some(AlertRecord { id: alert.id.to_string(), seq: alert.seq, tenant: alert.tenant.clone(), body })
}
