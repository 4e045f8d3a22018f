//! `postern evaluate`: recall and false positives, Postern's and everybody's, over a labelled run; or with `--alerts`, what
//! a person would have been told of it.
//!
//! The run comes from files, or is simulated in memory; either way the bytes of the records go through the machines that
//! the service uses, and the labels through the form that they have in a file. So a simulated run and the same run
//! from files give the same page, which a test holds them to.

mod alerts;
mod json;
mod labels;
mod markdown;
mod options;
mod page;
mod scores;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::failure::{Exit, Failure};
use super::input::open;
use super::output::{print, print_aside};
use super::paint::BAD;
use super::progress::Progress;
use crate::evaluate::Truth;
use crate::judge::Tenants;
use crate::receive::files::Payloads;
use crate::simulate::{self, Simulation};
use alerts::Alerts;
use labels::Labels;
pub(super) use options::Options;
use scores::Scores;

/// Records of the simulation that are examined at once.
const CHUNK: usize = 1_000;

/// What is made of a run.
trait Evaluation: Sized {
    /// Of nothing yet.
    fn new(tenants: Arc<Tenants>) -> Self;

    /// Takes in each record of the payload with its label.
    fn payload(&mut self, payload: &[u8], next_label: NextLabel<'_>) -> Result<(), Failure>;

    /// Records so far.
    fn records(&self) -> u64;
}

/// Reads labels in the order of the records; `None` where they end.
type NextLabel<'l> = &'l mut dyn FnMut() -> Result<Option<Truth>, Failure>;

/// Evaluates the run, prints the result, and says whether it passes the gates.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    options.refuse_tenants_of_a_simulation()?;
    let (page, complaints) = if options.alerts {
        let figures = evaluated::<Alerts>(options)?.figures();
        (alerts::print(&figures, options.format), options.alert_gates.complaints(&figures))
    } else {
        let board = evaluated::<Scores>(options)?.board;
        (scores::print(&board, options.format), scores::complaints(&board, options))
    };
    print(&page)?;
    for complaint in &complaints {
        print_aside(&format!("{}: {complaint}\n", BAD.paint("not good enough")))?;
    }
    Ok(if complaints.is_empty() { Exit::Done } else { Exit::Matched })
}

fn evaluated<E: Evaluation>(options: &Options) -> Result<E, Failure> {
    match (&options.path, &options.labels, &options.tenants) {
        (Some(path), Some(labels), Some(tenants)) => from_files(path, labels, tenants.load()?),
        _ => simulated(options.simulation()),
    }
}

fn from_files<E: Evaluation>(path: &Path, labels: &Path, tenants: Arc<Tenants>) -> Result<E, Failure> {
    let name = path.display();
    let unreadable = || format!("cannot read {name}");
    let mut labels = Labels::open(labels)?;
    let mut evaluation = E::new(tenants);
    let progress = Progress::of_bytes(path.metadata().ok().map(|it| it.len()));
    let reader = progress.watch(open(path).with_context(unreadable).map_err(Failure::input)?);
    let mut payloads = Payloads::new(reader).with_context(unreadable).map_err(Failure::input)?;
    while let Some(payload) = payloads.read().with_context(unreadable).map_err(Failure::input)? {
        evaluation.payload(payload, &mut || labels.read())?;
        progress.records(evaluation.records());
    }
    if let Some(truth) = labels.read()? {
        let (records, next) = (evaluation.records(), truth.record);
        let error = anyhow!("{name} has {records} records, and the labels go on with record {next}; is it cut short?");
        return Err(Failure::input(error));
    }
    Ok(evaluation)
}

fn simulated<E: Evaluation>(options: simulate::Options) -> Result<E, Failure> {
    let mut evaluation = E::new(Arc::new(Tenants::new(options.configuration())));
    let progress = Progress::of_records(options.records);
    let mut simulation = Simulation::new(options);
    loop {
        let (mut payload, mut labels) = (String::new(), VecDeque::new());
        for record in simulation.by_ref().take(CHUNK) {
            payload += &record.json;
            payload.push('\n');
            labels.push_back(as_if_read(&record.label)?);
        }
        if labels.is_empty() {
            return Ok(evaluation);
        }
        progress.advance(labels.len() as u64);
        evaluation.payload(payload.as_bytes(), &mut || Ok(labels.pop_front()))?;
    }
}

/// The label by way of its line in a labels file.
fn as_if_read(label: &simulate::Label) -> Result<Truth, Failure> {
    let read = serde_json::to_vec(label).and_then(|line| serde_json::from_slice(&line));
    read.context("the simulator's label is none").map_err(Failure::input)
}

/// The label of this record, which must be its own.
fn label_of(record: u64, mail: Option<(&str, &str)>, next_label: NextLabel<'_>) -> Result<Truth, Failure> {
    let none = || Failure::input(anyhow!("record {record} has no label; the labels end before the records"));
    let truth = next_label()?.ok_or_else(none)?;
    labels::check(&truth, record, mail)?;
    Ok(truth)
}
