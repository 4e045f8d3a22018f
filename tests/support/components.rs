//! What a test needs of the machine, and may not find there.

use std::io::Write as _;

/// Says loudly what does not run; green must never mean "ran nothing".
///
/// # Panics
/// When `POSTERN_REQUIRE_COMPONENTS=1`.
pub fn say_missing(component: &str, reason: &str) {
    let is_required = std::env::var_os("POSTERN_REQUIRE_COMPONENTS").is_some_and(|value| value == "1");
    assert!(!is_required, "POSTERN_REQUIRE_COMPONENTS=1, but there is no {component}: {reason}");
    // Not `eprintln!`: the test harness hides that when the test passes.
    let _ = writeln!(std::io::stderr(), "\n*** NOT RUN with {component}: {reason}\n");
}
