//! What the rest of the process may know about a Kafka source: for `/readyz`, the metrics and the console.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rdkafka::statistics::Statistics;

use crate::receive::PartitionId;

/// The state of a Kafka source, written by its thread and read by whoever asks.
///
/// A lock, because two threads really share it; the source enters it once a poll, never once a record.
#[derive(Debug, Default)]
pub struct KafkaStatus(Mutex<KafkaSnapshot>);

/// The state at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaSnapshot {
    /// Whether the source is a member of its group: from the first assignment, until the assignment is lost or the
    /// thread ends.
    pub joined: bool,
    /// Whether a configured topic does not exist, or may not be read.
    pub topic_missing: bool,
    /// Whether reading is paused because the core has no room.
    pub paused: bool,
    /// The partitions that are read, each with its lag: the records that are not yet committed to the ledger; `None`
    /// until librdkafka knows.
    pub lag: BTreeMap<PartitionId, Option<u64>>,
    /// Assignments and revocations since the start.
    pub rebalances: u64,
    /// Commits of group offsets that failed. They serve displays only.
    pub commit_failures: u64,
    /// Offsets that were skipped because they no longer existed and `lost_position` allows it.
    pub records_lost: u64,
    /// When the broker client was last polled; a thread that is stuck stops doing so.
    pub last_poll: Option<Instant>,
    /// The last trouble, in librdkafka's words; it may be over.
    pub last_error: Option<String>,
}

impl KafkaSnapshot {
    /// Whether records flow, or would if there were any.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.joined && !self.topic_missing
    }
}

impl KafkaStatus {
    /// The state now.
    #[must_use]
    pub fn snapshot(&self) -> KafkaSnapshot {
        self.lock().clone()
    }

    /// Whether records flow, or would if there were any.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lock().is_ready()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut KafkaSnapshot)) {
        change(&mut self.lock());
    }

    /// Takes the lag of the partitions that are assigned; librdkafka also reports those that were.
    pub(super) fn measured(&self, statistics: &Statistics) {
        for (id, lag) in &mut self.lock().lag {
            let topic = statistics.topics.get(&*id.topic);
            let partition = topic.and_then(|topic| topic.partitions.get(&id.partition));
            *lag = partition.and_then(|partition| u64::try_from(partition.consumer_lag).ok());
        }
    }

    pub(super) fn assigned(&self, partitions: &[PartitionId]) {
        self.update(|status| {
            status.joined = true;
            status.rebalances += 1;
            status.lag.extend(partitions.iter().map(|id| (id.clone(), None)));
        });
    }

    pub(super) fn revoked(&self, partitions: &[PartitionId], lost: bool) {
        self.update(|status| {
            status.joined &= !lost;
            status.rebalances += 1;
            status.lag.retain(|id, _| !partitions.contains(id));
        });
    }

    fn lock(&self) -> MutexGuard<'_, KafkaSnapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Partition, Topic};

    use super::*;

    fn id(partition: i32) -> PartitionId {
        PartitionId { source: "kafka".into(), topic: "mail".into(), partition }
    }

    fn statistics(lags: &[(i32, i64)]) -> Statistics {
        let partition = |&(id, consumer_lag)| (id, Partition { consumer_lag, ..Partition::default() });
        let topic = Topic { partitions: lags.iter().map(partition).collect(), ..Topic::default() };
        Statistics { topics: [("mail".to_owned(), topic)].into(), ..Statistics::default() }
    }

    #[test]
    fn lag_is_known_for_assigned_partitions_only() {
        let status = KafkaStatus::default();
        status.assigned(&[id(0), id(1)]);
        status.measured(&statistics(&[(0, 7), (1, -1), (2, 9)]));
        assert_eq!(status.snapshot().lag, BTreeMap::from([(id(0), Some(7)), (id(1), None)]));
        status.revoked(&[id(0)], false);
        assert_eq!(status.snapshot().lag, BTreeMap::from([(id(1), None)]));
    }

    #[test]
    fn a_source_is_ready_from_its_first_assignment_until_the_group_loses_it() {
        let status = KafkaStatus::default();
        assert!(!status.is_ready());
        status.assigned(&[]);
        assert!(status.is_ready());
        status.revoked(&[], false);
        assert!(status.is_ready());
        status.update(|snapshot| snapshot.topic_missing = true);
        assert!(!status.is_ready());
        status.update(|snapshot| snapshot.topic_missing = false);
        status.revoked(&[], true);
        assert!(!status.is_ready());
    }
}
