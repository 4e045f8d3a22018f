//! The correlation content of `deploy/siem`, held to what Postern really tells.
//!
//! The alerts are those of the real binary over simulated tenants. Where an engine can be had, rules are run over them and
//! what comes back is compared with what this code finds by plain loops; where none can be had, they are parsed by what the
//! vendor publishes. Which is which stands in `deploy/siem/README.md`.
//!
//! `UPDATE_GOLDEN=1 cargo test --test siem` rewrites what is generated.
#![cfg(test)]

mod coverage;
mod elastic;
mod elastic_search;
mod kql;
mod kql_run;
mod qradar;
mod schema;
mod security_content;
mod sigma;
mod sigma_run;
mod splunk;
mod story;
#[path = "../support/mod.rs"]
pub mod support;
