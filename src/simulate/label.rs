//! A record and the truth about it.

use serde::Serialize;

/// One record as it comes over the wire, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedRecord {
    /// The envelope record: compact JSON on one line, without the line's end.
    pub json: String,
    /// What it truly is.
    pub label: Label,
}

/// The truth about one record; serialises to one line of the labels file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The number of the record in the stream, from 1.
    pub record: u64,
    /// The Entra tenant id.
    pub tenant: String,
    /// `NetworkMessageId` of the message.
    pub network_message_id: String,
    /// `RecipientEmailAddress` of the row.
    pub recipient: String,
    /// What kind of mail it is.
    pub family: Family,
    /// Whether a detector must find it.
    pub malicious: bool,
    /// The number of the attack that it belongs to, from 1.
    pub campaign: Option<u32>,
    /// Whether the same row was delivered before.
    pub repeat: bool,
}

/// The kinds of mail that occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// From strangers, under their own names.
    External,
    /// From the tenant to strangers.
    Outbound,
    /// Within the tenant.
    IntraOrg,
    /// From outside under the tenant's name, and legitimate.
    OwnDomain,
    /// A Direct Send burst in which everybody seems to write to themselves.
    SelfAddressedBurst,
}

impl Family {
    /// Whether mail of this kind is an attack.
    #[must_use]
    pub const fn is_malicious(self) -> bool {
        matches!(self, Self::SelfAddressedBurst)
    }
}
