//! The dashboards and the alerts that are shipped, held against a real Prometheus that reads a real Postern: no query
//! without an answer, no metric that nobody looks at, no alert without a page.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod alerts;
mod answers;
mod dashboard;
mod lint;
mod load;
mod names;
mod picture;
mod reference;
mod round_trip;
