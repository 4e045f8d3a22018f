//! What other tables say of the mail: its links and attachments, who clicked, and what was done to it later.
//!
//! Their records are woven into those of the mail, and the mail does not notice: its chance is another, so that a stream
//! with them is the stream without them and more. A message's links come beside it, also *before* it, as captured; for that
//! the mail is played ahead by as many records as a link may lead. What happens after delivery waits until it is due, and
//! at the end of the mail nothing that waits is lost.

mod aftermath;
mod contents;
mod tables;

use std::collections::{BTreeMap, VecDeque};

use super::chance::Chance;
use super::clock::{Clock, Stamp};
use super::label::{Label, SimulatedRecord};
use super::mail::{Delivered, Mail, REPEATED_AFTER_MAX};
use super::options::Options;
use aftermath::aftermath;
use contents::contents;
use tables::{RelatedRow, Tables};

/// Makes the chance of these records another than that of the mail.
const OTHER_CHANCE: u64 = 0x7265_6c61_7465_6421;

/// How far a link or an attachment may be ahead of its message: in records, which bounds what is played ahead, and in
/// seconds, because nothing is published before the message was there.
const LEAD_PLACES_MAX: u64 = 200;
const LEAD_SECONDS_MAX: u32 = 120;

/// How far they may be behind it, in records.
const LAG_PLACES_MAX: u32 = 200;

/// What may wait for its time at once. Beyond, nobody clicks, and nothing is done later.
const WAITING_MAX: usize = 20_000;

/// Weaves the other tables into the mail.
#[derive(Debug)]
pub(super) struct Related {
    lead_max: u64,
    repeats_per_mille: u32,
    chance: Chance,
    clock: Clock,
    /// The ids of the tenants.
    tenants: Vec<String>,
    tables: Tables,
    /// Mail that was played ahead.
    ahead: VecDeque<Delivered>,
    /// Rows by the place of the mail that they are due at, in the order in which they came up.
    waiting: BTreeMap<(u64, u64), Waiting>,
    came_up: u64,
    happening: Stamp,
    publishing: Stamp,
}

/// A row that is due later.
#[derive(Debug, Clone)]
struct Waiting {
    row: RelatedRow,
    repeat: bool,
}

impl Related {
    pub(super) fn new(options: &Options) -> Self {
        let clock = Clock::of(options);
        Self {
            lead_max: clock.places_in(LEAD_SECONDS_MAX).min(LEAD_PLACES_MAX),
            repeats_per_mille: options.repeats_per_mille,
            chance: Chance::seeded(options.seed ^ OTHER_CHANCE),
            clock,
            tenants: options.tenants.iter().map(|tenant| tenant.id.clone()).collect(),
            tables: Tables::new(options.shape),
            ahead: VecDeque::new(),
            waiting: BTreeMap::new(),
            came_up: 0,
            happening: Stamp::default(),
            publishing: Stamp::default(),
        }
    }

    /// The next record: a row that is due, or else the next of the mail.
    pub(super) fn next(&mut self, mail: &mut Mail) -> Option<SimulatedRecord> {
        self.play_ahead(mail);
        let mail_place = self.ahead.front().map_or(u64::MAX, place_of);
        match self.waiting.first_entry().filter(|first| first.key().0 <= mail_place) {
            Some(first) => {
                let ((place, _), waiting) = first.remove_entry();
                Some(self.publish(place, waiting))
            }
            None => self.ahead.pop_front().map(|delivered| delivered.record),
        }
    }

    fn play_ahead(&mut self, mail: &mut Mail) {
        while self.ahead.len() as u64 <= self.lead_max
            && let Some(delivered) = mail.next()
        {
            self.consider(&delivered);
            self.ahead.push_back(delivered);
        }
    }

    /// What other tables have to say about this row of the mail. They say it once, however often the row is delivered.
    fn consider(&mut self, delivered: &Delivered) {
        if delivered.record.label.repeat {
            return;
        }
        let place = place_of(delivered);
        for row in contents(&delivered.row) {
            let due = self.beside(place);
            self.wait(due, row);
        }
        for (seconds, row) in aftermath(&delivered.row, &mut self.chance) {
            if self.waiting.len() < WAITING_MAX {
                let later = self.clock.places_in(seconds).max(1);
                self.wait(place.saturating_add(later), row);
            }
        }
    }

    /// Mostly behind the message, and in one case of three before it.
    fn beside(&mut self, place: u64) -> u64 {
        match self.chance.below(3) {
            0 => place.saturating_sub(self.chance.below(self.lead_max)).saturating_sub(1),
            _ => place.saturating_add(u64::from(self.chance.within(1..=LAG_PLACES_MAX))),
        }
    }

    fn wait(&mut self, due: u64, row: RelatedRow) {
        self.put(due, Waiting { row, repeat: false });
    }

    fn put(&mut self, due: u64, waiting: Waiting) {
        self.came_up += 1;
        self.waiting.insert((due, self.came_up), waiting);
    }

    /// The record of a row that is due at this place of the mail.
    fn publish(&mut self, place: u64, waiting: Waiting) -> SimulatedRecord {
        let fraction = self.chance.below(10_000_000);
        let happened = self.happening.of(self.clock.at(place)).to_owned();
        let published = format!("{}.{fraction:07}Z", self.publishing.of(self.clock.published(place)));
        let Waiting { mut row, repeat } = waiting;
        row.happens(&happened, fraction);
        let message = row.message();
        let tenant = self.tenants.get(message.tenant).map(String::as_str).unwrap_or_default();
        let json = self.tables.write(&row, tenant, &published);
        let label = Label::of(message, tenant, row.recipient());
        let label = Label { repeat, table: Some(row.table()), ..label };
        if !repeat && self.chance.per_mille(self.repeats_per_mille) {
            let later = u64::from(self.chance.within(1..=REPEATED_AFTER_MAX));
            self.put(place.saturating_add(later), Waiting { row, repeat: true });
        }
        SimulatedRecord { json, label }
    }
}

const fn place_of(delivered: &Delivered) -> u64 {
    delivered.record.label.record
}

#[cfg(test)]
mod tests;
