//! `/status`: how each sink stands, for `postern status` and for anybody with a browser at three in the morning.

use serde::{Deserialize, Serialize};

use crate::deliver::SinkReport;
use crate::event::Time;

/// The page, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusPage {
    /// The version of the process.
    pub version: String,
    /// Its clock, so that ages are those that it sees.
    pub now: Time,
    /// Each sink, in the order of the configuration; that of the dead letters is the last.
    pub sinks: Vec<SinkLine>,
}

/// One sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkLine {
    /// Its name in the configuration.
    pub name: String,
    /// What it is, as in `[[sink.…]]`.
    pub kind: String,
    /// How it stands.
    #[serde(flatten)]
    pub report: SinkReport,
}
