//! What ends a Kafka source, and what to do about what does not.

use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};

use crate::ledger::LedgerId;
use crate::receive::PartitionId;
use crate::secrets::SecretError;

/// Why a Kafka source cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KafkaError {
    /// The credentials are not there.
    #[error("the Kafka source {name:?} cannot read its secret")]
    Secret {
        /// The source.
        name: String,
        /// Why.
        source: SecretError,
    },
    /// librdkafka refuses an operation that must not fail.
    #[error("the Kafka source {name:?} could not {attempt}; check its [[source.kafka]], then restart")]
    Client {
        /// The source.
        name: String,
        /// What was tried.
        attempt: &'static str,
        /// Why it failed.
        source: ClientError,
    },
    /// librdkafka says that this client can never work again.
    #[error(
        "the Kafka client of the source {name:?} failed for good: {reason}; restart, and remove the cause if it returns"
    )]
    Fatal {
        /// The source.
        name: String,
        /// In librdkafka's words.
        reason: String,
    },
    /// Records were deleted before they were read.
    #[error(
        "{lost} records of partition {} of the topic {:?} were deleted before the source {:?} read them: it stands at \
         offset {position}, the oldest that still exists is {oldest}. Decide how to go on with `lost_position` in its \
         [[source.kafka]]: \"earliest\" continues with offset {oldest}, \"latest\" with what comes now",
        id.partition, id.topic, id.source
    )]
    LostPosition {
        /// The partition.
        id: PartitionId,
        /// The offset of the next record to read.
        position: i64,
        /// The oldest offset that still exists.
        oldest: i64,
        /// Offsets between the two.
        lost: i64,
    },
    /// The topic is not the one that was read before.
    #[error(
        "partition {} of the topic {:?} ends at offset {end}, but the source {:?} has read it up to {position}: the \
         topic was deleted and created again, or has lost data. Restore it, or give the [[source.kafka]] a new `name` \
         to begin anew",
        id.partition, id.topic, id.source
    )]
    PositionBeyondEnd {
        /// The partition.
        id: PartitionId,
        /// The offset of the next record to read.
        position: i64,
        /// The offset that the next record will get.
        end: i64,
    },
    /// Another ledger reads the topic in the same group.
    #[error(transparent)]
    GroupTaken(Box<GroupTaken>),
    /// The commit loop has ended.
    #[error("the Kafka source {name:?} has nobody left to hand records to; see the log for what ended before it")]
    HungUp {
        /// The source.
        name: String,
    },
    /// There is no thread to run in.
    #[error("no thread could be started for a Kafka source; raise the limit of processes")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
}

/// The group belongs to another ledger.
#[derive(Debug, thiserror::Error)]
#[error(
    "the group {group:?} of the source {:?} belongs to another ledger: {other} read partition {} of the topic {:?}, this \
     one is {own}. Two ledgers cannot share a group, each would see a part of every campaign. If another postern runs in \
     the group, stop this one or give it a `group` of its own; if this one has the wrong `data_dir`, give it the one that \
     belongs to the group; if that ledger is lost, use a new `group`, and this ledger begins at `start`",
    id.source, id.partition, id.topic
)]
pub struct GroupTaken {
    /// A partition that the other ledger has read.
    pub id: PartitionId,
    /// The group.
    pub group: String,
    /// The other ledger.
    pub other: LedgerId,
    /// This ledger.
    pub own: LedgerId,
}

/// What to do about an error after which the client keeps trying.
pub(super) const fn advice(code: RDKafkaErrorCode) -> &'static str {
    use RDKafkaErrorCode as Code;
    match code {
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => {
            "create the topic or correct `topics`: Postern creates none"
        }
        Code::Authentication | Code::SaslAuthenticationFailed => "check `auth` and the secret",
        Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed => {
            "allow this account to read the topic and to join the group"
        }
        Code::SSL => "check `tls` and `ca_file`",
        Code::Resolve | Code::AllBrokersDown | Code::BrokerTransportFailure => "check `bootstrap` and the network",
        Code::PollExceeded => "the source was stuck; it joins its group again",
        _ => "trying again",
    }
}
