//! `postern simulate`: a labelled synthetic tenant, to a file, a topic or a webhook.

mod batches;
mod destination;
mod kafka;
mod options;
mod webhook;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::failure::{Exit, Failure};
use super::output::Output;
use super::progress::Progress;
use crate::config::{Config, tenant_sections};
use crate::simulate::{self, Simulation};
use batches::Batches;
use destination::Destination;
pub(super) use options::Options;

/// Plays the stream that the options describe; the same options always give the same bytes.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let simulated = options.simulation();
    if let Some(file) = &options.write_config {
        write_config(file, &simulated)?;
    }
    let mut labels = options.labels.as_deref().map(Output::create).transpose()?;
    let mut destination = Destination::open(options)?;
    let mut batches = Batches::new(options.batch(), options.is_kafka());
    let pace = Pace { started: Instant::now(), per_second: options.rate };
    let progress = Progress::of_records(options.records);
    for record in Simulation::new(simulated) {
        if let Some(labels) = &mut labels {
            labels.line(&record.label)?;
        }
        pace.wait(record.label.record);
        if let Some(payload) = batches.add(&record) {
            destination.send(&record.label.tenant, &payload)?;
        }
        progress.advance(u64::from(record.label.table.is_none()));
    }
    for (tenant, payload) in batches.finish() {
        destination.send(&tenant, &payload)?;
    }
    destination.finish()?;
    labels.map_or(Ok(()), Output::finish)?;
    Ok(Exit::Done)
}

/// Writes what an administrator would tell Postern about the tenants. It is read back first: two tenants of one name
/// can be simulated, but not configured.
fn write_config(file: &Path, simulated: &simulate::Options) -> Result<(), Failure> {
    let text = tenant_sections(&simulated.configuration());
    Config::parse(&text, &|_| None).context("these tenants cannot be configured together").map_err(Failure::usage)?;
    let mut output = Output::create(file)?;
    output.write(text.as_bytes())?;
    output.finish()
}

/// Holds the stream back to so many records a second of real time.
struct Pace {
    started: Instant,
    per_second: Option<NonZeroU32>,
}

impl Pace {
    fn wait(&self, records: u64) {
        let Some(per_second) = self.per_second else { return };
        let due = Duration::from_secs_f64(records as f64 / f64::from(per_second.get()));
        std::thread::sleep(due.saturating_sub(self.started.elapsed()));
    }
}
