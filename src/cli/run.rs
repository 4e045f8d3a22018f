//! `postern run`: the service.

use std::future::Future;
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::observe::{LogFormat, init_logging};
use crate::runtime;

use super::config;
use super::failure::{Exit, Failure};

/// The service: sources, detection, ledger, sinks, metrics.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  postern run --config /etc/postern/postern.toml\n\n\
    It stops within shutdown_ms on SIGTERM or Ctrl-C: what was read is made durable, what is due is told.\n\
    What is not told by then is told after the next start.")]
pub(super) struct Options {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
}

/// Runs until it is told to stop.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let config = config::load(&options.config).map_err(Failure::usage)?;
    init_logging(LogFormat::Auto).map_err(Failure::usage)?;
    block_on(async {
        let stop = stop_signal().map_err(Failure::dependency)?;
        runtime::run(config, stop).await.map_err(Failure::dependency)
    })?;
    Ok(Exit::Done)
}

/// Runs on an executor of the size that the shell needs: it moves alerts, the records are read by threads of their own.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let executor = builder.worker_threads(2).enable_all().build().map_err(Failure::dependency)?;
    let outcome = executor.block_on(work);
    // A thread that hangs must not keep the process: everything that matters is durable.
    executor.shutdown_background();
    outcome
}

/// Completes on SIGTERM, as Kubernetes sends it, or on Ctrl-C.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
