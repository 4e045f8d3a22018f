//! Following the group: taking partitions over, and letting them go.

use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use super::broker::extents;
use super::error::KafkaError;
use super::handover::list;
use super::position::{Beginning, Memory, decide};
use super::session::Session;
use crate::detector::Slice;
use crate::receive::{Origin, PartitionId, Stretch};

/// How long to leave a broker alone that could not say what it has. Short against the heartbeat of the group.
const RETRY_WAIT: Duration = Duration::from_secs(1);

impl Session {
    /// Begins to read partitions where the ledger stands, or where it has been told that reading begins. Says no where
    /// the broker does not answer. A stuck core is waited for no longer than a drain may take: so long the rest of the
    /// group waits with us.
    pub(super) fn adopt(&mut self, partitions: &[PartitionId]) -> Result<bool, KafkaError> {
        self.survey(partitions);
        if !self.look_for_strangers()? {
            std::thread::sleep(RETRY_WAIT);
            return Ok(false);
        }
        let Some(beginnings) = self.beginnings(partitions)? else { return Ok(false) };
        self.warn_of_losses(&beginnings);
        self.remember(&beginnings)?;
        self.begin(&beginnings)?;
        // At once, so that whoever joins next sees whose group it is.
        self.tell_group();
        self.receiver.status.assigned(partitions);
        tracing::info!(source = self.receiver.source.name, partitions = partitions.len(), "partitions assigned");
        Ok(true)
    }

    /// Makes what was read of these partitions durable, if that is possible in time, and lets them go. What is not
    /// durable is abandoned: their next owner reads it again.
    pub(super) fn release(&mut self, partitions: &[PartitionId]) -> Result<(), KafkaError> {
        // Somebody else may already read them where the group has given us up.
        let lost = self.consumer.assignment_lost();
        if !lost && self.drain()? {
            self.tell_group();
        } else {
            tracing::warn!(source = self.receiver.source.name, lost, "partitions revoked before all was durable");
        }
        self.abandon(partitions);
        self.must("let partitions go", self.consumer.incremental_unassign(&list(partitions)))?;
        self.receiver.status.revoked(partitions, lost);
        tracing::info!(source = self.receiver.source.name, partitions = partitions.len(), "partitions revoked");
        Ok(())
    }

    fn beginnings(&self, partitions: &[PartitionId]) -> Result<Option<Vec<(PartitionId, Beginning)>>, KafkaError> {
        let source = &self.receiver.source;
        let extents = match extents(&self.consumer, partitions, source.start) {
            Ok(extents) => extents,
            Err(error) => {
                tracing::warn!(source = source.name, %error, "the broker does not say what it has; trying again");
                std::thread::sleep(RETRY_WAIT);
                return Ok(None);
            }
        };
        let decided = partitions
            .iter()
            .zip(extents)
            .map(|(id, extent)| Ok((id.clone(), decide(id, self.memory(id), extent, source.lost_position)?)));
        decided.collect::<Result<_, _>>().map(Some)
    }

    fn memory(&self, id: &PartitionId) -> Memory {
        match self.receiver.board.next_offset(id) {
            Some(position) => Memory::Position(position),
            None if self.receiver.board.knows_topic(id) => Memory::NewPartition,
            None => Memory::NewTopic,
        }
    }

    fn warn_of_losses(&self, beginnings: &[(PartitionId, Beginning)]) {
        for (id, beginning) in beginnings {
            if let Beginning::Moved { to, lost } = beginning {
                let PartitionId { source, topic, partition } = id;
                tracing::warn!(%source, %topic, partition, lost, to, "records were deleted before they were read");
                self.receiver.status.update(|status| status.records_lost += lost.unsigned_abs());
            }
        }
    }

    /// Lets the ledger know where reading begins before a record is read: otherwise a crash would let `latest` skip
    /// what came in between. The channel keeps the order, so that a ledger which is busy for longer than a drain need
    /// not be waited for.
    fn remember(&mut self, beginnings: &[(PartitionId, Beginning)]) -> Result<(), KafkaError> {
        let news = beginnings.iter().filter(|(_, beginning)| !matches!(beginning, Beginning::Kept(_)));
        let stretches: Vec<Stretch> = news.map(|(id, beginning)| empty_stretch(id, beginning.offset())).collect();
        if !stretches.is_empty() {
            self.unsent.extend(stretches);
            self.drain()?;
        }
        Ok(())
    }

    fn begin(&mut self, beginnings: &[(PartitionId, Beginning)]) -> Result<(), KafkaError> {
        let mut positions = TopicPartitionList::with_capacity(beginnings.len());
        for (id, beginning) in beginnings {
            let offset = Offset::Offset(beginning.offset());
            self.must("name a position", positions.add_partition_offset(&id.topic, id.partition, offset))?;
            self.assignment.add(id.clone(), beginning.offset());
        }
        self.must("take partitions over", self.consumer.incremental_assign(&positions))?;
        // librdkafka remembers a pause across assignments.
        let paused = if self.is_paused { self.consumer.pause(&positions) } else { self.consumer.resume(&positions) };
        self.must("begin to read", paused)
    }

    fn abandon(&mut self, partitions: &[PartitionId]) {
        self.assignment.remove(partitions);
        let is_gone = |origin: &Origin| matches!(origin, Origin::Partition { id, .. } if partitions.contains(id));
        self.unsent.retain(|stretch| !is_gone(&stretch.origin));
    }
}

fn empty_stretch(id: &PartitionId, next_offset: i64) -> Stretch {
    Stretch { origin: Origin::Partition { id: id.clone(), next_offset }, slice: Slice::default() }
}
