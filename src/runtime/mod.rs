//! The wiring: sources, the commit loop and sinks as one service, started and stopped in order.
//!
//! ```text
//!  receivers ── bounded channel ──► commit loop (ledger, shards) ◄── requests ── sinks
//!      ▲                                 │        │                             ▲
//!      └───────────── board ◄────────────┘        └──────────── tails ──────────┘
//! ```
//!
//! Every queue is bounded, so what cannot be made durable waits where it came from. Nothing else here reads a clock for
//! more than a timeout.

mod commit;
mod error;
mod heartbeat;
mod kernel;
mod service;
mod shards;

pub use error::RunError;
pub use kernel::{Commit, Kernel};
pub use service::{Service, now, run};
