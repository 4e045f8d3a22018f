//! One client's life: what it was given, what it has reported, and the bad news that it heard.

use std::collections::VecDeque;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use tokio::sync::watch;
use tracing::debug;

use super::fault;
use crate::config::{Format, KafkaSink};
use crate::deliver::decision::{Fate, Fault, Sent};
use crate::deliver::format::told;
use crate::kafka_client;
use crate::ledger::Entry;

/// Settings of the producer.
const SETTINGS: [(&str, &str); 5] = [
    // The client's own retries neither repeat nor reorder.
    ("enable.idempotence", "true"),
    ("acks", "all"),
    ("message.timeout.ms", "300000"),
    // What Event Hubs recommends: a shorter one repeats requests that are only throttled.
    ("request.timeout.ms", "60000"),
    // The partition that clients in other languages choose for the same key.
    ("partitioner", "murmur2_random"),
];

/// A client with its messages in flight, in order.
pub(super) struct Session {
    topic: String,
    format: Format,
    producer: FutureProducer<Listener>,
    news: watch::Receiver<News>,
    in_flight: VecDeque<InFlight>,
    /// The last entry that was given to the client.
    produced: u64,
    /// The last entry that the cluster has acknowledged, as it has all before it.
    acknowledged: u64,
}

struct InFlight {
    sequence: u64,
    report: Result<DeliveryFuture, Fault>,
}

impl Session {
    /// Makes a client; it connects when there is something to send.
    pub(super) fn open(config: &KafkaSink) -> Result<Self, Fault> {
        let mut settings =
            kafka_client::client_config(&config.connection).map_err(|error| fault::unreadable(&error))?;
        for (key, value) in SETTINGS {
            settings.set(key, value);
        }
        let (listener, news) = watch::channel(News::default());
        let producer = settings.create_with_context(Listener(listener)).map_err(|error| fault::unusable(&error))?;
        let topic = config.topic.clone();
        Ok(Self {
            topic,
            format: config.format,
            producer,
            news,
            in_flight: VecDeque::new(),
            produced: 0,
            acknowledged: 0,
        })
    }

    /// Delivers a batch. When called again with the same entries it sends only those that it has not sent yet.
    pub(super) async fn deliver(&mut self, batch: &[Entry]) -> Sent {
        self.produce(batch);
        let fault = self.reports().await.err();
        let accepted = batch.iter().take_while(|entry| entry.sequence <= self.acknowledged).count();
        Sent::each(vec![Fate::Accepted; accepted], fault)
    }

    /// Gives the client what it does not have yet, up to the first that it does not take.
    fn produce(&mut self, batch: &[Entry]) {
        let known = self.produced;
        for entry in batch.iter().filter(|entry| entry.sequence > known) {
            let report = self.give(entry);
            let taken = report.is_ok();
            self.in_flight.push_back(InFlight { sequence: entry.sequence, report });
            self.produced = entry.sequence;
            if !taken {
                return;
            }
        }
    }

    fn give(&self, entry: &Entry) -> Result<DeliveryFuture, Fault> {
        let payload = told(entry, self.format)?;
        let mut record = FutureRecord::to(&self.topic).payload(payload.as_ref());
        // Dead letters have no key: they spread over the partitions.
        if !entry.key.is_empty() {
            record = record.key(&entry.key);
        }
        self.producer.send_result(record).map_err(|(error, _)| fault::of(&error))
    }

    /// Waits for every report, or for the first that is bad, or for news that spare the wait.
    async fn reports(&mut self) -> Result<(), Fault> {
        while let Some(front) = self.in_flight.front_mut() {
            let reported = tokio::select! {
                biased;
                reported = reported(&mut front.report) => reported,
                fault = bad_news(&mut self.news) => return Err(fault),
            };
            reported?;
            self.acknowledged = front.sequence;
            self.in_flight.pop_front();
        }
        Ok(())
    }
}

async fn reported(report: &mut Result<DeliveryFuture, Fault>) -> Result<(), Fault> {
    match report {
        Ok(report) => match report.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _))) => Err(fault::of(&error)),
            Err(_) => Err(fault::of(&KafkaError::Canceled)),
        },
        Err(fault) => Err(fault.clone()),
    }
}

// === What the client hears outside of reports ===

/// The client reports a message only when its five minutes are over; what is wrong with the connection it knows at once.
#[derive(Debug, Clone, Default)]
struct News {
    /// The last thing that a broker, or the way to it, said.
    words: String,
    fault: Option<Fault>,
}

struct Listener(watch::Sender<News>);

impl ClientContext for Listener {
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.send_modify(|news| match error.rdkafka_error_code() {
            // "1/1 brokers are down" says less than the error before it.
            Some(RDKafkaErrorCode::AllBrokersDown) => news.fault = Some(Fault::retry(news.words.clone())),
            Some(code) if fault::needs_an_operator(code) => news.fault = Some(Fault::hold(reason)),
            _ => reason.clone_into(&mut news.words),
        });
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        debug!(?level, facility, message, "librdkafka");
    }
}

async fn bad_news(news: &mut watch::Receiver<News>) -> Fault {
    match news.wait_for(|news| news.fault.is_some()).await {
        Ok(news) => news.fault.clone(),
        Err(_) => None,
    }
    .unwrap_or_else(|| Fault::retry("the client is gone"))
}
