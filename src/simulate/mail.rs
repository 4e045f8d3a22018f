//! The mail: who plays next, and what is delivered twice.

use std::collections::VecDeque;

use super::attack::Attacks;
use super::cast::Cast;
use super::chance::Chance;
use super::clock::{Clock, Stamp};
use super::email_events::email_events;
use super::envelope::Table;
use super::label::{Label, SimulatedRecord};
use super::message::Row;
use super::options::Options;
use super::scene::{Scene, Sent};

/// A row comes again at most so many records later.
pub(super) const REPEATED_AFTER_MAX: u32 = 200;

/// The records of EmailEvents, in order.
#[derive(Debug)]
pub(super) struct Mail {
    options: Options,
    clock: Clock,
    chance: Chance,
    cast: Cast,
    table: Table<Row>,
    attacks: Attacks,
    /// What left each tenant lately.
    sent: Vec<Sent>,
    /// The next row of an ordinary message with several recipients.
    pending: Option<Row>,
    /// Rows to deliver again, each not before its record.
    repeats: VecDeque<(u64, Row)>,
    /// The number of the record in the making, from 1.
    record: u64,
    happening: Stamp,
    publishing: Stamp,
}

/// A row of EmailEvents with the record that was written of it.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) row: Row,
    pub(super) record: SimulatedRecord,
}

impl Mail {
    pub(super) fn new(mut options: Options) -> Self {
        let cast = Cast::new(std::mem::take(&mut options.tenants));
        if !cast.is_complete() || options.mix.whole() == 0 {
            options.records = 0;
        }
        Self {
            clock: Clock::of(&options),
            chance: Chance::seeded(options.seed),
            table: email_events(options.shape),
            attacks: Attacks::new(&options, &cast.tenants),
            sent: cast.tenants.iter().map(|_| Sent::default()).collect(),
            cast,
            pending: None,
            repeats: VecDeque::new(),
            record: 0,
            happening: Stamp::default(),
            publishing: Stamp::default(),
            options,
        }
    }

    /// The row of this record, and whether it was delivered before.
    fn next_row(&mut self) -> (Row, bool) {
        let hurry = self.attacks.cannot_wait(self.record);
        if !hurry && let Some(row) = self.due_repeat() {
            return (row, true);
        }
        let row = self.attack(hurry).unwrap_or_else(|| self.ordinary());
        self.plan_repeat(&row);
        (row, false)
    }

    fn attack(&mut self, hurry: bool) -> Option<Row> {
        let strike = self.attacks.strike(self.record, hurry, &mut self.chance)?;
        Some(Row::first_of(strike.play(&mut self.scene(strike.tenant()))))
    }

    fn ordinary(&mut self) -> Row {
        let row = self.pending.take().unwrap_or_else(|| {
            let tenant = self.chance.below(self.cast.tenants.len() as u64) as usize;
            let mix = self.options.mix;
            Row::first_of(self.scene(tenant).ordinary(mix))
        });
        self.pending = row.next();
        row
    }

    fn due_repeat(&mut self) -> Option<Row> {
        let record = self.record;
        self.repeats.pop_front_if(|(due, _)| *due <= record).map(|(_, row)| row)
    }

    fn plan_repeat(&mut self, row: &Row) {
        if self.chance.per_mille(self.options.repeats_per_mille) {
            let later = u64::from(self.chance.within(1..=REPEATED_AFTER_MAX));
            self.repeats.push_back((self.record.saturating_add(later), row.clone()));
        }
    }

    fn scene(&mut self, tenant: usize) -> Scene<'_> {
        let timestamp = self.happening.of(self.clock.at(self.record)).to_owned();
        Scene { cast: &self.cast, chance: &mut self.chance, sent: &mut self.sent[tenant], tenant, timestamp }
    }

    fn publish(&mut self, row: Row, repeat: bool) -> Delivered {
        let fraction = self.chance.below(10_000_000);
        let published = format!("{}.{fraction:07}Z", self.publishing.of(self.clock.published(self.record)));
        let tenant = &self.cast.tenants[row.message.tenant].id;
        let received = format_args!("{}.0000000", row.message.timestamp);
        let record = SimulatedRecord {
            json: self.table.write(&row, received, tenant, &published),
            label: Label { record: self.record, repeat, ..Label::of(&row.message, tenant, &row.recipient().address) },
        };
        Delivered { row, record }
    }
}

impl Iterator for Mail {
    type Item = Delivered;

    fn next(&mut self) -> Option<Delivered> {
        if self.record == self.options.records {
            return None;
        }
        self.record += 1;
        let (row, repeat) = self.next_row();
        Some(self.publish(row, repeat))
    }
}
