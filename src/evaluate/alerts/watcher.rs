//! The two machines of the service, watched step by step.

use std::sync::Arc;

use crate::correlate::{Limits, Ruling, Seen, Telling};
use crate::decode;
use crate::detector::{Arrival, Detector, Inspector, Slice, Step, VerdictLine};
use crate::event::Time;
use crate::judge::{BenignReason, Severity, Tenants, weigh};

use super::board::AlertBoard;
use crate::evaluate::Truth;

/// Nobody stores what changed in the memory; it is dropped after so many steps, which bounds the list of it.
const STEPS_REMEMBERED_MAX: usize = 100_000;

/// Shows labelled records to Postern and keeps the tallies of what came of them.
#[derive(Debug)]
pub struct Watcher {
    inspector: Inspector,
    detector: Detector,
    board: AlertBoard,
    /// What went to the memory since the list of changes was dropped.
    steps: usize,
}

/// A record of mail whose label is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    record: u64,
    /// `NetworkMessageId`; empty where the form does not tell it.
    pub message: String,
    /// The recipient; empty where the form does not tell it.
    pub recipient: String,
    tenant: String,
    time: Time,
    is_suspicious: bool,
}

/// What became of a suspicious message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    /// It is told under this name, at this severity on its own.
    Told(Severity, Option<Telling>),
    /// Nothing is told of it, and why.
    Silenced(BenignReason),
}

impl Watcher {
    /// A watcher of these tenants, who remembers nothing yet.
    #[must_use]
    pub fn new(tenants: Arc<Tenants>, limits: decode::Limits) -> Self {
        Self {
            inspector: Inspector::new(Arc::clone(&tenants), limits),
            detector: Detector::new(tenants, Limits::default()),
            board: AlertBoard::default(),
            steps: 0,
        }
    }

    /// The tallies so far.
    #[must_use]
    pub const fn board(&self) -> &AlertBoard {
        &self.board
    }

    /// Takes in each record of the payload, in order, with its label.
    ///
    /// # Errors
    /// When there is no label for a record.
    pub fn watch<E>(
        &mut self,
        payload: &[u8],
        label: &mut impl FnMut(Option<&Watched>) -> Result<Truth, E>,
    ) -> Result<(), E> {
        let (mut slice, mut lines) = (Slice::default(), Vec::new());
        let arrival = Arrival { origin: "evaluation", offset: 0, time: None };
        self.inspector.inspect(payload, arrival, &mut slice, &mut |line| lines.extend(Watched::of(line)));
        let mut lines = lines.into_iter().peekable();
        let mut suspicious = Vec::new();
        for record in 1..=slice.outcomes.total() {
            let line = lines.next_if(|line| line.record == record);
            let truth = label(line.as_ref())?;
            let Some(line) = line else { continue };
            self.board.meet(&truth, &line.tenant, line.time);
            if line.is_suspicious {
                suspicious.push((truth, line.tenant));
            }
        }
        self.detect(&slice, suspicious);
        Ok(())
    }

    /// The nth suspicious line is the nth suspicious step.
    fn detect(&mut self, slice: &Slice, suspicious: Vec<(Truth, String)>) {
        let mut suspicious = suspicious.into_iter();
        for step in &slice.steps {
            let became = self.step(step);
            if matches!(step.seen, Seen::Suspicious(_))
                && let Some((truth, tenant)) = suspicious.next()
                && let Some(became) = became
            {
                self.board.rule(&truth, &tenant, step.seen.time(), became);
            }
        }
        for (tenant, watermark) in &slice.watermarks {
            self.detector.handle_watermark(*tenant, *watermark);
            self.listen(*watermark);
        }
        self.steps += slice.steps.len();
        if self.steps >= STEPS_REMEMBERED_MAX {
            self.detector.forget_changes();
            self.steps = 0;
        }
    }

    fn step(&mut self, step: &Step) -> Option<Became> {
        let ruling = self.detector.handle_step(step);
        self.listen(step.watermark);
        let Seen::Suspicious(observation) = &step.seen else { return None };
        match ruling? {
            Ruling::Benign(reason) => Some(Became::Silenced(reason)),
            Ruling::Suspicious(factors) => {
                let severity = weigh(observation.rules.severity(), factors, factors).severity;
                let telling = self.detector.telling(step.tenant, observation);
                Some(Became::Told(severity, telling))
            }
        }
    }

    fn listen(&mut self, at: Time) {
        for alert in self.detector.take_alerts() {
            self.board.hear(&alert, at);
        }
    }
}

impl Watched {
    fn of(line: &VerdictLine<'_>) -> Option<Self> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Some(Self {
            record: line.record,
            message: text(line.network_message_id),
            recipient: text(line.recipient),
            tenant: line.tenant?.to_owned(),
            time: line.time?,
            is_suspicious: line.verdict == "suspicious",
        })
    }
}
