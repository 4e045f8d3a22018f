//! Own mail that left, so that it is recognised when a list or a forwarder sends it back.
//!
//! What comes back looks exactly like the abuse: from outside, under an own name, its signature broken on the way. What
//! tells it apart must not be the sender's to choose, and Message-Ids are: whoever received one mail knows one. So mail
//! counts as an echo only where the same Message-Id of the same author left before, with the same subject, *towards the
//! domain that now proves by SPF to send it back*, and only a few times. Where the domain is not proven, as with a
//! forwarder that keeps the envelope, it is no more than likely: that may lower a severity and never silence an alert.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Fingerprint, Span, Time};
use crate::judge::{Arrival, Departure};

/// How long mail that left is remembered, in event time.
const REMEMBERED: Span = Span::hours(5 * 24);

/// How many deliveries of one mail may come back.
const ECHOES_MAX: u32 = 25;

/// How many messages may be one mail that comes back without a proof. A forwarder serves one mailbox.
const CLAIMS_MAX: usize = 3;

/// How many domains one mail may have gone to, of those that are remembered.
const DOMAINS_MAX: usize = 16;

/// What a suspicious mail has in common with one that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    /// It is one, sent back by whom it went to.
    Proven,
    /// It has the name of one, and nothing proves where it comes from.
    Likely,
    /// None.
    No,
}

/// One mail that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    time: Time,
    towards: BTreeSet<Fingerprint>,
    #[serde(default, skip_serializing_if = "is_zero")]
    returned: u32,
    /// The messages that came back without a proof.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    claimed: BTreeSet<Fingerprint>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it looks at by reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The mail of one tenant that left lately.
#[derive(Debug, Clone, Default)]
pub(super) struct SentMail {
    entries: BTreeMap<Fingerprint, Sent>,
    by_time: BTreeSet<(Time, Fingerprint)>,
}

impl SentMail {
    /// Notes that a mail left.
    pub(super) fn depart(&mut self, departure: &Departure) {
        let mut sent = self.remove(departure.mail).unwrap_or_else(|| Sent {
            time: departure.time,
            towards: BTreeSet::new(),
            returned: 0,
            claimed: BTreeSet::new(),
        });
        sent.time = sent.time.min(departure.time);
        if sent.towards.len() < DOMAINS_MAX {
            sent.towards.insert(departure.towards);
        }
        self.restore(departure.mail, sent);
    }

    /// Whether a message that comes in is mail that left, and counts the delivery if so.
    pub(super) fn returns(&mut self, arrival: &Arrival, message: Fingerprint, at: Time) -> Echo {
        let Some(sent) = self.entries.get_mut(&arrival.mail).filter(|sent| sent.time <= at) else { return Echo::No };
        if sent.returned >= ECHOES_MAX {
            return Echo::No;
        }
        let is_proven = arrival.proven_from.is_some_and(|domain| sent.towards.contains(&domain));
        if !is_proven && !sent.claimed.contains(&message) && sent.claimed.len() >= CLAIMS_MAX {
            return Echo::No;
        }
        sent.returned += 1;
        if is_proven {
            return Echo::Proven;
        }
        sent.claimed.insert(message);
        Echo::Likely
    }

    /// Puts an entry back as it was stored.
    pub(super) fn restore(&mut self, mail: Fingerprint, sent: Sent) {
        self.by_time.insert((sent.time, mail));
        self.entries.insert(mail, sent);
    }

    /// Forgets and returns the oldest entry that the watermark has left behind, or that exceeds the bound.
    pub(super) fn forget_one(&mut self, watermark: Time, entries_max: usize) -> Option<Fingerprint> {
        let (time, mail) = self.by_time.first().copied()?;
        if self.entries.len() <= entries_max && time > watermark - REMEMBERED {
            return None;
        }
        self.remove(mail);
        Some(mail)
    }

    /// The entry with this name.
    pub(super) fn get(&self, mail: Fingerprint) -> Option<&Sent> {
        self.entries.get(&mail)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn remove(&mut self, mail: Fingerprint) -> Option<Sent> {
        let sent = self.entries.remove(&mail)?;
        self.by_time.remove(&(sent.time, mail));
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Fingerprint {
        Fingerprint::of("test", &[text.as_bytes()])
    }

    fn after_one_departure() -> SentMail {
        let mut sent = SentMail::default();
        sent.depart(&Departure { time: Time::from_millis(1_000), mail: name("mail"), towards: name("list") });
        sent
    }

    fn returns(sent: &mut SentMail, mail: &str, message: u8, from: Option<&str>) -> Echo {
        let arrival = Arrival { mail: name(mail), proven_from: from.map(name) };
        sent.returns(&arrival, Fingerprint::of("message", &[&[message]]), Time::from_millis(2_000))
    }

    #[test]
    fn only_whom_it_went_to_can_send_it_back() {
        let mut sent = after_one_departure();
        assert_eq!(returns(&mut sent, "mail", 1, Some("list")), Echo::Proven);
        assert_eq!(returns(&mut sent, "mail", 1, Some("somebody")), Echo::Likely);
        assert_eq!(returns(&mut sent, "mail", 1, None), Echo::Likely);
        assert_eq!(returns(&mut sent, "other", 1, Some("list")), Echo::No);
    }

    #[test]
    fn an_attacker_who_replays_a_message_id_soon_runs_out() {
        let mut sent = after_one_departure();
        let claims = (0..100).filter(|n| returns(&mut sent, "mail", *n, Some("attacker")) == Echo::Likely);
        assert_eq!(claims.count(), 3);
        let echoes = (0..100).filter(|n| returns(&mut sent, "mail", *n, Some("list")) == Echo::Proven);
        assert_eq!(echoes.count(), 25 - 3);
        let mut sent = after_one_departure();
        let to_many = (0..100).filter(|_| returns(&mut sent, "mail", 7, None) == Echo::Likely);
        assert_eq!(to_many.count(), 25);
    }

    #[test]
    fn mail_cannot_come_back_before_it_left_and_is_forgotten_after_five_days() {
        let mut sent = after_one_departure();
        let early = Arrival { mail: name("mail"), proven_from: Some(name("list")) };
        assert_eq!(sent.returns(&early, name("message"), Time::MIN), Echo::No);
        assert_eq!(sent.forget_one(Time::from_millis(1_000) + REMEMBERED, 1), Some(name("mail")));
        assert_eq!(sent.get(name("mail")), None);
    }
}
