//! The partitions that are ours, each with what has been read of it and not yet handed over.

use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::group;
use crate::detector::{Arrival, Inspector, Slice};
use crate::event::Time;
use crate::ledger::LedgerId;
use crate::receive::{Board, Origin, PartitionId, Stretch};

/// Messages of a batch: enough that the channel costs nothing, few enough that a batch is a matter of milliseconds.
const BATCH_MESSAGES_MAX: usize = 1_000;

/// Payload of a batch. It has been inspected by then; this bounds the time that it took, and what it left behind.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// The partitions that are ours.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    partitions: Vec<Partition>,
    /// The partition of the last message: the next one is most likely of the same.
    last: usize,
    messages: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Partition {
    id: PartitionId,
    /// `source/topic/partition`, as dead letters name it.
    name: String,
    next_offset: i64,
    /// What the group was last told.
    told: Option<i64>,
    slice: Slice,
    is_touched: bool,
}

impl Assignment {
    /// Adds a partition that will be read from an offset on.
    pub(super) fn add(&mut self, id: PartitionId, next_offset: i64) {
        let name = format!("{}/{}/{}", id.source, id.topic, id.partition);
        let slice = Slice::default();
        self.partitions.push(Partition { id, name, next_offset, told: None, slice, is_touched: false });
    }

    /// Forgets partitions, and what was read of them.
    pub(super) fn remove(&mut self, ids: &[PartitionId]) {
        self.partitions.retain(|partition| !ids.contains(&partition.id));
    }

    /// Which they are.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        self.partitions.iter().map(|partition| partition.id.clone()).collect()
    }

    /// Whether the batch has to be handed over before more is read.
    pub(super) const fn is_full(&self) -> bool {
        self.messages >= BATCH_MESSAGES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    /// Inspects a message where it lies. A message of a partition that is not ours is left to its owner.
    pub(super) fn take_in(&mut self, message: &BorrowedMessage<'_>, inspector: &Inspector) {
        let Some(partition) = self.find(message.topic(), message.partition()) else { return };
        let payload = message.payload().unwrap_or_default();
        let arrival = Arrival {
            origin: &partition.name,
            offset: message.offset(),
            time: message.timestamp().to_millis().map(Time::from_millis),
        };
        inspector.inspect(payload, arrival, &mut partition.slice, &mut |_| {});
        partition.next_offset = message.offset() + 1;
        partition.is_touched = true;
        self.messages += 1;
        self.bytes += payload.len();
    }

    /// What was read since the last call: one stretch for each partition that contributed.
    pub(super) fn take_batch(&mut self) -> Vec<Stretch> {
        (self.messages, self.bytes) = (0, 0);
        self.partitions.iter_mut().filter_map(Partition::take_stretch).collect()
    }

    /// The durable positions that the group has not been told yet, under the mark of their ledger. They count as told
    /// then, until they are forgotten.
    pub(super) fn take_untold(&mut self, board: &Board, ledger: LedgerId) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for Partition { id, told, .. } in &mut self.partitions {
            let durable = board.next_offset(id);
            let news = durable.filter(|_| durable != *told);
            // Only an offset below -1999 is refused, and none is.
            if news.is_some_and(|o| list.add_partition_offset(&id.topic, id.partition, Offset::Offset(o)).is_ok()) {
                *told = durable;
            }
        }
        let mark = group::mark(ledger);
        list.elements().iter_mut().for_each(|element| element.set_metadata(&mark));
        list
    }

    /// Has the group told everything again.
    pub(super) fn forget_told(&mut self) {
        self.partitions.iter_mut().for_each(|partition| partition.told = None);
    }

    fn find(&mut self, topic: &str, partition: i32) -> Option<&mut Partition> {
        let is_meant = |candidate: &Partition| candidate.id.partition == partition && *candidate.id.topic == *topic;
        if !self.partitions.get(self.last).is_some_and(is_meant) {
            self.last = self.partitions.iter().position(is_meant)?;
        }
        self.partitions.get_mut(self.last)
    }
}

impl Partition {
    fn take_stretch(&mut self) -> Option<Stretch> {
        std::mem::take(&mut self.is_touched).then(|| Stretch {
            origin: Origin::Partition { id: self.id.clone(), next_offset: self.next_offset },
            slice: std::mem::take(&mut self.slice),
        })
    }
}
