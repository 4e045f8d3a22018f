//! What Postern tells about itself: metrics, health and logs.
//!
//! One registry, owned and handed down, never a global: two services in one process (a test, the demo) count apart.
//! Labels come from closed sets, so nothing that an attacker writes can make a series; what an attacker wrote may be in
//! a log's fields, never in its message.

mod health;
mod logging;
mod metrics;
mod names;
mod process;
mod server;
mod status;
mod volume;

pub use health::Health;
pub use logging::{LogError, LogFormat, init_logging};
pub use metrics::{FAMILIES, Family, Kind, Metrics};
pub use names::Names;
pub use process::Process;
pub use server::{ObserveError, Refresh, StatusOf, serve};
pub use status::{SinkLine, StatusPage};
pub use volume::Volume;

#[cfg(test)]
mod tests;
