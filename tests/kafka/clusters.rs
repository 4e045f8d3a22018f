//! The clusters themselves: what the other tests rely on.

use rdkafka::ClientConfig;

use crate::each_cluster::on_each_cluster;
use crate::support::kafka::{Cluster, RealKafka, Record, StoredRecord, own_kafka_or_say_so, read_all};

const RECORDS: usize = 1_000;
const PARTITIONS: i32 = 3;

fn payloads() -> Vec<String> {
    (0..RECORDS).map(|number| format!("record {number}")).collect()
}

/// Spread over the partitions in turn, so that each of them keeps the order.
fn records(payloads: &[String]) -> impl Iterator<Item = Record<'_>> {
    let partitions = (0..PARTITIONS).cycle();
    partitions.zip(payloads).map(|(partition, text)| Record { partition, key: b"key", payload: text.as_bytes() })
}

/// What [`records`] must look like when they are read back.
fn stored(payloads: &[String]) -> Vec<StoredRecord> {
    let mut next_offset = [0; PARTITIONS as usize];
    let place = |record: Record<'_>| {
        let next = &mut next_offset[record.partition as usize];
        let offset = *next;
        *next += 1;
        let (key, payload) = (record.key.to_vec(), record.payload.to_vec());
        StoredRecord { partition: record.partition, offset, key, payload }
    };
    let mut stored: Vec<StoredRecord> = records(payloads).map(place).collect();
    stored.sort();
    stored
}

on_each_cluster! {
    fn what_is_produced_is_read_back_in_order(cluster: &Cluster) {
        let payloads = payloads();
        let topic = cluster.new_topic("clusters", PARTITIONS);
        cluster.produce(&topic, records(&payloads));
        assert_eq!(cluster.read_all(&topic), stored(&payloads));
    }
}

/// One test and one broker for all of it, because each start of a broker costs ten seconds.
#[test]
fn a_real_broker_keeps_its_records_behind_every_listener_and_through_every_end() {
    let Some(mut kafka) = own_kafka_or_say_so() else { return };
    let payloads = payloads();
    let expected = stored(&payloads);
    kafka.create_topic("mail", PARTITIONS);
    kafka.produce("mail", records(&payloads));
    for (listener, config) in listeners(&kafka) {
        assert_eq!(read_all(&config, "mail"), expected, "over {listener}");
    }
    kafka.restart();
    assert_eq!(read_all(&kafka.client_config(), "mail"), expected, "after an orderly restart");
    kafka.kill();
    kafka.restart();
    assert_eq!(read_all(&kafka.client_config(), "mail"), expected, "after a power cut");
    kafka.delete_records("mail", 0, 100);
    let kept = read_all(&kafka.client_config(), "mail");
    assert_eq!(kept.len(), RECORDS - 100);
    assert_eq!((kept[0].partition, kept[0].offset), (0, 100));
}

fn listeners(kafka: &RealKafka) -> [(&'static str, ClientConfig); 3] {
    [
        ("plaintext", kafka.client_config()),
        ("SASL_SSL", kafka.sasl_ssl().client_config()),
        ("SCRAM", kafka.scram().client_config()),
    ]
}

#[test]
fn a_wrong_password_is_refused() {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    let Some(kafka) = crate::support::kafka::real_kafka_or_say_so() else { return };
    for mut config in [kafka.sasl_ssl().client_config(), kafka.scram().client_config()] {
        let consumer: BaseConsumer = config.set("sasl.password", "wrong").create().unwrap();
        consumer.fetch_metadata(None, std::time::Duration::from_secs(3)).unwrap_err();
    }
}
