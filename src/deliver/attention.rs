//! What a person is told, and what only a number of.
//!
//! A channel in which everything is told is a channel that everybody has muted. So a person hears of an alert when it
//! opens, when it grows worse and when somebody has clicked; not when it merely counts on or is over. And never of more in
//! an hour than a person can read: then once that there is more, and with the next message how much more there was.

use std::collections::{BTreeMap, VecDeque};

use crate::alert::{Alert, AlertId, State};
use crate::config::Attention;
use crate::event::{Span, Time};
use crate::judge::Severity;

/// The window of the budget.
const HOUR: Span = Span::hours(1);

/// How many alerts are remembered as told. One that is forgotten is told once more when it changes.
const REMEMBERED_MAX: usize = 10_000;

/// What to do about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Nothing.
    Silence,
    /// Nothing, because there were too many.
    TooMany,
    /// Tell it, and that so many were not told before it.
    Tell { untold: u32 },
    /// Tell it, and that no more will be told for a while.
    LastOfTheHour,
}

/// The memory of one channel. It is lost with the process: a restart may repeat what is open.
#[derive(Debug)]
pub(super) struct Channel {
    attention: Attention,
    told: BTreeMap<AlertId, Known>,
    order: VecDeque<AlertId>,
    recent: VecDeque<Time>,
    untold: u32,
}

/// What was told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    severity: Severity,
    is_clicked: bool,
}

impl Channel {
    pub(super) const fn new(attention: Attention) -> Self {
        Self { attention, told: BTreeMap::new(), order: VecDeque::new(), recent: VecDeque::new(), untold: 0 }
    }

    /// What to do about a record at this wall-clock time. Nothing is remembered before [`Channel::note`], so a record
    /// that could not be sent is decided upon anew.
    pub(super) fn decide(&self, alert: &Alert, now: Time) -> Telling {
        if !self.is_news(alert) {
            return Telling::Silence;
        }
        let recent = self.recent.iter().filter(|told| now - **told < HOUR).count();
        match (self.attention.per_hour_max as usize).saturating_sub(recent) {
            0 => Telling::TooMany,
            1 => Telling::LastOfTheHour,
            _ => Telling::Tell { untold: self.untold },
        }
    }

    /// Remembers that it was done.
    pub(super) fn note(&mut self, alert: &Alert, now: Time, telling: Telling) {
        match telling {
            Telling::Silence => {}
            Telling::TooMany => self.untold = self.untold.saturating_add(1),
            Telling::Tell { .. } | Telling::LastOfTheHour => {
                while self.recent.front().is_some_and(|told| now - *told >= HOUR) {
                    self.recent.pop_front();
                }
                self.recent.push_back(now);
                self.untold = 0;
                self.remember(alert);
            }
        }
    }

    fn is_news(&self, alert: &Alert) -> bool {
        if alert.severity < self.attention.severity_min || alert.state == State::Closed || alert.merged_into.is_some() {
            return false;
        }
        let known = self.told.get(&alert.id);
        known.is_none_or(|known| alert.severity > known.severity || (is_clicked(alert) && !known.is_clicked))
    }

    fn remember(&mut self, alert: &Alert) {
        let known = Known { severity: alert.severity, is_clicked: is_clicked(alert) };
        if self.told.insert(alert.id, known).is_none() {
            self.order.push_back(alert.id);
        }
        if self.order.len() > REMEMBERED_MAX {
            self.order.pop_front().and_then(|oldest| self.told.remove(&oldest));
        }
    }
}

const fn is_clicked(alert: &Alert) -> bool {
    alert.counts.clicked > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::harness::alert;

    fn channel(per_hour_max: u32) -> Channel {
        Channel::new(Attention { severity_min: Severity::Medium, per_hour_max })
    }

    fn at(minutes: i64) -> Time {
        Time::from_millis(minutes * 60_000)
    }

    fn hear(channel: &mut Channel, alert: &Alert, now: Time) -> Telling {
        let telling = channel.decide(alert, now);
        channel.note(alert, now, telling);
        telling
    }

    #[test]
    fn an_alert_is_told_when_it_opens_grows_worse_or_is_clicked_and_not_otherwise() {
        let mut channel = channel(30);
        let open = Alert { severity: Severity::Medium, ..alert(1) };
        let mut heard = |alert: &Alert| hear(&mut channel, alert, at(0)) == Telling::Tell { untold: 0 };
        assert!(!heard(&Alert { severity: Severity::Low, ..open.clone() }));
        assert!(heard(&open));
        let updated = Alert { state: State::Updated, seq: 2, ..open.clone() };
        assert!(!heard(&updated), "it only counts on");
        let worse = Alert { severity: Severity::High, ..updated.clone() };
        assert!(heard(&worse) && !heard(&worse));
        let mut clicked = worse.clone();
        clicked.counts.clicked = 1;
        assert!(heard(&clicked) && !heard(&clicked));
        assert!(!heard(&Alert { state: State::Closed, severity: Severity::Critical, ..clicked }));
    }

    #[test]
    fn more_than_a_person_can_read_is_told_as_a_number() {
        let mut channel = channel(3);
        let heard: Vec<_> = (0..6).map(|n| hear(&mut channel, &alert(n), at(i64::from(n)))).collect();
        let tell = Telling::Tell { untold: 0 };
        let too_many = Telling::TooMany;
        assert_eq!(heard, [tell, tell, Telling::LastOfTheHour, too_many, too_many, too_many]);
        assert_eq!(hear(&mut channel, &alert(6), at(63)), Telling::Tell { untold: 3 });
        assert_eq!(hear(&mut channel, &alert(7), at(63)), tell);
        assert_eq!(hear(&mut channel, &alert(8), at(63)), Telling::LastOfTheHour);
    }

    #[test]
    fn what_could_not_be_sent_is_decided_upon_anew() {
        let mut channel = channel(2);
        assert_eq!(channel.decide(&alert(1), at(0)), Telling::Tell { untold: 0 });
        assert_eq!(hear(&mut channel, &alert(1), at(0)), Telling::Tell { untold: 0 });
        assert_eq!(channel.decide(&alert(1), at(0)), Telling::Silence);
    }

    #[test]
    fn memory_is_bounded() {
        let mut channel = channel(1_000);
        for n in 0..REMEMBERED_MAX as u32 + 10 {
            hear(&mut channel, &alert(n), at(i64::from(n)));
        }
        assert_eq!((channel.told.len(), channel.order.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        assert!(channel.recent.len() <= 1_000);
    }
}
