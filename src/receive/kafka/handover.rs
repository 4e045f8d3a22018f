//! Handing over what was read, over a channel that may be full.

use std::time::{Duration, Instant};

use crossbeam_channel::SendTimeoutError;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use tokio::sync::oneshot;

use super::error::KafkaError;
use super::session::Session;
use crate::receive::{Intake, PartitionId, Stretch};

/// How long the channel may be full before reading is paused, and how often it is tried again then.
const SEND_WAIT: Duration = Duration::from_millis(250);

/// Reading goes on when the channel is filled to one part in so many, and not at once, or it would be paused again.
const RESUME_BELOW: usize = 4;

/// How often it is looked whether a drain is done.
const DRAIN_STEP: Duration = Duration::from_millis(2);

impl Session {
    /// Sends what was read, and goes on reading where the channel has been drained.
    pub(super) fn hand_over(&mut self) -> Result<(), KafkaError> {
        let stretches = self.take_stretches();
        let is_sent =
            stretches.is_empty() || self.send(Intake { stretches, durable: None }, Instant::now() + SEND_WAIT)?;
        if is_sent && self.is_drained() { self.set_paused(false) } else { Ok(()) }
    }

    /// Hands over everything that was read and waits until it is durable, no longer than the drain may take; says
    /// whether it was in time.
    pub(super) fn drain(&mut self) -> Result<bool, KafkaError> {
        let deadline = Instant::now() + self.receiver.drain;
        let (durable, told) = oneshot::channel();
        let stretches = self.take_stretches();
        let is_sent = self.send(Intake { stretches, durable: Some(durable) }, deadline)?;
        Ok(is_sent && is_told(told, deadline))
    }

    fn take_stretches(&mut self) -> Vec<Stretch> {
        let mut stretches = std::mem::take(&mut self.unsent);
        stretches.extend(self.assignment.take_batch());
        stretches
    }

    /// Sends in time, or keeps it for later, pauses reading and says no. To go on polling is what keeps the membership
    /// of the group, and paused partitions give nothing that would have to be kept as well.
    fn send(&mut self, intake: Intake, deadline: Instant) -> Result<bool, KafkaError> {
        match self.receiver.intake.send_deadline(intake, deadline) {
            Ok(()) => Ok(true),
            Err(SendTimeoutError::Timeout(intake)) => {
                self.unsent = intake.stretches;
                self.set_paused(true)?;
                Ok(false)
            }
            Err(SendTimeoutError::Disconnected(_)) => Err(KafkaError::HungUp { name: self.name() }),
        }
    }

    fn is_drained(&self) -> bool {
        let channel = &self.receiver.intake;
        channel.capacity().is_none_or(|capacity| channel.len() <= capacity / RESUME_BELOW)
    }

    /// Pauses or resumes every partition, once for each change: librdkafka behaves oddly when it is told twice.
    fn set_paused(&mut self, paused: bool) -> Result<(), KafkaError> {
        if self.is_paused == paused {
            return Ok(());
        }
        self.is_paused = paused;
        self.receiver.status.update(|status| status.paused = paused);
        tracing::info!(source = self.receiver.source.name, paused, "the core has no room for more, or has it again");
        let everything = list(&self.assignment.ids());
        let told = if paused { self.consumer.pause(&everything) } else { self.consumer.resume(&everything) };
        self.must("pause or resume", told)
    }
}

/// The partitions as librdkafka wants them.
pub(super) fn list(partitions: &[PartitionId]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for id in partitions {
        list.add_partition(&id.topic, id.partition);
    }
    list
}

/// A look now and then, because nothing in this thread can be woken.
fn is_told(mut told: oneshot::Receiver<()>, deadline: Instant) -> bool {
    loop {
        match told.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) if Instant::now() < deadline => std::thread::sleep(DRAIN_STEP),
            outcome => return outcome.is_ok(),
        }
    }
}
