//! A core to receive for: it keeps the commit loop's rule of positions, and its memory in a test's reach.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use postern::detector::Slice;
use postern::ledger::LedgerId;
use postern::receive::{Board, Intake, Origin, PartitionId, Stretch};

use super::source::until;

/// Payloads by topic, partition and offset.
pub(super) type Seen = BTreeMap<(String, i32, i64), Vec<u8>>;

/// What is durable. It outlives the thread, as a ledger outlives the process.
#[derive(Default)]
struct Ledger {
    positions: BTreeMap<PartitionId, i64>,
    seen: Seen,
    slices: BTreeMap<PartitionId, Slice>,
    repeated: usize,
}

/// The core.
pub(super) struct Core {
    id: LedgerId,
    room: usize,
    board: Arc<Board>,
    ledger: Arc<Mutex<Ledger>>,
    gate: Arc<Mutex<()>>,
    alive: Option<(Sender<Intake>, Sender<()>, JoinHandle<()>)>,
}

impl Core {
    pub(super) fn start() -> Self {
        Self::start_with_room(16)
    }

    /// With a channel for so many intakes.
    pub(super) fn start_with_room(room: usize) -> Self {
        let id = LedgerId::from_bits(fastrand::u128(..));
        let mut core =
            Self { id, room, board: Arc::default(), ledger: Arc::default(), gate: Arc::default(), alive: None };
        core.rise();
        core
    }

    /// Ends at once; what is in the channel is lost.
    pub(super) fn die(&mut self) {
        let (intake, life, thread) = self.alive.take().unwrap();
        drop((intake, life));
        thread.join().unwrap();
    }

    /// Begins again with what is durable.
    pub(super) fn rise(&mut self) {
        let (intake, inbox) = bounded(self.room);
        let (life, death) = bounded(0);
        self.board = Arc::default();
        self.board.post(self.ledger().positions.clone());
        let (board, ledger, gate) = (Arc::clone(&self.board), Arc::clone(&self.ledger), Arc::clone(&self.gate));
        let thread = std::thread::spawn(move || serve(&inbox, &death, &board, &ledger, &gate));
        self.alive = Some((intake, life, thread));
    }

    pub(super) fn intake(&self) -> Sender<Intake> {
        self.alive.as_ref().unwrap().0.clone()
    }

    /// Which ledger it is.
    pub(super) fn id(&self) -> LedgerId {
        self.id
    }

    pub(super) fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    /// How many intakes the channel still takes.
    pub(super) fn room(&self) -> usize {
        self.room - self.intake().len()
    }

    /// Nothing is taken in until the guard is dropped.
    pub(super) fn close_gate(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap()
    }

    /// As if the partition had been read so far by an earlier process.
    pub(super) fn remember(&self, id: &PartitionId, next_offset: i64) {
        self.ledger().positions.insert(id.clone(), next_offset);
        self.board.post([(id.clone(), next_offset)]);
    }

    pub(super) fn position(&self, id: &PartitionId) -> Option<i64> {
        self.ledger().positions.get(id).copied()
    }

    pub(super) fn seen(&self) -> Seen {
        self.ledger().seen.clone()
    }

    /// Dead letters that came again and were skipped by their position.
    pub(super) fn repeated(&self) -> usize {
        self.ledger().repeated
    }

    /// Everything that came from a partition.
    pub(super) fn slice(&self, id: &PartitionId) -> Slice {
        self.ledger().slices.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn wait_for(&self, dead_letters: usize) {
        until(&format!("{dead_letters} dead letters are there"), || self.ledger().seen.len() >= dead_letters);
    }

    pub(super) fn wait_for_records(&self, records: u64) {
        let received = || self.ledger().slices.values().map(|slice| slice.outcomes.total()).sum::<u64>();
        until(&format!("{records} records are there"), || received() >= records);
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }
}

fn serve(inbox: &Receiver<Intake>, death: &Receiver<()>, board: &Board, ledger: &Mutex<Ledger>, gate: &Mutex<()>) {
    loop {
        crossbeam_channel::select_biased! {
            recv(death) -> _ => return,
            recv(inbox) -> intake => {
                let Ok(intake) = intake else { return };
                drop(gate.lock());
                let mut ledger = ledger.lock().unwrap();
                intake.stretches.into_iter().for_each(|stretch| ledger.take_in(stretch));
                board.post(ledger.positions.clone());
                intake.durable.map(|durable| durable.send(()));
            }
        }
    }
}

impl Ledger {
    fn take_in(&mut self, Stretch { origin, mut slice }: Stretch) {
        let Origin::Partition { id, next_offset } = origin else { panic!("Kafka has positions") };
        let stands_at = self.positions.get(&id).copied().unwrap_or_default();
        let came = slice.dead_letters.len();
        slice.skip_before(stands_at);
        self.repeated += came - slice.dead_letters.len();
        if next_offset < stands_at {
            return;
        }
        self.positions.insert(id.clone(), next_offset);
        let all = self.slices.entry(id.clone()).or_default();
        all.outcomes.add(&slice.outcomes);
        all.steps.extend(slice.steps);
        for (offset, letter) in slice.dead_letters {
            let place = (id.topic.to_string(), id.partition, offset);
            assert!(self.seen.insert(place, letter.raw).is_none(), "{id:?} {offset} was taken in twice");
        }
    }
}
