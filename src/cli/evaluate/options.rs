//! What an evaluation is told.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::tenants::TenantOptions;
use crate::simulate::{self, Mix, SimulatedTenant, TenantKind};

use super::alerts::AlertGates;

const EXAMPLES: &str = "\
Examples:
  postern evaluate --records 1000000 --seed 7
  postern evaluate stream.jsonl.gz --labels labels.jsonl --domain contoso.com
  postern evaluate --records 1000000 --require-recall 100 --max-false-positives-per-million 0
  postern evaluate --alerts --days 14 --require-attacks-told 100 --max-alerts-per-attack 2

Without a PATH, mail is simulated in memory. Labels are those of `simulate --labels`: for each record a line of JSON
with record, network_message_id, recipient, family, malicious and, where nobody can tell, ambiguous; for --alerts also
with campaign, the number of the attack, and source, the device or service of the tenant that sent it.";

/// Enough for shares of a tenth of a percent in rare families.
const RECORDS: u64 = 1_000_000;

/// The pace where days are asked for: what a person is told depends on how much comes in a day.
const RECORDS_A_DAY: u64 = 86_400;
const DAYS_MAX: u64 = 3_650;

/// Score Postern and the published rules on mail of which the truth is known
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_group("TenantOptions", |group| group.required(false)))]
pub(in crate::cli) struct Options {
    /// The labelled records; `-` is standard input
    #[arg(value_name = "PATH", requires = "labels", requires = "TenantOptions")]
    pub(super) path: Option<PathBuf>,
    /// The truth about each of them
    #[arg(long, value_name = "FILE", requires = "path")]
    pub(super) labels: Option<PathBuf>,
    /// Whose they are; a simulation brings its own tenants.
    #[command(flatten)]
    pub(super) tenants: Option<TenantOptions>,
    /// How many records to simulate
    #[arg(long, value_name = "N", default_value_t = RECORDS, conflicts_with = "path")]
    records: u64,
    /// The seed of the simulation
    #[arg(long, value_name = "S", default_value_t = simulate::Options::default().seed, conflicts_with = "path")]
    seed: u64,
    /// Simulate so many days, at one record a second, instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=DAYS_MAX), conflicts_with_all = ["path", "records"])]
    days: Option<u64>,
    /// Of a thousand simulated records so many are attacks [default: 150, with --alerts 10]
    #[arg(long, value_name = "N", value_parser = share(), conflicts_with = "path")]
    attacks: Option<u32>,
    /// Of a thousand simulated records so many are legitimate and look like attacks [default: 350, with --alerts 50]
    #[arg(long, value_name = "N", value_parser = share(), conflicts_with = "path")]
    look_alikes: Option<u32>,
    /// Measure the alerts that a person would have got, instead of the verdicts on single messages
    #[arg(long, conflicts_with_all = ["require_recall", "max_false_positives_per_million"])]
    pub(super) alerts: bool,
    /// End with exit code 1 where Postern finds less than this of any family of attacks, at any severity
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(super) require_recall: Option<f64>,
    /// End with exit code 1 where Postern fires, at severity medium or above, on more benign records than this in a million
    #[arg(long, value_name = "N")]
    pub(super) max_false_positives_per_million: Option<u64>,
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) alert_gates: AlertGates,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For `docs/accuracy.md`.
    Markdown,
}

impl Options {
    /// Tenants without a PATH would be of no effect, and look as if they were.
    pub(super) fn refuse_tenants_of_a_simulation(&self) -> Result<(), Failure> {
        if self.path.is_some() || self.tenants.is_none() {
            return Ok(());
        }
        Err(Failure::usage(anyhow::anyhow!(
            "--domain and --config are for a PATH; a simulation brings its own tenants"
        )))
    }

    /// The simulation that stands in where there is no file.
    pub(super) fn simulation(&self) -> simulate::Options {
        let usual = simulate::Options::default();
        let (records, records_per_second) = match self.days {
            Some(days) => (days * RECORDS_A_DAY, NonZeroU32::MIN),
            None => (self.records, usual.records_per_second),
        };
        let mix =
            if self.alerts { Mix::default() } else { Mix { attack: ATTACKS, look_alike: LOOK_ALIKES, ..usual.mix } };
        let mix = Mix::of(self.attacks.unwrap_or(mix.attack), self.look_alikes.unwrap_or(mix.look_alike));
        simulate::Options { records, records_per_second, seed: self.seed, tenants: tenants(), mix, ..usual }
    }
}

/// Hard cases are rare in a real day; here they are half of it, so that each family is measured: of a thousand records.
/// Alerts are measured on a day as it is, because too much at once is told as a storm.
const ATTACKS: u32 = 150;
const LOOK_ALIKES: u32 = 350;

/// A share of the mix.
fn share() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(..=i64::from(Mix::WHOLE))
}

/// One tenant of each kind.
fn tenants() -> Vec<SimulatedTenant> {
    let kinds = [
        ("contoso.com", TenantKind::Eop),
        ("fabrikam.com", TenantKind::Gateway),
        ("northwind.example", TenantKind::Hybrid),
    ];
    let tenant = |(number, (domain, kind)): (u32, (&str, TenantKind))| SimulatedTenant {
        id: format!("6f0c1d7e-0000-4000-8000-{number:012}"),
        domain: domain.to_owned(),
        kind,
    };
    (1..).zip(kinds).map(tenant).collect()
}

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 100".to_owned())
}
