//! The pure modules know nothing of the world.
//!
//! `cargo check --lib --no-default-features` proves it for crates, clippy for banned methods; what is left for this
//! test is that no module escapes the two, and what the standard library offers to everybody.

use crate::tree::{report, rust_files, text_of};

const PURE: [&str; 10] =
    ["event", "decode", "judge", "correlate", "alert", "inventory", "detector", "config", "simulate", "evaluate"];

const DENY_LINE: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

const RUNTIME_GATE: &str = "#[cfg(feature = \"runtime\")]";

/// Crates and parts of the standard library that touch files and networks, wait, read a clock, share, or draw from
/// chance that nobody handed in; `fastrand::Rng::with_seed` is an argument.
const WORLDLY: [&str; 20] = [
    "anyhow::",
    "axum::",
    "clap::",
    "crossbeam_channel::",
    "dashmap::",
    "fastrand::Rng::new",
    "fastrand::f",
    "fastrand::u",
    "prometheus::",
    "rdkafka::",
    "reqwest::",
    "rusqlite::",
    "tokio::",
    "tracing::",
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

#[test]
fn every_pure_module_denies_what_clippy_bans() {
    report(declared_modules().filter(|module| is_pure(&module.name)).filter_map(|module| {
        let root = root_of(&module.name);
        let text = text_of(&root).unwrap_or_default();
        let missing = !text.lines().any(|line| line == DENY_LINE);
        missing.then(|| format!("{root}: a pure module says `{DENY_LINE}` below its documentation"))
    }));
}

#[test]
fn pure_modules_use_nothing_of_the_world() {
    // In a group (`use std::{env, fs}`) the names above could not be found.
    let is_worldly = |line: &str| line.contains("std::{") || WORLDLY.iter().any(|name| line.contains(name));
    let advice = "time, bytes and chance are arguments; import modules of std one by one, or move this to the shell";
    let pure = rust_files("src/").filter(|file| is_pure(module_of(&file.path)));
    report(pure.flat_map(|file| file.code_that(is_worldly, advice)));
}

#[test]
fn every_other_module_is_behind_the_runtime_feature() {
    report(declared_modules().filter(|module| !is_pure(&module.name) && !module.is_gated).map(|module| {
        format!("src/lib.rs: `{}` is not in the list of pure modules; put `{RUNTIME_GATE}` above it", module.name)
    }));
}

struct Module {
    name: String,
    is_gated: bool,
}

/// The modules that `lib.rs` declares, which is the table of contents.
fn declared_modules() -> impl Iterator<Item = Module> {
    let library = text_of("src/lib.rs").unwrap();
    let lines: Vec<String> = library.lines().map(str::to_owned).collect();
    (0..lines.len()).filter_map(move |place| {
        let name =
            lines[place].strip_prefix("pub ").unwrap_or(&lines[place]).strip_prefix("mod ")?.strip_suffix(';')?;
        Some(Module { name: name.to_owned(), is_gated: place > 0 && lines[place - 1] == RUNTIME_GATE })
    })
}

fn is_pure(module: &str) -> bool {
    PURE.contains(&module)
}

/// `judge` of `src/judge/rules/mod.rs`, `event` of `src/event.rs`.
fn module_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').next().unwrap_or(inside)
}

fn root_of(module: &str) -> String {
    let file = format!("src/{module}.rs");
    if text_of(&file).is_some() { file } else { format!("src/{module}/mod.rs") }
}
