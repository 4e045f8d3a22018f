//! What was posted and is not known to be indexed.
//!
//! At most one post waits at a time, as everywhere: memory stays at one batch, and what is sent again is one batch.

use std::time::Duration;

use tokio::time::Instant;

use super::collector::Collector;
use super::not_acknowledging;
use crate::deliver::decision::{Fault, Remedy};
use crate::ledger::Entry;

/// How often the collector is asked. Indexers write within seconds, and a wait of minutes must not become a flood.
const PACE: Pace = Pace { first: Duration::from_secs(1), longest: Duration::from_secs(10) };

/// Waits between questions: each twice as long as the one before, up to a bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

/// The acknowledgements of one channel.
pub(super) struct Acks {
    within: Duration,
    pub(super) pace: Pace,
    pending: Option<Pending>,
    /// Whatever was posted up to this entry is indexed.
    indexed: u64,
    is_doubtful: bool,
}

struct Pending {
    ack: u64,
    /// The last entry of the post.
    last: u64,
    posted: Instant,
    questions: u32,
}

impl Acks {
    pub(super) const fn new(within: Duration) -> Self {
        Self { within, pace: PACE, pending: None, indexed: 0, is_doubtful: false }
    }

    /// Whether the last post was taken without a number.
    pub(super) const fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// How many entries from the front are indexed. The driver may come back with fewer than were posted, and then with
    /// the others.
    pub(super) fn indexed(&self, batch: &[Entry]) -> usize {
        batch.iter().take_while(|entry| entry.sequence <= self.indexed).count()
    }

    /// Whether the front of the batch was posted before, so that there is nothing to do but to wait.
    pub(super) fn know(&mut self, batch: &[Entry]) -> bool {
        let Some(first) = batch.first() else { return true };
        first.sequence <= self.indexed || self.pending.as_ref().is_some_and(|pending| first.sequence <= pending.last)
    }

    /// Remembers what was posted, and says when to ask for it.
    pub(super) fn begin(&mut self, posted: &[Entry], ack: Option<u64>) -> Fault {
        self.is_doubtful = ack.is_none();
        let Some(ack) = ack else { return not_acknowledging("the answer has no ackId") };
        let last = posted.last().map_or(0, |entry| entry.sequence);
        self.pending = Some(Pending { ack, last, posted: Instant::now(), questions: 0 });
        not_yet(self.pace.after(0))
    }

    /// Asks whether the post that waits is indexed. Only an answer ends the wait: while nobody answers, sending again
    /// would help nobody.
    ///
    /// # Errors
    /// When the collector cannot be asked, or says not yet; the question stays. Or when it has said no for too long; then
    /// the events have to be posted again.
    pub(super) async fn ask(&mut self, collector: &Collector) -> Result<(), Fault> {
        let Some(pending) = &mut self.pending else { return Ok(()) };
        if collector.is_indexed(pending.ack).await? {
            self.indexed = pending.last;
            self.pending = None;
            return Ok(());
        }
        if pending.posted.elapsed() >= self.within {
            self.pending = None;
            return Err(self.expired());
        }
        pending.questions = pending.questions.saturating_add(1);
        Err(not_yet(self.pace.after(pending.questions)))
    }

    fn expired(&self) -> Fault {
        let advice = "behind a load balancer the channel needs sticky sessions";
        Fault::retry(format!("not acknowledged within {:?}, so it is sent again; {advice}", self.within))
    }
}

fn not_yet(wait: Duration) -> Fault {
    Fault { remedy: Remedy::Ask(wait), reason: "not indexed yet".to_owned() }
}

impl Pace {
    /// How long to wait after so many questions.
    fn after(self, questions: u32) -> Duration {
        self.first.saturating_mul(2_u32.saturating_pow(questions)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::harness::entries;

    #[test]
    fn questions_become_rarer_up_to_a_bound() {
        let waits = [0, 1, 2, 3, 4, 31, 32, u32::MAX].map(|questions| PACE.after(questions).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 10, 10, 10, 10]);
    }

    #[test]
    fn what_was_posted_is_known_however_much_of_it_comes_back() {
        let batch = entries(&["{}"; 4]);
        let mut acks = Acks::new(Duration::from_secs(300));
        assert!(!acks.know(&batch));
        assert_eq!(acks.begin(&batch[..3], Some(7)).remedy, Remedy::Ask(PACE.first));
        assert!(acks.know(&batch) && acks.know(&batch[..1]) && acks.know(&batch[2..]) && !acks.know(&batch[3..]));
        acks.indexed = 3;
        acks.pending = None;
        assert_eq!([&batch[..], &batch[..1], &batch[1..], &batch[3..]].map(|batch| acks.indexed(batch)), [3, 1, 2, 0]);
        assert!(acks.know(&batch[1..]) && !acks.know(&batch[3..]));
    }

    #[test]
    fn a_post_without_a_number_is_doubtful_until_one_has_it() {
        let batch = entries(&["{}"]);
        let mut acks = Acks::new(Duration::from_secs(300));
        assert_eq!(acks.begin(&batch, None).remedy, Remedy::Hold);
        assert!(acks.is_doubtful() && !acks.know(&batch));
        acks.begin(&batch, Some(0));
        assert!(!acks.is_doubtful() && acks.know(&batch));
    }
}
