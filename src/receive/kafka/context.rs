//! What librdkafka calls back: it only notes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as ClientError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};

use super::error::advice;
use super::status::KafkaStatus;
use crate::receive::PartitionId;

/// What the group has decided.
#[derive(Debug)]
pub(super) enum Rebalance {
    /// These are ours from now on, besides those we have.
    Assign(Vec<PartitionId>),
    /// These are no longer ours.
    Revoke(Vec<PartitionId>),
}

/// The callbacks of one client.
pub(super) struct Context {
    source: Arc<str>,
    status: Arc<KafkaStatus>,
    /// At most a few: librdkafka decides nothing new before it has been told that we follow.
    rebalances: Mutex<Vec<Rebalance>>,
    closing: AtomicBool,
    /// Whether a commit of group offsets failed: idle partitions would stay without one.
    refused_commit: AtomicBool,
}

impl Context {
    pub(super) fn new(source: Arc<str>, status: Arc<KafkaStatus>) -> Self {
        Self {
            source,
            status,
            rebalances: Mutex::default(),
            closing: AtomicBool::new(false),
            refused_commit: AtomicBool::new(false),
        }
    }

    /// What was decided since the last call, in order.
    pub(super) fn take_rebalances(&self) -> Vec<Rebalance> {
        std::mem::take(&mut *self.rebalances.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on every rebalance ends in no assignment at all: nobody looks at the notes any more.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether a commit of group offsets failed since the last call.
    pub(super) fn take_refused_commit(&self) -> bool {
        self.refused_commit.swap(false, Ordering::Relaxed)
    }

    fn note(&self, rebalance: Rebalance) {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push(rebalance);
    }

    fn ids(&self, list: &TopicPartitionList) -> Vec<PartitionId> {
        let id =
            |topic: &str, partition| PartitionId { source: Arc::clone(&self.source), topic: topic.into(), partition };
        list.elements().iter().map(|element| id(element.topic(), element.partition())).collect()
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, err: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Relaxed) {
            if let Err(error) = consumer.unassign() {
                tracing::warn!(source = &*self.source, %error, "the Kafka client does not let go of its partitions");
            }
            return;
        }
        let partitions = self.ids(list);
        self.note(match err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assign(partitions),
            _ => Rebalance::Revoke(partitions),
        });
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            self.status.update(|status| status.commit_failures += 1);
            self.refused_commit.store(true, Ordering::Relaxed);
            tracing::debug!(source = &*self.source, %error, "group offsets were not committed");
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel as Level;
        let source = &*self.source;
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
                tracing::error!(source, facility, "{message}");
            }
            Level::Warning => tracing::warn!(source, facility, "{message}"),
            Level::Notice | Level::Info => tracing::info!(source, facility, "{message}"),
            Level::Debug => tracing::debug!(source, facility, "{message}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.status.measured(&statistics);
    }

    fn error(&self, error: ClientError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let trouble = format!("{reason}; {}", advice(code));
        tracing::warn!(source = &*self.source, "Kafka: {trouble}");
        self.status.update(|status| match code {
            // It follows from what happened to each broker, which says more.
            RDKafkaErrorCode::AllBrokersDown if status.last_error.is_some() => {}
            _ => status.last_error = Some(trouble),
        });
    }
}
