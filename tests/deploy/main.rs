//! What administrators are handed: the Helm chart, the image, the demonstration, the systemd unit, the files for Azure.
//!
//! Each is judged by somebody else's program where there is one: Helm's engine and the schemas of Kubernetes for the
//! chart, the loader of Docker Compose, `systemd-analyze`, `promtool`, `amtool`, `terraform`; and every configuration by
//! Postern itself. There is no cluster, no container engine and no Azure here, so none of it is installed: docs/deploy.md
//! says so.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod azure;
mod bill;
mod chart;
mod compose;
mod copies;
mod image;
mod pages;
mod pod_security;
mod project;
mod refusals;
mod release;
mod switches;
mod systemd;
mod values_table;
