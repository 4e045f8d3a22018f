//! The whole machine in a simulation: sources, inspection, shards, the commit's kernel, the real ledger, sinks and a
//! clock, driven by one number through everything that can happen, and held to every invariant of the design.
//!
//! A seed tells a story of some days of three tenants ([`story`]), cut into payloads that come late, twice, together and
//! broken, by partitions and webhooks. The machine ([`machine`]) reads it in steps of a seeded schedule: stretches cut
//! anywhere, partitions lost and read again, senders that repeat themselves, commits that fail for want of room or
//! succeed and say that they did not, a process that dies between any two steps and on either side of a commit, sinks
//! that are slow, refuse, store twice and store without saying so, pruning, a wall clock that jumps. Then
//! ([`invariants`]):
//!
//! - what it told and what it remembers is, byte for byte, what an undisturbed run over the same order comes to
//!   (REPLAY, SPLIT), and one tenant's part is what that tenant alone comes to (TENANT);
//! - nothing was lost, nothing was taken in twice, no position went back (CONSERVE, COMMIT), and every receiver has every
//!   record once decided, or has refused it (DELIVER);
//! - its campaigns are those of a [`reference`] that keeps lists and reads them from end to end, and those of an observer
//!   to whom everything came in time and once (ORDER);
//! - SANCTION, MONOTONE and BOUND hold; that it ends at all over broken payloads is TOTAL.
//!
//! What the simulation leaves out: a commit that is torn inside SQLite (the ledger's own tests, and the real process that
//! is killed), the threads and channels of the commit loop, the driver of the sinks (both have tests of their own), and
//! whatever rows [`story`] says it keeps apart. A wall clock that is slow by more than the tolerance of five minutes is
//! left out where it stamps arrivals, because it then cuts honest times.
//!
//! `POSTERN_SEED=123 cargo test --test machine` replays one seed and says what happens;
//! `POSTERN_SEEDS=5000..9000 cargo test --test machine` runs others than CI does.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, wherever it is written")]

mod coverage;
mod disk;
mod invariants;
mod machine;
mod receiver;
mod record;
mod reference;
mod story;
mod summary;
mod undisturbed;
mod world;

use std::env;
use std::io::Write;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use coverage::Coverage;

/// The seeds that CI runs.
const SEEDS: Range<u64> = 0..2_000;
/// From so many seeds on, everything must have been met.
const SEEDS_THAT_MEET_ALL: u64 = 500;
/// Failures that are told.
const FAILURES_MAX: usize = 3;

#[test]
fn the_machine_keeps_every_invariant_whatever_happens_to_it() {
    if let Ok(seed) = env::var("POSTERN_SEED") {
        let seed = seed.parse().expect("POSTERN_SEED is a number");
        say(&format!("seed {seed}"));
        let coverage = checked(seed, true).unwrap_or_else(|failure| panic!("{failure}"));
        say(&format!("seed {seed} holds: {coverage:?}"));
        return;
    }
    let seeds = env::var("POSTERN_SEEDS").map_or(SEEDS, |text| range(&text));
    let count = seeds.end - seeds.start;
    let (coverage, failures) = run(seeds);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let missed: Vec<_> = coverage.counters().into_iter().filter(|(_, count)| *count == 0).collect();
    assert!(count < SEEDS_THAT_MEET_ALL || missed.is_empty(), "nothing was met of {missed:?}");
    println!("{count} seeds: {:?}", coverage.counters());
}

/// Runs seeds on all processors.
fn run(seeds: Range<u64>) -> (Coverage, Vec<String>) {
    let next = AtomicU64::new(seeds.start);
    let met = Mutex::new((Coverage::default(), Vec::new()));
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end || met.lock().unwrap().1.len() >= FAILURES_MAX {
            return;
        }
        match checked(seed, false) {
            Ok(coverage) => met.lock().unwrap().0.add(&coverage),
            Err(failure) => met.lock().unwrap().1.push(failure),
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    met.into_inner().unwrap()
}

/// Checks a seed; what it says of a failure can be run.
fn checked(seed: u64, trace: bool) -> Result<Coverage, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| invariants::check(seed, trace)));
    let failure = match outcome {
        Ok(Ok(coverage)) => return Ok(coverage),
        Ok(Err(failure)) => failure,
        Err(_) => "it panicked".to_owned(),
    };
    Err(format!("seed {seed}: {failure}\n  replay it with: POSTERN_SEED={seed} cargo test --test machine"))
}

fn range(text: &str) -> Range<u64> {
    let (first, end) = text.split_once("..").expect("POSTERN_SEEDS is a range as in 5000..9000");
    first.parse().unwrap()..end.parse().unwrap()
}

/// Says something although the test may succeed, whose output is kept back.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}
