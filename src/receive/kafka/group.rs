//! Whose group it is: offsets are committed with a mark that names the ledger they come from.
//!
//! A group belongs to one ledger. Two that share one would each be given a part of the partitions, and neither could see
//! a campaign that is spread over both. The mark tells them apart without a further request: it travels as the metadata
//! that Kafka keeps with each committed offset. It is looked for in every partition of the topics and not only in those
//! that were assigned, because a member that is given none is a stranger all the same.

use std::time::{Duration, Instant};

use super::broker;
use super::error::{GroupTaken, KafkaError};
use super::session::Session;
use crate::ledger::LedgerId;
use crate::receive::PartitionId;

/// What a mark begins with. Metadata that begins otherwise is nobody's: an earlier Postern left it empty, and so do the
/// tools that reset a group.
const MARK: &str = "postern ledger ";

/// How often the marks are looked at between assignments: two ledgers that begin in a new group at the same moment both
/// find it empty.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// The mark of a ledger.
pub(super) fn mark(ledger: LedgerId) -> String {
    format!("{MARK}{ledger}")
}

/// The ledger that a mark names.
pub(super) fn marked(metadata: &str) -> Option<LedgerId> {
    metadata.strip_prefix(MARK)?.parse().ok()
}

impl Session {
    /// Learns which partitions the topics have now, besides those that the group has just given us.
    pub(super) fn survey(&mut self, assigned: &[PartitionId]) {
        let source = &self.receiver.source;
        let topics: Vec<_> = source.topics.iter().map(|topic| broker::partitions(&self.consumer, topic)).collect();
        let topic_missing = topics.iter().any(|partitions| matches!(partitions, Some(numbers) if numbers.is_empty()));
        self.receiver.status.update(|status| status.topic_missing = topic_missing);
        let known = source.topics.iter().zip(topics).flat_map(|(topic, numbers)| {
            let id = |partition| PartitionId {
                source: source.name.as_str().into(),
                topic: topic.as_str().into(),
                partition,
            };
            numbers.unwrap_or_default().into_iter().map(id)
        });
        self.group = known.chain(assigned.iter().cloned()).chain(self.assignment.ids()).collect();
        self.group.sort();
        self.group.dedup();
    }

    /// Looks for the marks of other ledgers; says no where the broker does not answer.
    pub(super) fn look_for_strangers(&mut self) -> Result<bool, KafkaError> {
        self.looked = Instant::now();
        let marks = match broker::marks(&self.consumer, &self.group) {
            Ok(marks) => marks,
            Err(error) => {
                tracing::warn!(source = self.receiver.source.name, %error, "the broker does not say whose the group is");
                return Ok(false);
            }
        };
        match marks.into_iter().find(|(_, other)| *other != self.receiver.ledger) {
            None => Ok(true),
            Some((id, other)) => Err(self.taken(id, other)),
        }
    }

    fn taken(&self, id: PartitionId, other: LedgerId) -> KafkaError {
        let group = self.receiver.source.group.clone();
        KafkaError::GroupTaken(Box::new(GroupTaken { id, group, other, own: self.receiver.ledger }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_its_ledger_and_what_others_write_names_none() {
        let id = LedgerId::from_bits(0xfeed);
        assert_eq!(marked(&mark(id)), Some(id));
        for other in ["", "postern", "postern ledger ", "postern ledger 0", "host-7 2026-11-22", &id.to_string()] {
            assert_eq!(marked(other), None, "{other}");
        }
    }

    #[test]
    fn a_mark_is_far_shorter_than_what_event_hubs_keeps() {
        assert!(mark(LedgerId::from_bits(u128::MAX)).len() < 1_024 / 2);
    }
}
