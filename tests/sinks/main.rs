//! Everything that is tested against a real receiver of alerts, or against the Prometheus that reads the metrics, in one
//! binary.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod delivery;
mod doctor;
mod microsoft;
mod prometheus;
mod receivers;
mod sentinel;
