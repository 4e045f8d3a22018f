//! Where to begin in a partition: a decision, made from facts alone.

use super::error::KafkaError;
use crate::config::LostPosition;
use crate::receive::PartitionId;

/// What the broker has of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The oldest offset that still exists.
    pub(super) oldest: i64,
    /// The offset that the next record will get.
    pub(super) end: i64,
    /// Where the configured start lies between them.
    pub(super) start: i64,
}

/// What the ledger remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// The offset of the next record to read.
    Position(i64),
    /// This partition is new, but others of its topic were read: it was created since, and nothing in it was seen.
    NewPartition,
    /// The source reads the topic for the first time.
    NewTopic,
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Where the ledger says.
    Kept(i64),
    /// Where the configuration says; the ledger must be told.
    Chosen(i64),
    /// Somewhere else, because the ledger's position is gone; it must be told.
    Moved {
        /// The new position.
        to: i64,
        /// The offsets that are skipped.
        lost: i64,
    },
}

impl Beginning {
    pub(super) const fn offset(self) -> i64 {
        let (Self::Kept(offset) | Self::Chosen(offset) | Self::Moved { to: offset, .. }) = self;
        offset
    }
}

/// Decides where to begin.
///
/// # Errors
/// When records are lost and nobody allowed it, and always when the position lies behind the end: a later record would
/// then be taken for one that has been counted.
pub(super) fn decide(
    id: &PartitionId,
    memory: Memory,
    extent: Extent,
    policy: LostPosition,
) -> Result<Beginning, KafkaError> {
    let Extent { oldest, end, start } = extent;
    let position = match memory {
        Memory::NewTopic => return Ok(Beginning::Chosen(start)),
        Memory::NewPartition => return Ok(Beginning::Chosen(oldest)),
        Memory::Position(position) => position,
    };
    if position > end {
        return Err(KafkaError::PositionBeyondEnd { id: id.clone(), position, end });
    }
    if position >= oldest {
        return Ok(Beginning::Kept(position));
    }
    let moved = |to: i64| Ok(Beginning::Moved { to, lost: to - position });
    match policy {
        LostPosition::Fail => {
            Err(KafkaError::LostPosition { id: id.clone(), position, oldest, lost: oldest - position })
        }
        LostPosition::Earliest => moved(oldest),
        LostPosition::Latest => moved(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { oldest: 100, end: 200, start: 150 };

    fn id() -> PartitionId {
        PartitionId { source: "kafka".into(), topic: "mail".into(), partition: 3 }
    }

    fn begin(memory: Memory, policy: LostPosition) -> Result<Beginning, String> {
        decide(&id(), memory, EXTENT, policy).map_err(|error| error.to_string())
    }

    #[test]
    fn a_position_that_exists_is_kept() {
        for position in [100, 150, 200] {
            assert_eq!(begin(Memory::Position(position), LostPosition::Fail), Ok(Beginning::Kept(position)));
        }
    }

    #[test]
    fn a_new_topic_begins_at_the_configured_start_and_a_new_partition_at_its_oldest_record() {
        assert_eq!(begin(Memory::NewTopic, LostPosition::Fail), Ok(Beginning::Chosen(150)));
        assert_eq!(begin(Memory::NewPartition, LostPosition::Fail), Ok(Beginning::Chosen(100)));
    }

    #[test]
    fn a_lost_position_goes_where_the_operator_decided() {
        let memory = Memory::Position(40);
        assert_eq!(begin(memory, LostPosition::Earliest), Ok(Beginning::Moved { to: 100, lost: 60 }));
        assert_eq!(begin(memory, LostPosition::Latest), Ok(Beginning::Moved { to: 200, lost: 160 }));
    }

    #[test]
    fn a_lost_position_that_nobody_decided_on_says_everything_that_a_decision_needs() {
        let text = begin(Memory::Position(40), LostPosition::Fail).unwrap_err();
        for part in ["kafka", "mail", "partition 3", "60 records", "40", "100", "\"earliest\"", "\"latest\""] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[test]
    fn a_position_behind_the_end_is_fatal_whatever_was_decided() {
        for policy in [LostPosition::Fail, LostPosition::Earliest, LostPosition::Latest] {
            let text = begin(Memory::Position(201), policy).unwrap_err();
            for part in ["kafka", "mail", "partition 3", "201", "200", "new `name`", "Restore"] {
                assert!(text.contains(part), "{part} is missing in: {text}");
            }
        }
    }
}
