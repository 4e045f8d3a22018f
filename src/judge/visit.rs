//! Mail in the tenant's own name at the direct door, proven or not: what the history of a source is made of.
//!
//! The rules ask whether one message is an attack; an inventory asks who speaks at all. So a visit is noted of benign
//! and of sanctioned mail too, with what it proved.

use serde::{Deserialize, Serialize};

use crate::event::{AuthResults, DmarcResult, Fingerprint, MailEvent, SourceNetwork, SpfResult, Time};

use super::alignment::Alignment;
use super::entry::Entry;
use super::facts::Facts;
use super::observation::{cut, name_of, recipient_of, row_of};
use super::severity::Factor;
use super::tenant::Tenant;
use super::verdict::Judgement;

/// What a message in the tenant's own name proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// DMARC passed, or SPF or DKIM for the same organisation.
    Aligned,
    /// A configured source was allowed to send it.
    Sanctioned,
    /// Nothing proved the claim, because a lookup failed for the moment.
    Transient,
    /// Nothing proved the claim.
    Unaligned,
}

impl Standing {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Sanctioned => "sanctioned",
            Self::Transient => "transient",
            Self::Unaligned => "unaligned",
        }
    }

    fn of(facts: &Facts<'_>) -> Self {
        match () {
            () if facts.alignment == Alignment::Aligned => Self::Aligned,
            () if facts.sanction.is_some() => Self::Sanctioned,
            () if has_transient_error(facts.event.authentication) => Self::Transient,
            () => Self::Unaligned,
        }
    }
}

/// A lookup that failed for the moment says nothing about the source; one that failed for good does.
fn has_transient_error(results: AuthResults) -> bool {
    results.spf == Some(SpfResult::TempError) || results.dmarc == Some(DmarcResult::TempError)
}

/// Somebody spoke in the tenant's name at the direct door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Where from.
    pub network: SourceNetwork,
    /// As whom: the author where the author is own, else the envelope sender; folded, cut.
    pub sender: String,
    /// What it proved.
    pub standing: Standing,
    /// Whether the message is such as no device writes: to its own sender, or as a protected person.
    pub is_personal: bool,
    /// The results of its authentication.
    pub results: AuthResults,
}

impl Visit {
    /// The visit that a message is; `None` where it came by another door, or claims nothing own.
    #[must_use]
    pub fn of(facts: &Facts<'_>, tenant: &Tenant) -> Option<Self> {
        let network = facts.event.sender_ip().filter(|_| facts.entry == Entry::Direct).map(SourceNetwork::of)?;
        let factors = facts.factors(tenant);
        Some(Self {
            network,
            sender: cut(&own_identity(facts)?),
            standing: Standing::of(facts),
            is_personal: factors.contains(Factor::SelfAddressed) || factors.contains(Factor::ProtectedPerson),
            results: facts.event.authentication,
        })
    }
}

fn own_identity(facts: &Facts<'_>) -> Option<String> {
    let event: &MailEvent<'_> = facts.event;
    let authors = event.header_mailboxes().zip(&facts.author_claims);
    let envelope = [(&event.envelope_from, &facts.envelope_claim)];
    authors.chain(envelope).find(|(_, claim)| claim.is_own()).and_then(|(mailbox, _)| mailbox.folded_address())
}

/// Own mail that nothing is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMail {
    /// Event time.
    pub time: Time,
    /// Names the message.
    pub message: Fingerprint,
    /// Names the recipient.
    pub recipient: Fingerprint,
    /// Names the row.
    pub row: Fingerprint,
    /// Who spoke.
    pub visit: Visit,
}

impl OwnMail {
    /// What the history needs of a benign or sanctioned message; `None` where it is no visit.
    #[must_use]
    pub fn of(judgement: &Judgement<'_>, tenant: &Tenant) -> Option<Self> {
        let visit = Visit::of(&judgement.facts, tenant)?;
        let event = judgement.facts.event;
        Some(Self {
            time: event.timestamp,
            message: name_of(event),
            recipient: recipient_of(event),
            row: row_of(event),
            visit,
        })
    }
}
