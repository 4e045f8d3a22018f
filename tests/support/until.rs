//! Waiting for what another process does.

use std::time::{Duration, Instant};

/// Every wait ends: what takes longer than this is broken, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until something holds.
///
/// # Panics
/// When it does not within a minute.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain until {what}");
        std::thread::sleep(LOOK);
    }
}
