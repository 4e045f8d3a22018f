//! (to be written)

use super::decision::{Fault, Sent};
use super::{DeliverError, Sink};
use crate::config::SyslogSink;
use crate::ledger::Entry;

pub(super) struct Syslog;

impl Syslog {
    pub(super) fn new(_name: &str, _config: &SyslogSink) -> Result<Self, DeliverError> {
        Ok(Self)
    }
}

impl Sink for Syslog {
    async fn send(&mut self, _batch: &[Entry]) -> Sent {
        Fault::hold("not built").into()
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        Err(Fault::hold("not built"))
    }
}
