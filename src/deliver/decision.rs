//! What to do after an attempt: the one decision of the driver, without clock or chance of its own.

use std::time::Duration;

/// The longest that a receiver may tell us to wait. A mistaken `Retry-After` must not silence a sink for a day.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// What became of the entries, from the front of the batch; those behind the last one are as they were.
    pub(super) fates: Vec<Fate>,
    /// What kept those from being accepted that are still open. Without a fault the attempt did all that it wanted to.
    pub(super) fault: Option<Fault>,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The receiver has it.
    Accepted,
    /// The receiver can never take it, and says why in words that are not yet fit for display.
    Refused(String),
    /// It has to be sent again.
    Open,
}

impl Sent {
    /// So many were accepted from the front, and nothing else was tried.
    pub(super) fn accepted(accepted: usize) -> Self {
        Self { fates: vec![Fate::Accepted; accepted], fault: None }
    }

    /// So many were accepted from the front, and then there was a fault.
    pub(super) fn stopped(accepted: usize, fault: Fault) -> Self {
        Self { fates: vec![Fate::Accepted; accepted], fault: Some(fault) }
    }

    /// What became of each, and what kept the open ones from being accepted.
    pub(super) const fn each(fates: Vec<Fate>, fault: Option<Fault>) -> Self {
        Self { fates, fault }
    }

    /// Whether anything was accepted.
    pub(super) fn has_accepted(&self) -> bool {
        self.fates.contains(&Fate::Accepted)
    }

    /// Whether every entry that was tried is settled, so that nothing was left open but what was not tried.
    pub(super) fn is_progress(&self) -> bool {
        self.fates.iter().any(|fate| *fate != Fate::Open)
    }
}

impl From<Fault> for Sent {
    fn from(fault: Fault) -> Self {
        Self::stopped(0, fault)
    }
}

/// Why an entry was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Who can do something about it.
    pub(super) remedy: Remedy,
    /// In the receiver's own words, where it had any; not yet fit for display.
    pub(super) reason: String,
}

/// What helps against a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Time: the receiver is busy, restarts or cannot be reached. It may have said how long.
    Retry(Option<Duration>),
    /// An operator: credentials, addresses, permissions. The entry is not at fault, so it is kept.
    Hold,
    /// Nothing: the receiver can never take the first entry that is open.
    Refuse,
    /// Nothing yet: the receiver works on what it was sent, and is to be asked again after this long.
    Ask(Duration),
}

impl Fault {
    pub(super) fn retry(reason: impl Into<String>) -> Self {
        Self { remedy: Remedy::Retry(None), reason: reason.into() }
    }

    pub(super) fn hold(reason: impl Into<String>) -> Self {
        Self { remedy: Remedy::Hold, reason: reason.into() }
    }

    pub(super) fn refuse(reason: impl Into<String>) -> Self {
        Self { remedy: Remedy::Refuse, reason: reason.into() }
    }
}

/// What the driver does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Attempts again after this long.
    BackOff(Duration),
    /// Says that an operator is needed, and looks after this long whether one has been.
    Hold(Duration),
    /// Puts the entry aside and goes on behind it.
    Refuse,
    /// Asks again after this long, as if nothing had happened.
    Ask(Duration),
}

/// Whether a receiver is believed to take anything.
///
/// A receiver that comes back after a while is met with one entry, not with everything that has gathered: whole batches
/// into a server that is just starting is how a short outage becomes a long one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Breaker {
    failures: u32,
}

impl Breaker {
    /// How many failures in a row open it.
    const FAILURES_MAX: u32 = 3;

    /// How many failed attempts there were in a row.
    pub(super) const fn failures(self) -> u32 {
        self.failures
    }

    /// Whether the receiver is believed to be down: the next attempt is a probe.
    pub(super) const fn is_open(self) -> bool {
        self.failures >= Self::FAILURES_MAX
    }

    /// How many entries of a batch to attempt.
    pub(super) const fn allows(self, entries: usize) -> usize {
        if self.is_open() && entries > 1 { 1 } else { entries }
    }

    /// Notes that the receiver took something, or condemned something: it listens.
    pub(super) const fn close(&mut self) {
        self.failures = 0;
    }

    /// Notes a failed attempt.
    pub(super) const fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }
}

/// The bounds of waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The longest first wait.
    pub(super) min: Duration,
    /// The longest wait ever, and the pace of probing.
    pub(super) max: Duration,
}

impl Patience {
    /// Decides after an attempt that followed `failures` failed ones in a row. `chance` picks a wait between nothing
    /// and its argument: full jitter, because receivers that come back must not be met by everybody at once.
    pub(super) fn decide(self, remedy: Remedy, failures: u32, chance: impl FnOnce(Duration) -> Duration) -> Next {
        match remedy {
            Remedy::Retry(after) => {
                let asked = after.unwrap_or_default().min(RETRY_AFTER_MAX);
                Next::BackOff(chance(self.longest(failures)).max(asked))
            }
            Remedy::Hold => Next::Hold(self.max),
            Remedy::Refuse => Next::Refuse,
            Remedy::Ask(wait) => Next::Ask(wait),
        }
    }

    fn longest(self, failures: u32) -> Duration {
        self.min.saturating_mul(2_u32.saturating_pow(failures)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { min: Duration::from_millis(500), max: Duration::from_secs(60) };

    fn wait(after: Option<Duration>, failures: u32, chance: fn(Duration) -> Duration) -> Duration {
        match PATIENCE.decide(Remedy::Retry(after), failures, chance) {
            Next::BackOff(wait) => wait,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_longest_wait_doubles_up_to_its_bound() {
        let waits = [0, 1, 2, 6, 7, 31, 32, u32::MAX].map(|failures| wait(None, failures, |longest| longest));
        assert_eq!(waits.map(|wait| wait.as_millis()), [500, 1_000, 2_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn chance_may_choose_not_to_wait_at_all() {
        assert_eq!(wait(None, 9, |_| Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn the_receiver_may_ask_for_longer_but_not_for_ever() {
        assert_eq!(wait(Some(Duration::from_secs(7)), 0, |_| Duration::ZERO), Duration::from_secs(7));
        assert_eq!(wait(Some(Duration::from_secs(7)), 9, |longest| longest), Duration::from_secs(60));
        assert_eq!(wait(Some(Duration::MAX), 0, |longest| longest), RETRY_AFTER_MAX);
    }

    #[test]
    fn an_operator_is_waited_for_at_the_slowest_pace() {
        assert_eq!(PATIENCE.decide(Remedy::Hold, 0, |_| Duration::ZERO), Next::Hold(PATIENCE.max));
    }

    #[test]
    fn a_receiver_that_is_down_is_probed_with_one_entry_until_it_takes_one() {
        let mut breaker = Breaker::default();
        for _ in 0..Breaker::FAILURES_MAX {
            assert_eq!(breaker.allows(500), 500);
            breaker.fail();
        }
        assert!(breaker.is_open());
        assert_eq!((breaker.allows(500), breaker.allows(0)), (1, 0));
        breaker.close();
        assert_eq!(breaker.allows(500), 500);
    }

    #[test]
    fn a_refusal_does_not_wait() {
        assert_eq!(PATIENCE.decide(Remedy::Refuse, 3, |longest| longest), Next::Refuse);
    }
}
