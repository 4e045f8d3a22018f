//! (to be written)

use super::decision::{Fault, Sent};
use super::{Clock, DeliverError, Sink};
use crate::config::ChatSink;
use crate::ledger::Entry;

pub(super) struct Slack;

impl Slack {
    pub(super) fn new(_name: &str, _config: &ChatSink, _clock: Clock) -> Result<Self, DeliverError> {
        Ok(Self)
    }
}

impl Sink for Slack {
    async fn send(&mut self, _batch: &[Entry]) -> Sent {
        Fault::hold("not built").into()
    }
}
