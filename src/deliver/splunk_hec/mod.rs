//! Splunk's HTTP Event Collector.
//!
//! An answer of 200 says that the events were understood; that they are indexed is said by an acknowledgement, which has
//! to be asked for ("About HTTP Event Collector Indexer Acknowledgment"). Indexing takes longer than an attempt may, so
//! the number to ask for outlives the attempt: the next one with the same entries is the next question, and a slow
//! indexer is not taken for a collector that is down.

mod acks;
mod answer;
mod collector;
mod encode;
#[cfg(test)]
mod tests;

use super::decision::{Fault, Sent};
use super::portion::Portion;
use super::{Clock, DeliverError, Sink};
use crate::config::SplunkHecSink;
use crate::ledger::Entry;
use acks::Acks;
use answer::Verdict;
use collector::Collector;
use encode::Envelope;

/// What a post may hold before it is compressed: what Splunk Cloud recommends, and every collector takes.
const POST_BYTES_MAX: usize = 1_000_000;

/// Posts events.
pub(super) struct SplunkHec {
    collector: Collector,
    envelope: Envelope,
    portion: Portion,
    acknowledge: bool,
    acks: Acks,
}

impl SplunkHec {
    pub(super) fn new(name: &str, config: &SplunkHecSink, clock: Clock) -> Result<Self, DeliverError> {
        Ok(Self {
            collector: Collector::new(name, config, clock)?,
            envelope: Envelope::new(config),
            portion: Portion::of(POST_BYTES_MAX),
            acknowledge: config.acknowledge,
            acks: Acks::new(config.acknowledged_within),
        })
    }

    /// Delivers entries from the front; how many.
    async fn deliver(&mut self, batch: &[Entry]) -> Result<usize, Sent> {
        if !self.acknowledge {
            return Ok(self.post(batch).await?.entries);
        }
        if !self.acks.know(batch) {
            return Err(self.post_to_be_acknowledged(batch).await?.into());
        }
        self.acks.ask(&self.collector).await?;
        Ok(self.acks.indexed(batch))
    }

    /// Posts, and says when to ask for it.
    ///
    /// A token without acknowledgement takes events and gives no number. Sending them again and again would fill the
    /// index while an operator sleeps, so from then on the collector is asked first, and then gets a single event.
    async fn post_to_be_acknowledged(&mut self, batch: &[Entry]) -> Result<Fault, Sent> {
        let mut batch = batch;
        if self.acks.is_doubtful() {
            self.collector.is_indexed(0).await?;
            batch = &batch[..batch.len().min(1)];
        }
        let posted = self.post(batch).await?;
        Ok(self.acks.begin(&batch[..posted.entries], posted.ack))
    }

    async fn post(&mut self, batch: &[Entry]) -> Result<Posted, Sent> {
        let parcel = self.portion.cut(batch, |entry, body| self.envelope.append(entry, body))?;
        let (entries, bytes) = (parcel.entries, parcel.body.len());
        let answer = self.collector.post(parcel.body).await;
        let answer = answer.map_err(|fault| self.portion.unanswered(bytes, fault))?;
        Err(match answer::verdict(&answer, entries.len()) {
            Verdict::Accepted(ack) => {
                self.portion.taken();
                return Ok(Posted { entries: entries.len(), ack });
            }
            Verdict::Stopped { accepted, fault } => Sent::stopped(accepted, fault),
            Verdict::Condemned(reason) => self.portion.condemned(entries, reason).into(),
            Verdict::TooLarge(reason) => self.portion.too_large(entries, bytes, reason).into(),
        })
    }
}

/// What the collector has taken.
struct Posted {
    entries: usize,
    ack: Option<u64>,
}

impl Sink for SplunkHec {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.deliver(batch).await.map_or_else(|sent| sent, Sent::accepted)
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        self.collector.probe().await
    }
}

/// What to say about a token that has no acknowledgement.
fn not_acknowledging(reason: &str) -> Fault {
    let advice = "the token does not acknowledge: enable indexer acknowledgement for it, or set `acknowledge = false`";
    Fault::hold(format!("{advice}: {reason}"))
}
