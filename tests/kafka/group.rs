//! A group belongs to one ledger: a second one is noticed, told what to do, and leaves; the first goes on.

use std::path::Path;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use tempfile::TempDir;

use crate::support::kafka::{RealKafka, Record, real_kafka_or_say_so};
use crate::support::ledger::contents;
use crate::support::postern::Postern;

/// A topic, and the group that its readers share.
struct Shared {
    kafka: &'static RealKafka,
    topic: &'static str,
    partitions: i32,
}

/// A data directory, and so a ledger.
struct Instance(TempDir);

impl Shared {
    fn set(topic: &'static str, partitions: i32) -> Option<Self> {
        let kafka = real_kafka_or_say_so()?;
        kafka.create_topic(topic, partitions);
        Some(Self { kafka, topic, partitions })
    }

    /// One record into each partition.
    fn produce(&self) {
        let record = |partition| Record { partition, key: b"", payload: b"{}" };
        self.kafka.produce(self.topic, (0..self.partitions).map(record));
    }

    fn start(&self, instance: &Instance) -> Postern {
        let (bootstrap, topic, dir) = (self.kafka.bootstrap(), self.topic, instance.path());
        let config = format!(
            "data_dir = {dir:?}\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
             accepted_domains = [\"contoso.com\"]\n[[source.kafka]]\nbootstrap = {bootstrap:?}\ntopics = [{topic:?}]\n\
             group = {topic:?}\nauth = {{ kind = \"none\" }}\nsession_timeout_ms = 6000\n"
        );
        Postern::start(dir, &config)
    }

    fn wait_read(&self, postern: &mut Postern, instance: &Instance, rounds: i64) {
        let end = i64::from(self.partitions) * rounds;
        postern.wait_ready();
        postern.wait_until("everything is read", |_| instance.read() == end);
    }

    /// What the group was told: offset and metadata of each partition.
    fn told(&self) -> Vec<(Offset, String)> {
        let told = self.member().committed_offsets(self.all(Offset::Invalid), std::time::Duration::from_secs(20));
        let told = told.unwrap();
        told.elements().iter().map(|element| (element.offset(), element.metadata().to_owned())).collect()
    }

    fn member(&self) -> BaseConsumer {
        self.kafka.client_config().set("group.id", self.topic).create().unwrap()
    }

    fn all(&self, offset: Offset) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        (0..self.partitions).for_each(|number| list.add_partition_offset(self.topic, number, offset).unwrap());
        list
    }
}

impl Instance {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// How far all its partitions are together.
    fn read(&self) -> i64 {
        contents(self.path()).positions.values().sum()
    }
}

fn assert_refused(mut postern: Postern, topic: &str) {
    assert_eq!(postern.wait().code(), Some(4), "{}", postern.log());
    let log = postern.log();
    for word in ["belongs to another ledger", topic, "`group` of its own", "`data_dir`", "new `group`"] {
        assert!(log.contains(word), "{word} is not in\n{log}");
    }
}

#[test]
fn a_second_ledger_in_the_group_is_refused_and_the_first_goes_on() {
    // With one partition the second is given none, and is a stranger all the same.
    for (topic, partitions) in [("shared-by-two", 4), ("shared-of-one", 1)] {
        let Some(shared) = Shared::set(topic, partitions) else { return };
        let (first, second) = (Instance::new(), Instance::new());
        shared.produce();
        let mut running = shared.start(&first);
        shared.wait_read(&mut running, &first, 1);

        assert_refused(shared.start(&second), topic);
        assert_eq!(second.read(), 0, "the second has read nothing");
        shared.produce();
        shared.wait_read(&mut running, &first, 2);
        assert!(running.stop().0.success());

        assert_refused(shared.start(&second), topic);
        let mut running = shared.start(&first);
        shared.produce();
        shared.wait_read(&mut running, &first, 3);
    }
}

#[test]
fn a_group_is_marked_before_anything_is_read() {
    let Some(shared) = Shared::set("shared-and-empty", 3) else { return };
    let (first, second) = (Instance::new(), Instance::new());
    let mut running = shared.start(&first);
    running.wait_ready();
    running.wait_until("the group is marked", |_| {
        let told = shared.told();
        told.iter().all(|(offset, mark)| *offset == Offset::Offset(0) && mark.starts_with("postern ledger "))
    });
    assert_refused(shared.start(&second), shared.topic);
}

#[test]
fn of_two_that_begin_at_the_same_moment_not_both_go_on() {
    let Some(shared) = Shared::set("shared-from-the-start", 2) else { return };
    let instances = [Instance::new(), Instance::new()];
    let mut running = instances.each_ref().map(|instance| shared.start(instance));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(90);
    let ended = loop {
        if let Some(place) = running.iter_mut().position(Postern::has_ended) {
            break place;
        }
        assert!(std::time::Instant::now() < deadline, "both go on:\n{}\n{}", running[0].log(), running[1].log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let [first, second] = running;
    assert_refused(if ended == 0 { first } else { second }, shared.topic);
}

#[test]
fn offsets_without_a_mark_are_nobodys() {
    let Some(shared) = Shared::set("shared-with-the-past", 2) else { return };
    shared.produce();
    shared.member().commit(&shared.all(Offset::Offset(1)), CommitMode::Sync).unwrap();
    assert!(shared.told().iter().all(|told| *told == (Offset::Offset(1), String::new())));
    let instance = Instance::new();
    let mut running = shared.start(&instance);
    shared.wait_read(&mut running, &instance, 1);
    running.wait_until("the group is marked", |_| shared.told().iter().all(|(_, mark)| !mark.is_empty()));
    assert!(running.stop().0.success());
}
