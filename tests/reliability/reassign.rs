//! Reassigned by force: a source that polls too late, a topic that grows, a topic that is created.
//!
//! A tenant whose place does not exist yet has no records until it does, so that the order of each tenant's records is
//! the same whoever reads them.

use std::time::Duration;

use crate::diary::{Diary, rounds};
use crate::input::{Input, Place};
use crate::outcome::{Installation, SESSION, compare};
use crate::stop::rebalances;
use crate::stuck::hold_thread;
use crate::support::kafka::{RealKafka, real_kafka_or_say_so};
use crate::support::postern::Postern;

const RECORDS_PER_ROUND: usize = 400;
const TOPIC: &str = "reassigned";
/// The thread that polls.
const SOURCE: &str = "kafka-source";
/// Beyond the poll timeout, which is no longer than the session here.
const BEYOND_MS: std::ops::Range<u64> = 1_500..3_000;

/// How often a source is made to hang until it is late, and how long a reassignment may take.
const TRIES_MAX: usize = 5;
const WAIT: Duration = Duration::from_secs(20);

/// What is done in a round.
#[derive(Debug, Clone, PartialEq)]
enum Force {
    /// The source hangs while its client sends heartbeats.
    Hang,
    /// The topic grows to so many partitions.
    Grow(i32),
    /// A topic is created that the configuration names already.
    Create(String),
}

#[test]
fn reassigned_by_force_it_reads_everything_once() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let mut diary = Diary::open("forced reassignment");
    let rounds = rounds(5, 50);
    let forces: Vec<_> = (0..rounds).map(force).collect();
    let input = Input::new(places(&forces), rounds, RECORDS_PER_ROUND);
    kafka.create_topic(TOPIC, 1);
    let mut installation = Installation::new(kafka, TOPIC);
    installation.settings += &format!("\npoll_timeout_ms = {}", SESSION.as_millis());
    let mut postern = installation.start(kafka, &input);
    postern.wait_until("it has joined", |postern| rebalances(postern) >= 1.0);
    for (round, force) in forces.iter().enumerate() {
        diary.note(format!("round {round}: {force:?}"));
        if *force == Force::Hang {
            hang(kafka, &input, round, &mut postern, &mut diary);
            continue;
        }
        let before = rebalances(&postern);
        create(kafka, force);
        input.produce(kafka, round);
        postern.wait_until("it was reassigned", |postern| rebalances(postern) > before);
    }
    installation.finish(postern, &input);
    compare(kafka, &input, &installation, rounds, diary);
}

/// Has the source hang in the middle of what it reads. Now and then the client has just begun to wait for more, and is
/// not late: then it is done again.
fn hang(kafka: &RealKafka, input: &Input, round: usize, postern: &mut Postern, diary: &mut Diary) {
    for part in 0..TRIES_MAX {
        let before = rebalances(postern);
        let pause = SESSION + Duration::from_millis(diary.chance.u64(BEYOND_MS));
        diary.note(format!("held for {pause:?}"));
        std::thread::scope(|scope| {
            scope.spawn(|| input.produce_part(kafka, round, part..part + 1, TRIES_MAX));
            hold_thread(postern.pid(), SOURCE, pause);
        });
        if postern.comes_to(WAIT, |postern| rebalances(postern) >= before + 2.0) {
            return input.produce_part(kafka, round, part + 1..TRIES_MAX, TRIES_MAX);
        }
    }
    panic!("{TRIES_MAX} times the source hung and was not late");
}

fn force(round: usize) -> Force {
    let count = round / 3;
    match round % 3 {
        0 => Force::Hang,
        1 => Force::Grow(count as i32 + 2),
        _ => Force::Create(format!("{TOPIC}-{count}")),
    }
}

/// The first tenant is there from the beginning, each other begins with its place.
fn places(forces: &[Force]) -> Vec<Place> {
    let first = Place { topic: TOPIC.to_owned(), partition: 0, from_round: 0 };
    let place = |(from_round, force): (usize, &Force)| match force {
        Force::Hang => None,
        Force::Grow(partitions) => Some(Place { topic: TOPIC.to_owned(), partition: partitions - 1, from_round }),
        Force::Create(topic) => Some(Place { topic: topic.clone(), partition: 0, from_round }),
    };
    let mut places: Vec<_> = forces.iter().enumerate().filter_map(place).collect();
    places.insert(0, first);
    places.sort_by(|a, b| a.topic.cmp(&b.topic));
    places
}

fn create(kafka: &RealKafka, force: &Force) {
    match force {
        Force::Hang => {}
        Force::Grow(partitions) => kafka.grow_topic(TOPIC, *partitions),
        Force::Create(topic) => kafka.create_topic(topic, 1),
    }
}
