//! What a report is told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::table::Table;
use crate::cli::config;
use crate::cli::failure::Failure;
use crate::cli::output::is_standard;
use crate::config::Config;
use crate::inventory::{Csv, Form, Json, Kind};
use crate::judge::Tenants;
use crate::ledger::LEDGER_FILE;

const EXAMPLES: &str = "\
Examples:
  postern report --config postern.toml
  postern report --data-dir /var/lib/postern --kind suspicious --kind device
  postern report --config postern.toml --format csv --out inventory.csv
  postern report export.jsonl.gz --domain contoso.com --format json

The ledger is only read, while the service runs or not. With --config tenants and sanctions have their names.
What each word means is in docs/inventory.md.";

/// List who uses Direct Send: each sender at each network, for how long, to how many, with which results
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Options {
    /// Mail to report on instead of a ledger, as for `scan`; `-` is standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    origin: OriginOptions,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: FormName,
    /// Only this tenant, by its name in the configuration or its id
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// Only sources of this kind; repeat it for more
    #[arg(long = "kind", value_name = "KIND", value_parser = kind())]
    pub(super) kinds: Vec<Kind>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(super) out: PathBuf,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct OriginOptions {
    /// The data directory of a `postern run`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["paths", "domain"])]
    data_dir: Option<PathBuf>,
    /// A configuration file, for its tenants, and for its data_dir where there is no PATH
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An accepted domain of the tenant, where there is a PATH; repeat it for each
    #[arg(long, value_name = "DOMAIN", requires = "paths", conflicts_with = "config")]
    domain: Vec<String>,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormName {
    /// For people: the busiest sources of each kind.
    Text,
    /// For programs: one document, postern.inventory/1.
    Json,
    /// For spreadsheets: a row for each source.
    Csv,
}

/// What is known before anything is read.
pub(super) struct Known {
    /// Where the ledger is; `None` where files are scanned.
    pub(super) data_dir: Option<PathBuf>,
    /// Those that are configured; none where only a data directory is named.
    pub(super) tenants: Arc<Tenants>,
}

impl Options {
    /// Reads the configuration, if there is one.
    pub(super) fn known(&self) -> Result<Known, Failure> {
        let OriginOptions { data_dir, config, domain } = &self.origin;
        let config = config.as_deref().map(config::load).transpose().map_err(Failure::usage)?;
        let configured = config.as_ref().map(|config| &config.data_dir).filter(|_| self.paths.is_empty());
        let data_dir = data_dir.as_ref().or(configured).cloned();
        let tenants = match config {
            Some(config) => config.tenants,
            None if domain.is_empty() => Tenants::default(),
            None => Config::for_domains(domain.iter().map(String::as_str)).map_err(Failure::usage)?,
        };
        Ok(Known { data_dir, tenants: Arc::new(tenants) })
    }

    /// The form to write in.
    pub(super) fn form(&self) -> Box<dyn Form> {
        match self.format {
            FormName::Text => Box::new(Table::new(self.is_to_standard_output())),
            FormName::Json => Box::new(Json::default()),
            FormName::Csv => Box::new(Csv),
        }
    }

    /// Whether there is no file to write to.
    pub(super) fn is_to_standard_output(&self) -> bool {
        is_standard(&self.out)
    }

    /// An output that is an input would be emptied before it is read, and a ledger that is emptied is lost.
    pub(super) fn refuse_to_overwrite_input(&self) -> Result<(), Failure> {
        let Ok(out) = self.out.canonicalize() else { return Ok(()) };
        let is_out = |path: &Path| path.canonicalize().is_ok_and(|path| path == out && path.is_file());
        let is_of_a_ledger = out.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LEDGER_FILE));
        if is_of_a_ledger || self.paths.iter().any(|path| is_out(path)) {
            let out = self.out.display();
            return Err(Failure::usage(anyhow!("{out} would be written over what is read; name another file")));
        }
        Ok(())
    }
}

fn kind() -> impl TypedValueParser<Value = Kind> {
    let find = |word: String| Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    PossibleValuesParser::new(Kind::ALL.map(Kind::as_str)).map(move |word| find(word).unwrap_or(Kind::Suspicious))
}
