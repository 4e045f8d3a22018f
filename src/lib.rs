//! Postern: a streaming detector for the unauthenticated entrance of Microsoft 365 tenants.
//!
//! Bytes become events; events are judged one at a time; judgements are correlated over time into findings; findings
//! become alerts; one transaction records what was read, what was learnt and what must be told; sinks tell it.
//! Everything up to "alert" is a deterministic function of (configuration, records, time) and never waits.
//!
//! The modules stand in that order: first the pure ones, which build without the feature `runtime` and know nothing of
//! the world, then the shell around them.

#![cfg_attr(rustfmt, rustfmt_skip)]

pub mod event;
pub mod decode;
pub mod judge;
pub mod correlate;
pub mod alert;
pub mod inventory;
pub mod detector;
pub mod config;
pub mod simulate;
pub mod evaluate;

#[cfg(feature = "runtime")]
pub mod secrets;
#[cfg(feature = "runtime")]
pub mod kafka_client;
#[cfg(feature = "runtime")]
pub mod ledger;
#[cfg(feature = "runtime")]
pub mod receive;
#[cfg(feature = "runtime")]
pub mod deliver;
#[cfg(feature = "runtime")]
pub mod observe;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
pub mod cli;
