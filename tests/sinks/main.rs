//! Everything that is tested against a real receiver of alerts, in one binary.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod receivers;
