//! The memory as many small entries, so that a commit writes what changed and nothing else.

use serde::Serialize;

use crate::correlate::campaign::Campaign;
use crate::correlate::deliveries::Delivery;
use crate::correlate::gate::OpenGate;
use crate::correlate::related::Rows;
use crate::correlate::sent::Sent;
use crate::correlate::sources::{Profile, SourceKey};
use crate::event::Fingerprint;

use super::Memory;

/// An entry that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touched {
    Clock,
    Delivery(Fingerprint),
    Source(SourceKey),
    Sent(Fingerprint),
    Waiting(Fingerprint),
    Gate(Fingerprint),
    Budgets,
}

/// An entry as it is stored: its kind, its key and its value, or `None` where it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Unique within the kind.
    pub key: String,
    /// Canonical JSON.
    pub value: Option<String>,
}

/// The kinds of entries.
pub const KINDS: [&str; 8] = [CLOCK, BUDGETS, CAMPAIGN, DELIVERY, SOURCE, SENT, WAITING, GATE];

const CLOCK: &str = "clock";
const BUDGETS: &str = "budgets";
const CAMPAIGN: &str = "campaign";
pub(super) const DELIVERY: &str = "delivery";
pub(super) const SOURCE: &str = "source";
pub(super) const SENT: &str = "sent";
pub(super) const WAITING: &str = "waiting";
pub(super) const GATE: &str = "gate";

/// The memory as entries.
impl Memory {
    /// The entries that changed since this was asked last, each once, in a fixed order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        let campaigns = self.campaigns.take_touched();
        let entries = touched.into_iter().map(|entry| self.change(entry));
        let campaigns = campaigns.into_iter().map(|id| Change::of(CAMPAIGN, &id, self.campaigns.get(id)));
        entries.chain(campaigns).collect()
    }

    /// Forgets which entries changed, where nobody stores them.
    pub fn forget_changes(&mut self) {
        self.touched.clear();
        self.campaigns.take_touched();
    }

    /// Puts a stored entry back.
    ///
    /// # Errors
    /// When the entry is not one that this build stores.
    pub fn restore(&mut self, kind: &str, key: &str, value: &str) -> Result<(), serde_json::Error> {
        use serde::de::Error;

        let name = || key.parse::<Fingerprint>().map_err(serde_json::Error::custom);
        match kind {
            CLOCK => self.clock = serde_json::from_str(value)?,
            BUDGETS => self.campaigns.restore_budgets(serde_json::from_str(value)?),
            CAMPAIGN => self.restore_campaign(serde_json::from_str(value)?),
            DELIVERY => self.deliveries.restore(name()?, serde_json::from_str::<Delivery>(value)?),
            SOURCE => {
                let key = key.parse().map_err(serde_json::Error::custom)?;
                self.sources.restore(key, serde_json::from_str::<Profile>(value)?);
            }
            SENT => self.sent.restore(name()?, serde_json::from_str::<Sent>(value)?),
            WAITING => self.waiting.restore(name()?, serde_json::from_str::<Rows>(value)?),
            GATE => self.gates.restore(serde_json::from_str::<OpenGate>(value)?),
            _ => return Err(serde_json::Error::custom(format_args!("no state is of the kind {kind:?}"))),
        }
        Ok(())
    }

    fn restore_campaign(&mut self, campaign: Campaign) {
        self.campaigns.insert(campaign);
        self.campaigns.take_touched();
    }

    fn change(&self, entry: Touched) -> Change {
        match entry {
            Touched::Clock => Change::of(CLOCK, &"", Some(&self.clock)),
            Touched::Budgets => Change::of(BUDGETS, &"", Some(self.campaigns.budgets())),
            Touched::Delivery(key) => Change::of(DELIVERY, &key, self.deliveries.get(key)),
            Touched::Source(key) => Change::of(SOURCE, &key, self.sources.get(&key).as_deref()),
            Touched::Sent(mail) => Change::of(SENT, &mail, self.sent.get(mail)),
            Touched::Waiting(message) => Change::of(WAITING, &message, self.waiting.get(message)),
            Touched::Gate(id) => Change::of(GATE, &id, self.gates.get(id)),
        }
    }
}

impl Change {
    /// Canonical JSON: only ordered collections are stored, so equal values are equal text.
    fn of<T: Serialize>(kind: &'static str, key: &dyn std::fmt::Display, value: Option<&T>) -> Self {
        Self { kind, key: key.to_string(), value: value.and_then(|value| serde_json::to_string(value).ok()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::{Finding, Limits, Stage};
    use crate::event::Time;

    /// As version 0.1 stored them, before there were sources.
    const OLD: [(&str, &str, &str); 3] = [
        ("clock", "", r#"{"watermark":"2026-11-02T08:16:02Z","evicted":3}"#),
        (
            "delivery",
            "00000000000000000000000000000001",
            r#"{"time":"2026-11-02T08:16:02Z","row":"00000000000000000000000000000002","fate":"junked"}"#,
        ),
        (
            "campaign",
            "00000000000000000000000000000003",
            r#"{"id":"00000000000000000000000000000003","rule":"direct-send-spoof","opened":"2026-11-02T08:16:02Z","first_seen":"2026-11-02T08:16:02Z","last_seen":"2026-11-02T08:16:02Z","rules":1,"any":17,"all":17,"messages":[1],"recipients":[2],"delivered":0,"junked":1,"blocked":0,"networks":["203.0.113.0/24"],"contents":["00000000000000000000000000000004"],"sources":[["2026-11-02T08:16:02Z","203.0.113.9"]],"senders":[],"subjects":[],"message_ids":[],"earliest":["2026-11-02T08:16:02Z","00000000000000000000000000000005",[]],"told":{"seq":1,"severity":"medium","magnitude":0}}"#,
        ),
    ];

    #[test]
    fn what_an_older_build_stored_is_understood() {
        let mut memory = Memory::new("t", Limits::default());
        OLD.iter().for_each(|(kind, key, value)| memory.restore(kind, key, value).unwrap());
        let sizes = memory.sizes();
        assert_eq!((sizes.open_campaigns, sizes.deliveries, memory.evicted()), (1, 1, 3));
        let mut told = Vec::new();
        memory.handle_watermark(Time::parse("2026-11-02T10:00:00Z").unwrap(), &mut |finding| told.push(finding));
        assert!(
            matches!(&told[..], [Finding::Campaign(Stage::Closed, campaign)] if campaign.told.seq == 2),
            "{told:?}"
        );
    }

    #[test]
    fn what_no_build_stored_is_refused() {
        let mut memory = Memory::new("t", Limits::default());
        for (kind, key, value) in [("wisdom", "", "{}"), ("source", "nowhere", "{}"), ("sent", "0", "{}")] {
            assert!(memory.restore(kind, key, value).is_err(), "{kind}");
        }
    }
}
