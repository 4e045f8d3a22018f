//! The commands. Each is a file: its options, and a function from options to an exit code.
//!
//! What a command prints for programs goes to standard output, everything else to standard error; what came from mail
//! is printed only through [`safe_text`], because whoever sent it would like to have a terminal too.

pub mod card;
pub mod config;
mod dead_letters;
mod demo;
mod doctor;
mod evaluate;
mod explain;
mod failure;
mod input;
mod output;
mod page;
mod paint;
mod progress;
mod report;
mod rules;
mod run;
pub mod safe_text;
mod scan;
mod simulate;
mod status;
mod tenants;
mod test_alert;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use crate::judge::PUBLIC_SUFFIX_LIST;

pub use failure::{Exit, Failure};

/// What a verdict depends on beside the configuration: this program, and the list that it carries.
static LONG_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{}\nPublic Suffix List: {PUBLIC_SUFFIX_LIST}", env!("CARGO_PKG_VERSION")));

/// Finds Direct Send abuse and own-domain spoofing in the mail telemetry of Microsoft 365 tenants.
#[derive(Debug, Parser)]
#[command(name = "postern", version, long_version = LONG_VERSION.as_str(), arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Options),
    Demo(demo::Options),
    Scan(scan::Options),
    Explain(explain::Options),
    Report(report::Options),
    Simulate(simulate::Options),
    Evaluate(evaluate::Options),
    Rules(rules::Options),
    Status(status::Options),
    #[command(subcommand_required = true)]
    DeadLetters(dead_letters::Options),
    TestAlert(test_alert::Options),
    Doctor(doctor::Options),
    /// Check a configuration file, or show what it comes to
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(ConfigCommand),
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  postern config check postern.toml
  postern config print postern.toml";

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the file, all at once
    Check {
        /// The configuration file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show the effective configuration, without secrets
    Print {
        /// The configuration file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Command {
    fn run(&self) -> Result<Exit, Failure> {
        match self {
            Self::Run(options) => run::run(options),
            Self::Demo(options) => demo::run(options),
            Self::Scan(options) => scan::run(options),
            Self::Explain(options) => explain::run(options),
            Self::Report(options) => report::run(options),
            Self::Simulate(options) => simulate::run(options),
            Self::Evaluate(options) => evaluate::run(options),
            Self::Rules(options) => rules::run(options),
            Self::Status(options) => status::run(options),
            Self::DeadLetters(options) => dead_letters::run(options),
            Self::Doctor(options) => doctor::run(options),
            Self::TestAlert(options) => test_alert::run(options),
            Self::Config(command) => Ok(command.run()),
        }
    }
}

impl ConfigCommand {
    fn run(&self) -> Exit {
        let code = match self {
            Self::Check { file } => config::check(file),
            Self::Print { file } => config::print(file),
        };
        if code == 0 { Exit::Done } else { Exit::Usage }
    }
}

/// Runs what the arguments of the process say, and reports what went wrong.
#[must_use]
pub fn main() -> ExitCode {
    let exit = Cli::parse().command.run().unwrap_or_else(|failure| failure.report());
    exit.into()
}
