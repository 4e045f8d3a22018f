//! From one TOML file to a configuration that needs no more checking.
//!
//! Two acts: the raw file knows nothing but its syntax; the validated [`Config`] can be run. Every mistake is
//! reported at once, each with its path in the file, before a port is opened or a byte is read. Nothing here touches a
//! file or the environment: text comes in, and the environment is an argument.
//!
//! Each section is read beside the type that it becomes; `section` is how they read, [`effective`] is the way back.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod connection;
mod identity;
mod mistake;
mod nearest;
mod network;
mod print;
mod secret;
mod section;
mod sinks;
mod sources;
mod tenant;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use connection::{KafkaAuth, KafkaConnection};
pub use mistake::{ConfigError, Mistake, Position};
pub use print::{effective, tenant_sections};
pub use secret::SecretSource;
pub use sinks::{
    AlertmanagerSink, Attention, ChatSink, ElasticTarget, ElasticsearchSink, Endpoint, EntraAuth, FileSink, Format,
    HttpAuth, KafkaSink, SentinelSink, SinkConfig, SinkKind, SplunkHecSink, StdoutSink, SyslogFraming, SyslogSink,
    SyslogTransport, Trust, WebhookSink, may_post_to,
};
pub use sources::{KafkaSource, LostPosition, Start, WebhookAuth, WebhookSource};

use crate::judge::{AcceptedDomain, Tenant, Tenants};
use network::listen_or;
use section::{Field, Report, Section};

/// A configuration that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the ledger and the dead letters live (`data_dir`, default `/var/lib/postern`).
    pub data_dir: PathBuf,
    /// The tenants (`[[tenant]]`); at least one.
    pub tenants: Tenants,
    /// Kafka and Event Hubs sources (`[[source.kafka]]`).
    pub kafka_sources: Vec<KafkaSource>,
    /// Webhook listeners (`[[source.webhook]]`).
    pub webhook_sources: Vec<WebhookSource>,
    /// Where alerts go (`[[sink.*]]`).
    pub sinks: Vec<SinkConfig>,
    /// Where dead letters go (`[dead_letter]`); a file in the data directory unless said otherwise.
    pub dead_letter: SinkConfig,
    /// Metrics and health (`[metrics] listen`, default 127.0.0.1:9464).
    pub metrics_listen: SocketAddr,
    /// When to commit (`[commit]`).
    pub commit: CommitPolicy,
    /// How often each tenant has a heartbeat (`[heartbeat] interval_s`, default 3,600).
    pub heartbeat: Duration,
    /// How long a graceful stop, or a revoke, may take (`shutdown_ms`, default 10 s).
    pub drain: Duration,
    /// How many shards tenants are spread over (`shards`, default 4).
    pub shards: u32,
    /// How many settled alerts the ledger keeps (`alerts_kept_max`, default 100,000).
    pub alerts_kept_max: u64,
}

/// When a transaction is committed: at the latest after the interval, or with this many records, or at once when an
/// alert is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitPolicy {
    /// `interval_ms`, default 200.
    pub interval: Duration,
    /// `records_max`, default 50,000.
    pub records_max: u64,
}

impl Config {
    /// Reads a configuration file. The environment is asked for the variables that secrets name, and for nothing else.
    ///
    /// # Errors
    /// Every mistake in the text; its syntax alone where that is broken.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let report = Report::new(text, environment);
        let table = report.parse()?;
        let config = Self::read(Section::root(&report, &table));
        report.finish(config)
    }

    /// One tenant that has these accepted domains and to which every record belongs: `scan --domain contoso.com`,
    /// where there is no file. It is named after the first domain.
    ///
    /// # Errors
    /// What is no domain, and no domains at all.
    pub fn for_domains<'d>(domains: impl IntoIterator<Item = &'d str>) -> Result<Tenants, ConfigError> {
        let (mut names, mut mistakes) = (Vec::new(), Vec::new());
        for domain in domains {
            match identity::domain(domain) {
                Ok(name) => names.push(name),
                Err(message) => mistakes.push(Mistake::of_domains(message)),
            }
        }
        let Some(name) = names.first().filter(|_| mistakes.is_empty()).cloned() else {
            mistakes.extend(mistakes.is_empty().then(|| Mistake::of_domains("name at least one domain".to_owned())));
            return Err(ConfigError::new(mistakes));
        };
        let accepted = |name| AcceptedDomain { name, match_subdomains: false };
        let accepted_domains = names.into_iter().map(accepted).collect();
        Ok(Tenants::catch_all(Tenant { name, accepted_domains, ..Tenant::default() }))
    }

    fn read(mut root: Section<'_>) -> Option<Self> {
        let data_dir = root.or("data_dir", PathBuf::from(DATA_DIR), connection::path);
        let tenants = root.sections("tenant", tenant::read);
        let commit = CommitPolicy::read(root.section("commit"));
        let mut source = root.section("source");
        let kafka_sources = source.sections("kafka", KafkaSource::read);
        let webhook_sources = source.sections("webhook", |section| WebhookSource::read(section, commit));
        let directory = data_dir.as_deref().unwrap_or(Path::new(DATA_DIR));
        let dead_letter = SinkConfig::read_dead_letter(root.section("dead_letter"), directory);
        let sinks = SinkConfig::read_all(root.section("sink"));
        let metrics_listen = metrics_listen(root.section("metrics"));
        let mut heartbeat = root.section("heartbeat");
        let heartbeat = heartbeat.number("interval_s", 1..=86_400, 3_600).map(Duration::from_secs);
        let drain = root.millis("shutdown_ms", 100..=600_000, 10_000);
        let shards = root.number("shards", 1..=256, 4);
        let alerts_kept_max = root.number("alerts_kept_max", 100..=10_000_000, 100_000);
        if tenants.as_ref().is_some_and(Vec::is_empty) {
            return root.missing("tenant", "at least one [[tenant]], with its id, its name and its accepted_domains");
        }
        Some(Self {
            data_dir: data_dir?,
            tenants: Tenants::new(tenants?),
            kafka_sources: kafka_sources?,
            webhook_sources: webhook_sources?,
            sinks: sinks?,
            dead_letter: dead_letter?,
            metrics_listen: metrics_listen?,
            commit: commit?,
            heartbeat: heartbeat?,
            drain: drain?,
            shards: shards?,
            alerts_kept_max: alerts_kept_max?,
        })
    }
}

/// Where the file system standard keeps what a service has to remember.
const DATA_DIR: &str = "/var/lib/postern";

/// `[metrics]`. Metrics have no authentication, so to show them beyond this machine is a decision to be written down.
fn metrics_listen(mut section: Section<'_>) -> Option<SocketAddr> {
    let listen = listen_or(&mut section, SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)))?;
    let anyone_may_read = section.or("anyone_may_read", false, Field::boolean)?;
    if !listen.ip().is_loopback() && !anyone_may_read {
        return section.missing("anyone_may_read", "metrics have no password; say true, or listen on 127.0.0.1");
    }
    Some(listen)
}

impl CommitPolicy {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let interval = section.millis("interval_ms", 10..=10_000, 200);
        let records_max = section.number("records_max", 1..=1_000_000, 50_000);
        Some(Self { interval: interval?, records_max: records_max? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_alone_make_one_tenant_that_every_record_belongs_to() {
        let tenants = Config::for_domains(["Contoso.COM", "münchen.example"]).unwrap();
        let tenant = tenants.get(tenants.find("any id").unwrap());
        let names: Vec<&str> = tenant.accepted_domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!((tenant.name.as_str(), names), ("contoso.com", vec!["contoso.com", "xn--mnchen-3ya.example"]));
    }

    #[test]
    fn every_domain_that_is_none_is_reported() {
        let error = Config::for_domains(["contoso.com", "contoso", "ceo@contoso.com"]).unwrap_err();
        assert_eq!(error.mistakes.len(), 2);
        let error = Config::for_domains([]).unwrap_err();
        assert_eq!(error.to_string(), "--domain: name at least one domain");
    }

    #[test]
    fn the_environment_is_asked_for_secrets_only() {
        let asked = std::cell::RefCell::new(Vec::new());
        let environment = |name: &str| {
            asked.borrow_mut().push(name.to_owned());
            None
        };
        let text = "data_dir = \"${HOME}\"\n[[sink.webhook]]\nurl = \"${URL}\"\nsecret = \"${HOOK}\"";
        assert!(Config::parse(text, &environment).is_err());
        assert_eq!(asked.into_inner(), ["HOOK"]);
    }
}
