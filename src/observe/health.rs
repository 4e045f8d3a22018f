//! Alive and ready: two questions with two answers.
//!
//! *Alive* means that the loops of the process turn; if not, a restart may help. *Ready* means that records become
//! alerts: configured, every Kafka source has an assignment, and the last commit succeeded. A restart helps with none of
//! that, so a full disk or a dead broker never makes the process look dead.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A loop that has not turned for so long hangs. Longer than any timeout of ours, so that waiting is not hanging.
const TURN_MAX: Duration = Duration::from_secs(60);

/// What the process knows of its own health; written by its loops, read by the health page.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    loops: Vec<(String, AtomicU64)>,
    kafka_sources: Vec<(String, AtomicBool)>,
    is_configured: AtomicBool,
    is_committing: AtomicBool,
}

impl Health {
    /// A process with these loops and these Kafka sources, not yet ready.
    #[must_use]
    pub fn new(loops: &[&str], kafka_sources: &[String]) -> Self {
        Self {
            started: Instant::now(),
            loops: loops.iter().map(|name| ((*name).to_owned(), AtomicU64::new(0))).collect(),
            kafka_sources: kafka_sources.iter().map(|name| (name.clone(), AtomicBool::new(false))).collect(),
            is_configured: AtomicBool::new(false),
            is_committing: AtomicBool::new(true),
        }
    }

    /// A loop turned. Each loop says so at least every few seconds, also while it waits or tries again.
    pub fn turned(&self, name: &str) {
        if let Some((_, at)) = self.loops.iter().find(|(own, _)| own == name) {
            at.store(self.uptime().as_secs(), Ordering::Relaxed);
        }
    }

    /// Everything has been started.
    pub fn configured(&self) {
        self.is_configured.store(true, Ordering::Relaxed);
    }

    /// A Kafka source has an assignment (it may be empty), or has lost it.
    pub fn assigned(&self, source: &str, is_assigned: bool) {
        if let Some((_, own)) = self.kafka_sources.iter().find(|(own, _)| own == source) {
            own.store(is_assigned, Ordering::Relaxed);
        }
    }

    /// How the last commit ended.
    pub fn committed(&self, is_durable: bool) {
        self.is_committing.store(is_durable, Ordering::Relaxed);
    }

    /// Why the process should be restarted; empty while it is alive.
    #[must_use]
    pub fn hanging(&self) -> Vec<String> {
        let now = self.uptime().as_secs();
        let hangs = |at: &AtomicU64| now.saturating_sub(at.load(Ordering::Relaxed)) > TURN_MAX.as_secs();
        let hanging = self.loops.iter().filter(|(_, at)| hangs(at));
        hanging.map(|(name, _)| format!("the {name} loop has not turned for {} s", TURN_MAX.as_secs())).collect()
    }

    /// Why records do not become alerts; empty when it is ready.
    #[must_use]
    pub fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.is_configured.load(Ordering::Relaxed) {
            reasons.push("starting".to_owned());
        }
        if !self.is_committing.load(Ordering::Relaxed) {
            reasons.push("the last commit failed; free space on the data directory's disk".to_owned());
        }
        let unassigned = self.kafka_sources.iter().filter(|(_, is_assigned)| !is_assigned.load(Ordering::Relaxed));
        reasons.extend(unassigned.map(|(name, _)| format!("the kafka source {name} has no assignment yet")));
        reasons
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_configured_assigned_and_committing() {
        let health = Health::new(&[], &["kafka".to_owned()]);
        assert_eq!(health.unready().len(), 2);
        health.configured();
        assert_eq!(health.unready(), ["the kafka source kafka has no assignment yet"]);
        health.assigned("kafka", true);
        assert!(health.unready().is_empty());
        health.committed(false);
        assert!(health.unready()[0].contains("free space"));
        health.committed(true);
        health.assigned("kafka", false);
        assert_eq!(health.unready().len(), 1);
    }

    #[test]
    fn a_loop_that_does_not_turn_hangs_and_a_full_disk_is_not_death() {
        let started = Instant::now().checked_sub(TURN_MAX * 2).unwrap();
        let health = Health { started, ..Health::new(&["commit", "kafka"], &[]) };
        health.committed(false);
        health.turned("kafka");
        assert_eq!(health.hanging(), ["the commit loop has not turned for 60 s"]);
        health.turned("commit");
        assert!(health.hanging().is_empty());
    }
}
