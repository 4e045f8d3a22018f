//! How every Kafka client of ours reaches its cluster: the settings that source and sink share.
//!
//! Event Hubs and the load balancers in front of managed clusters cut idle connections after about four minutes without
//! a word, so keep-alives are on and an encrypted connection is given up by us before it is taken from us.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, ClientContext};

use crate::config::{KafkaAuth, KafkaConnection};
use crate::secrets::{self, SecretError};

/// Below the 240 s after which Event Hubs cuts an idle connection; the value that its documentation recommends.
const IDLE_MS_MAX: &str = "180000";

/// The user name that tells Event Hubs that the password is a connection string.
const EVENT_HUBS_USER: &str = "$ConnectionString";

/// The client's settings: addresses, encryption, identity. Secrets are read now; never log the result.
///
/// # Errors
/// When a secret cannot be read.
pub fn client_config(connection: &KafkaConnection) -> Result<ClientConfig, SecretError> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &connection.bootstrap).set("client.id", "postern");
    config.set("socket.keepalive.enable", "true");
    let encrypted = connection.tls || matches!(connection.auth, KafkaAuth::EventHubs { .. });
    if encrypted {
        config.set("metadata.max.age.ms", IDLE_MS_MAX).set("connections.max.idle.ms", IDLE_MS_MAX);
        config.set("ssl.ca.location", authority(connection));
    }
    config.set("security.protocol", protocol(encrypted, &connection.auth));
    authenticate(&mut config, &connection.auth)?;
    Ok(config)
}

/// How long a cluster may take to say what it has.
const METADATA_WAIT: Duration = Duration::from_secs(10);

/// Why a topic cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// No credentials.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The cluster cannot be reached, or does not let us in.
    #[error("the cluster does not answer: {words}")]
    Unreachable {
        /// What the client heard last, or the error itself.
        words: String,
    },
    /// It is not there.
    #[error("there is no topic {topic}; create it, or correct the name (Postern creates none)")]
    Missing {
        /// Its name.
        topic: String,
    },
}

/// How many partitions a topic has. It blocks: not for an executor's thread.
///
/// # Errors
/// When the cluster cannot be reached within ten seconds, does not let us in, or has no such topic.
pub fn topic(connection: &KafkaConnection, topic: &str) -> Result<usize, TopicError> {
    let mut settings = client_config(connection)?;
    settings.set("allow.auto.create.topics", "false");
    let unreachable = |error: &KafkaError, heard: &Heard| {
        let words = heard.words();
        TopicError::Unreachable { words: if words.is_empty() { error.to_string() } else { words } }
    };
    let heard = Heard::default();
    let consumer: BaseConsumer<Heard> =
        settings.create_with_context(heard.clone()).map_err(|error| unreachable(&error, &heard))?;
    let metadata = consumer.fetch_metadata(Some(topic), METADATA_WAIT).map_err(|error| unreachable(&error, &heard))?;
    let partitions =
        metadata.topics().iter().find(|found| found.name() == topic).map_or(0, |found| found.partitions().len());
    if partitions == 0 { Err(TopicError::Missing { topic: topic.to_owned() }) } else { Ok(partitions) }
}

/// What the client says about its connections, which is more than its errors say.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<String>>);

impl Heard {
    fn words(&self) -> String {
        self.0.lock().map(|words| words.clone()).unwrap_or_default()
    }
}

impl ClientContext for Heard {
    fn error(&self, error: KafkaError, reason: &str) {
        // "1/1 brokers are down" says less than the error before it.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown)
            && let Ok(mut words) = self.0.lock()
        {
            reason.clone_into(&mut words);
        }
    }

    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ConsumerContext for Heard {}

/// The library is linked with an OpenSSL of its own, which does not know where this system keeps its certificates.
fn authority(connection: &KafkaConnection) -> String {
    connection.ca_file.as_ref().map_or_else(|| "probe".to_owned(), |file| file.display().to_string())
}

const fn protocol(encrypted: bool, auth: &KafkaAuth) -> &'static str {
    match (encrypted, auth) {
        (false, KafkaAuth::None) => "plaintext",
        (true, KafkaAuth::None) => "ssl",
        (false, _) => "sasl_plaintext",
        (true, _) => "sasl_ssl",
    }
}

fn authenticate(config: &mut ClientConfig, auth: &KafkaAuth) -> Result<(), SecretError> {
    let (mechanism, username, password) = match auth {
        KafkaAuth::None => return Ok(()),
        KafkaAuth::Plain { username, password } => ("PLAIN", username.as_str(), password),
        KafkaAuth::Scram { mechanism, username, password } => (*mechanism, username.as_str(), password),
        KafkaAuth::EventHubs { connection_string } => ("PLAIN", EVENT_HUBS_USER, connection_string),
    };
    config.set("sasl.mechanism", mechanism).set("sasl.username", username);
    config.set("sasl.password", secrets::read(password)?.expose());
    Ok(())
}

#[cfg(test)]
mod tests {
    use rdkafka::producer::BaseProducer;

    use super::*;
    use crate::config::SecretSource;

    fn connection(auth: KafkaAuth, tls: bool) -> KafkaConnection {
        KafkaConnection { bootstrap: "127.0.0.1:9".into(), auth, tls, ca_file: None }
    }

    fn secret() -> SecretSource {
        SecretSource::Environment { name: "KEY".into(), value: "s3cret".into() }
    }

    fn every_auth() -> [KafkaAuth; 4] {
        [
            KafkaAuth::None,
            KafkaAuth::Plain { username: "u".into(), password: secret() },
            KafkaAuth::Scram { mechanism: "SCRAM-SHA-512", username: "u".into(), password: secret() },
            KafkaAuth::EventHubs { connection_string: secret() },
        ]
    }

    #[test]
    fn event_hubs_is_always_encrypted_and_has_its_own_user_name() {
        let auth = KafkaAuth::EventHubs { connection_string: secret() };
        let config = client_config(&connection(auth, false)).unwrap();
        let expected = [
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", "$ConnectionString"),
            ("sasl.password", "s3cret"),
            ("socket.keepalive.enable", "true"),
            ("metadata.max.age.ms", "180000"),
            ("connections.max.idle.ms", "180000"),
        ];
        for (key, value) in expected {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
    }

    #[test]
    fn the_protocol_follows_from_encryption_and_identity() {
        let protocols = |tls| {
            every_auth()
                .map(|auth| client_config(&connection(auth, tls)).unwrap().get("security.protocol").unwrap().to_owned())
        };
        assert_eq!(protocols(false), ["plaintext", "sasl_plaintext", "sasl_plaintext", "sasl_ssl"]);
        assert_eq!(protocols(true), ["ssl", "sasl_ssl", "sasl_ssl", "sasl_ssl"]);
    }

    #[test]
    fn the_library_takes_every_combination() {
        for auth in every_auth() {
            let config = client_config(&connection(auth.clone(), true)).unwrap();
            let client: Result<BaseProducer, _> = config.create();
            assert!(client.is_ok(), "{auth:?}: {:?}", client.err());
        }
    }

    #[test]
    fn a_secret_is_not_in_the_debug_output() {
        for auth in every_auth() {
            let shown = format!("{:?}", client_config(&connection(auth, true)).unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_an_error() {
        let auth = KafkaAuth::Plain { username: "u".into(), password: SecretSource::File("/nonexistent".into()) };
        assert!(client_config(&connection(auth, true)).is_err());
    }
}
