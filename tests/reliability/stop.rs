//! Stopped for longer than the session: the group has given the partitions away when the process goes on as if nothing
//! had happened.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::diary::{Diary, rounds};
use crate::input::Input;
use crate::outcome::{Installation, SESSION, compare};
use crate::support::kafka::real_kafka_or_say_so;
use crate::support::postern::Postern;

const RECORDS_PER_ROUND: usize = 1_500;
/// In full swing.
const RUN_MS_MAX: u64 = 400;
/// Beyond the session.
const BEYOND_MS: std::ops::Range<u64> = 1_000..3_000;

#[test]
fn stopped_beyond_its_session_it_joins_again_and_goes_on_where_the_ledger_stands() {
    let Some(kafka) = real_kafka_or_say_so() else { return };
    let mut diary = Diary::open("SIGSTOP beyond the session");
    let rounds = rounds(2, 20);
    let input = Input::of_one_topic("stopped", rounds, RECORDS_PER_ROUND);
    kafka.create_topic("stopped", 3);
    let installation = Installation::new(kafka, "stopped");
    let mut postern = installation.start(kafka, &input);
    postern.wait_ready();
    for round in 0..rounds {
        let before = rebalances(&postern);
        input.produce_part(kafka, round, 0..1, 2);
        let run = Duration::from_millis(diary.chance.u64(0..RUN_MS_MAX));
        std::thread::sleep(run);
        postern.signal(Signal::SIGSTOP);
        input.produce_part(kafka, round, 1..2, 2);
        let pause = SESSION + Duration::from_millis(diary.chance.u64(BEYOND_MS));
        std::thread::sleep(pause);
        postern.signal(Signal::SIGCONT);
        diary.note(format!("round {round}: stopped after {run:?} for {pause:?}"));
        // Partitions were lost, and others came.
        postern.wait_until("it has joined again", |postern| rebalances(postern) >= before + 2.0);
        postern.wait_ready();
    }
    installation.finish(postern, &input);
    compare(kafka, &input, &installation, rounds, diary);
}

/// Assignments and revocations since it started.
pub(crate) fn rebalances(postern: &Postern) -> f64 {
    postern.metric("postern_kafka_rebalances_total", &[]).unwrap_or_default()
}
