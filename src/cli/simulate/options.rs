//! What to simulate, and where to send it.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Args, ValueEnum};

use crate::config::Config;
use crate::event::{Domain, Time};
use crate::simulate::{self, EnvelopeShape, Mix, SimulatedTenant, TenantKind};

const EXAMPLES: &str = "\
Examples:
  postern simulate --records 100000 --out stream.jsonl.gz --gzip --labels labels.jsonl
  postern simulate --domain contoso.com --domain fabrikam.com:gateway --write-config postern.toml --out stream.jsonl
  postern simulate --domain northwind.example:hybrid --attacks 100 --look-alikes 200 --out stream.jsonl
  postern simulate --batch 100 --bootstrap 127.0.0.1:9092 --topic email-events --rate 500
  postern simulate --url http://127.0.0.1:8088/ --bearer-file token

The kind of a tenant is eop (its MX is Exchange Online), gateway (its MX is a third-party filter) or hybrid (a relay on
the premises besides). The labels are true with respect to what --write-config writes, so scan with it:
`postern scan stream.jsonl --config postern.toml`. What the families of the labels are is in docs/simulation.md.

The same options give the same bytes on every machine. All names are reserved ones, and so are all addresses.";

/// The webhook's batch where none is asked for; one request a record would measure nothing but HTTP.
const WEBHOOK_BATCH: usize = 100;

/// Invent a tenant's mail, with attacks of which the truth is known
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Options {
    /// How many records of mail
    #[arg(long, value_name = "N", default_value_t = simulate::Options::default().records)]
    pub(super) records: u64,
    /// The seed of chance
    #[arg(long, value_name = "S", default_value_t = simulate::Options::default().seed)]
    seed: u64,
    /// The first domain of a tenant, and after a colon its kind: eop, gateway or hybrid; repeat it for several tenants
    #[arg(long, value_name = "DOMAIN[:KIND]", default_value = "contoso.com", value_parser = tenant)]
    domain: Vec<(String, TenantKind)>,
    /// Of a thousand records so many are attacks
    #[arg(long, value_name = "N", default_value_t = Mix::default().attack, value_parser = share())]
    attacks: u32,
    /// Of a thousand records so many are legitimate and look like attacks
    #[arg(long, value_name = "N", default_value_t = Mix::default().look_alike, value_parser = share())]
    look_alikes: u32,
    /// The event time of the first record
    #[arg(long, value_name = "TIME", default_value_t = simulate::Options::default().start)]
    start: Time,
    /// The pace of event time, in records a second
    #[arg(long, value_name = "N", default_value_t = simulate::Options::default().records_per_second)]
    per_second: NonZeroU32,
    /// Let other tables speak of the mail as well: links, attachments, clicks, what was done after delivery; their records
    /// come on top of --records
    #[arg(long)]
    related: bool,
    /// Which capture of the streaming API the records look like
    #[arg(long, value_name = "YEAR", default_value = "2026")]
    shape: Shape,
    /// Event Hubs batches of so many records instead of lines
    #[arg(long, value_name = "N")]
    batch: Option<NonZeroUsize>,
    /// Send so many records a second; without it, as fast as possible
    #[arg(long, value_name = "N")]
    pub(super) rate: Option<NonZeroU32>,
    /// Write the truth about each record, as lines of JSON
    #[arg(long, value_name = "FILE")]
    pub(super) labels: Option<PathBuf>,
    /// Write the configuration that describes the tenants, as `postern scan --config` reads it
    #[arg(long, value_name = "FILE")]
    pub(super) write_config: Option<PathBuf>,
    /// Write to this file; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "-", conflicts_with_all = ["bootstrap", "url"])]
    pub(super) out: PathBuf,
    /// Compress the file
    #[arg(long, conflicts_with_all = ["bootstrap", "url"])]
    pub(super) gzip: bool,
    /// Send to Kafka at this address
    #[arg(long, value_name = "HOST:PORT", requires = "topic", conflicts_with = "url")]
    pub(super) bootstrap: Option<String>,
    /// The topic, which must exist; the tenant's id is the key, so a tenant's records stay in one partition
    #[arg(long, value_name = "T", requires = "bootstrap")]
    pub(super) topic: Option<String>,
    /// Post to this webhook: https, or http to this machine
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// A file with the webhook's bearer token
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(super) bearer_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    #[value(name = "2026")]
    Defender2026,
    #[value(name = "2022")]
    Defender2022,
}

impl Options {
    /// The stream.
    pub(super) fn simulation(&self) -> simulate::Options {
        simulate::Options {
            seed: self.seed,
            tenants: (1_u32..).zip(&self.domain).map(simulated).collect(),
            start: self.start,
            records: self.records,
            records_per_second: self.per_second,
            shape: match self.shape {
                Shape::Defender2026 => EnvelopeShape::Defender2026,
                Shape::Defender2022 => EnvelopeShape::Defender2022,
            },
            mix: Mix::of(self.attacks, self.look_alikes),
            related: self.related,
            ..simulate::Options::default()
        }
    }

    /// The size of a batch, or `None` for lines.
    pub(super) fn batch(&self) -> Option<usize> {
        let default = self.url.as_ref().map(|_| WEBHOOK_BATCH);
        self.batch.map(NonZeroUsize::get).or(default)
    }

    /// Whether payloads are keyed by tenant.
    pub(super) const fn is_kafka(&self) -> bool {
        self.bootstrap.is_some()
    }
}

/// A share of the mix.
fn share() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(..=i64::from(Mix::WHOLE))
}

/// The tenant of this number among those that were named.
fn simulated((number, (domain, kind)): (u32, &(String, TenantKind))) -> SimulatedTenant {
    let id = format!("6f0c1d7e-0000-4000-8000-{number:012}");
    SimulatedTenant { kind: *kind, ..SimulatedTenant::eop(id, domain) }
}

/// `contoso.com`, or `contoso.com:gateway`.
fn tenant(text: &str) -> Result<(String, TenantKind), String> {
    let (domain, kind) = text.split_once(':').unwrap_or((text, TenantKind::Eop.as_str()));
    let kind = TenantKind::ALL.into_iter().find(|it| it.as_str() == kind);
    let kind = kind.ok_or_else(|| "the kind of a tenant is eop, gateway or hybrid".to_owned())?;
    Config::for_domains([domain]).map_err(|error| error.to_string())?;
    Ok((Domain::fold(domain).as_str().to_owned(), kind))
}
