//! The real binary on a real broker, disturbed again and again, ends where an undisturbed one does.
//!
//! Every kind of disturbance has a file. Each runs one service, or one after the other, over a topic while the input
//! comes in; in the end a service that nobody disturbs reads the same topic from its beginning into a ledger of its own.
//! Both ledgers must be equal byte for byte, and every receiver must have been told every alert, none with two contents.
//!
//! `cargo test` runs a share of the rounds. All of them: `make reliability`. See `docs/reliability.md`.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod broker;
mod diary;
mod disk;
mod input;
mod kill;
mod outcome;
mod reassign;
mod stop;
mod stuck;
