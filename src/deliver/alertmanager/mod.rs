//! (to be written)

use super::decision::{Fault, Sent};
use super::{Clock, DeliverError, Sink};
use crate::config::AlertmanagerSink;
use crate::ledger::Entry;

pub(super) struct Alertmanager;

impl Alertmanager {
    pub(super) fn new(_name: &str, _config: &AlertmanagerSink, _clock: Clock) -> Result<Self, DeliverError> {
        Ok(Self)
    }
}

impl Sink for Alertmanager {
    async fn send(&mut self, _batch: &[Entry]) -> Sent {
        Fault::hold("not built").into()
    }
}
