//! The loop: read, hand over, follow the group; until the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError as ClientError, KafkaResult, RDKafkaErrorCode};

use super::KafkaReceiver;
use super::assignment::Assignment;
use super::context::{Context, Rebalance};
use super::error::KafkaError;
use super::group::LOOK_INTERVAL;
use super::handover::list;
use super::settings::consumer_config;
use crate::receive::{PartitionId, Stretch};

/// How long a poll waits for a record; also how soon an idle source notices that it shall end.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How often the group is told where the ledger stands. Event Hubs throttles four a second for each partition.
const TELL_INTERVAL: Duration = Duration::from_secs(1);

/// How long leaving the group may take. librdkafka is known to hang there; it is left behind then.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// One client and what it is in the middle of.
pub(super) struct Session {
    pub(super) consumer: BaseConsumer<Context>,
    pub(super) receiver: KafkaReceiver,
    pub(super) assignment: Assignment,
    /// What the channel had no room for, a batch at most: while there is any, reading is paused.
    pub(super) unsent: Vec<Stretch>,
    pub(super) is_paused: bool,
    /// The partitions of the topics, whoever reads them.
    pub(super) group: Vec<PartitionId>,
    /// When it was last looked who else reads them.
    pub(super) looked: Instant,
    /// Decided by the group and not yet followed.
    rebalances: VecDeque<Rebalance>,
    /// Whether librdkafka met a position that no longer exists.
    is_astray: bool,
    told: Instant,
}

impl Session {
    /// Makes the client and subscribes; the group is joined while polling.
    pub(super) fn open(receiver: KafkaReceiver) -> Result<Self, KafkaError> {
        let source = &receiver.source;
        let refused = |attempt| move |error| KafkaError::Client { name: source.name.clone(), attempt, source: error };
        let config =
            consumer_config(source).map_err(|error| KafkaError::Secret { name: source.name.clone(), source: error })?;
        let context = Context::new(source.name.as_str().into(), Arc::clone(&receiver.status));
        let consumer: BaseConsumer<Context> =
            config.create_with_context(context).map_err(refused("make its client"))?;
        let topics: Vec<&str> = source.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(refused("subscribe to its topics"))?;
        Ok(Self {
            consumer,
            assignment: Assignment::default(),
            unsent: Vec::new(),
            is_paused: false,
            group: Vec::new(),
            looked: Instant::now(),
            rebalances: VecDeque::new(),
            is_astray: false,
            told: Instant::now(),
            receiver,
        })
    }

    /// Runs until the shutdown, or until it cannot go on.
    pub(super) fn run(mut self) -> Result<(), KafkaError> {
        let outcome = self.read();
        if let Err(error) = &outcome {
            tracing::error!(error = error as &dyn std::error::Error, "the Kafka source ends");
        }
        self.receiver.status.update(|status| status.joined = false);
        self.close();
        outcome
    }

    pub(super) fn name(&self) -> String {
        self.receiver.source.name.clone()
    }

    /// For what librdkafka refuses only where something is badly wrong.
    pub(super) fn must<T>(&self, attempt: &'static str, outcome: KafkaResult<T>) -> Result<T, KafkaError> {
        outcome.map_err(|source| KafkaError::Client { name: self.name(), attempt, source })
    }

    /// Tells the group where the ledger stands, without waiting: requests leave in order, so that this arrives before
    /// we leave the group, and a broker that does not answer cannot hold us.
    pub(super) fn tell_group(&mut self) {
        self.told = Instant::now();
        if self.consumer.context().take_refused_commit() {
            self.assignment.forget_told();
        }
        let positions = self.assignment.take_untold(&self.receiver.board, self.receiver.ledger);
        if positions.count() > 0 && self.consumer.commit(&positions, CommitMode::Async).is_err() {
            self.receiver.status.update(|status| status.commit_failures += 1);
        }
    }

    fn read(&mut self) -> Result<(), KafkaError> {
        while !self.receiver.shutdown.load(Ordering::Relaxed) {
            self.gather()?;
            self.hand_over()?;
            self.follow_group()?;
            if self.told.elapsed() >= TELL_INTERVAL {
                self.tell_group();
            }
            if self.looked.elapsed() >= LOOK_INTERVAL {
                // Where the broker does not answer it is asked again after the interval.
                self.look_for_strangers()?;
            }
        }
        if !self.drain()? {
            tracing::warn!(source = self.receiver.source.name, "not all was durable in time; it will be read again");
        }
        self.tell_group();
        Ok(())
    }

    /// Reads what is there, up to a full batch.
    fn gather(&mut self) -> Result<(), KafkaError> {
        let mut wait = if self.unsent.is_empty() { POLL_WAIT } else { Duration::ZERO };
        while !self.assignment.is_full()
            && let Some(polled) = self.consumer.poll(wait)
        {
            match polled {
                Ok(message) => self.assignment.take_in(&message, &self.receiver.inspector),
                Err(error) => self.is_astray |= self.heed(&error)?,
            }
            wait = Duration::ZERO;
        }
        self.receiver.status.update(|status| status.last_poll = Some(Instant::now()));
        Ok(())
    }

    /// Says whether a position no longer exists. Everything else that is not fatal has been logged by the context, and
    /// librdkafka keeps trying.
    fn heed(&self, error: &ClientError) -> Result<bool, KafkaError> {
        use RDKafkaErrorCode as Code;
        if let Some((_, reason)) = self.consumer.client().fatal_error() {
            return Err(KafkaError::Fatal { name: self.name(), reason });
        }
        let code = error.rdkafka_error_code();
        if let Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::TopicAuthorizationFailed) = code {
            self.receiver.status.update(|status| status.topic_missing = true);
        }
        Ok(code == Some(Code::AutoOffsetReset))
    }

    fn follow_group(&mut self) -> Result<(), KafkaError> {
        if std::mem::take(&mut self.is_astray) {
            // Which partition it was the client does not say, so all of them begin anew where the ledger stands.
            let all = self.assignment.ids();
            self.rebalances.extend([Rebalance::Revoke(all.clone()), Rebalance::Assign(all)]);
        }
        self.rebalances.extend(self.consumer.context().take_rebalances());
        while let Some(rebalance) = self.rebalances.pop_front() {
            let followed = match &rebalance {
                Rebalance::Revoke(partitions) => self.release(partitions).map(|()| true),
                Rebalance::Assign(partitions) => self.adopt(partitions),
            };
            if !matches!(followed, Ok(true)) {
                self.rebalances.push_front(rebalance);
                return followed.map(drop);
            }
        }
        Ok(())
    }

    /// Leaves the group, so that its other members need not wait for the session timeout.
    fn close(mut self) {
        // librdkafka does not close before it has been told that we follow.
        for rebalance in self.rebalances.drain(..).chain(self.consumer.context().take_rebalances()) {
            let followed = match rebalance {
                Rebalance::Assign(_) => self.consumer.incremental_assign(&TopicPartitionList::new()),
                Rebalance::Revoke(partitions) => self.consumer.incremental_unassign(&list(&partitions)),
            };
            tracing::debug!(?followed, "followed on the way out");
        }
        self.consumer.context().close();
        let (closing, closed) = bounded::<()>(0);
        let consumer = self.consumer;
        let started = std::thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
            drop(consumer);
            drop(closing);
        });
        if started.is_ok() && closed.recv_timeout(CLOSE_MAX) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the Kafka client does not close; the group goes on after the session timeout");
        }
    }
}
