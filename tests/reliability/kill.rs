//! Killed at random moments: before it has joined, in full swing, while it commits, while it tells.

use std::time::Duration;

use crate::diary::{Diary, rounds};
use crate::input::Input;
use crate::outcome::{Installation, compare};
use crate::support::kafka::real_kafka_or_say_so;

const RECORDS_PER_ROUND: usize = 300;
/// Long enough for some rounds to die before they have joined, and for others to be in full swing.
const LIFE_MS_MAX: u64 = 2_500;

#[test]
fn killed_again_and_again_it_loses_nothing_tells_nothing_twice_differently_and_ends_in_the_same_state() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let mut diary = Diary::open("SIGKILL at a random moment");
    let rounds = rounds(50, 200);
    let input = Input::of_one_topic("killed", rounds, RECORDS_PER_ROUND);
    kafka.create_topic("killed", 3);
    let mut installation = Installation::new(kafka, "killed");
    for round in 0..rounds {
        input.produce(kafka, round);
        // A new group each time: the broker keeps a dead member for its session's length, and the ledger knows where to
        // begin.
        installation.group = format!("killed-{round}");
        let postern = installation.start(kafka, &input);
        let life = Duration::from_millis(diary.chance.u64(0..LIFE_MS_MAX));
        std::thread::sleep(life);
        let is_ready = postern.get("/readyz").is_some_and(|(status, _)| status == 200);
        postern.kill();
        diary.note(format!("round {round}: killed after {life:?}, ready: {is_ready}"));
    }
    "killed-at-last".clone_into(&mut installation.group);
    installation.finish(installation.start(kafka, &input), &input);
    compare(kafka, &input, &installation, rounds, diary);
}
