//! A topic as the end of a simulated stream.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, anyhow};
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::cli::failure::Failure;
use crate::config::{KafkaAuth, KafkaConnection};
use crate::kafka_client::client_config;

/// How long the cluster may take to answer, and at the end to take what is left.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for room in the queue of the client.
const QUEUE_PAUSE: Duration = Duration::from_millis(10);

/// A topic that exists.
pub(super) struct Topic {
    name: String,
    producer: ThreadedProducer<FirstError>,
}

/// Remembers the first delivery that failed; one lost record makes the labels wrong.
#[derive(Default)]
struct FirstError(OnceLock<KafkaError>);

impl ClientContext for FirstError {}

impl ProducerContext for FirstError {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let _ = self.0.set(error.clone());
        }
    }
}

impl Topic {
    /// Connects, and sees that the topic is there.
    pub(super) fn open(bootstrap: &str, topic: &str) -> Result<Self, Failure> {
        let connection =
            KafkaConnection { bootstrap: bootstrap.to_owned(), auth: KafkaAuth::None, tls: false, ca_file: None };
        let mut config = client_config(&connection).map_err(Failure::usage)?;
        config.set("linger.ms", "5").set("enable.idempotence", "true");
        let producer: ThreadedProducer<FirstError> =
            config.create_with_context(FirstError::default()).map_err(Failure::usage)?;
        let metadata = producer
            .client()
            .fetch_metadata(Some(topic), PATIENCE)
            .with_context(|| format!("no answer from {bootstrap}; is it the address of a Kafka broker?"))
            .map_err(Failure::dependency)?;
        if metadata.topics().iter().all(|it| it.error().is_some() || it.partitions().is_empty()) {
            return Err(Failure::dependency(anyhow!("there is no topic {topic} at {bootstrap}; create it first")));
        }
        Ok(Self { name: topic.to_owned(), producer })
    }

    /// Hands a payload to the client, when it has room.
    pub(super) fn send(&self, tenant: &str, payload: &str) -> Result<(), Failure> {
        self.delivered()?;
        let mut record = BaseRecord::to(&self.name).key(tenant).payload(payload);
        while let Err((error, returned)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(self.failure(error));
            }
            std::thread::sleep(QUEUE_PAUSE);
            self.delivered()?;
            record = returned;
        }
        Ok(())
    }

    /// Waits until the cluster has everything.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.producer.flush(PATIENCE).map_err(|error| self.failure(error))?;
        self.delivered()
    }

    fn delivered(&self) -> Result<(), Failure> {
        self.producer.context().0.get().map_or(Ok(()), |error| Err(self.failure(error.clone())))
    }

    fn failure(&self, error: KafkaError) -> Failure {
        let context = format!("not everything arrived in the topic {}; begin again with an empty one", self.name);
        Failure::dependency(anyhow::Error::new(error).context(context))
    }
}
