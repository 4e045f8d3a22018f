//! `cargo bench --bench memory`: what a million profiles of sources cost in memory, and what they cost the ledger.
//!
//! First ten million senders speak once each while five thousand are tracked; then the profiles that are left are
//! written to a ledger, loaded as a restart loads them, and changed by commits of the size of a busy interval, one each
//! interval. Each part is a process of its own, so that what is resident is its own. `-- --profiles N --strangers N
//! --tracked N --commits N` changes the size; `-- --whole 10000000` shows what a whole service takes instead.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on ends by panicking")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use postern::correlate::{SourceKey, Sources, Standing};
use postern::detector::StateChange;
use postern::event::Time;
use postern::ledger::{Ledger, SqliteLedger, Transaction};

use options::number;
use strangers::{Strangers, sighting, stranger};

mod whole;

#[path = "../yardstick/options.rs"]
mod options;
#[path = "../../tests/support/strangers.rs"]
mod strangers;
#[path = "../../tests/support/mod.rs"]
pub mod support;

/// The first words of the processes that do the work.
const PARTS: [&str; 2] = ["sources", "ledger"];
/// Entries of one commit: two thousand relevant records a second, five commits a second.
const COMMIT_ENTRIES: usize = 400;
/// What is between the beginnings of two commits, as in the default configuration.
const COMMIT_INTERVAL: Duration = Duration::from_millis(200);
/// Entries of one commit while the ledger is filled, which is not measured.
const FILL_ENTRIES: usize = 20_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let strangers = Strangers {
        once: number(&words, "--strangers", 10_000_000)?,
        tracked: number(&words, "--tracked", 5_000)?,
        profiles_max: number(&words, "--profiles", 1_000_000)?,
    };
    match words.first() {
        _ if words.contains(&"--whole") => whole::measure(number(&words, "--whole", 10_000_000)?),
        Some(part) if *part == PARTS[0] => sources(strangers),
        Some(part) if *part == PARTS[1] => ledger(strangers, number(&words, "--commits", 500)?),
        _ => PARTS.into_iter().try_for_each(|part| {
            let status = Command::new(std::env::current_exe()?).arg(part).args(&arguments).status()?;
            ensure!(status.success(), "{part} ended with {status}");
            Ok(())
        }),
    }
}

// === in memory ===

fn sources(strangers: Strangers) -> Result<()> {
    let before = resident("VmRSS")?;
    let started = Instant::now();
    let left = strangers.speak();
    let seconds = started.elapsed().as_secs_f64();
    let (after, peak) = (resident("VmRSS")?, resident("VmHWM")?);
    let spoken = strangers.once + strangers.once / (strangers.once / (20 * strangers.tracked));
    println!("{spoken} messages of {} senders in {seconds:.1} s", strangers.once + strangers.tracked);
    println!(
        "{} profiles resident: {} MiB ({} bytes each), peak {} MiB",
        left.sources.len(),
        (after - before) >> 20,
        (after - before) / left.sources.len() as u64,
        (peak - before) >> 20
    );
    let survivors = strangers.survivors(&left.sources);
    println!("{survivors} of {} tracked survived, {} evictions", strangers.tracked, left.evicted);
    ensure!(survivors * 100 >= strangers.tracked * 99, "too many of those that are tracked were forgotten");
    Ok(())
}

/// A figure of `/proc/self/status`, in bytes.
fn resident(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes: u64 = line.and_then(|line| line.trim().strip_suffix(" kB")).unwrap().trim().parse()?;
    Ok(kibibytes * 1024)
}

// === in the ledger ===

fn ledger(strangers: Strangers, commits: usize) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let folder = tempfile::tempdir_in(folder)?;
    fill(&mut SqliteLedger::open(folder.path())?, strangers.profiles_max)?;

    let before = resident("VmRSS")?;
    let started = Instant::now();
    let mut ledger = SqliteLedger::open(folder.path())?;
    let mut sources = load(&mut ledger)?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} profiles loaded in {seconds:.1} s, {} MiB resident, peak {} MiB, from a file of {} MB",
        sources.len(),
        (resident("VmRSS")? - before) >> 20,
        resident("VmHWM")?.saturating_sub(before) >> 20,
        std::fs::metadata(folder.path().join("ledger.sqlite"))?.len() / 1_000_000
    );
    let mut taken =
        (0..commits).map(|round| commit(&mut ledger, &mut sources, round, strangers)).collect::<Result<Vec<_>>>()?;
    taken.sort();
    let at = |percent: usize| taken[(taken.len() * percent / 100).min(taken.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{commits} commits of {COMMIT_ENTRIES} changed profiles, {COMMIT_INTERVAL:?} apart: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(50),
        at(90),
        at(99),
        at(100)
    );
    Ok(())
}

/// Writes as many profiles, each of one message.
fn fill(ledger: &mut SqliteLedger, profiles: usize) -> Result<()> {
    for first in (0..profiles).step_by(FILL_ENTRIES) {
        let mut sources = Sources::default();
        let entries = (first..profiles.min(first + FILL_ENTRIES)).map(|number| {
            let key = stranger(number);
            sources.observe(&key, &sighting(time(number), number, Standing::Unaligned));
            change(&sources, &key)
        });
        let state = entries.collect::<Result<_>>()?;
        ledger.commit(&Transaction { state, ..Transaction::default() })?;
    }
    Ok(())
}

/// As a restart does it: entry by entry into the memory.
fn load(ledger: &mut dyn Ledger) -> Result<Sources> {
    let mut sources = Sources::default();
    ledger.snapshot()?;
    ledger.state(&mut |change| {
        sources.restore(change.key.parse().unwrap(), serde_json::from_str(&change.value.unwrap()).unwrap());
        ControlFlow::Continue(())
    })?;
    Ok(sources)
}

/// Changes profiles all over the ledger, and says how long it took to make that durable.
fn commit(ledger: &mut SqliteLedger, sources: &mut Sources, round: usize, strangers: Strangers) -> Result<Duration> {
    let mut chance = fastrand::Rng::with_seed(round as u64);
    // In the order of the keys, as the memory hands over what changed.
    let changed: BTreeSet<_> = (0..COMMIT_ENTRIES).map(|_| stranger(chance.usize(..strangers.profiles_max))).collect();
    let entries = changed.into_iter().map(|key| {
        sources.observe(&key, &sighting(time(strangers.profiles_max + round), round, Standing::Unaligned));
        change(sources, &key)
    });
    let transaction = Transaction { state: entries.collect::<Result<_>>()?, ..Transaction::default() };
    let started = Instant::now();
    ledger.commit(&transaction)?;
    let taken = started.elapsed();
    // As the service does it, when nobody waits.
    ledger.settle()?;
    std::thread::sleep(COMMIT_INTERVAL.saturating_sub(started.elapsed()));
    Ok(taken)
}

fn time(number: usize) -> Time {
    Time::from_millis(1_793_577_600_000 + number as i64)
}

fn change(sources: &Sources, key: &SourceKey) -> Result<StateChange> {
    let value = serde_json::to_string(sources.get(key).unwrap().as_ref())?;
    let [tenant, kind] = ["6f0c1d7e-0000-4000-8000-000000000001", "source"].map(str::to_owned);
    Ok(StateChange { tenant, kind, key: key.to_string(), value: Some(value) })
}
