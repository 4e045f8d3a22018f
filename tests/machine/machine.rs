//! The machine with everything that happens to it: a schedule of steps, drawn from one number.

mod faults;
mod telling;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use fastrand::Rng;
use postern::correlate::Limits;
use postern::decode;
use postern::detector::{Arrival, Inspector, Slice, Step};
use postern::event::{Span, Time};
use postern::judge::Tenants;
use postern::ledger::{Cursor, Ledger, LedgerError, Request, Retention, Snapshot, Stream};
use postern::receive::{Origin, PartitionId, Stretch};
use postern::runtime::{Commit, Kernel};

use crate::coverage::Coverage;
use crate::disk::{Disk, Mood};
use crate::receiver::Receiver;
use crate::story::{Door, SKEW_MAX, Story};
use faults::Faults;

/// Offsets begin somewhere.
const FIRST_OFFSET: i64 = 5;

/// How far event time goes on while a sender waits.
const PATIENCE: Span = Span::hours(12);

/// The machine, its surroundings, and what is known from outside of what must become of it.
pub(crate) struct Machine<'s> {
    story: &'s Story,
    /// What each payload comes to on its own.
    slices: &'s [Slice],
    inspector: Inspector,
    tenants: Arc<Tenants>,
    limits: Limits,
    chance: Rng,
    faults: Faults,
    pub(crate) disk: Disk,
    pub(crate) receivers: Vec<Receiver>,
    process: Process,
    /// Where each input is read next, and up to where it is durable or answered.
    heads: Vec<Head>,
    /// How far the wall clock is from the truth.
    wall: Span,
    /// Payloads that are in the memory and not in the ledger yet.
    taken: Vec<usize>,
    /// Payloads in the order in which they became durable.
    pub(crate) order: Vec<usize>,
    pub(crate) coverage: Coverage,
    trace: bool,
}

/// What a crash takes away.
struct Process {
    kernel: Kernel,
    commit: Option<Commit>,
    cursors: Vec<u64>,
    /// Answers that webhooks wait for: the input, and up to where.
    waiting: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Head {
    next: usize,
    /// The kernel's position, or what has been handed over.
    stands: usize,
    durable: usize,
}

impl<'s> Machine<'s> {
    /// A machine before its first step.
    pub(crate) fn new(
        (story, slices): (&'s Story, &'s [Slice]),
        tenants: &Arc<Tenants>,
        limits: Limits,
        seed: u64,
        trace: bool,
    ) -> Self {
        let may_forget = limits != Limits::default();
        let mut chance = Rng::with_seed(seed ^ 0x5eed);
        let mut faults = Faults::new(&mut chance);
        if may_forget {
            faults.prune = 0;
        }
        let mut disk = Disk::new(chance.u8(..40) == 0, may_forget);
        let receiver = |name, stream, is_difficult| Receiver::new(name, stream, is_difficult);
        let receivers = vec![
            receiver("calm", Stream::Alerts, false),
            receiver("difficult", Stream::Alerts, true),
            receiver("dead-letters", Stream::DeadLetters, true),
        ];
        let kernel = Kernel::restore(tenants, 1, limits, &Snapshot::default(), &mut disk).unwrap();
        let process = Process { kernel, commit: None, cursors: vec![0; receivers.len()], waiting: Vec::new() };
        Self {
            story,
            slices,
            inspector: Inspector::new(Arc::clone(tenants), decode::Limits::default()),
            tenants: Arc::clone(tenants),
            limits,
            chance,
            faults,
            disk,
            receivers,
            process,
            heads: vec![Head::default(); story.inputs.len()],
            wall: Span::micros(0),
            taken: Vec::new(),
            order: Vec::new(),
            coverage: Coverage::default(),
            trace,
        }
    }

    /// Lets everything happen until all is read, told and durable.
    ///
    /// # Errors
    /// When an invariant does not hold on the way.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        while self.has_more() {
            self.step()?;
            self.check()?;
        }
        self.note(|| "all is read; from now on all goes well".to_owned());
        self.drain()
    }

    fn has_more(&self) -> bool {
        self.heads.iter().zip(&self.story.inputs).any(|(head, input)| head.next < input.payloads.len())
    }

    fn step(&mut self) -> Result<(), String> {
        let dice = self.chance.u32(..100);
        let mut floor = 0;
        let mut falls = |rate: u32| {
            floor += rate;
            (floor - rate..floor).contains(&dice)
        };
        let faults = &self.faults;
        match () {
            () if falls(faults.crash) => self.crash("killed"),
            () if falls(faults.full) => {
                self.disk.mood = if self.disk.mood == Mood::Full { Mood::Well } else { Mood::Full };
                self.coverage.disk_full += 1;
                self.note(|| "the disk is full, or has room again".to_owned());
                Ok(())
            }
            () if falls(faults.reassign) => self.reassign(),
            () if falls(faults.prune) => self.prune(),
            () if falls(faults.clock) => self.turn_the_clock(),
            () if falls(20) => self.tell(),
            () if self.process.commit.is_some() || falls(14) => self.commit(),
            () => self.take(),
        }
    }

    // === input ===

    /// Reads on in one of the inputs, and hands over what was read.
    fn take(&mut self) -> Result<(), String> {
        let horizon = self.horizon();
        let is_ready = |place: &usize| self.next_arrival(*place).is_some_and(|arrival| arrival <= horizon);
        let ready: Vec<usize> = (0..self.heads.len()).filter(is_ready).collect();
        let Some(&place) = self.chance.choice(&ready) else { return Ok(()) };
        let most = self.chance.usize(1..=10);
        let from = self.heads[place].next;
        let mut to = from;
        while to < from + most && self.arrival(place, to).is_some_and(|arrival| arrival <= horizon) {
            to += 1;
        }
        self.heads[place].next = to;
        match self.story.inputs[place].door.clone() {
            Door::Partition(id) => self.hand_over(place, from..to, &id),
            Door::Webhook(name) => (from..to).try_for_each(|at| self.request(place, at, &name)),
        }
    }

    fn hand_over(&mut self, place: usize, range: Range<usize>, id: &PartitionId) -> Result<(), String> {
        let slice = self.inspect(place, range.clone())?;
        self.note(|| format!("partition {} {range:?}: {} records", id.partition, slice.outcomes.total()));
        let head = &mut self.heads[place];
        if range.end >= head.stands {
            let new = head.stands..range.end;
            head.stands = range.end;
            self.taken.extend(&self.story.inputs[place].payloads[new]);
        }
        self.take_in(Stretch { origin: Origin::Partition { id: id.clone(), next_offset: offset(range.end) }, slice })?;
        let stands = self.process.kernel.positions().get(id).copied();
        let expected = Some(offset(self.heads[place].stands));
        let complaint = || format!("COMMIT: the kernel stands at {stands:?}, not {expected:?}");
        if stands == expected { Ok(()) } else { Err(complaint()) }
    }

    fn request(&mut self, place: usize, at: usize, name: &Arc<str>) -> Result<(), String> {
        let slice = self.inspect(place, at..at + 1)?;
        self.note(|| format!("{name} sends {at}: {} records", slice.outcomes.total()));
        self.taken.push(self.story.inputs[place].payloads[at]);
        self.process.waiting.push((place, at + 1));
        self.take_in(Stretch { origin: Origin::Request { source: Arc::clone(name) }, slice })
    }

    fn take_in(&mut self, stretch: Stretch) -> Result<(), String> {
        let received = stretch.slice.outcomes.total();
        let mut counted = None;
        self.process.kernel.take_in(stretch, |_, slice| counted = Some(slice.outcomes.total()));
        self.coverage.skipped += u64::from(counted.is_none());
        let is_conserved = counted.is_none_or(|counted| counted == received);
        if is_conserved { Ok(()) } else { Err(format!("CONSERVE: of {received} records {counted:?} ended")) }
    }

    /// What payloads come to in one go. They are inspected now and then, and else put together of what each comes to on
    /// its own: inspection has no memory, and is slow.
    fn inspect(&self, place: usize, range: Range<usize>) -> Result<Slice, String> {
        let payloads = &self.story.inputs[place].payloads;
        let together = joined(range.clone().map(|at| &self.slices[payloads[at]]));
        if !range.start.is_multiple_of(4) {
            return Ok(together);
        }
        let mut slice = Slice::default();
        for at in range {
            self.inspect_one(place, at, &mut slice);
        }
        match slice == together {
            true => Ok(slice),
            false => Err(format!("SPLIT: in one go it is {slice:?}\n    and one by one {together:?}")),
        }
    }

    fn inspect_one(&self, place: usize, at: usize, slice: &mut Slice) {
        let input = &self.story.inputs[place];
        let payload = &self.story.payloads[input.payloads[at]];
        let is_stamped_here = matches!(input.door, Door::Webhook(_)) && !payload.is_forged;
        let time = if is_stamped_here { payload.arrival + self.wall } else { payload.arrival };
        let (origin, offset) = named(&input.door, at);
        let arrival = Arrival { origin: &origin, offset, time: Some(time) };
        self.inspector.inspect(&payload.bytes, arrival, slice, &mut |_| {});
    }

    /// Inputs are read about equally far: as far apart as lateness allows. Nothing goes on for days while a sender waits
    /// for an answer, because what it would then repeat has been forgotten.
    fn horizon(&self) -> Time {
        let first = (0..self.heads.len()).filter_map(|place| self.next_arrival(place)).min().unwrap_or(Time::MIN);
        let is_webhook = |place: &usize| matches!(self.story.inputs[*place].door, Door::Webhook(_));
        let unanswered = (0..self.heads.len()).filter(is_webhook);
        let patience = unanswered.filter_map(|place| self.arrival(place, self.heads[place].durable)).min();
        (first + SKEW_MAX).min(patience.map_or(first + SKEW_MAX, |asked| asked + PATIENCE))
    }

    fn next_arrival(&self, place: usize) -> Option<Time> {
        self.arrival(place, self.heads[place].next)
    }

    fn arrival(&self, place: usize, at: usize) -> Option<Time> {
        self.story.inputs[place].payloads.get(at).map(|payload| self.story.payloads[*payload].arrival)
    }

    /// A partition is lost and comes back, read from where it durably stands or from before; a sender loses patience.
    fn reassign(&mut self) -> Result<(), String> {
        let place = self.chance.usize(..self.heads.len());
        let head = &mut self.heads[place];
        let from = head.durable.saturating_sub(self.chance.usize(..4));
        let from = if let Door::Webhook(_) = self.story.inputs[place].door { head.durable } else { from };
        head.next = head.next.min(from);
        self.coverage.reassigned += 1;
        self.note(|| format!("input {place} is read again from {from}"));
        Ok(())
    }

    fn turn_the_clock(&mut self) -> Result<(), String> {
        // A clock that is slow by more than the tolerance would have honest mail taken for mail from the future.
        self.wall = match self.chance.u8(..3) {
            0 => Span::micros(0),
            1 => Span::hours(self.chance.i64(1..1_000)),
            _ => Span::micros(-self.chance.i64(0..4 * 60_000_000)),
        };
        self.note(|| "the wall clock jumps".to_owned());
        Ok(())
    }

    // === commits and crashes ===

    fn commit(&mut self) -> Result<(), String> {
        let commit = self.process.commit.take().unwrap_or_else(|| self.process.kernel.next_commit());
        let fate = self.chance.u32(..100);
        if fate < self.faults.crash_in_commit / 2 {
            self.coverage.crashed_before += 1;
            return self.crash("killed before the commit");
        }
        if self.disk.mood == Mood::Well && self.chance.u32(..100) < self.faults.lie {
            self.disk.mood = Mood::Lying;
            self.coverage.lied += 1;
        }
        let is_lying = self.disk.mood == Mood::Lying;
        let outcome =
            if commit.transaction.is_empty() { Ok(()) } else { self.disk.commit(&commit.transaction).map(drop) };
        match outcome {
            Err(LedgerError::Unavailable(_)) => {
                if is_lying {
                    self.made_durable();
                }
                self.note(|| "the commit fails, and is tried again".to_owned());
                self.process.commit = Some(commit);
                Ok(())
            }
            Err(error) => Err(format!("the ledger says: {error}")),
            Ok(()) if fate < self.faults.crash_in_commit => {
                self.made_durable();
                self.coverage.crashed_after += 1;
                self.crash("killed behind the commit, before anybody learned of it")
            }
            Ok(()) => {
                let alerts = commit.alerts.len();
                self.made_durable();
                for (place, upto) in std::mem::take(&mut self.process.waiting) {
                    self.heads[place].durable = upto.max(self.heads[place].durable);
                }
                self.coverage.commits += 1;
                self.note(|| format!("committed, with {alerts} alerts"));
                self.bound()
            }
        }
    }

    /// A partition's position is in the ledger, whoever learns of it; a webhook has to be told.
    fn made_durable(&mut self) {
        self.order.append(&mut self.taken);
        for (head, input) in self.heads.iter_mut().zip(&self.story.inputs) {
            if let Door::Partition(_) = input.door {
                head.durable = head.stands;
            }
        }
    }

    /// Everything is gone but the ledger and the world; a new process begins, with another number of shards.
    fn crash(&mut self, how: &str) -> Result<(), String> {
        self.note(|| how.to_owned());
        self.disk.open();
        self.taken.clear();
        let snapshot = self.disk.snapshot().map_err(|error| error.to_string())?;
        let shards = self.chance.u32(1..=3);
        let kernel = Kernel::restore(&self.tenants, shards, self.limits, &snapshot, &mut self.disk);
        let kernel = kernel.map_err(|error| error.to_string())?;
        let cursor = |name: &str| snapshot.cursors.iter().find(|cursor| cursor.sink == name);
        let cursors =
            self.receivers.iter().map(|receiver| cursor(&receiver.name).map_or(0, |cursor| cursor.sequence)).collect();
        let expected = self.durable_positions();
        if *kernel.positions() != expected {
            return Err(format!("COMMIT: the ledger has {:?}, not {expected:?}", kernel.positions()));
        }
        self.process = Process { kernel, commit: None, cursors, waiting: Vec::new() };
        for head in &mut self.heads {
            (head.next, head.stands) = (head.durable, head.durable);
        }
        self.coverage.crashes += 1;
        Ok(())
    }

    fn durable_positions(&self) -> BTreeMap<PartitionId, i64> {
        let heads = self.heads.iter().zip(&self.story.inputs).filter(|(head, _)| head.durable > 0);
        heads
            .filter_map(|(head, input)| match &input.door {
                Door::Partition(id) => Some((id.clone(), offset(head.durable))),
                Door::Webhook(_) => None,
            })
            .collect()
    }

    fn prune(&mut self) -> Result<(), String> {
        let of = |stream| {
            let receivers = self.receivers.iter().filter(|receiver| receiver.stream == stream);
            receivers.map(|receiver| receiver.name.clone()).collect()
        };
        let retention = Retention {
            alert_sinks: of(Stream::Alerts),
            dead_letter_sinks: of(Stream::DeadLetters),
            tenants: Vec::new(),
            alerts_kept_max: self.chance.u64(..5),
        };
        match self.disk.prune(&retention) {
            Ok(pruned) => self.coverage.pruned += pruned as u64,
            Err(LedgerError::Unavailable(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
        self.note(|| "pruned".to_owned());
        Ok(())
    }

    // === the end ===

    /// Commits what is left, tells what is due, and settles it.
    fn drain(&mut self) -> Result<(), String> {
        self.faults = Faults { crash: 0, crash_in_commit: 0, full: 0, lie: 0, reassign: 0, prune: 0, clock: 0 };
        self.disk.mood = Mood::Well;
        self.receivers.iter_mut().for_each(Receiver::calm_down);
        self.commit()?;
        self.commit()?;
        for place in 0..self.receivers.len() {
            loop {
                let batch = self.read(place)?;
                let Some(last) = batch.last() else { break };
                self.receivers[place].hear(&batch, &mut self.chance);
                self.process.cursors[place] = last.sequence;
                let sink = self.receivers[place].name.clone();
                self.ask(Request::Settle(Cursor { sink, sequence: last.sequence }))?;
            }
        }
        self.commit()?;
        self.check()
    }

    fn check(&self) -> Result<(), String> {
        let complaints = self.receivers.iter().filter_map(|receiver| receiver.complaint.as_ref());
        complaints.chain(&self.disk.witness.complaint).next().map_or(Ok(()), |complaint| Err(complaint.clone()))
    }

    fn bound(&mut self) -> Result<(), String> {
        let limits = self.limits;
        for (tenant, tally) in self.process.kernel.tallies() {
            let sizes = tally.sizes;
            let is_within = sizes.open_campaigns <= limits.campaigns_max
                && sizes.deliveries <= limits.deliveries_max
                && sizes.sources <= limits.sources_max
                && sizes.sent <= limits.sent_max
                && sizes.waiting <= limits.waiting_max
                && sizes.gates <= limits.gates_max;
            if !is_within {
                return Err(format!("BOUND: tenant {} has {sizes:?} of {limits:?}", tenant.0));
            }
        }
        Ok(())
    }

    fn note(&self, what: impl FnOnce() -> String) {
        if self.trace {
            crate::say(&format!("  {}", what()));
        }
    }
}

fn offset(at: usize) -> i64 {
    FIRST_OFFSET + i64::try_from(at).unwrap()
}

/// One slice of several: each step has the watermark of all that came before it.
fn joined<'s>(slices: impl Iterator<Item = &'s Slice>) -> Slice {
    let mut joined = Slice::default();
    for slice in slices {
        for step in &slice.steps {
            let watermark = joined.advance(step.tenant, step.watermark);
            joined.steps.push(Step { watermark, ..step.clone() });
        }
        for (tenant, watermark) in &slice.watermarks {
            joined.advance(*tenant, *watermark);
        }
        joined.dead_letters.extend(slice.dead_letters.iter().cloned());
        joined.outcomes.add(&slice.outcomes);
        slice.mail.iter().for_each(|(tenant, mail)| joined.mail_of(*tenant).add(mail));
        joined.bytes += slice.bytes;
    }
    joined
}

/// What dead letters of a payload are called by, and its offset.
pub(crate) fn named(door: &Door, at: usize) -> (String, i64) {
    match door {
        Door::Partition(id) => (format!("{}/{}/{}", id.source, id.topic, id.partition), offset(at)),
        Door::Webhook(name) => (format!("{name}/{at}"), 0),
    }
}

/// Inspects every payload of a story on its own, as it truly came.
pub(crate) fn inspected(story: &Story, tenants: &Arc<Tenants>) -> Vec<Slice> {
    let inspector = Inspector::new(Arc::clone(tenants), decode::Limits::default());
    let mut slices = vec![Slice::default(); story.payloads.len()];
    for input in &story.inputs {
        for (at, place) in input.payloads.iter().enumerate() {
            let payload = &story.payloads[*place];
            let (origin, offset) = named(&input.door, at);
            let arrival = Arrival { origin: &origin, offset, time: Some(payload.arrival) };
            inspector.inspect(&payload.bytes, arrival, &mut slices[*place], &mut |_| {});
        }
    }
    slices
}
