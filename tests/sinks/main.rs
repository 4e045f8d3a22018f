//! Everything that is tested against a receiver of alerts, in one binary.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod sentinel;
