//! How the mail of one tenant ended, in numbers: what a chart needs, and nothing that names anybody.

use crate::event::DeliveryAction;
use crate::judge::{BenignReason, Entry, Verdict};

use super::slice::Outcome;

/// How the mail of one tenant ended. Each message counts once in every breakdown that applies to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    verdicts: [u64; Self::VERDICTS.len()],
    entries: [u64; Entry::ALL.len()],
    benign: [u64; BenignReason::ALL.len()],
    suspicious: [u64; DeliveryAction::ALL.len()],
}

impl MailCounts {
    /// The outcomes that mail can have.
    const VERDICTS: [Outcome; 4] = [Outcome::Benign, Outcome::Sanctioned, Outcome::Suspicious, Outcome::Unknown];

    /// Counts a message.
    pub const fn count(&mut self, entry: Entry, verdict: &Verdict<'_>, delivery: DeliveryAction) {
        self.entries[entry as usize] += 1;
        match verdict {
            Verdict::Benign(reason) => self.benign[*reason as usize] += 1,
            Verdict::Suspicious => self.suspicious[delivery as usize] += 1,
            Verdict::Sanctioned(_) | Verdict::Unknown(_) => {}
        }
        self.verdicts[match verdict {
            Verdict::Benign(_) => Outcome::Benign,
            Verdict::Sanctioned(_) => Outcome::Sanctioned,
            Verdict::Suspicious => Outcome::Suspicious,
            Verdict::Unknown(_) => Outcome::Unknown,
        } as usize] += 1;
    }

    /// Counts a suspicious message as benign after all, as the memory ruled. One that was not counted as suspicious
    /// stays what it was.
    pub const fn acquit(&mut self, delivery: DeliveryAction, reason: BenignReason) {
        if self.suspicious[delivery as usize] == 0 {
            return;
        }
        self.suspicious[delivery as usize] -= 1;
        self.verdicts[Outcome::Suspicious as usize] -= 1;
        self.benign[reason as usize] += 1;
        self.verdicts[Outcome::Benign as usize] += 1;
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.verdicts[..], &other.verdicts[..]),
            (&mut self.entries, &other.entries),
            (&mut self.benign, &other.benign),
            (&mut self.suspicious, &other.suspicious),
        ];
        let each = counts.into_iter().flat_map(|(own, more)| own.iter_mut().zip(more));
        each.for_each(|(own, more)| *own += more);
    }

    /// Messages by verdict.
    pub fn by_verdict(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Self::VERDICTS.map(Outcome::as_str).into_iter().zip(self.verdicts)
    }

    /// Messages by the door they came by.
    pub fn by_entry(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Entry::ALL.map(Entry::as_str).into_iter().zip(self.entries)
    }

    /// Benign messages by their reason.
    pub fn benign(&self) -> impl Iterator<Item = (&'static str, u64)> {
        BenignReason::ALL.map(BenignReason::as_str).into_iter().zip(self.benign)
    }

    /// Suspicious messages by what became of them.
    pub fn suspicious(&self) -> impl Iterator<Item = (&'static str, u64)> {
        DeliveryAction::ALL.map(DeliveryAction::as_str).into_iter().zip(self.suspicious)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some<'s>(counts: impl Iterator<Item = (&'s str, u64)>) -> Vec<(&'s str, u64)> {
        counts.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn every_message_counts_once_in_each_breakdown_and_an_acquittal_moves_it() {
        let mut mail = MailCounts::default();
        mail.count(Entry::Direct, &Verdict::Suspicious, DeliveryAction::Junked);
        mail.count(Entry::Direct, &Verdict::Suspicious, DeliveryAction::Delivered);
        mail.count(Entry::Direct, &Verdict::Sanctioned("scanner"), DeliveryAction::Delivered);
        mail.count(Entry::Internal, &Verdict::Benign(BenignReason::Internal), DeliveryAction::Delivered);
        mail.acquit(DeliveryAction::Junked, BenignReason::Echo);
        mail.acquit(DeliveryAction::Blocked, BenignReason::Echo);
        assert_eq!(some(mail.by_verdict()), [("benign", 2), ("sanctioned", 1), ("suspicious", 1)]);
        assert_eq!(some(mail.by_entry()), [("internal", 1), ("direct", 3)]);
        assert_eq!(some(mail.benign()), [("internal", 1), ("echo", 1)]);
        assert_eq!(some(mail.suspicious()), [("Delivered", 1)]);
    }

    #[test]
    fn the_lists_are_in_the_order_of_their_enums() {
        assert!(MailCounts::VERDICTS.iter().enumerate().all(|(place, verdict)| *verdict as usize == place));
        assert!(Entry::ALL.iter().enumerate().all(|(place, entry)| *entry as usize == place));
        assert!(BenignReason::ALL.iter().enumerate().all(|(place, reason)| *reason as usize == place));
        assert!(DeliveryAction::ALL.iter().enumerate().all(|(place, action)| *action as usize == place));
    }
}
