//! What is told: one alert a campaign, with its whole reason.
//!
//! An alert is a finding in the words of the people who read it. Its identity does not depend on when or where it was
//! made: the id is a hash of what was found, so a receiver can drop what it has seen, and a replay tells nothing twice.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod campaign;
mod gate;
mod record;
pub mod render;
mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::correlate::{Finding, Stage};
use crate::event::{Fingerprint, Time};
use crate::judge::posture::{POSTURE_RULES, PostureRuleId};
use crate::judge::{Evidence, RULES, RuleId, Severity, SeverityReason, Tenant};

pub use record::{HEARTBEAT_SCHEMA, Heartbeat, NotARecord, Record};
pub use words::plural;

impl Alert {
    /// The alert record that tells a finding.
    #[must_use]
    pub fn of(finding: &Finding, tenant: &Tenant) -> Self {
        match finding {
            Finding::Campaign(stage, campaign) => campaign::alert(*stage, campaign, tenant),
            Finding::Gate(stage, gate) => gate::alert(*stage, gate, tenant),
        }
    }
}

/// The name and version of the format (`schema` of every alert).
pub const SCHEMA: &str = "postern.alert/1";

/// The identity of an alert: 128 bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub Fingerprint);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for AlertId {
    type Err = <Fingerprint as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// One record of an alert's life, in the native format `postern.alert/1`: the source of every rendering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// [`SCHEMA`].
    pub schema: String,
    /// The same in every record of this alert.
    pub id: AlertId,
    /// Counts the records of this alert, from 1.
    pub seq: u32,
    /// Where the alert is in its life.
    pub state: State,
    /// The tenant's name.
    pub tenant: String,
    /// The tenant's Entra id.
    pub tenant_id: String,
    /// The rule that opened it.
    pub rule: AlertRule,
    /// How bad it is now.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Two or three sentences for a person.
    pub summary: String,
    /// Event time of the earliest message.
    pub first_seen: Time,
    /// Event time of the latest message.
    pub last_seen: Time,
    /// How many.
    pub counts: Counts,
    /// Addresses it came from, the earliest first, bounded.
    pub sources: Vec<String>,
    /// Whom it claims to be, bounded.
    pub senders: Vec<String>,
    /// Who got it, the earliest first, bounded: the whole list is in the mail system, by `sample_message_ids`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recipients: Vec<String>,
    /// Who followed its links, the earliest first, bounded.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub clicked_by: Vec<String>,
    /// Its subjects, bounded.
    pub subjects: Vec<String>,
    /// NetworkMessageIds to look at, at most [`SAMPLES_MAX`].
    pub sample_message_ids: Vec<String>,
    /// The facts of the earliest message.
    pub evidence: Vec<Evidence>,
    /// What made the severity what it is.
    pub severity_reasons: Vec<Reason>,
    /// MITRE ATT&CK techniques.
    pub techniques: Vec<String>,
    /// What to do, most urgent first.
    pub actions: Vec<String>,
    /// The alert that this one turned out to be part of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merged_into: Option<AlertId>,
    /// Domains that its links lead to, the earliest first, bounded.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub link_domains: Vec<String>,
    /// Where it is the telling of a flood: what that was made of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub storm: Option<StormReport>,
    /// Whether it is made up, to see that a sink works (`postern test-alert`).
    #[serde(skip_serializing_if = "is_false", default)]
    pub test: bool,
    /// Where it is about a change of settings: the campaigns since, the earliest first, at most [`SAMPLES_MAX`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub campaigns_since: Vec<AlertId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it looks at by reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What an alert is about: a message, or a change of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AlertRule {
    /// A rule about messages.
    Mail(RuleId),
    /// A rule about changes.
    Posture(PostureRuleId),
}

impl AlertRule {
    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail(rule) => rule.as_str(),
            Self::Posture(rule) => rule.as_str(),
        }
    }

    /// Every rule.
    pub fn all() -> impl Iterator<Item = Self> {
        let mail = RULES.iter().map(|rule| Self::Mail(rule.id));
        mail.chain(POSTURE_RULES.iter().map(|rule| Self::Posture(rule.id)))
    }
}

/// What a flood was made of. The counts of messages are at most a 64th of all too high.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StormReport {
    /// How many campaigns are told as this one.
    pub campaigns: u64,
    /// The networks that sent most.
    pub networks: Vec<Frequent>,
    /// The senders that were claimed most.
    pub senders: Vec<Frequent>,
    /// The subjects that were most frequent.
    pub subjects: Vec<Frequent>,
}

/// A text, and how many messages had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequent {
    /// The text.
    pub value: String,
    /// Messages.
    pub messages: u64,
}

/// How many sources, senders, recipients, subjects and message ids an alert lists.
pub const SAMPLES_MAX: usize = 20;

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The first record.
    Open,
    /// More is known.
    Updated,
    /// The campaign is over, or has become part of another.
    Closed,
}

impl From<Stage> for State {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Opened => Self::Open,
            Stage::Updated => Self::Updated,
            Stage::Closed | Stage::Merged(_) => Self::Closed,
        }
    }
}

impl State {
    /// The word in the format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Updated => "updated",
            Self::Closed => "closed",
        }
    }
}

/// How many messages, recipients and deliveries. Distinct counts are exact to 1,024 and within a few per cent above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Distinct messages (NetworkMessageId).
    pub messages: u64,
    /// Distinct recipients.
    pub recipients: u64,
    /// Deliveries to a mailbox outside the junk folder.
    pub delivered: u64,
    /// Deliveries to the junk folder.
    pub junked: u64,
    /// Deliveries that Microsoft blocked or quarantined.
    pub blocked: u64,
    /// Deliveries that were taken out of the mailbox again.
    #[serde(default)]
    pub removed: u64,
    /// Clicks on links that were not held back.
    pub clicked: u64,
}

/// A severity reason as the format writes it: `{"reason":"self-addressed","effect":"+10"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The factor's word.
    pub reason: String,
    /// The factor's effect in points, with its sign.
    pub effect: String,
}

impl From<SeverityReason> for Reason {
    fn from(reason: SeverityReason) -> Self {
        Self { reason: reason.factor.as_str().to_owned(), effect: format!("{:+}", reason.factor.effect()) }
    }
}
