//! `postern doctor`: tries everything that the configuration depends on, and says what to fix.
//!
//! From the near to the far: secrets, disk, name, port, and then whatever harmless question shows that a receiver would
//! take alerts. A step that fails says why in the other side's own words; the steps behind it are not tried.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::config;
use super::failure::{Exit, Failure};
use super::output::print;
use super::page::{Page, WIDTH};
use super::paint::{BAD, GOOD, Paint};
use super::run::block_on;
use super::safe_text::safe;
use crate::config::{Config, KafkaConnection, SinkConfig, SinkKind, WebhookSource};
use crate::deliver;
use crate::kafka_client;
use crate::ledger::{LedgerError, LedgerReader};
use crate::runtime::now;

/// Try everything that the configuration depends on, and say what to fix.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  postern doctor --config postern.toml\n  \
    postern doctor --config postern.toml --fix\n\n\
    Nothing is read from a source and no alert is sent. It ends with 4 where something needs to be fixed.")]
pub(super) struct Options {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Set up at receivers what alerts need there: the index template of Elasticsearch and OpenSearch.
    #[arg(long)]
    fix: bool,
}

/// How long a name or a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tries one after the other, and shows each as it is known.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let config = config::load(&options.config).map_err(Failure::usage)?;
    block_on(async {
        let mut visit = Visit { failed: 0 };
        visit.tell("data_dir", &ledger(&config.data_dir))?;
        for source in &config.kafka_sources {
            let found = kafka_source(&source.connection, &source.topics).await;
            visit.tell(&format!("source {}", source.name), &found)?;
        }
        for source in &config.webhook_sources {
            visit.tell(&format!("source {}", source.name), &webhook_source(source).await)?;
        }
        for sink in config.sinks.iter().chain([&config.dead_letter]) {
            visit.tell(&format!("sink {}", sink.name), &sink_found(sink, options.fix).await)?;
        }
        visit.end(&config)
    })
}

/// What was found so far.
struct Visit {
    failed: usize,
}

impl Visit {
    fn tell(&mut self, what: &str, found: &Result<String, String>) -> Result<(), Failure> {
        let (word, paint, words): (&str, Paint, _) = match found {
            Ok(words) => ("ok", GOOD, words),
            Err(words) => ("FIX", BAD, words),
        };
        self.failed += usize::from(found.is_err());
        let mut page = Page::new(WIDTH);
        page.marked(paint, &format!("{word:<4} "), &format!("{what}: {}", safe(words)));
        print(&page.into_text())
    }

    fn end(&self, config: &Config) -> Result<Exit, Failure> {
        if self.failed > 0 {
            return Ok(Exit::Dependency);
        }
        let sinks = config.sinks.len();
        print(&format!(
            "everything answers; {}\n",
            if sinks == 0 { "no sink is configured" } else { "alerts can be told" }
        ))?;
        Ok(Exit::Done)
    }
}

fn ledger(data_dir: &Path) -> Result<String, String> {
    match LedgerReader::open(data_dir) {
        Ok(_) => Ok(format!("there is a ledger in {}", data_dir.display())),
        Err(LedgerError::Missing { .. }) => writable(data_dir),
        Err(error) => Err(with_causes(error)),
    }
}

/// Whether a directory can be made and written, which leaves nothing in it.
fn writable(data_dir: &Path) -> Result<String, String> {
    let told =
        |error: std::io::Error| format!("{}: {error}; create it for the user that postern runs as", data_dir.display());
    std::fs::create_dir_all(data_dir).map_err(told)?;
    tempfile::tempfile_in(data_dir).map_err(told)?;
    Ok(format!("{} can be written; the first start makes the ledger", data_dir.display()))
}

async fn kafka_source(connection: &KafkaConnection, topics: &[String]) -> Result<String, String> {
    brokers(connection).await?;
    let mut partitions = 0;
    for topic in topics {
        let (connection, topic) = (connection.clone(), topic.clone());
        let asked = tokio::task::spawn_blocking(move || kafka_client::topic(&connection, &topic)).await;
        partitions += asked.map_err(|error| error.to_string())?.map_err(with_causes)?;
    }
    Ok(format!("{} with {partitions} partitions can be read", topics.join(", ")))
}

async fn brokers(connection: &KafkaConnection) -> Result<(), String> {
    let mut failures = Vec::new();
    for broker in connection.bootstrap.split(',').map(str::trim) {
        match connect(broker).await {
            // One is enough to begin with.
            Ok(_) => return Ok(()),
            Err(failure) => failures.push(failure),
        }
    }
    Err(failures.join("; "))
}

/// A listener of ours: whether the address is there to be listened on, or somebody (a running Postern) does.
async fn webhook_source(source: &WebhookSource) -> Result<String, String> {
    match tokio::net::TcpListener::bind(source.listen).await {
        Ok(_) => Ok(format!("{} is free to listen on", source.listen)),
        Err(_) if TcpStream::connect(source.listen).await.is_ok() => {
            Ok(format!("somebody listens on {}", source.listen))
        }
        Err(error) => Err(format!("{} cannot be listened on: {error}; choose another listen", source.listen)),
    }
}

async fn sink_found(sink: &SinkConfig, fix: bool) -> Result<String, String> {
    for place in places(&sink.kind) {
        connect(&place).await?;
    }
    deliver::examine(sink, fix, now).await.map_err(with_causes)?
}

/// Whom a sink connects to, as `host:port`, where that is no secret.
fn places(kind: &SinkKind) -> Vec<String> {
    let url = |url: &str| host_and_port(url).into_iter().collect();
    match kind {
        SinkKind::Stdout(_) | SinkKind::File(_) | SinkKind::Teams(_) | SinkKind::Slack(_) => Vec::new(),
        SinkKind::Kafka(kafka) => {
            kafka.connection.bootstrap.split(',').take(1).map(|all| all.trim().to_owned()).collect()
        }
        SinkKind::Webhook(sink) => url(&sink.endpoint.url),
        SinkKind::SplunkHec(sink) => url(&sink.endpoint.url),
        SinkKind::Elasticsearch(sink) => url(&sink.endpoint.url),
        SinkKind::Sentinel(sink) => url(&sink.endpoint.url),
        SinkKind::Syslog(sink) => match sink.transport {
            crate::config::SyslogTransport::Udp => Vec::new(),
            _ => vec![sink.address.clone()],
        },
        SinkKind::Alertmanager(sink) => url(&sink.endpoint.url),
    }
}

fn host_and_port(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// A name that resolves and a port that answers.
async fn connect(place: &str) -> Result<SocketAddr, String> {
    let looked_up = timeout(PATIENCE, lookup_host(place)).await;
    let addresses: Vec<SocketAddr> = match looked_up {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(format!("{place}: {error}; check the name, and this machine's DNS")),
        Err(_) => return Err(format!("{place}: no answer from DNS within {PATIENCE:?}")),
    };
    let mut last = format!("{place}: the name has no address");
    for address in addresses {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address),
            Ok(Err(error)) => last = unreachable(place, address, &error),
            Err(_) => last = unreachable(place, address, &format!("no answer within {PATIENCE:?}")),
        }
    }
    Err(last)
}

fn unreachable(place: &str, address: SocketAddr, why: &dyn Display) -> String {
    format!("{place} ({address}): {why}; check the port, and the firewalls on the way")
}

fn with_causes(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}
