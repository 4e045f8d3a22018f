//! The skim.

use crate::event::{Direction, Time};

/// What one look at a plain EmailEvents record tells.
///
/// Its existence is a proof: [`RawRecord::decode`](super::RawRecord::decode) returns a mail with exactly these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skim<'a> {
    /// `tenantId` of the envelope.
    pub tenant_id: &'a str,
    /// `time` of the envelope, not yet parsed: when Defender published the record.
    pub published: Option<&'a str>,
    /// `Timestamp`.
    pub timestamp: Time,
    /// `NetworkMessageId`.
    pub network_message_id: &'a str,
    /// `RecipientEmailAddress`.
    pub recipient: &'a str,
    /// `SenderMailFromDomain`; where it is `None` there is no `SenderMailFromAddress` either.
    pub envelope_from_domain: Option<&'a str>,
    /// `SenderFromDomain`; where it is `None` there is no `SenderFromAddress` either.
    pub header_from_domain: Option<&'a str>,
    /// `EmailDirection`.
    pub direction: Direction,
    /// `Connectors`.
    pub connectors: Option<&'a str>,
}
