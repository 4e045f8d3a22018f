//! `[[sink.splunk-hec]]`, `[[sink.elasticsearch]]`, `[[sink.sentinel]]`, `[[sink.syslog]]`: where a SOC searches.

use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::{Endpoint, Trust, host_of, url};
use super::{Format, SinkKind, format};
use crate::config::connection::path;
use crate::config::identity::is_guid;
use crate::config::mistake::quoted;
use crate::config::secret::SecretSource;
use crate::config::section::{Field, Section};

/// Splunk's HTTP Event Collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplunkHecSink {
    /// The collector, without `/services/…`.
    pub endpoint: Endpoint,
    /// `token_file` or `token = "${NAME}"`.
    pub token: SecretSource,
    /// `index`; the token's default where it is missing.
    pub index: Option<String>,
    /// `source`, default `postern`.
    pub source: String,
    /// `sourcetype`, default `postern:alert`.
    pub sourcetype: String,
    /// `host`, where it is not to be the collector's guess.
    pub host: Option<String>,
    /// `format` of the event: native, ocsf or ecs. Default native.
    pub format: Format,
    /// `gzip`, default true.
    pub gzip: bool,
    /// `acknowledge`: wait until the indexers have it, for as long as [`SplunkHecSink::acknowledged_within`]. Default
    /// false, because Splunk Cloud and collectors behind a load balancer without sticky sessions do not offer it.
    pub acknowledge: bool,
    /// `acknowledge_timeout_s`, default 300: after that it is sent again.
    pub acknowledged_within: Duration,
}

/// Elasticsearch and OpenSearch, by `_bulk`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElasticsearchSink {
    /// The cluster.
    pub endpoint: Endpoint,
    /// `auth`.
    pub auth: HttpAuth,
    /// Where documents go.
    pub target: ElasticTarget,
    /// `gzip`, default true.
    pub gzip: bool,
}

/// Where documents go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElasticTarget {
    /// `index`, default `postern-alerts`: one index a day of event time, `postern-alerts-2026.11.22`. The same record
    /// always goes into the same index, so that its `_id` is unique for good.
    Daily(String),
    /// `data_stream`, as in `logs-postern.alerts-default`. A record that is sent again across a rollover is there twice.
    DataStream(String),
}

/// How to authenticate to an HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpAuth {
    /// `kind = "none"`.
    None,
    /// `kind = "basic"`.
    Basic {
        /// `username`.
        username: String,
        /// `password_file` or `password = "${NAME}"`.
        password: SecretSource,
    },
    /// `kind = "api-key"`: Elasticsearch's encoded key.
    ApiKey {
        /// `key_file` or `key = "${NAME}"`.
        key: SecretSource,
    },
    /// `kind = "bearer"`.
    Bearer {
        /// `token_file` or `token = "${NAME}"`.
        token: SecretSource,
    },
}

/// Microsoft Sentinel, by the Logs Ingestion API of Azure Monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentinelSink {
    /// The logs ingestion endpoint of the data collection rule, or of a data collection endpoint.
    pub endpoint: Endpoint,
    /// `dcr`: the rule's immutable id, `dcr-` and 32 digits.
    pub rule: String,
    /// `stream`, default `Custom-PosternAlerts_CL`.
    pub stream: String,
    /// `auth`.
    pub auth: EntraAuth,
    /// `audience`, default `https://monitor.azure.com`; another one in the clouds of the US government and of China.
    pub audience: String,
}

/// How to get a token from Microsoft Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntraAuth {
    /// `kind = "client-secret"`.
    ClientSecret {
        /// `authority`, default `https://login.microsoftonline.com`.
        authority: String,
        /// `tenant_id`.
        tenant: String,
        /// `client_id`.
        client: String,
        /// `secret_file` or `secret = "${NAME}"`.
        secret: SecretSource,
    },
    /// `kind = "workload-identity"`: a projected service account token, as in AKS.
    WorkloadIdentity {
        /// `authority`, default `https://login.microsoftonline.com`.
        authority: String,
        /// `tenant_id`.
        tenant: String,
        /// `client_id`.
        client: String,
        /// `token_file`, default `/var/run/secrets/azure/tokens/azure-identity-token`.
        token_file: PathBuf,
    },
    /// `kind = "managed-identity"`: that of the virtual machine.
    ManagedIdentity {
        /// `metadata`, default `http://169.254.169.254`: the instance metadata service.
        metadata: String,
        /// `client_id`, of a user-assigned identity.
        client: Option<String>,
    },
}

/// RFC 5424 messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogSink {
    /// `address`: `host:port`.
    pub address: String,
    /// `transport`: udp, tcp or tls.
    pub transport: SyslogTransport,
    /// `format`: cef (default), leef, native, ecs or ocsf.
    pub format: Format,
    /// `framing` on tcp and tls: octet-counting (default) or lf.
    pub framing: SyslogFraming,
    /// `facility`, 0 to 23; default 16, local0.
    pub facility: u8,
    /// `hostname`: of the header, default `-`.
    pub hostname: String,
    /// `message_bytes_max`: longer messages leave out what is least needed. Default 8,000, below the 8,096 of rsyslog; 2,048 on udp.
    pub message_bytes_max: usize,
    /// `resend_max`: at least so many messages are sent again after a connection broke, because nobody says what
    /// arrived, and never fewer than may still wait in our own system. 0: none at all. Default 100.
    pub resend_max: usize,
}

/// How messages travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogTransport {
    /// RFC 5426.
    Udp,
    /// RFC 6587.
    Tcp,
    /// RFC 5425.
    Tls {
        /// Whom to trust.
        trust: Trust,
        /// `client_cert_file` and `client_key_file`, in PEM: for receivers that want to know who sends.
        client: Option<(PathBuf, PathBuf)>,
    },
}

/// How messages are told apart in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyslogFraming {
    /// Each with its length in front.
    OctetCounting,
    /// A line feed behind each.
    Lf,
}

// === impl SplunkHecSink ===

impl SplunkHecSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let endpoint = Endpoint::read(section, "https://splunk.example:8088");
        let token = SecretSource::read(section, "token");
        let index = section.optional("index", word);
        let source = section.or("source", "postern".to_owned(), word);
        let sourcetype = section.or("sourcetype", "postern:alert".to_owned(), word);
        let host = section.optional("host", word);
        let format = format(section, Format::Native, &Format::JSON);
        let gzip = section.or("gzip", true, Field::boolean);
        let acknowledge = section.or("acknowledge", false, Field::boolean);
        let acknowledged_within = section.number("acknowledge_timeout_s", 10..=3_600, 300).map(Duration::from_secs);
        Some(SinkKind::SplunkHec(Self {
            endpoint: endpoint?,
            token: token?,
            index: index?,
            source: source?,
            sourcetype: sourcetype?,
            host: host?,
            format: format?,
            gzip: gzip?,
            acknowledge: acknowledge?,
            acknowledged_within: acknowledged_within?,
        }))
    }
}

/// A word that ends up in somebody's index.
fn word(field: &Field<'_>) -> Option<String> {
    const CHARS_MAX: usize = 128;
    let text = field.text()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
    if !is_plain || text.len() > CHARS_MAX {
        return field.wrong(format!("write at most {CHARS_MAX} of a-z, A-Z, 0-9, ._:-"));
    }
    Some(text.to_owned())
}

// === impl ElasticsearchSink ===

impl ElasticsearchSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let endpoint = Endpoint::read(section, "https://elastic.example:9200");
        let auth = HttpAuth::read(section.section("auth"), true);
        let target = ElasticTarget::read(section);
        let gzip = section.or("gzip", true, Field::boolean);
        Some(SinkKind::Elasticsearch(Self { endpoint: endpoint?, auth: auth?, target: target?, gzip: gzip? }))
    }
}

impl ElasticTarget {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        match (section.field("index"), section.field("data_stream")) {
            (Some(_), Some(stream)) => stream.wrong("give `index` or `data_stream`, not both"),
            (Some(index), None) => index_name(&index).map(Self::Daily),
            (None, Some(stream)) => index_name(&stream).map(Self::DataStream),
            (None, None) => Some(Self::Daily("postern-alerts".to_owned())),
        }
    }
}

/// What Elasticsearch allows, with room for a date behind it.
fn index_name(field: &Field<'_>) -> Option<String> {
    const CHARS_MAX: usize = 200;
    let text = field.text()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if !text.bytes().all(plain) || text.starts_with(['-', '_', '.']) || text.len() > CHARS_MAX {
        return field.wrong(format!("{} is no index; write at most {CHARS_MAX} of a-z, 0-9, ._-", quoted(text)));
    }
    Some(text.to_owned())
}

// === impl HttpAuth ===

impl HttpAuth {
    /// `auth = { kind = … }`; nothing where it is missing.
    pub(super) fn read(mut section: Section<'_>, has_api_keys: bool) -> Option<Self> {
        if section.is_missing() {
            return Some(Self::None);
        }
        let kinds = [("none", 'n'), ("basic", 'b'), ("bearer", 't'), ("api-key", 'k')];
        let kinds = &kinds[..if has_api_keys { 4 } else { 3 }];
        match section.needed("kind", "none, basic or bearer", |field| field.choice(kinds)) {
            Some('n') => Some(Self::None),
            Some('b') => {
                let username = section.needed("username", "the user's name", |field| field.text().map(str::to_owned));
                let password = SecretSource::read(&mut section, "password");
                Some(Self::Basic { username: username?, password: password? })
            }
            Some('t') => SecretSource::read(&mut section, "token").map(|token| Self::Bearer { token }),
            Some(_) => SecretSource::read(&mut section, "key").map(|key| Self::ApiKey { key }),
            None => section.give_up(),
        }
    }
}

// === impl SentinelSink ===

impl SentinelSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let endpoint = Endpoint::read(section, "https://postern-x1y2.westeurope-1.ingest.monitor.azure.com");
        let rule =
            section.needed("dcr", "the rule's immutable id, as in dcr-0123456789abcdef0123456789abcdef", rule_id);
        let stream = section.or("stream", "Custom-PosternAlerts_CL".to_owned(), stream);
        let auth = EntraAuth::read(section.section("auth"));
        let audience = section.or("audience", "https://monitor.azure.com".to_owned(), |field| {
            url(field, "https://monitor.azure.com").map(|url| url.trim_end_matches('/').to_owned())
        });
        Some(SinkKind::Sentinel(Self {
            endpoint: endpoint?,
            rule: rule?,
            stream: stream?,
            auth: auth?,
            audience: audience?,
        }))
    }
}

fn rule_id(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let digits = text.strip_prefix("dcr-").unwrap_or_default();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return field.wrong("write the rule's immutable id, not its name: dcr- and 32 hexadecimal digits");
    }
    Some(text.to_owned())
}

fn stream(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if !is_plain || !(text.starts_with("Custom-") || text.starts_with("Microsoft-")) {
        return field.wrong(format!("{} is no stream; write it as in Custom-PosternAlerts_CL", quoted(text)));
    }
    Some(text.to_owned())
}

// === impl EntraAuth ===

/// Where Entra gives tokens in the public cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// Where AKS puts a workload's token (Microsoft, "Use Microsoft Entra Workload ID with AKS").
const WORKLOAD_TOKEN: &str = "/var/run/secrets/azure/tokens/azure-identity-token";
/// The instance metadata service of a virtual machine; the link-local address is the machine's own.
const METADATA: &str = "http://169.254.169.254";

impl EntraAuth {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let kinds = [("client-secret", 's'), ("workload-identity", 'w'), ("managed-identity", 'm')];
        let hint = "client-secret, workload-identity or managed-identity";
        match section.needed("kind", hint, |field| field.choice(&kinds)) {
            Some('m') => {
                let metadata = section.or("metadata", METADATA.to_owned(), metadata);
                let client = section.optional("client_id", guid);
                Some(Self::ManagedIdentity { metadata: metadata?, client: client? })
            }
            Some(kind) => Self::read_client(&mut section, kind == 's'),
            None => section.give_up(),
        }
    }

    fn read_client(section: &mut Section<'_>, has_secret: bool) -> Option<Self> {
        let authority = section.or("authority", AUTHORITY.to_owned(), |field| url(field, AUTHORITY));
        let tenant = section.needed("tenant_id", "the Entra tenant of the application", guid);
        let client = section.needed("client_id", "the application's id", guid);
        if has_secret {
            let secret = SecretSource::read(section, "secret");
            return Some(Self::ClientSecret {
                authority: authority?,
                tenant: tenant?,
                client: client?,
                secret: secret?,
            });
        }
        let token_file = section.or("token_file", PathBuf::from(WORKLOAD_TOKEN), path);
        Some(Self::WorkloadIdentity {
            authority: authority?,
            tenant: tenant?,
            client: client?,
            token_file: token_file?,
        })
    }
}

fn guid(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if !is_guid(text) {
        return field.wrong(format!("{} is no GUID of 8-4-4-4-12 digits", quoted(text)));
    }
    Some(text.to_owned())
}

/// The metadata service speaks plain HTTP, to the machine's own link-local address and nothing else.
fn metadata(field: &Field<'_>) -> Option<String> {
    match field.text()? {
        METADATA => Some(METADATA.to_owned()),
        _ => url(field, METADATA),
    }
}

// === impl SyslogSink ===

impl SyslogSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let transport = SyslogTransport::read(section);
        let address = section.needed("address", "the receiver, as in siem.example:6514", address);
        let format = format(section, Format::Cef, &Format::SYSLOG);
        let framings = [("octet-counting", SyslogFraming::OctetCounting), ("lf", SyslogFraming::Lf)];
        let framing = section.or("framing", SyslogFraming::OctetCounting, |field| match transport {
            Some(SyslogTransport::Udp) => field.wrong("means nothing on udp, where a datagram is a message"),
            _ => field.choice(&framings),
        });
        let facility = section.number("facility", 0..=23, 16);
        let hostname = section.or("hostname", "-".to_owned(), hostname);
        let (bytes_max, bytes) =
            if transport == Some(SyslogTransport::Udp) { (65_000, 2_048) } else { (1 << 20, 8_000) };
        let message_bytes_max = section.number("message_bytes_max", 480..=bytes_max, bytes);
        let resend_max = section.number("resend_max", 0..=10_000, 100);
        Some(SinkKind::Syslog(Self {
            address: address?,
            transport: transport?,
            format: format?,
            framing: framing?,
            facility: facility?,
            hostname: hostname?,
            message_bytes_max: message_bytes_max?,
            resend_max: resend_max?,
        }))
    }
}

impl SyslogTransport {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let kinds = [("udp", 'u'), ("tcp", 'p'), ("tls", 't')];
        match section.needed("transport", "udp, tcp or tls", |field| field.choice(&kinds))? {
            'u' => Some(Self::Udp),
            'p' => Some(Self::Tcp),
            _ => {
                let trust = Trust::read(section);
                let (certificate, key) =
                    (section.optional("client_cert_file", path), section.optional("client_key_file", path));
                let client = match (certificate?, key?) {
                    (Some(certificate), Some(key)) => Some((certificate, key)),
                    (None, None) => None,
                    _ => return section.wrong("client_cert_file and client_key_file go together"),
                };
                Some(Self::Tls { trust: trust?, client })
            }
        }
    }
}

fn address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    let has_port = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if !is_plain || !has_port || host_of(text).is_none() {
        return field.wrong(format!("{} is no address; write it as in siem.example:6514", quoted(text)));
    }
    Some(text.to_owned())
}

/// RFC 5424, section 6.2.4.
fn hostname(field: &Field<'_>) -> Option<String> {
    const CHARS_MAX: usize = 255;
    let text = field.text()?;
    if text.len() > CHARS_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return field.wrong(format!("write at most {CHARS_MAX} visible characters of ASCII"));
    }
    Some(text.to_owned())
}
