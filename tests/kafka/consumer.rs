//! The Kafka receiver against clusters: nothing lost, nothing twice, whatever happens to the group, the core and the
//! topics.
//!
//! Most tests know no tenant, so that every simulated record ends as a dead letter, with its bytes and its offset: that
//! shows exactly what the core was given.

mod core;
mod source;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use postern::config::{KafkaAuth, KafkaConnection, LostPosition, SecretSource, Start};
use postern::decode::Limits;
use postern::detector::{Arrival, Inspector, Slice};
use postern::event::Time;
use postern::judge::{AcceptedDomain, Tenant, Tenants};
use postern::receive::PartitionId;
use postern::receive::kafka::KafkaError;
use postern::simulate::{Options, Simulation};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};

use self::core::{Core, Seen};
use self::source::{TestSource, until};
use crate::each_cluster::on_each_cluster;
use crate::support::kafka::{Cluster, Record, StoredRecord, real_kafka_or_say_so};

const PARTITIONS: i32 = 4;

fn simulated(seed: u64, records: u64) -> Vec<String> {
    Simulation::new(Options { seed, records, ..Options::default() }).map(|record| record.json).collect()
}

/// Produces, spread over the partitions in turn.
fn produce(cluster: &Cluster, topic: &str, payloads: &[String]) {
    let partitions = (0..PARTITIONS).cycle();
    cluster.produce(
        topic,
        partitions.zip(payloads).map(|(partition, text)| Record { partition, key: b"", payload: text.as_bytes() }),
    );
}

/// What the core must have been given: everything that the topics hold.
fn everything(cluster: &Cluster, topics: &[&str]) -> Seen {
    let place =
        |topic: &str, record: StoredRecord| ((topic.to_owned(), record.partition, record.offset), record.payload);
    topics.iter().flat_map(|topic| cluster.read_all(topic).into_iter().map(|record| place(topic, record))).collect()
}

fn id(topic: &str, partition: i32) -> PartitionId {
    PartitionId { source: "kafka".into(), topic: topic.into(), partition }
}

/// What the group was told, which is what lag displays show.
fn group_offsets(cluster: &Cluster, group: &str, topic: &str) -> Vec<i64> {
    let consumer: BaseConsumer = cluster.client_config().set("group.id", group).create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, PARTITIONS - 1);
    let answer = consumer.committed_offsets(list, Duration::from_secs(20)).unwrap();
    answer.elements().iter().filter_map(|element| element.offset().to_raw()).collect()
}

on_each_cluster! {
    fn every_record_of_every_topic_reaches_the_core_once_across_an_orderly_restart(cluster: &Cluster) {
        let topics = ["first", "second"].map(|stem| cluster.new_topic(stem, PARTITIONS));
        let names = [topics[0].as_str(), &topics[1]];
        let source = TestSource::of(&cluster.bootstrap(), &names);
        let core = Core::start();
        for (seed, topic) in (1..).zip(names) {
            produce(cluster, topic, &simulated(seed, 500));
        }
        let running = source.run(&core);
        core.wait_for(1_000);
        running.stop().unwrap();
        let source = source.in_a_new_group();
        for (seed, topic) in (3..).zip(names) {
            produce(cluster, topic, &simulated(seed, 300));
        }
        let running = source.run(&core);
        core.wait_for(1_600);
        running.stop().unwrap();
        assert_eq!(core.seen(), everything(cluster, &names));
        assert_eq!(core.repeated(), 0, "an orderly restart reads nothing again");
        for topic in names {
            let durable: Vec<_> = (0..PARTITIONS).filter_map(|number| core.position(&id(topic, number))).collect();
            assert_eq!(group_offsets(cluster, &source.group(), topic), durable);
        }
    }

    fn a_core_that_dies_in_the_middle_loses_nothing(cluster: &Cluster) {
        let topic = cluster.new_topic("crash", PARTITIONS);
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]);
        produce(cluster, &topic, &simulated(1, 4_000));
        let mut core = Core::start_with_room(2);
        let running = source.run(&core);
        core.wait_for(1);
        core.die();
        assert!(matches!(running.join(), Err(KafkaError::HungUp { .. })));
        core.rise();
        let running = source.in_a_new_group().run(&core);
        core.wait_for(4_000);
        running.stop().unwrap();
        assert_eq!(core.seen(), everything(cluster, &[&topic]));
    }

    fn latest_skips_what_was_there_and_nothing_else(cluster: &Cluster) {
        let topic = cluster.new_topic("latest", PARTITIONS);
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]).start(Start::Latest);
        produce(cluster, &topic, &simulated(1, 100));
        let core = Core::start();
        let running = source.run(&core);
        running.wait_until_ready();
        let chosen: Vec<_> = (0..PARTITIONS).map(|partition| core.position(&id(&topic, partition))).collect();
        assert_eq!(chosen, [Some(25); 4], "the ledger knows the choice before the source is ready");
        running.stop().unwrap();
        produce(cluster, &topic, &simulated(2, 60));
        let running = source.in_a_new_group().run(&core);
        core.wait_for(60);
        running.stop().unwrap();
        let mut expected = everything(cluster, &[&topic]);
        expected.retain(|(_, _, offset), _| *offset >= 25);
        assert_eq!(core.seen(), expected);
    }

    fn a_partition_that_was_created_since_begins_with_its_first_record(cluster: &Cluster) {
        let topic = cluster.new_topic("grown", PARTITIONS);
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]).start(Start::Latest);
        produce(cluster, &topic, &simulated(1, 100));
        let core = Core::start();
        core.remember(&id(&topic, 0), 25);
        let running = source.run(&core);
        core.wait_for(75);
        running.stop().unwrap();
        let mut expected = everything(cluster, &[&topic]);
        expected.retain(|(_, partition, _), _| *partition != 0);
        assert_eq!(core.seen(), expected);
    }

    fn a_topic_that_was_created_again_stops_the_source(cluster: &Cluster) {
        let topic = cluster.new_topic("recreated", PARTITIONS);
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]).lost_position(LostPosition::Earliest);
        produce(cluster, &topic, &simulated(1, 40));
        let core = Core::start();
        core.remember(&id(&topic, 1), 1_000);
        let error = source.run(&core).join().unwrap_err().to_string();
        assert!(error.contains("ends at offset 10") && error.contains("new `name`"), "{error}");
    }

    fn a_full_channel_pauses_reading_and_keeps_the_membership(cluster: &Cluster) {
        let topic = cluster.new_topic("full", PARTITIONS);
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]);
        let payloads: Vec<String> = (0..12_000).map(|number| format!("not a record: {number}")).collect();
        produce(cluster, &topic, &payloads);
        let core = Core::start_with_room(4);
        let gate = core.close_gate();
        let running = source.run(&core);
        // After the drain: the choice of the first offsets waits for the core too, but not for ever.
        until("reading is paused", || running.snapshot().paused);
        assert_eq!(core.room(), 0, "paused only where there is no room");
        let before = running.snapshot();
        std::thread::sleep(Duration::from_secs(1));
        assert!(running.snapshot().last_poll > before.last_poll, "polling goes on");
        drop(gate);
        core.wait_for(payloads.len());
        until("reading goes on", || !running.snapshot().paused);
        assert_eq!(running.snapshot().rebalances, 1, "the membership was never lost");
        running.stop().unwrap();
        assert_eq!(core.seen(), everything(cluster, &[&topic]));
        assert_eq!(core.repeated(), 0);
    }

    fn batches_end_in_the_same_outcomes_as_when_they_are_inspected_by_hand(cluster: &Cluster) {
        let topic = cluster.new_topic("batches", PARTITIONS);
        let batches: Vec<String> = simulated(1, 2_000)
            .chunks(100)
            .map(|records| format!("{{\"records\":[{}]}}", records.join(",")))
            .collect();
        produce(cluster, &topic, &batches);
        let inspector = Inspector::new(contoso().into(), Limits::default());
        let source = TestSource::of(&cluster.bootstrap(), &[&topic]).inspector(inspector.clone());
        let core = Core::start();
        let running = source.run(&core);
        core.wait_for_records(2_000);
        running.stop().unwrap();
        let mut by_hand: BTreeMap<i32, Slice> = BTreeMap::new();
        for record in cluster.read_all(&topic) {
            let arrival = Arrival { origin: "", offset: record.offset, time: None };
            let slice = by_hand.entry(record.partition).or_default();
            inspector.inspect(&record.payload, arrival, slice, &mut |_| {});
        }
        assert!(by_hand.values().any(|slice| !slice.steps.is_empty()));
        for (partition, by_hand) in by_hand {
            let received = core.slice(&id(&topic, partition));
            assert_eq!(received.outcomes, by_hand.outcomes);
            let places = |slice: &Slice| slice.steps.iter().map(|step| (step.offset, step.tenant)).collect::<Vec<_>>();
            assert_eq!(places(&received), places(&by_hand));
        }
    }
}

fn contoso() -> Tenants {
    let simulated = Options::default().tenants.remove(0);
    Tenants::new(vec![Tenant {
        id: simulated.id,
        name: "contoso".to_owned(),
        accepted_domains: vec![AcceptedDomain { name: simulated.domain, match_subdomains: true }],
        ..Tenant::default()
    }])
}

// What follows runs on the real broker only. The mock waits for the session timeout in every rebalance, and knows
// neither timestamps nor deleted records nor accounts.

#[test]
fn members_that_come_and_go_lose_nothing_and_repeat_nothing() {
    let Some(cluster) = Cluster::real() else { return };
    let topic = cluster.new_topic("group", PARTITIONS);
    let source = TestSource::of(&cluster.bootstrap(), &[&topic]);
    let core = Core::start();
    let first = source.run(&core);
    first.wait_until_ready();
    produce(&cluster, &topic, &simulated(1, 400));
    let second = source.run(&core);
    until("the partitions are shared", || {
        produce(&cluster, &topic, &simulated(2, 40));
        first.partitions() == 2 && second.partitions() == 2
    });
    produce(&cluster, &topic, &simulated(3, 400));
    first.stop().unwrap();
    until("the second has all", || second.partitions() == PARTITIONS as usize);
    produce(&cluster, &topic, &simulated(4, 400));
    let expected = everything(&cluster, &[&topic]);
    core.wait_for(expected.len());
    second.stop().unwrap();
    assert_eq!(core.seen(), expected);
    assert_eq!(core.repeated(), 0, "what is revoked is drained first");
}

#[test]
fn a_revoke_does_not_wait_for_a_stuck_core_for_ever() {
    let Some(cluster) = Cluster::real() else { return };
    let topic = cluster.new_topic("stuck", PARTITIONS);
    let source = TestSource::of(&cluster.bootstrap(), &[&topic]).drain(Duration::from_millis(500));
    let core = Core::start_with_room(1);
    let running = source.run(&core);
    running.wait_until_ready();
    let gate = core.close_gate();
    let payloads: Vec<String> = (0..6_000).map(|number| format!("not a record: {number}")).collect();
    produce(&cluster, &topic, &payloads);
    until("reading is paused", || running.snapshot().paused);
    let second = source.run(&core);
    until("the partitions are shared", || running.partitions() == 2 && second.partitions() == 2);
    drop(gate);
    core.wait_for(payloads.len());
    running.stop().unwrap();
    second.stop().unwrap();
    assert_eq!(core.seen(), everything(&cluster, &[&topic]));
}

#[test]
fn a_topic_that_does_not_exist_yet_is_waited_for() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let cluster = Cluster::Real(kafka);
    let known = cluster.new_topic("known", PARTITIONS);
    let missing = format!("{known}-missing");
    let source = TestSource::of(&cluster.bootstrap(), &[&known, &missing]);
    let core = Core::start();
    let running = source.run(&core);
    until("the other topic is read", || running.partitions() == PARTITIONS as usize);
    until("the topic is missed", || running.snapshot().topic_missing);
    assert!(!running.is_ready());
    let error = running.snapshot().last_error.unwrap_or_default();
    assert!(error.contains(&missing) && error.contains("Postern creates none"), "{error}");
    kafka.create_topic(&missing, 1);
    running.wait_until_ready();
    until("the new topic is read", || running.partitions() == PARTITIONS as usize + 1);
    running.stop().unwrap();
}

#[test]
fn a_timestamp_begins_with_the_first_record_at_or_after_it() {
    let Some(cluster) = Cluster::real() else { return };
    let topic = cluster.new_topic("timestamp", PARTITIONS);
    produce(&cluster, &topic, &simulated(1, 40));
    std::thread::sleep(Duration::from_millis(20));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = Start::At(Time::from_micros(now.as_micros() as i64));
    std::thread::sleep(Duration::from_millis(20));
    let after: Vec<String> = simulated(2, 2);
    produce(&cluster, &topic, &after);
    let core = Core::start();
    let running = TestSource::of(&cluster.bootstrap(), &[&topic]).start(start).run(&core);
    running.wait_until_ready();
    produce(&cluster, &topic, &after);
    core.wait_for(4);
    running.stop().unwrap();
    let mut expected = everything(&cluster, &[&topic]);
    expected.retain(|(_, _, offset), _| *offset >= 10);
    assert_eq!(core.seen(), expected, "two partitions have such a record, two begin at their end");
}

#[test]
fn lost_records_are_the_operators_decision() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let cluster = Cluster::Real(kafka);
    let topic = cluster.new_topic("lost", PARTITIONS);
    produce(&cluster, &topic, &simulated(1, 400));
    kafka.delete_records(&topic, 2, 60);
    let source = TestSource::of(&cluster.bootstrap(), &[&topic]);
    let remembering = || {
        let core = Core::start();
        (0..PARTITIONS).for_each(|partition| core.remember(&id(&topic, partition), 20));
        core
    };

    let core = remembering();
    let error = source.run(&core).join().unwrap_err().to_string();
    for part in ["40 records", "partition 2", &topic, "offset 20", "exists is 60", "\"earliest\"", "\"latest\""] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }

    for (policy, first, lost) in [(LostPosition::Earliest, 60, 40), (LostPosition::Latest, 100, 80)] {
        let core = remembering();
        let running = source.clone().in_a_new_group().lost_position(policy).run(&core);
        core.wait_for(3 * 80 + (100 - first));
        assert_eq!(running.snapshot().records_lost, lost);
        running.stop().unwrap();
        let mut expected = everything(&cluster, &[&topic]);
        expected.retain(|(_, partition, offset), _| *offset >= if *partition == 2 { first as i64 } else { 20 });
        assert_eq!(core.seen(), expected);
        assert_eq!(core.position(&id(&topic, 2)), Some(100));
    }
}

#[test]
fn records_that_vanish_while_reading_is_paused_are_noticed() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let cluster = Cluster::Real(kafka);
    let payloads: Vec<String> = (0..40_000).map(|number| format!("not a record: {number}")).collect();
    for policy in [LostPosition::Fail, LostPosition::Earliest] {
        let topic = cluster.new_topic("vanished", PARTITIONS);
        let core = Core::start_with_room(1);
        let running = TestSource::of(&cluster.bootstrap(), &[&topic]).lost_position(policy).run(&core);
        running.wait_until_ready();
        let gate = core.close_gate();
        produce(&cluster, &topic, &payloads);
        until("reading is paused", || running.snapshot().paused);
        (0..PARTITIONS).for_each(|partition| kafka.delete_records(&topic, partition, 9_999));
        drop(gate);
        if policy == LostPosition::Fail {
            let error = running.join().unwrap_err().to_string();
            assert!(error.contains("exists is 9999"), "{error}");
            continue;
        }
        until("what is left is read", || (0..PARTITIONS).all(|p| core.position(&id(&topic, p)) == Some(10_000)));
        let lost = running.snapshot().records_lost;
        running.stop().unwrap();
        assert_eq!(core.seen().len() as u64 + lost, 40_000, "what was not read was counted");
    }
}

#[test]
fn event_hubs_and_scram_accounts_are_let_in_and_wrong_passwords_are_reported() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let cluster = Cluster::Real(kafka);
    let secret = |value: &str| SecretSource::Environment { name: "SECRET".to_owned(), value: value.to_owned() };
    let (event_hubs, scram) = (kafka.sasl_ssl(), kafka.scram());
    let event_hubs = |password: &str| KafkaConnection {
        bootstrap: event_hubs.bootstrap.clone(),
        auth: KafkaAuth::EventHubs { connection_string: secret(password) },
        tls: true,
        ca_file: Some(event_hubs.ca_file.clone()),
    };
    let scram_with = |password: &str| KafkaConnection {
        bootstrap: scram.bootstrap.clone(),
        auth: KafkaAuth::Scram {
            mechanism: "SCRAM-SHA-256",
            username: scram.username.clone(),
            password: secret(password),
        },
        tls: false,
        ca_file: None,
    };
    let topic = cluster.new_topic("accounts", PARTITIONS);
    produce(&cluster, &topic, &simulated(1, 40));
    for connection in [event_hubs(&kafka.sasl_ssl().password), scram_with(&scram.password)] {
        let core = Core::start();
        let running = TestSource::of(&cluster.bootstrap(), &[&topic]).connection(connection).run(&core);
        core.wait_for(40);
        running.stop().unwrap();
    }
    for connection in [event_hubs("wrong"), scram_with("wrong")] {
        let core = Core::start();
        let running = TestSource::of(&cluster.bootstrap(), &[&topic]).connection(connection).run(&core);
        until("it is reported", || running.snapshot().last_error.is_some_and(|error| error.contains("check `auth`")));
        assert!(!running.is_ready());
        running.stop().unwrap();
    }
}

#[test]
fn a_cluster_that_does_not_answer_cannot_hold_the_process() {
    let core = Core::start();
    let running = TestSource::of("127.0.0.1:1", &["mail"]).run(&core);
    until("it is reported", || running.snapshot().last_error.is_some_and(|error| error.contains("check `bootstrap`")));
    let stopped = Instant::now();
    running.stop().unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(10));
}
