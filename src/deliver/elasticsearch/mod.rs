//! (to be written)

use super::decision::{Fault, Sent};
use super::{Clock, DeliverError, Sink};
use crate::config::ElasticsearchSink;
use crate::ledger::Entry;

pub(super) struct Elasticsearch;

impl Elasticsearch {
    pub(super) fn new(_name: &str, _config: &ElasticsearchSink, _clock: Clock) -> Result<Self, DeliverError> {
        Ok(Self)
    }
}

impl Sink for Elasticsearch {
    async fn send(&mut self, _batch: &[Entry]) -> Sent {
        Fault::hold("not built").into()
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        Err(Fault::hold("not built"))
    }
}
