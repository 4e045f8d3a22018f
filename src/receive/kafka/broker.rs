//! Asking the broker what it has, and what the group knows: a request or three for any number of partitions.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError as ClientError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use super::group;
use super::handover::list;
use super::position::Extent;
use crate::config::Start;
use crate::ledger::LedgerId;
use crate::receive::PartitionId;

/// How long a broker has for one answer; three of them stay far below `max.poll.interval.ms`.
const QUERY_MAX: Duration = Duration::from_secs(5);

/// What the broker has of each partition, in the order given.
///
/// # Errors
/// When it does not say; asking again later may help.
pub(super) fn extents(
    consumer: &BaseConsumer<Context>,
    partitions: &[PartitionId],
    start: Start,
) -> KafkaResult<Vec<Extent>> {
    // A member for whom the group has nothing is told so too, and librdkafka refuses to ask about nothing.
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let oldest = offsets(consumer, partitions, Offset::Beginning)?;
    let end = offsets(consumer, partitions, Offset::End)?;
    let start = match start {
        Start::Earliest => oldest.clone(),
        Start::Latest => end.clone(),
        // Rounded up to Kafka's milliseconds; before 1970 Kafka keeps no time and has other meanings for the numbers.
        Start::At(time) => {
            let millis = time.as_micros().max(0).saturating_add(999) / 1_000;
            offsets(consumer, partitions, Offset::Offset(millis))?
        }
    };
    let extent = |((oldest, end), start): ((Option<i64>, Option<i64>), Option<i64>)| {
        let (Some(oldest), Some(end)) = (oldest, end) else {
            return Err(ClientError::OffsetFetch(RDKafkaErrorCode::NoOffset));
        };
        // Where no record is as young as the configured time, the next one will be.
        Ok(Extent { oldest, end, start: start.unwrap_or(end) })
    };
    oldest.into_iter().zip(end).zip(start).map(extent).collect()
}

/// The partitions of a topic: none where the broker says that it does not exist, or that it is not for us. No answer is
/// not a no.
pub(super) fn partitions(consumer: &BaseConsumer<Context>, topic: &str) -> Option<Vec<i32>> {
    let metadata = consumer.fetch_metadata(Some(topic), QUERY_MAX).ok()?;
    let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
    Some(topics.flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect())
}

/// The partitions that the group has been told a position of by a ledger, each with the ledger.
///
/// # Errors
/// When the broker does not say; asking again later may help.
pub(super) fn marks(
    consumer: &BaseConsumer<Context>,
    partitions: &[PartitionId],
) -> KafkaResult<Vec<(PartitionId, LedgerId)>> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let committed = consumer.committed_offsets(list(partitions), QUERY_MAX)?;
    let mark = |id: &PartitionId| {
        let found = committed.find_partition(&id.topic, id.partition)?;
        Some((id.clone(), group::marked(found.metadata())?))
    };
    Ok(partitions.iter().filter_map(mark).collect())
}

/// The offset of the first record at or after a time, or at one of the two ends, which Kafka asks for in the same way;
/// `None` where there is no such record.
fn offsets(consumer: &BaseConsumer<Context>, partitions: &[PartitionId], at: Offset) -> KafkaResult<Vec<Option<i64>>> {
    let mut question = TopicPartitionList::with_capacity(partitions.len());
    for id in partitions {
        question.add_partition_offset(&id.topic, id.partition, at)?;
    }
    let answer = consumer.offsets_for_times(question, QUERY_MAX)?;
    partitions.iter().map(|id| offset(&answer, id)).collect()
}

fn offset(answer: &TopicPartitionList, id: &PartitionId) -> KafkaResult<Option<i64>> {
    let Some(found) = answer.find_partition(&id.topic, id.partition) else { return Ok(None) };
    found.error()?;
    Ok(match found.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    })
}
