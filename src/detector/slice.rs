//! What one stretch of one input contributed: the hand-over from the stateless half to the memory.

use crate::correlate::Seen;
use crate::event::{DeliveryAction, Time};
use crate::judge::{BenignReason, TenantIndex};

use super::mail::MailCounts;

/// Everything that later stages need of a stretch of input: little, because most mail leaves nothing behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// What the detector must see, in input order.
    pub steps: Vec<Step>,
    /// The latest event time of each tenant in the stretch, whoever's mail it was.
    pub watermarks: Vec<(TenantIndex, Time)>,
    /// What could not be decoded, with the offset that it had.
    pub dead_letters: Vec<(i64, DeadLetter)>,
    /// How every record ended.
    pub outcomes: Outcomes,
    /// How the mail of each tenant ended.
    pub mail: Vec<(TenantIndex, MailCounts)>,
    /// Bytes of payloads.
    pub bytes: u64,
}

impl Slice {
    /// Raises a tenant's watermark and returns it.
    pub fn advance(&mut self, tenant: TenantIndex, time: Time) -> Time {
        match self.watermarks.iter_mut().find(|(index, _)| *index == tenant) {
            Some((_, watermark)) => {
                *watermark = time.max(*watermark);
                *watermark
            }
            None => {
                self.watermarks.push((tenant, time));
                time
            }
        }
    }

    /// How the mail of a tenant ended so far.
    pub fn mail_of(&mut self, tenant: TenantIndex) -> &mut MailCounts {
        let place = self.mail.iter().position(|(index, _)| *index == tenant).unwrap_or_else(|| {
            self.mail.push((tenant, MailCounts::default()));
            self.mail.len() - 1
        });
        &mut self.mail[place].1
    }

    /// Counts suspicious messages as benign after all, as the memory ruled.
    pub fn acquit(&mut self, acquittals: &[Acquittal]) {
        for Acquittal { tenant, delivery, reason } in acquittals {
            self.outcomes.acquit(1);
            self.mail_of(*tenant).acquit(*delivery, *reason);
        }
    }

    /// Forgets what came before an offset: it has been committed already. Watermarks stay; they only ever rise.
    pub fn skip_before(&mut self, offset: i64) {
        self.steps.retain(|step| step.offset >= offset);
        self.dead_letters.retain(|(at, _)| *at >= offset);
    }
}

/// Something worth remembering, on its way to the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The offset of the payload that held it; 0 where the input has no offsets.
    pub offset: i64,
    /// Whose.
    pub tenant: TenantIndex,
    /// The tenant's watermark in this input when the record came by, the record included: it makes the result
    /// independent of how the input is cut into slices.
    pub watermark: Time,
    /// What was seen.
    pub seen: Seen,
}

/// The memory's word that a suspicious message is benign after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acquittal {
    /// Whose.
    pub tenant: TenantIndex,
    /// What became of the message.
    pub delivery: DeliveryAction,
    /// Why.
    pub reason: BenignReason,
}

/// A record that could not be decoded, or whose tenant nobody configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Why, from a closed set; also a metric label.
    pub reason: String,
    /// Why, in words; sanitised, bounded.
    pub detail: String,
    /// Where it came from: `source/topic/partition/offset`, or the webhook's name.
    pub origin: String,
    /// The raw bytes, cut at [`DEAD_LETTER_BYTES_MAX`].
    pub raw: Vec<u8>,
}

/// The most that is kept of one dead letter.
pub const DEAD_LETTER_BYTES_MAX: usize = 256 * 1024;

/// How a record ended; every record that comes in ends in exactly one (invariant CONSERVE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Outcome {
    /// A mail with nothing to tell.
    Benign,
    /// A mail from a source that was allowed to send it.
    Sanctioned,
    /// A mail that at least one rule fired on.
    Suspicious,
    /// A mail of which its form does not tell enough.
    Unknown,
    /// A row of another table that is read: links, attachments, clicks, what was done later, audit records.
    Related,
    /// A row of a table that Postern does not read.
    OtherTable,
    /// Dead-lettered: it could not be decoded.
    Undecodable,
    /// Dead-lettered: nobody configured its tenant.
    UnknownTenant,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 8] = [
        Self::Benign,
        Self::Sanctioned,
        Self::Suspicious,
        Self::Unknown,
        Self::Related,
        Self::OtherTable,
        Self::Undecodable,
        Self::UnknownTenant,
    ];

    /// The metric label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::Sanctioned => "sanctioned",
            Self::Suspicious => "suspicious",
            Self::Unknown => "unknown",
            Self::Related => "related",
            Self::OtherTable => "other_table",
            Self::Undecodable => "undecodable",
            Self::UnknownTenant => "unknown_tenant",
        }
    }
}

/// A count for each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::ALL.len()]);

impl Outcomes {
    /// Counts one record.
    pub const fn count(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// Counts suspicious mail as benign after all, as the memory ruled.
    pub const fn acquit(&mut self, records: u64) {
        self.0[Outcome::Suspicious as usize] -= records;
        self.0[Outcome::Benign as usize] += records;
    }

    /// How many records ended so.
    #[must_use]
    pub const fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// How many records came in.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, more)| *own += more);
    }
}
