//! A Kafka topic or event hub, keyed by alert id, so that a compacted topic keeps the last record of each alert.
//!
//! The client is thrown away after every fault. That drops what is queued in it, reads rotated credentials, and leaves
//! behind the states from which an idempotent producer does not come back by itself. An attempt that merely takes too
//! long keeps its client: the next one waits on for the same reports instead of sending everything again.

mod fault;
mod session;

use super::Sink;
use super::decision::{Fault, Remedy, Sent};
use super::portion::Alone;
use super::words::chain;
use crate::alert::plural;
use crate::config::KafkaSink;
use crate::kafka_client;
use crate::ledger::Entry;
use session::Session;

/// Produces to a topic.
pub(super) struct Kafka {
    config: KafkaSink,
    session: Option<Session>,
    alone: Alone,
}

impl Kafka {
    pub(super) fn new(config: &KafkaSink) -> Self {
        Self { config: config.clone(), session: None, alone: Alone::default() }
    }

    fn session(&mut self) -> Result<&mut Session, Fault> {
        match &mut self.session {
            Some(session) => Ok(session),
            none => Ok(none.insert(Session::open(&self.config)?)),
        }
    }

    /// Closing waits for the client's threads, which is not for ours to do.
    fn close_session(&mut self) {
        let session = self.session.take();
        tokio::task::spawn_blocking(move || drop(session));
    }
}

impl Sink for Kafka {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let batch = self.alone.front(batch);
        let mut sent = match self.session() {
            Ok(session) => session.deliver(batch).await,
            Err(fault) => return fault.into(),
        };
        if let Some(fault) = &mut sent.fault {
            self.close_session();
            if fault.remedy == Remedy::Refuse {
                *fault = self.alone.condemned(batch, std::mem::take(&mut fault.reason));
            }
        }
        sent
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        let config = self.config.clone();
        let asked = tokio::task::spawn_blocking(move || kafka_client::topic(&config.connection, &config.topic)).await;
        let partitions =
            asked.map_err(|error| Fault::retry(error.to_string()))?.map_err(|error| Fault::hold(chain(&error)))?;
        Ok(format!("the topic {} has {}", self.config.topic, plural(partitions as u64, "partition")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::DefaultProducerContext;
    use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
    use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

    use super::*;
    use crate::config::{Format, KafkaAuth, KafkaConnection, SecretSource, SinkConfig, SinkKind};
    use crate::deliver::SinkState;
    use crate::deliver::harness::{config, entries, run};

    const TOPIC: &str = "alerts";
    const BODIES: [&str; 6] = ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}", "{\"n\":6}"];

    type Cluster = MockCluster<'static, DefaultProducerContext>;

    fn cluster() -> Cluster {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        cluster
    }

    fn sink_config(cluster: &Cluster) -> SinkConfig {
        config_with(cluster, KafkaAuth::None)
    }

    fn config_with(cluster: &Cluster, auth: KafkaAuth) -> SinkConfig {
        let bootstrap = cluster.bootstrap_servers();
        let connection = KafkaConnection { bootstrap, auth, tls: false, ca_file: None };
        config(SinkKind::Kafka(KafkaSink { connection, topic: TOPIC.into(), format: Format::Native }))
    }

    /// Delivers everything that the cluster takes; which entries it refused.
    async fn refused(cluster: &Cluster, entries: Vec<Entry>, refused: u64) -> Vec<u64> {
        let count = entries.len() as u64;
        let sink = run(&sink_config(cluster), entries);
        sink.until_delivered(count - refused).await;
        let (settled, refusals) = sink.stop().await;
        assert_eq!(settled, count);
        refusals.into_iter().map(|(sequence, _)| sequence).collect()
    }

    /// Keys and bodies of the first messages in the topic, and of whatever else comes within a moment.
    fn consume(cluster: &Cluster, count: usize) -> Vec<(Option<String>, String)> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("group.id", "test")
            .create()
            .unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(TOPIC, 0, Offset::Beginning).unwrap();
        consumer.assign(&partitions).unwrap();
        let mut messages = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            let patience = if messages.len() < count { 1_000 } else { 100 };
            match consumer.poll(Duration::from_millis(patience)) {
                Some(message) => {
                    let message = message.unwrap();
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                    messages.push((message.key().map(text), text(message.payload().unwrap())));
                }
                None if messages.len() >= count => break,
                None => {}
            }
        }
        messages
    }

    fn bodies(cluster: &Cluster, count: usize) -> Vec<String> {
        consume(cluster, count).into_iter().map(|(_, body)| body).collect()
    }

    fn fail_produce(cluster: &Cluster, error: RDKafkaRespErr, times: usize) {
        cluster.request_errors(RDKafkaApiKey::Produce, &vec![error; times]);
    }

    #[tokio::test]
    async fn alerts_are_keyed_by_their_id_and_dead_letters_by_nothing() {
        let cluster = cluster();
        let mut entries = entries(&BODIES);
        entries[5].key.clear();
        assert!(refused(&cluster, entries.clone(), 0).await.is_empty());
        let keyed = |entry: &Entry| ((!entry.key.is_empty()).then(|| entry.key.clone()), entry.body.clone());
        assert_eq!(consume(&cluster, 6), entries.iter().map(keyed).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_the_client_repeats_by_itself_is_there_once() {
        let cluster = cluster();
        fail_produce(&cluster, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
        assert!(refused(&cluster, entries(&BODIES), 0).await.is_empty());
        assert_eq!(bodies(&cluster, 6), BODIES);
    }

    #[tokio::test]
    async fn an_attempt_that_takes_too_long_is_waited_for_and_not_repeated() {
        let cluster = cluster();
        cluster.broker_round_trip_time(1, Duration::from_millis(400)).unwrap();
        let config = SinkConfig { timeout: Duration::from_millis(100), ..sink_config(&cluster) };
        let sink = run(&config, entries(&BODIES));
        sink.until_delivered(6).await;
        assert!(sink.status.report().retried >= 2, "{:?}", sink.status.report());
        assert_eq!(sink.stop().await, (6, vec![]));
        assert_eq!(bodies(&cluster, 6), BODIES);
    }

    #[tokio::test]
    async fn a_missing_permission_holds_until_it_is_granted() {
        let cluster = cluster();
        fail_produce(&cluster, RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 2);
        let config = SinkConfig { backoff_max: Duration::from_millis(200), ..sink_config(&cluster) };
        let sink = run(&config, entries(&BODIES));
        sink.until(|report| report.state == SinkState::Holding).await;
        sink.until_delivered(6).await;
        assert_eq!(sink.stop().await, (6, vec![]));
        assert_eq!(bodies(&cluster, 6), BODIES);
    }

    #[tokio::test]
    async fn a_cluster_that_does_not_authenticate_holds_at_once() {
        let cluster = cluster();
        let password = SecretSource::Environment { name: "KEY".into(), value: "s3cret".into() };
        let auth = KafkaAuth::Plain { username: "u".into(), password };
        let sink = run(&config_with(&cluster, auth), entries(&BODIES));
        sink.until(|report| report.state == SinkState::Holding).await;
        let reason = sink.status.report().last_error.unwrap();
        assert!(!reason.is_empty() && !reason.contains("s3cret"), "{reason}");
        assert_eq!(sink.stop().await, (0, vec![]));
    }

    #[tokio::test]
    async fn a_batch_that_is_too_large_condemns_nobody_in_it() {
        let cluster = cluster();
        fail_produce(&cluster, RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
        assert!(refused(&cluster, entries(&BODIES), 0).await.is_empty());
        assert_eq!(bodies(&cluster, 6), BODIES);
    }

    #[tokio::test]
    async fn a_message_that_is_too_large_on_its_own_is_refused() {
        let cluster = cluster();
        fail_produce(&cluster, RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 2);
        assert_eq!(refused(&cluster, entries(&BODIES), 1).await, [1]);
        assert_eq!(bodies(&cluster, 5), BODIES[1..]);
    }

    #[tokio::test]
    async fn a_message_that_the_client_does_not_take_is_refused() {
        let cluster = cluster();
        let large = format!("\"{}\"", "x".repeat(1_100_000));
        assert_eq!(refused(&cluster, entries(&["{}", &large, "[]"]), 1).await, [2]);
        assert_eq!(bodies(&cluster, 2), ["{}", "[]"]);
    }

    #[tokio::test]
    async fn a_cluster_that_is_down_is_waited_for_and_says_why() {
        let cluster = cluster();
        cluster.broker_down(1).unwrap();
        let sink = run(&sink_config(&cluster), entries(&BODIES));
        sink.until(|report| report.last_error.as_ref().is_some_and(|reason| reason.contains("onnect"))).await;
        cluster.broker_up(1).unwrap();
        sink.until_delivered(6).await;
        assert_eq!(sink.stop().await, (6, vec![]));
        assert_eq!(bodies(&cluster, 6), BODIES);
    }
}
