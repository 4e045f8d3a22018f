//! The broker goes, in good order or as in a power cut, and comes back while the service runs.

use std::time::Duration;

use crate::diary::{Diary, rounds};
use crate::input::Input;
use crate::outcome::{Installation, compare};
use crate::support::kafka::own_kafka_or_say_so;

const RECORDS_PER_ROUND: usize = 1_500;
const RUN_MS_MAX: u64 = 400;
const AWAY_MS_MAX: u64 = 3_000;

#[test]
fn through_restarts_of_the_broker_it_goes_on_by_itself() {
    let Some(mut kafka) = own_kafka_or_say_so() else { return };
    let mut diary = Diary::open("restart of the broker");
    let rounds = rounds(2, 10);
    let input = Input::of_one_topic("restarted", rounds, RECORDS_PER_ROUND);
    kafka.create_topic("restarted", 3);
    let installation = Installation::new(&kafka, "restarted");
    let mut postern = installation.start(&kafka, &input);
    postern.wait_ready();
    for round in 0..rounds {
        input.produce_part(&kafka, round, 0..1, 2);
        let [run, away] = [RUN_MS_MAX, AWAY_MS_MAX].map(|max| Duration::from_millis(diary.chance.u64(0..max)));
        std::thread::sleep(run);
        let is_cut = round % 2 == 0;
        diary.note(format!("round {round}: cut: {is_cut}, after {run:?}, for {away:?}"));
        if is_cut {
            kafka.kill();
        } else {
            kafka.stop();
        }
        std::thread::sleep(away);
        kafka.restart();
        input.produce_part(&kafka, round, 1..2, 2);
        let so_far: usize = (0..=round).map(|round| input.len_of(round)).sum();
        postern.wait_until("it reads again", |_| installation.read() >= so_far);
    }
    installation.finish(postern, &input);
    compare(&kafka, &input, &installation, rounds, diary);
}
