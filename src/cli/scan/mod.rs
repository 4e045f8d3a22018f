//! `postern scan`: the service's detection over files, without a service.
//!
//! The same two machines as in the service run here in one thread: what is read is inspected, what is suspicious goes to
//! the memory, and what the memory has to tell is an alert. Time is the mail's own, so a scan of last year's export finds
//! what the service would have found last year. Where the input ends, open campaigns stay open: nothing says that they
//! are over, and the last record of each tells all that is known.

mod alert_board;
mod held;
mod input;
mod options;
mod page;
mod summary;

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::failure::{Exit, Failure};
use super::input::{LIMITS, open};
use super::output::{Output, print, print_aside};
use super::progress::Progress;
use crate::correlate::{self, Ruling};
use crate::detector::{Arrival, DeadLetter, Detector, Inspector, Slice};
use crate::receive::files::Payloads;
use held::Held;
use input::Input;
use options::Format;
pub(super) use options::Options;
use summary::Summary;

/// A scan has no ledger, so what changed in the memory is dropped; after so much that was remembered, which bounds the
/// list of what changed.
const STEPS_REMEMBERED_MAX: usize = 100_000;

/// Scans the inputs one after the other, as one stream.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    options.refuse_to_share_outputs()?;
    let mut scan = Scan::new(options)?;
    let started = std::time::Instant::now();
    for path in options.inputs() {
        scan.input(path)?;
    }
    let summary = scan.finish()?;
    let page = match options.format {
        Format::Table => page::table(&summary, started.elapsed()),
        Format::Json => page::json(&summary),
    };
    let print = if options.writes_to_standard_output() { print_aside } else { print };
    print(&page)?;
    Ok(if options.fails_on(summary.alerts.gravest()) { Exit::Matched } else { Exit::Done })
}

struct Scan {
    inspector: Inspector,
    detector: Detector,
    /// What went to the memory since the list of changes was dropped.
    steps: usize,
    /// The verdict lines of the payload at hand.
    text: Vec<u8>,
    verdicts: Option<Output>,
    alerts: Option<Output>,
    dead_letters: Option<Output>,
    summary: Summary,
    progress: Progress,
}

impl Scan {
    fn new(options: &Options) -> Result<Self, Failure> {
        let tenants = options.tenants.load()?;
        let create = |path: &Option<_>| path.as_deref().map(Output::create).transpose();
        Ok(Self {
            inspector: Inspector::new(tenants.clone(), LIMITS),
            detector: Detector::new(tenants, correlate::Limits::default()),
            steps: 0,
            text: Vec::new(),
            verdicts: create(&options.verdicts)?,
            alerts: create(&options.alerts)?,
            dead_letters: create(&options.dead_letters)?,
            summary: Summary::default(),
            progress: Progress::of_bytes(options.bytes()),
        })
    }

    fn input(&mut self, path: &Path) -> Result<(), Failure> {
        let mut input = Input::new(path.display().to_string());
        let unreadable = || format!("cannot read {}", path.display());
        let reader = open(path).with_context(unreadable).map_err(Failure::input)?;
        let reader = self.progress.watch(reader);
        let mut payloads = Payloads::new(reader).with_context(unreadable).map_err(Failure::input)?;
        while let Some(payload) = payloads.read().with_context(unreadable).map_err(Failure::input)? {
            self.payload(payload, &mut input)?;
            self.progress.records(self.summary.outcomes.total());
        }
        self.summary.inputs += 1;
        Ok(())
    }

    fn payload(&mut self, payload: &[u8], input: &mut Input) -> Result<(), Failure> {
        let (mut slice, mut dead, mut held) = (Slice::default(), Vec::new(), Vec::new());
        let arrival = Arrival { origin: &input.name, offset: 0, time: None };
        let (tally, text) = (&mut self.summary.verdicts, &mut self.text);
        text.clear();
        self.inspector.inspect(payload, arrival, &mut slice, &mut |line| {
            if line.verdict == "suspicious" {
                held.push(Held::new(line, text.len()));
                return;
            }
            tally.count(line);
            if self.verdicts.is_some() {
                input.write_verdict(line, text);
            }
            if line.verdict == "undecodable" {
                dead.push(input.number(line));
            }
        });
        self.dead_letters(&input.name, &dead, &slice)?;
        let rulings = self.detect(&slice)?;
        let acquitted = rulings.iter().filter(|ruling| matches!(ruling, Ruling::Benign(_))).count();
        slice.outcomes.acquit(acquitted as u64);
        self.write_verdicts(input, &held, &rulings)?;
        input.records += slice.outcomes.total();
        self.summary.outcomes.add(&slice.outcomes);
        Ok(())
    }

    /// Writes the lines of the payload, with those that waited in their places.
    fn write_verdicts(&mut self, input: &Input, held: &[Held], rulings: &[Ruling]) -> Result<(), Failure> {
        let (mut written, mut line_text) = (0, Vec::new());
        for (held, ruling) in held.iter().zip(rulings) {
            let (at, line) = held.ruled(*ruling);
            self.summary.verdicts.count(&line);
            if let Some(verdicts) = &mut self.verdicts {
                line_text.clear();
                input.write_verdict(&line, &mut line_text);
                verdicts.write(self.text.get(written..at).unwrap_or_default())?;
                verdicts.write(&line_text)?;
                written = at;
            }
        }
        match &mut self.verdicts {
            Some(verdicts) => verdicts.write(self.text.get(written..).unwrap_or_default()),
            None => Ok(()),
        }
    }

    fn detect(&mut self, slice: &Slice) -> Result<Vec<Ruling>, Failure> {
        let rulings = self.detector.handle_slice(slice);
        for alert in self.detector.take_alerts() {
            self.summary.alerts.follow(&alert);
            if let Some(alerts) = &mut self.alerts {
                alerts.line(&alert)?;
            }
        }
        self.steps += slice.steps.len();
        if self.steps > STEPS_REMEMBERED_MAX {
            self.steps = 0;
            self.detector.forget_changes();
        }
        Ok(rulings)
    }

    fn dead_letters(&mut self, input: &str, records: &[u64], slice: &Slice) -> Result<(), Failure> {
        let Some(output) = &mut self.dead_letters else { return Ok(()) };
        records
            .iter()
            .zip(&slice.dead_letters)
            .try_for_each(|(&record, (_, letter))| output.line(&DeadLetterLine::new(input, record, letter)))
    }

    fn finish(self) -> Result<Summary, Failure> {
        for output in [self.verdicts, self.alerts, self.dead_letters].into_iter().flatten() {
            output.finish()?;
        }
        Ok(Summary { bytes: self.progress.position(), ..self.summary })
    }
}

/// A line of `--dead-letters`.
#[derive(Serialize)]
struct DeadLetterLine<'a> {
    input: &'a str,
    record: u64,
    reason: &'a str,
    detail: &'a str,
    /// What is not UTF-8 is shown as U+FFFD.
    raw: std::borrow::Cow<'a, str>,
}

impl<'a> DeadLetterLine<'a> {
    fn new(input: &'a str, record: u64, letter: &'a DeadLetter) -> Self {
        let raw = String::from_utf8_lossy(&letter.raw);
        Self { input, record, reason: &letter.reason, detail: &letter.detail, raw }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::{Tenant, Tenants};

    pub(super) fn inspector() -> (Inspector, Arrival<'static>) {
        let tenants = Arc::new(Tenants::catch_all(Tenant::default()));
        (Inspector::new(tenants, LIMITS), Arrival { origin: "test", offset: 0, time: None })
    }
}
