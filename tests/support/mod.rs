//! What the integration tests share: the real components they are run against.
//!
//! A test binary takes it in with `#[cfg(test)] #[path = "../support/mod.rs"] pub mod support;`. The `cfg` tells the
//! linter that panics are in order here, the `pub` that a binary need not use everything.

pub mod alertmanager;
pub mod authority;
pub mod collector;
pub mod components;
pub mod daemon;
pub mod endpoint;
pub mod fault;
pub mod go;
pub mod http;
pub mod kafka;
pub mod kcat;
pub mod leash;
pub mod ledger;
pub mod node;
pub mod opensearch;
pub mod ports;
pub mod postern;
pub mod prometheus;
pub mod python;
pub mod relay;
pub mod rsyslog;
pub mod sentinel;
pub mod tls;
pub mod until;
