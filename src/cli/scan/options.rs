//! What a scan is told.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::output::is_standard;
use crate::cli::tenants::TenantOptions;
use crate::judge::Severity;

const EXAMPLES: &str = "\
Examples:
  postern scan export.jsonl.gz --domain contoso.com
  postern scan --domain contoso.com --verdicts verdicts.jsonl --alerts alerts.jsonl < export.jsonl
  postern scan *.json --config postern.toml --fail-on high --format json

Formats: records of the Defender streaming API as JSON Lines, Event Hubs batches or an array, plain or gzip.
At the end of the input open campaigns stay open; the last record of each alert tells all that is known.";

/// Judge the mail in files, and say what was found
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Options {
    /// Files to read, as one stream in this order; none, or `-`, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) tenants: TenantOptions,
    /// Write a line of JSON for each mail, with the verdict on it
    #[arg(long, value_name = "FILE")]
    pub(super) verdicts: Option<PathBuf>,
    /// Write every record of every alert, as the service would send them
    #[arg(long, value_name = "FILE")]
    pub(super) alerts: Option<PathBuf>,
    /// Write what could not be read, with the reason
    #[arg(long, value_name = "FILE")]
    pub(super) dead_letters: Option<PathBuf>,
    /// End with exit code 1 when an alert is as severe as this
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    fail_on: Option<Severity>,
    /// How to print the summary
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
}

/// How the summary is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl Options {
    /// The inputs in order.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let standard_input = self.paths.is_empty().then_some(Path::new("-"));
        self.paths.iter().map(PathBuf::as_path).chain(standard_input)
    }

    /// How many bytes there are to read, where all inputs are files.
    pub(super) fn bytes(&self) -> Option<u64> {
        let length = |path: &Path| path.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len());
        self.inputs().map(length).sum()
    }

    /// Two streams of lines through one pipe, or into one file, would tear each other apart; and an output that is an
    /// input would be emptied before it is read.
    pub(super) fn refuse_to_share_outputs(&self) -> Result<(), Failure> {
        let refused = |error| Err(Failure::usage(error));
        if self.outputs().filter(|path| is_standard(path)).count() > 1 {
            return refused(anyhow!("only one of --verdicts, --alerts and --dead-letters can be `-`; name files"));
        }
        let mut taken: Vec<PathBuf> = self.inputs().filter_map(regular).collect();
        for path in self.outputs().filter(|path| !is_standard(path)) {
            let Some(file) = regular(path) else { continue };
            if taken.contains(&file) {
                return refused(anyhow!(
                    "{} would be written over what is read or written; name another file",
                    path.display()
                ));
            }
            taken.push(file);
        }
        Ok(())
    }

    /// Whether standard output belongs to a program.
    pub(super) fn writes_to_standard_output(&self) -> bool {
        self.outputs().any(is_standard)
    }

    /// Whether `--fail-on` looks for this.
    pub(super) fn fails_on(&self, gravest: Option<Severity>) -> bool {
        self.fail_on.zip(gravest).is_some_and(|(limit, gravest)| gravest >= limit)
    }

    fn outputs(&self) -> impl Iterator<Item = &Path> {
        [&self.verdicts, &self.alerts, &self.dead_letters].into_iter().flatten().map(PathBuf::as_path)
    }
}

/// The file behind a path, existing or to be; `None` for a pipe, a terminal or a device, which keep nothing.
fn regular(path: &Path) -> Option<PathBuf> {
    match path.canonicalize() {
        Ok(existing) => Some(existing).filter(|path| path.is_file()),
        Err(_) => Some(path.to_owned()),
    }
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    let find = |word: String| Severity::ALL.into_iter().find(|severity| severity.as_str() == word);
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str)).map(move |word| find(word).unwrap_or(Severity::Low))
}
