//! What a consumer is told before it starts.

use std::time::Duration;

use rdkafka::ClientConfig;

use crate::config::KafkaSource;
use crate::kafka_client;
use crate::secrets::SecretError;

/// What holds for every source, and why.
const SETTINGS: [(&str, &str); 16] = [
    // Offsets at the broker follow the ledger and never lead; they are committed by us or not at all.
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // A position that no longer exists is a decision of the operator, never a default.
    ("auto.offset.reset", "error"),
    // Members that come and go take nothing from those that stay. The newer protocol stalls silently in librdkafka
    // before 2.15.
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    ("allow.auto.create.topics", "false"),
    // A topic that is created or grown later is noticed after half a minute, not after five.
    ("topic.metadata.refresh.interval.ms", "30000"),
    // Each time its queue fills, librdkafka stops fetching for this long. Measured with its default of a second: 39,000
    // instead of 154,000 records a second.
    ("fetch.queue.backoff.ms", "5"),
    // Enough of each partition to bridge a round trip to another continent; `queued.max.messages.kbytes` comes first.
    ("queued.min.messages", "10000"),
    ("fetch.message.max.bytes", "1048576"),
    ("reconnect.backoff.max.ms", "5000"),
    ("statistics.interval.ms", "5000"),
    // Idle connections are closed by load balancers all the time; a real failure is reported in other words.
    ("log.connection.close", "false"),
    ("enable.partition.eof", "false"),
];

/// What one answer of a broker may hold, within the prefetch; librdkafka refuses less than a message of the usual size.
const FETCH_BYTES: (u32, u32) = (1 << 20, 8 << 20);

/// A member learns of a rebalance by its next heartbeat, so that a longer session is no reason for fewer.
const HEARTBEAT_MAX: Duration = Duration::from_secs(3);

/// The most that librdkafka lets its queue hold.
const PREFETCH_KBYTES_MAX: u32 = 2_097_151;

/// The consumer's configuration. It holds secrets; never log it.
///
/// # Errors
/// When a secret cannot be read.
pub(super) fn consumer_config(source: &KafkaSource) -> Result<ClientConfig, SecretError> {
    let mut config = kafka_client::client_config(&source.connection)?;
    for (name, value) in SETTINGS {
        config.set(name, value);
    }
    let prefetch_kbytes = (source.prefetch_bytes_max / 1024).clamp(1, PREFETCH_KBYTES_MAX);
    config
        .set("group.id", &source.group)
        .set("session.timeout.ms", source.session_timeout.as_millis().to_string())
        .set("heartbeat.interval.ms", heartbeat(source.session_timeout).as_millis().to_string())
        .set("max.poll.interval.ms", source.poll_timeout.as_millis().to_string())
        .set("queued.max.messages.kbytes", prefetch_kbytes.to_string())
        .set("fetch.max.bytes", source.prefetch_bytes_max.clamp(FETCH_BYTES.0, FETCH_BYTES.1).to_string());
    Ok(config)
}

/// Three heartbeats may be lost before the group gives a member up, as Kafka's documentation has it.
fn heartbeat(session_timeout: Duration) -> Duration {
    HEARTBEAT_MAX.min(session_timeout / 3)
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::BaseConsumer;

    use super::*;
    use crate::config::{KafkaAuth, KafkaConnection, LostPosition, SecretSource, Start};

    fn source(auth: KafkaAuth, prefetch_bytes_max: u32) -> KafkaSource {
        KafkaSource {
            name: "kafka".to_owned(),
            connection: KafkaConnection { bootstrap: "127.0.0.1:1".to_owned(), auth, tls: false, ca_file: None },
            topics: vec!["mail".to_owned()],
            group: "postern".to_owned(),
            start: Start::Earliest,
            lost_position: LostPosition::Fail,
            prefetch_bytes_max,
            session_timeout: Duration::from_secs(45),
            poll_timeout: Duration::from_secs(120),
        }
    }

    fn event_hubs() -> KafkaAuth {
        let connection_string =
            SecretSource::Environment { name: "EH".to_owned(), value: "Endpoint=sb://x".to_owned() };
        KafkaAuth::EventHubs { connection_string }
    }

    #[test]
    fn the_library_takes_every_setting_at_both_ends_of_the_prefetch() {
        for auth in [KafkaAuth::None, event_hubs()] {
            for prefetch_bytes_max in [0, 32 << 20, u32::MAX] {
                let config = consumer_config(&source(auth.clone(), prefetch_bytes_max)).unwrap();
                let consumer: Result<BaseConsumer, _> = config.create();
                assert!(consumer.is_ok(), "{prefetch_bytes_max}: {:?}", consumer.err());
            }
        }
    }

    #[test]
    fn timeouts_are_the_configured_ones_and_three_heartbeats_fit_into_a_session() {
        let names = ["session.timeout.ms", "max.poll.interval.ms", "heartbeat.interval.ms", "fetch.max.bytes"];
        let mut source = source(event_hubs(), 2 << 20);
        let usual = consumer_config(&source).unwrap();
        assert_eq!(names.map(|name| usual.get(name)), [Some("45000"), Some("120000"), Some("3000"), Some("2097152")]);
        (source.session_timeout, source.poll_timeout) = (Duration::from_secs(6), Duration::from_secs(6));
        let short = consumer_config(&source).unwrap();
        assert_eq!(names.map(|name| short.get(name)), [Some("6000"), Some("6000"), Some("2000"), Some("2097152")]);
        assert!(short.create::<BaseConsumer>().is_ok());
    }
}
