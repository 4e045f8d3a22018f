//! The service's detection over files, for what it remembers of its sources.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::origin::Scanned;
use crate::cli::failure::Failure;
use crate::cli::input::{LIMITS, open};
use crate::cli::output::print_aside;
use crate::cli::progress::Progress;
use crate::correlate;
use crate::detector::{Arrival, Detector, Inspector, Outcome, Outcomes, Slice};
use crate::judge::Tenants;
use crate::receive::files::Payloads;

/// After so many payloads what changed is taken, which bounds the list of what changed.
const PAYLOADS_MAX: u32 = 16;

/// Reads the files one after the other, as one stream.
pub(super) fn sources(paths: &[PathBuf], tenants: &Arc<Tenants>) -> Result<Scanned, Failure> {
    let mut scan = Scan {
        inspector: Inspector::new(Arc::clone(tenants), LIMITS),
        detector: Detector::new(Arc::clone(tenants), correlate::Limits::default()),
        payloads: 0,
        outcomes: Outcomes::default(),
        sources: Scanned::default(),
        progress: Progress::of_bytes(paths.iter().map(|path| bytes(path)).sum()),
    };
    paths.iter().try_for_each(|path| scan.input(path))?;
    scan.take_sources();
    let Scan { outcomes, sources, progress, .. } = scan;
    drop(progress);
    tell_what_was_not_read(&outcomes)?;
    Ok(sources)
}

struct Scan {
    inspector: Inspector,
    detector: Detector,
    /// Payloads since what changed was taken.
    payloads: u32,
    outcomes: Outcomes,
    sources: Scanned,
    progress: Progress,
}

impl Scan {
    fn input(&mut self, path: &Path) -> Result<(), Failure> {
        let unreadable = || format!("cannot read {}", path.display());
        let reader = open(path).with_context(unreadable).map_err(Failure::input)?;
        let reader = self.progress.watch(reader);
        let mut payloads = Payloads::new(reader).with_context(unreadable).map_err(Failure::input)?;
        while let Some(payload) = payloads.read().with_context(unreadable).map_err(Failure::input)? {
            self.payload(payload);
            self.progress.records(self.outcomes.total());
        }
        Ok(())
    }

    fn payload(&mut self, payload: &[u8]) {
        let mut slice = Slice::default();
        let arrival = Arrival { origin: "report", offset: 0, time: None };
        self.inspector.inspect(payload, arrival, &mut slice, &mut |_| {});
        self.outcomes.add(&slice.outcomes);
        self.detector.handle_slice(&slice);
        drop(self.detector.take_alerts());
        self.payloads += 1;
        if self.payloads == PAYLOADS_MAX {
            self.take_sources();
        }
    }

    fn take_sources(&mut self) {
        self.payloads = 0;
        self.sources.keep(self.detector.take_changes());
    }
}

fn bytes(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
}

/// A list from which something may be missing says so.
fn tell_what_was_not_read(outcomes: &Outcomes) -> Result<(), Failure> {
    let unread = outcomes.get(Outcome::Undecodable) + outcomes.get(Outcome::UnknownTenant);
    if unread == 0 {
        return Ok(());
    }
    let total = outcomes.total();
    print_aside(&format!("{unread} of {total} records count for nothing here; `postern scan` says why.\n"))
}
