//! How to reach a Kafka cluster or an Event Hubs namespace; shared by the source, the sink and the dead letters.

use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::mistake::quoted;
use super::secret::SecretSource;
use super::section::{Field, Section};

/// How to reach a Kafka cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaConnection {
    /// `bootstrap`: `host:port`, several with commas.
    pub bootstrap: String,
    /// `auth`; without it the brokers have to let anybody in.
    pub auth: KafkaAuth,
    /// `tls`: whether the connection is encrypted. Default true, but false where `auth` is `none`; Event Hubs has
    /// nothing else.
    pub tls: bool,
    /// `ca_file`: the certificate authority to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How to authenticate to Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KafkaAuth {
    /// `kind = "none"`.
    None,
    /// `kind = "plain"`: SASL PLAIN.
    Plain {
        /// `username`.
        username: String,
        /// `password_file` or `password = "${NAME}"`.
        password: SecretSource,
    },
    /// `kind = "scram-sha-256"` or `"scram-sha-512"`.
    Scram {
        /// librdkafka's mechanism name: `SCRAM-SHA-256` or `SCRAM-SHA-512`.
        mechanism: &'static str,
        /// `username`.
        username: String,
        /// `password_file` or `password = "${NAME}"`.
        password: SecretSource,
    },
    /// `kind = "event-hubs-connection-string"`: SASL PLAIN over TLS, user `$ConnectionString`.
    EventHubs {
        /// `value_file` or `value = "${NAME}"`: the whole connection string.
        connection_string: SecretSource,
    },
}

/// The words of `kind`, known before it is known whether the secrets are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Plain,
    Scram(&'static str),
    EventHubs,
}

// === impl KafkaConnection ===

impl KafkaConnection {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let mut login = section.section("auth");
        let kind = Kind::read(&mut login);
        let auth = match kind {
            Some(kind) => KafkaAuth::read(&mut login, kind),
            None => login.give_up(),
        };
        let bootstrap =
            section.needed("bootstrap", "the brokers, as in kafka.example:9093", |field| bootstrap(field, kind));
        let tls = section.or("tls", kind != Some(Kind::None), |field| tls(field, kind));
        let ca_file = section.optional("ca_file", |field| match tls {
            Some(false) => field.wrong("means nothing without TLS; set tls = true"),
            _ => path(field),
        });
        Some(Self { bootstrap: bootstrap?, auth: auth?, tls: tls?, ca_file: ca_file? })
    }
}

fn bootstrap(field: &Field<'_>, kind: Option<Kind>) -> Option<String> {
    let brokers = brokers(field)?;
    if brokers.contains(".servicebus.") && matches!(kind, Some(Kind::None | Kind::Scram(_))) {
        return field.wrong("Event Hubs needs auth = { kind = \"event-hubs-connection-string\", … }");
    }
    if kind == Some(Kind::EventHubs) && !brokers.split(',').all(|broker| broker.trim().ends_with(EVENT_HUBS_PORT)) {
        return field.wrong("Event Hubs speaks Kafka on port 9093; write it as in contoso.servicebus.windows.net:9093");
    }
    Some(brokers)
}

/// The port of a namespace's Kafka endpoint (Microsoft, "Azure Event Hubs for Apache Kafka").
const EVENT_HUBS_PORT: &str = ":9093";

/// What is written here may be a whole connection string by mistake, so it is never shown.
fn brokers(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.split(',').all(|broker| is_broker(broker.trim())) {
        return Some(text.to_owned());
    }
    field.wrong("write host:port, several with commas, as in kafka.example:9092")
}

fn is_broker(broker: &str) -> bool {
    let Some((host, port)) = broker.rsplit_once(':') else { return false };
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(is_plain),
    };
    is_host && port.parse().is_ok_and(|port: u16| port != 0)
}

fn tls(field: &Field<'_>, kind: Option<Kind>) -> Option<bool> {
    match field.boolean()? {
        false if kind == Some(Kind::EventHubs) => field.wrong("Event Hubs speaks Kafka only over TLS; leave it out"),
        tls => Some(tls),
    }
}

// === impl Kind, KafkaAuth ===

impl Kind {
    const WORDS: [(&str, Self); 5] = [
        ("none", Self::None),
        ("plain", Self::Plain),
        ("scram-sha-256", Self::Scram("SCRAM-SHA-256")),
        ("scram-sha-512", Self::Scram("SCRAM-SHA-512")),
        ("event-hubs-connection-string", Self::EventHubs),
    ];

    fn read(login: &mut Section<'_>) -> Option<Self> {
        if login.is_missing() {
            return Some(Self::None);
        }
        login.needed("kind", "how to log in, as in plain or event-hubs-connection-string", |field| {
            match field.text()? {
                "entra" => field.wrong("entra is not built yet; use event-hubs-connection-string"),
                _ => field.choice(&Self::WORDS),
            }
        })
    }
}

impl KafkaAuth {
    fn read(login: &mut Section<'_>, kind: Kind) -> Option<Self> {
        match kind {
            Kind::None => Some(Self::None),
            Kind::Plain => credentials(login).map(|(username, password)| Self::Plain { username, password }),
            Kind::Scram(mechanism) => {
                credentials(login).map(|(username, password)| Self::Scram { mechanism, username, password })
            }
            Kind::EventHubs => {
                SecretSource::read(login, "value").map(|connection_string| Self::EventHubs { connection_string })
            }
        }
    }
}

fn credentials(login: &mut Section<'_>) -> Option<(String, SecretSource)> {
    let username = login.needed("username", "the name to log in with", |field| field.text().map(str::to_owned));
    let password = SecretSource::read(login, "password");
    username.zip(password)
}

// === what sources and sinks read as well ===

/// A path of the file system.
pub(super) fn path(field: &Field<'_>) -> Option<PathBuf> {
    field.text().map(PathBuf::from)
}

/// A topic, which belongs to one source or one sink: a second source would count each record twice, and a sink that
/// writes where a source reads would feed on itself.
pub(super) fn topic(field: &Field<'_>, bootstrap: Option<&str>) -> Option<String> {
    const CHARS_MAX: usize = 249;
    let text = field.text()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !text.bytes().all(plain) || text.len() > CHARS_MAX {
        return field.wrong(format!("{} is no topic; write at most {CHARS_MAX} of a-z, A-Z, 0-9, ._-", quoted(text)));
    }
    if let Some(bootstrap) = bootstrap {
        field.once("topic", format!("{bootstrap} {text}"))?;
    }
    Some(text.to_owned())
}
