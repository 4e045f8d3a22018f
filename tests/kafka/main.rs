//! Everything that is tested against a Kafka cluster, in one binary, so that one real broker serves all of it.

#[cfg(test)]
#[path = "../support/mod.rs"]
pub mod support;

mod clusters;
#[cfg(test)]
mod consumer;
mod each_cluster;
#[cfg(test)]
mod group;
#[cfg(test)]
mod service;
