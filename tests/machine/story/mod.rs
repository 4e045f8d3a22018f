//! What happened: a few days of a few tenants, as payloads of inputs in the order in which they come.
//!
//! Rows are told by [`plots`], each with its own time; here they are delayed, repeated, put together into payloads and
//! laid out over inputs, with broken ones in between. Lateness is kept within the ten minutes that the machine allows:
//! [`DELAY_MAX`] here, [`BATCH_MAX`] in a payload, and [`SKEW_MAX`] between inputs.

mod plots;

use std::sync::Arc;

use fastrand::Rng;
use postern::event::{Span, Time};
use postern::receive::PartitionId;

use crate::record;
use plots::{Class, Plots, Row};

/// How late a row may come.
const DELAY_MAX: Span = Span::minutes(4);
/// How far the rows of one payload may lie apart.
const BATCH_MAX: Span = Span::minutes(2);
/// How far one input may be read ahead of another.
pub(crate) const SKEW_MAX: Span = Span::micros(210_000_000);

/// Everything that comes in.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) inputs: Vec<Input>,
    pub(crate) payloads: Vec<Payload>,
    /// NetworkMessageIds of mail that a sanctioned pair sent.
    pub(crate) sanctioned: Vec<String>,
}

/// Where payloads come in, in this order.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) door: Door,
    /// Places in [`Story::payloads`].
    pub(crate) payloads: Vec<usize>,
}

/// How an input is read.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// It has offsets, and can be read again.
    Partition(PartitionId),
    /// Its sender repeats what was not answered.
    Webhook(Arc<str>),
}

/// One message of a topic, or one body.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) bytes: Vec<u8>,
    /// When it came in.
    pub(crate) arrival: Time,
    /// Event time of its first row.
    pub(crate) time: Time,
    /// Whose rows it holds; `None` where it is broken, though something may still be read of it.
    pub(crate) tenant: Option<usize>,
    /// How many rows.
    pub(crate) rows: usize,
    /// Whether it is there a second time.
    pub(crate) is_repeat: bool,
    /// Whether it comes from the future and is taken for its arrival.
    pub(crate) is_forged: bool,
    /// For the trace.
    pub(crate) label: String,
}

impl Story {
    /// The story of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let plots = Plots::told(chance.fork());
        let mut layout = Layout::new(&mut chance);
        let mut queues: Vec<Vec<Payload>> = layout.doors.iter().map(|_| Vec::new()).collect();
        for row in plots.rows {
            let input = layout.input(row.tenant, row.class);
            let payload = delayed(row, &mut chance);
            if let Some(repeat) = repeated(&payload, &mut chance) {
                queues[input].push(repeat);
            }
            queues[input].push(payload);
        }
        for queue in &mut queues {
            queue.sort_by_key(|payload| (payload.arrival, payload.is_repeat));
            *queue = joined(std::mem::take(queue), &mut chance);
            break_some(queue, &mut chance);
        }
        Self::laid_out(layout.doors, queues, plots.sanctioned)
    }

    fn laid_out(doors: Vec<Door>, queues: Vec<Vec<Payload>>, sanctioned: Vec<String>) -> Self {
        let mut story = Self { inputs: Vec::new(), payloads: Vec::new(), sanctioned };
        for (door, queue) in doors.into_iter().zip(queues) {
            let first = story.payloads.len();
            story.payloads.extend(queue);
            story.inputs.push(Input { door, payloads: (first..story.payloads.len()).collect() });
        }
        story
    }

    /// The payloads in the order in which everything happened, each once: what an observer who is never late would see.
    pub(crate) fn punctual(&self) -> Vec<usize> {
        let mut places: Vec<_> = (0..self.payloads.len()).filter(|place| !self.payloads[*place].is_repeat).collect();
        places.sort_by_key(|place| {
            let payload = &self.payloads[*place];
            if payload.is_forged { payload.arrival } else { payload.time }
        });
        places
    }
}

/// Which input the rows of a tenant come in by.
struct Layout {
    doors: Vec<Door>,
    inputs: [[usize; 2]; 3],
}

impl Layout {
    fn new(chance: &mut Rng) -> Self {
        let count = chance.usize(1..=4);
        let door = |place: usize, is_webhook: bool| match is_webhook {
            true => Door::Webhook(format!("hook-{place}").into()),
            false => Door::Partition(PartitionId {
                source: "kafka".into(),
                topic: "mail".into(),
                partition: i32::try_from(place).unwrap(),
            }),
        };
        let doors = (0..count).map(|place| door(place, chance.u8(..4) == 0)).collect();
        let is_split_by_table = chance.bool();
        let inputs = [(); 3].map(|()| {
            let mail = chance.usize(..count);
            [mail, if is_split_by_table { chance.usize(..count) } else { mail }]
        });
        Self { doors, inputs }
    }

    fn input(&mut self, tenant: usize, class: Class) -> usize {
        self.inputs[tenant][usize::from(class == Class::Other)]
    }
}

fn delayed(row: Row, chance: &mut Rng) -> Payload {
    let delay = Span::micros(chance.i64(0..DELAY_MAX.as_micros()));
    Payload {
        bytes: row.json.into_bytes(),
        arrival: row.time + delay,
        time: row.time,
        tenant: Some(row.tenant),
        rows: 1,
        is_repeat: false,
        is_forged: row.is_forged,
        label: row.label,
    }
}

/// One row in twelve comes twice: a little later, or mail much later.
fn repeated(payload: &Payload, chance: &mut Rng) -> Option<Payload> {
    let is_wanted = !payload.is_forged && chance.u8(..12) == 0;
    let is_mail = payload.label.starts_with("mail");
    let most = if is_mail && chance.bool() { Span::hours(30) } else { DELAY_MAX };
    let delay = Span::micros(chance.i64(0..most.as_micros()));
    let label = format!("{} again", payload.label);
    is_wanted.then(|| Payload {
        bytes: payload.bytes.clone(),
        arrival: payload.time + delay,
        is_repeat: true,
        label,
        ..*payload
    })
}

/// Some neighbours travel in one payload.
fn joined(queue: Vec<Payload>, chance: &mut Rng) -> Vec<Payload> {
    let mut joined: Vec<Payload> = Vec::new();
    for payload in queue {
        let is_plain = |payload: &Payload| !payload.is_repeat && !payload.is_forged;
        match joined.last_mut() {
            Some(last)
                if is_plain(last)
                    && is_plain(&payload)
                    && last.tenant == payload.tenant
                    && last.time <= payload.time
                    && payload.time <= last.time + BATCH_MAX
                    && chance.u8(..3) > 0 =>
            {
                last.bytes.push(b'\n');
                last.bytes.extend(payload.bytes);
                last.arrival = payload.arrival;
                last.rows += payload.rows;
                last.label = format!("{}; {}", last.label, payload.label);
            }
            _ => joined.push(payload),
        }
    }
    for batch in joined.iter_mut().filter(|payload| payload.rows > 1) {
        if chance.bool() {
            let lines = String::from_utf8(std::mem::take(&mut batch.bytes)).unwrap();
            batch.bytes = format!(r#"{{"records":[{}]}}"#, lines.replace('\n', ",")).into_bytes();
        }
    }
    joined
}

/// Puts payloads in between that nobody can read.
fn break_some(queue: &mut Vec<Payload>, chance: &mut Rng) {
    for _ in 0..chance.usize(..3) {
        let whole: Vec<&Payload> =
            queue.iter().filter(|payload| payload.tenant.is_some() && !payload.is_repeat).collect();
        let Some(sample) = chance.choice(whole) else { return };
        let (arrival, time, mut bytes) = (sample.arrival, sample.time, sample.bytes.clone());
        let what = chance.u8(..7);
        match what {
            0 => bytes.truncate(chance.usize(..bytes.len())),
            1 => bytes = (0..chance.usize(1..200)).map(|_| chance.u8(..)).collect(),
            2 => bytes.clear(),
            3 => bytes = record::other(0, arrival).into_bytes(),
            4 => bytes = String::from_utf8(bytes).unwrap().replace("-8000-0", "-8000-9").into_bytes(),
            5 => {
                // As another message: two that differ and have one name are told apart by who came first.
                bytes = String::from_utf8(bytes).unwrap().replace("9c3f-0", "9c3e-0").into_bytes();
                let place = chance.usize(..bytes.len());
                bytes[place] = chance.u8(..);
            }
            _ => bytes = b"[[[[{\"records\":[{}".repeat(chance.usize(1..20)),
        }
        let place = queue.iter().position(|payload| payload.arrival >= arrival).unwrap_or(queue.len());
        let label = format!("broken {what}");
        queue.insert(
            place,
            Payload { bytes, arrival, time, tenant: None, rows: 0, is_repeat: false, is_forged: false, label },
        );
    }
}
