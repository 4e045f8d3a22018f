//! Fuzzing without a guide: inputs of the corpus, mutated at random and fed to a decoder at full speed, on stable.
//!
//! `cargo run --release --bin soak -- decode 10000000 1` mutates for ten million executions from seed 1. Guided fuzzing
//! (`cargo +nightly fuzz run decode`) finds new paths and is slow; its finds go into the corpus, and this walks around
//! each of them many times. What must hold is in `checks/`; beside it, decoding must not hold more memory than it promises.
//! The execution at hand is written to `soak-input` when something fails, so that it can be replayed.

use std::path::Path;
use std::time::Instant;

use fastrand::Rng;
use postern::decode::{Limits, records, utf8};

#[path = "../checks/csv.rs"]
mod csv;
#[path = "../checks/decode.rs"]
mod decode;
#[path = "../checks/message.rs"]
mod message;

/// As in `tests/allocation.rs`, which argues it: bytes for each byte, for each record, and once.
const FACTOR: u64 = 6;
const RECORD_BYTES: u64 = 512;
const ONCE_BYTES: u64 = 64 << 10;

/// One execution in so many has all promises checked, which decodes it up to twenty times; each has the bound checked.
const CHECKED_EVERY: u64 = 8;

/// The longest input.
const INPUT_BYTES_MAX: usize = 2_048;

/// An execution that takes longer than this hangs, however slow the machine is.
const SECONDS_MAX: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (decoder, executions, seed) = match arguments.as_slice() {
        [decoder, executions, seed, ..] if arguments.len() <= 4 => (decoder, executions, seed),
        _ => {
            eprintln!("usage: soak decode|csv|message EXECUTIONS SEED [CORPUS]");
            std::process::exit(2);
        }
    };
    let check: fn(&[u8]) = match decoder.as_str() {
        "decode" => |input| _ = decode::decode_everything(input),
        "csv" => |input| _ = csv::csv_everything(input),
        _ => |input| _ = message::read_message(input),
    };
    let executions: u64 = executions.parse().expect("a number of executions");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(decoder);
    let corpus = corpus(arguments.get(3).map_or(own.as_path(), Path::new));
    let mut soak = Soak { corpus, random: Rng::with_seed(seed.parse().expect("a seed")), input: Vec::new() };
    let started = Instant::now();
    let mut most = 0;
    for execution in 0..executions {
        soak.mutate();
        most = most.max(soak.execute(check, execution % CHECKED_EVERY == 0));
        if execution % 1_000_000 == 999_999 {
            let rate = (execution + 1) as f64 / started.elapsed().as_secs_f64();
            println!("{decoder}: {} executions, {rate:.0}/s, at most {most} bytes held", execution + 1);
        }
    }
}

struct Soak {
    corpus: Vec<Vec<u8>>,
    random: Rng,
    input: Vec<u8>,
}

impl Soak {
    /// The next input: one of the corpus, with a few mutations.
    fn mutate(&mut self) {
        let at = self.random.usize(..self.corpus.len());
        self.input.clone_from(&self.corpus[at]);
        for _ in 0..self.random.u32(1..6) {
            self.mutate_once();
        }
        self.input.truncate(INPUT_BYTES_MAX);
    }

    fn mutate_once(&mut self) {
        let length = self.input.len();
        let at = self.random.usize(..=length);
        let end = (at + self.random.usize(..32)).min(length);
        match self.random.u8(..7) {
            0 if at < length => self.input[at] ^= 1 << self.random.u8(..8),
            1 if at < length => self.input[at] = self.random.u8(..),
            2 => drop(self.input.drain(at..end)),
            3 => {
                let piece = self.input[at..end].to_vec();
                drop(self.input.splice(at..at, piece));
            }
            4 => {
                let other = &self.corpus[self.random.usize(..self.corpus.len())];
                let from = self.random.usize(..=other.len());
                let to = (from + self.random.usize(..64)).min(other.len());
                drop(self.input.splice(at..end, other[from..to].iter().copied()));
            }
            5 => self.input.insert(at, *self.random.choice(b"{}[]\",:;\\\r\n\t ()<>@=\0\xff").expect("a byte")),
            _ => self.input.truncate(at),
        }
    }

    /// Decodes the input; returns how much was held at most.
    fn execute(&self, check: fn(&[u8]), is_checked: bool) -> u64 {
        let started = Instant::now();
        let run = || {
            if is_checked {
                check(&self.input);
            }
            allocation_counter::measure(|| decode_all(&self.input)).bytes_max
        };
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|_| self.fail("panicked"));
        let limits = Limits::default();
        let records = self.input.len().min(limits.records_max) as u64;
        if held > FACTOR * self.input.len() as u64 + records * RECORD_BYTES + ONCE_BYTES {
            self.fail(&format!("held {held} bytes"));
        }
        if started.elapsed().as_secs() > SECONDS_MAX {
            self.fail("hung");
        }
        held
    }

    fn fail(&self, how: &str) -> ! {
        std::fs::write("soak-input", &self.input).expect("the input can be kept");
        eprintln!("{how}; the input of {} bytes is in soak-input", self.input.len());
        std::process::exit(1);
    }
}

fn decode_all(input: &[u8]) {
    records(&utf8(input), &Limits::default(), &mut |visit| drop(visit.and_then(|raw| raw.decode().map(drop))));
}

fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a corpus")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a readable file")).collect()
}
