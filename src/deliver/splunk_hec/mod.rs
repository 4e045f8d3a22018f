//! (to be written)

use super::decision::{Fault, Sent};
use super::{Clock, DeliverError, Sink};
use crate::config::SplunkHecSink;
use crate::ledger::Entry;

pub(super) struct SplunkHec;

impl SplunkHec {
    pub(super) fn new(_name: &str, _config: &SplunkHecSink, _clock: Clock) -> Result<Self, DeliverError> {
        Ok(Self)
    }
}

impl Sink for SplunkHec {
    async fn send(&mut self, _batch: &[Entry]) -> Sent {
        Fault::hold("not built").into()
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        Err(Fault::hold("not built"))
    }
}
