//! What the integration tests share: the real components they are run against.
//!
//! A test binary takes it in with `#[cfg(test)] #[path = "../support/mod.rs"] pub mod support;`. The `cfg` tells the
//! linter that panics are in order here, the `pub` that a binary need not use everything.

pub mod components;
pub mod endpoint;
pub mod kafka;
pub mod kcat;
pub mod ledger;
pub mod postern;
pub mod relay;
pub mod sentinel;
