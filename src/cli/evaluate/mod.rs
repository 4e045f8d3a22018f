//! `postern evaluate`: recall and false positives, Postern's and everybody's, over a labelled run.
//!
//! The run comes from files, or is simulated in memory; either way the bytes of the records go through the inspector that
//! the service uses, and the labels through the form that they have in a file. So a simulated run and the same run
//! from files give the same page, which a test holds them to.

mod json;
mod labels;
mod markdown;
mod options;
mod page;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::failure::{Exit, Failure};
use super::input::{LIMITS, open};
use super::output::{print, print_aside};
use super::paint::BAD;
use super::progress::Progress;
use crate::evaluate::{Contender, Examiner, Fired, Scoreboard, Truth};
use crate::judge::Tenants;
use crate::receive::files::Payloads;
use crate::simulate::{self, Simulation};
use labels::Labels;
use options::Format;
pub(super) use options::Options;

/// Records of the simulation that are examined at once.
const CHUNK: usize = 1_000;

/// Scores the run, prints the result, and says whether it passes the gates.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    options.refuse_tenants_of_a_simulation()?;
    let board = match (&options.path, &options.labels, &options.tenants) {
        (Some(path), Some(labels), Some(tenants)) => from_files(path, labels, tenants.load()?)?,
        _ => simulated(options.simulation())?,
    };
    print(&match options.format {
        Format::Table => page::page(&board),
        Format::Json => json::document(&board),
        Format::Markdown => markdown::tables(&board),
    })?;
    let complaints = complaints(&board, options);
    for complaint in &complaints {
        print_aside(&format!("{}: {complaint}\n", BAD.paint("not good enough")))?;
    }
    Ok(if complaints.is_empty() { Exit::Done } else { Exit::Matched })
}

fn from_files(path: &Path, labels: &Path, tenants: Arc<Tenants>) -> Result<Scoreboard, Failure> {
    let name = path.display();
    let unreadable = || format!("cannot read {name}");
    let mut labels = Labels::open(labels)?;
    let mut evaluation = Evaluation::new(tenants);
    let progress = Progress::of_bytes(path.metadata().ok().map(|it| it.len()));
    let reader = progress.watch(open(path).with_context(unreadable).map_err(Failure::input)?);
    let mut payloads = Payloads::new(reader).with_context(unreadable).map_err(Failure::input)?;
    while let Some(payload) = payloads.read().with_context(unreadable).map_err(Failure::input)? {
        evaluation.payload(payload, &mut || labels.read())?;
        progress.records(evaluation.records);
    }
    if let Some(truth) = labels.read()? {
        let (records, next) = (evaluation.records, truth.record);
        let error = anyhow!("{name} has {records} records, and the labels go on with record {next}; is it cut short?");
        return Err(Failure::input(error));
    }
    Ok(evaluation.board)
}

fn simulated(options: simulate::Options) -> Result<Scoreboard, Failure> {
    let mut evaluation = Evaluation::new(Arc::new(Tenants::new(options.configuration())));
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
            return Ok(evaluation.board);
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

/// A run in the making.
struct Evaluation {
    examiner: Examiner,
    board: Scoreboard,
    records: u64,
}

impl Evaluation {
    fn new(tenants: Arc<Tenants>) -> Self {
        Self { examiner: Examiner::new(tenants, LIMITS), board: Scoreboard::default(), records: 0 }
    }

    /// Scores each record of the payload by its label.
    fn payload(
        &mut self,
        payload: &[u8],
        next_label: &mut impl FnMut() -> Result<Option<Truth>, Failure>,
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        let (board, records) = (&mut self.board, &mut self.records);
        self.examiner.examine(payload, &mut |examined| {
            if result.is_ok() {
                *records += 1;
                let mail = examined.mail.map(|mail| (mail.network_message_id.as_str(), mail.recipient.as_str()));
                result = next_label().and_then(|truth| score(board, truth, *records, mail, &examined.fired));
            }
        });
        result
    }
}

fn score(
    board: &mut Scoreboard,
    truth: Option<Truth>,
    record: u64,
    mail: Option<(&str, &str)>,
    fired: &Fired,
) -> Result<(), Failure> {
    let none = || Failure::input(anyhow!("record {record} has no label; the labels end before the records"));
    let truth = truth.ok_or_else(none)?;
    labels::check(&truth, record, mail)?;
    if truth.is_mail() {
        board.count(&truth, fired);
    }
    Ok(())
}

/// What keeps the run from passing. The recall is asked of each family of attacks, because in a sum a small family that
/// is missed altogether does not show; and where there was nothing to find or nothing to spare, nothing was proven.
fn complaints(board: &Scoreboard, options: &Options) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Some(required) = options.require_recall {
        match board.worst_recall(Contender::PosternAnySeverity) {
            None => complaints.push("there was no attack to be found".to_owned()),
            Some((family, recall)) if recall.percent() < Some(required) => {
                let family = super::safe_text::safe_within(family, super::page::WIDTH / 2);
                complaints.push(format!("{recall} % of {family} found, {required} % required"));
            }
            Some(_) => {}
        }
    }
    if let Some(limit) = options.max_false_positives_per_million {
        match board.score(Contender::Postern).false_positives_per_million() {
            None => complaints.push("there was no benign mail to be spared".to_owned()),
            Some(rate) if rate > limit => {
                complaints.push(format!("{rate} false positives in a million benign records, {limit} allowed"));
            }
            Some(_) => {}
        }
    }
    complaints
}
