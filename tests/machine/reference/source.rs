//! What is known of a sender at a network: every mail that was ever seen of it.
//!
//! What speaks for a source is read as of ten minutes before the message that asks, because until then something could
//! still come; what is personal or too much speaks against it at once.

use std::collections::BTreeSet;

use postern::event::{SourceNetwork, Span, Time};
use postern::judge::{Standing, Visit};

const LATENESS: Span = Span::minutes(10);
/// Days that make a source known.
const KNOWN_DAYS: usize = 7;
/// Days that tell it apart from others who write the same.
const SETTLED_DAYS: usize = 3;
/// Days that are held against the median, and what they may have above four times it.
const JUDGED_DAYS: usize = 14;
const SLACK: usize = 20;

/// Every visit, with its time.
#[derive(Default)]
pub(super) struct Sightings(Vec<(Visit, Time)>);

/// What a source is known for when it speaks again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acquaintance {
    pub(super) is_aligned_of_old: bool,
    pub(super) is_device_of_old: bool,
    pub(super) was_aligned: bool,
    pub(super) is_new: bool,
    pub(super) is_settled: bool,
    pub(super) knows_network: bool,
}

impl Sightings {
    pub(super) fn add(&mut self, visit: &Visit, at: Time) {
        self.0.push((visit.clone(), at));
    }

    /// What is known, the visit that asks included.
    pub(super) fn acquaintance(&self, visit: &Visit, at: Time) -> Acquaintance {
        let settled = at - LATENESS;
        let others = self.others(visit);
        let unproven: Vec<&Visit> =
            others.iter().copied().filter(|other| self.has(other, settled, &[Standing::Unaligned])).collect();
        let is_proven_of_old =
            |other: &&&Visit| self.days(other, &[Standing::Aligned, Standing::Sanctioned], settled).len() >= KNOWN_DAYS;
        let is_of_device = matches!(unproven.as_slice(), [only] if self.is_device(only, settled));
        let is_aligned_of_old = self.days(visit, &[Standing::Aligned], settled).len() >= KNOWN_DAYS;
        let is_device_of_old = !is_aligned_of_old && self.is_device(visit, settled) && unproven.is_empty();
        let was_aligned = self.has(visit, settled, &[Standing::Aligned]);
        Acquaintance {
            is_aligned_of_old,
            is_device_of_old,
            was_aligned,
            is_new: !was_aligned && self.days(visit, &ALL, settled).is_empty(),
            is_settled: self.days(visit, &ALL, settled).len() >= SETTLED_DAYS && self.is_like_a_device(visit, settled),
            knows_network: is_of_device || others.iter().find(is_proven_of_old).is_some(),
        }
    }

    fn is_device(&self, visit: &Visit, settled: Time) -> bool {
        self.days(visit, &ALL, settled).len() >= KNOWN_DAYS && self.is_like_a_device(visit, settled)
    }

    /// Nothing personal, and no day with many more messages than an ordinary one.
    fn is_like_a_device(&self, visit: &Visit, settled: Time) -> bool {
        let mut days: Vec<i64> = self.of(visit).map(|(_, time)| day(*time)).collect();
        days.sort_unstable();
        let counts: Vec<(i64, usize)> =
            days.chunk_by(|one, other| one == other).map(|of_day| (of_day[0], of_day.len())).collect();
        let mut over: Vec<usize> =
            counts.iter().filter(|(number, _)| *number < day(settled)).map(|(_, count)| *count).collect();
        over.sort_unstable();
        let is_personal = self.of(visit).any(|(visit, _)| visit.is_personal);
        !is_personal && !over.is_empty() && {
            let ordinary = over[(over.len() - 1) / 2];
            counts.iter().rev().take(JUDGED_DAYS).all(|(_, count)| *count <= 4 * ordinary + SLACK)
        }
    }

    /// The days that were over, with a message of one of these standings.
    fn days(&self, visit: &Visit, standings: &[Standing], settled: Time) -> BTreeSet<i64> {
        let such = self.of(visit).filter(|(visit, _)| standings.contains(&visit.standing));
        such.map(|(_, time)| day(*time)).filter(|number| *number < day(settled)).collect()
    }

    fn has(&self, visit: &Visit, before: Time, standings: &[Standing]) -> bool {
        self.of(visit).any(|(visit, time)| standings.contains(&visit.standing) && *time < before)
    }

    fn of(&self, visit: &Visit) -> impl Iterator<Item = &(Visit, Time)> {
        let wanted = key(visit);
        self.0.iter().filter(move |(other, _)| key(other) == wanted)
    }

    /// One visit of everybody else at the network.
    fn others(&self, visit: &Visit) -> Vec<&Visit> {
        let mut others: Vec<&Visit> = Vec::new();
        for (other, _) in &self.0 {
            let is_other = other.network == visit.network && other.sender != visit.sender;
            if is_other && others.iter().all(|known| known.sender != other.sender) {
                others.push(other);
            }
        }
        others
    }
}

const ALL: [Standing; 4] = [Standing::Aligned, Standing::Sanctioned, Standing::Transient, Standing::Unaligned];

fn key(visit: &Visit) -> (SourceNetwork, String) {
    (visit.network, visit.sender.clone())
}

const fn day(time: Time) -> i64 {
    time.as_micros().div_euclid(Span::hours(24).as_micros())
}
