//! The skim: enough of a plain record to know whether it can matter, at the price of finding its end.
//!
//! Nine mails in ten are decided by their direction and two domains. The skim reads those and proves that the rest could
//! be read; where the proof needs more than a glance (an escape in a value of interest, a container in a column, a key
//! twice, a domain that must be taken from its address), it gives up, and the full decoder decides. It may give up too
//! often; it may never be wrong. A property test holds it to that over mutated records.
//!
//! An attacker chooses subjects, names and addresses, but a quote inside a JSON string is escaped, so none of them can
//! forge a key.

use super::authentication;
use super::key::{Key, KeySet};
use super::quoted::Quoted;
use super::scan::{Scalar, Scan, Stop};
use super::table::Table;
use crate::event::{AuthResults, Direction, Text, Time};

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
    /// `SenderFromAddress`.
    pub header_from: Option<&'a str>,
    authentication: Option<Quoted<'a>>,
    internet_message_id: Option<Quoted<'a>>,
    subject: Option<Quoted<'a>>,
}

impl<'a> Skim<'a> {
    /// `InternetMessageId`.
    #[must_use]
    pub fn internet_message_id(&self) -> Option<Text<'a>> {
        self.internet_message_id.map(Quoted::text)
    }

    /// `Subject`.
    #[must_use]
    pub fn subject(&self) -> Option<Text<'a>> {
        self.subject.map(Quoted::text)
    }

    /// `AuthenticationDetails`, read when it is asked for: most mail is decided without it.
    #[must_use]
    pub fn authentication(&self) -> AuthResults {
        let details = self.authentication.map(Quoted::text).filter(|details| !details.is_empty());
        authentication::results(details.as_deref())
    }

    /// Reads one record and moves behind it. Where it stops in between, the scan is of no use any more.
    pub(super) fn read(scan: &mut Scan<'a>, depth_max: u8) -> Result<Self, Stop> {
        let depth_in_row = depth_max.checked_sub(2).ok_or(Stop::Depth)?;
        let mut glance = Glance::default();
        scan.object(|scan, key| glance.envelope_member(scan, key.plain().ok_or(Stop::Unusual)?, depth_in_row))?;
        glance.proven().ok_or(Stop::Unusual)
    }
}

/// What has been seen of a record so far.
#[derive(Default)]
struct Glance<'a> {
    is_mail: bool,
    in_envelope: KeySet,
    in_row: KeySet,
    tenant_id: Option<&'a str>,
    published: Option<&'a str>,
    timestamp: Option<&'a str>,
    network_message_id: Option<&'a str>,
    recipient: Option<&'a str>,
    envelope_from: Option<&'a str>,
    envelope_from_domain: Option<&'a str>,
    header_from: Option<&'a str>,
    header_from_domain: Option<&'a str>,
    direction: Option<&'a str>,
    connectors: Option<&'a str>,
    authentication: Option<Quoted<'a>>,
    internet_message_id: Option<Quoted<'a>>,
    subject: Option<Quoted<'a>>,
}

impl<'a> Glance<'a> {
    fn envelope_member(&mut self, scan: &mut Scan<'a>, name: &str, depth_in_row: u8) -> Result<(), Stop> {
        let Some(key) = Key::find(name.as_bytes()) else {
            return scan.scalar().map(drop);
        };
        first(&mut self.in_envelope, key)?;
        match key {
            Key::Category => self.is_mail = is_mail(plain(scan)?)?,
            Key::TenantId => self.tenant_id = plain(scan)?,
            Key::Time => self.published = plain(scan)?,
            Key::Properties => {
                return scan.object(|scan, key| self.column(scan, key.plain().ok_or(Stop::Unusual)?, depth_in_row));
            }
            _ => return Err(Stop::Unusual),
        }
        Ok(())
    }

    #[inline]
    fn column(&mut self, scan: &mut Scan<'a>, name: &str, depth_max: u8) -> Result<(), Stop> {
        let Some(key) = Key::find(name.as_bytes()) else {
            return scan.value(depth_max);
        };
        first(&mut self.in_row, key)?;
        let place = match key {
            Key::Timestamp => &mut self.timestamp,
            Key::NetworkMessageId => &mut self.network_message_id,
            Key::RecipientEmailAddress => &mut self.recipient,
            Key::SenderMailFromAddress => &mut self.envelope_from,
            Key::SenderMailFromDomain => &mut self.envelope_from_domain,
            Key::SenderFromAddress => &mut self.header_from,
            Key::SenderFromDomain => &mut self.header_from_domain,
            Key::EmailDirection => &mut self.direction,
            Key::Connectors => &mut self.connectors,
            Key::AuthenticationDetails => {
                self.authentication = quoted(scan)?;
                return Ok(());
            }
            Key::InternetMessageId => {
                self.internet_message_id = quoted_or_native(scan)?;
                return Ok(());
            }
            Key::Subject => {
                self.subject = quoted_or_native(scan)?;
                return Ok(());
            }
            _ => return scan.scalar().map(drop),
        };
        *place = plain(scan)?;
        Ok(())
    }

    fn proven(self) -> Option<Skim<'a>> {
        let is_derived = |domain: Option<&str>, address: Option<&str>| domain.is_none() && address.is_some();
        if !self.is_mail
            || !self.in_envelope.contains(Key::Properties)
            || is_derived(self.envelope_from_domain, self.envelope_from)
            || is_derived(self.header_from_domain, self.header_from)
        {
            return None;
        }
        Some(Skim {
            tenant_id: self.tenant_id?,
            published: self.published,
            timestamp: Time::parse(self.timestamp?).ok()?,
            network_message_id: self.network_message_id?,
            recipient: self.recipient?,
            envelope_from_domain: self.envelope_from_domain,
            header_from_domain: self.header_from_domain,
            direction: self.direction.map(Direction::parse).unwrap_or_default(),
            connectors: self.connectors,
            header_from: self.header_from,
            authentication: self.authentication,
            internet_message_id: self.internet_message_id,
            subject: self.subject,
        })
    }
}

fn first(seen: &mut KeySet, key: Key) -> Result<(), Stop> {
    if seen.insert(key) { Ok(()) } else { Err(Stop::Unusual) }
}

/// Stops at the first sight of another table, which the streaming API names before the row.
fn is_mail(category: Option<&str>) -> Result<bool, Stop> {
    if category.and_then(Table::of) == Some(Table::Mail) { Ok(true) } else { Err(Stop::Unusual) }
}

/// Text that means what is written; null, empty and missing are one.
#[inline]
fn plain<'a>(scan: &mut Scan<'a>) -> Result<Option<&'a str>, Stop> {
    let Some(quoted) = quoted(scan)? else { return Ok(None) };
    Ok(Some(quoted.plain().ok_or(Stop::Unusual)?).filter(|text| !text.is_empty()))
}

/// Text as it is written, or null.
#[inline]
fn quoted<'a>(scan: &mut Scan<'a>) -> Result<Option<Quoted<'a>>, Stop> {
    match scan.scalar()? {
        Scalar::Null => Ok(None),
        Scalar::Text(quoted) => Ok(Some(quoted)),
        Scalar::Native => Err(Stop::Unusual),
    }
}

/// Text as it is written; a number or a flag, which nobody writes there, is left alone.
#[inline]
fn quoted_or_native<'a>(scan: &mut Scan<'a>) -> Result<Option<Quoted<'a>>, Stop> {
    match scan.scalar()? {
        Scalar::Text(quoted) => Ok(Some(quoted)),
        Scalar::Null | Scalar::Native => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str =
        r#""Timestamp":"2026-11-02T08:16:02Z","NetworkMessageId":"n","RecipientEmailAddress":"r@contoso.com""#;

    fn skim(row: &str, envelope: &str) -> Option<Direction> {
        let json = format!(r#"{{"tenantId":"t","category":"EmailEvents","properties":{{{ROW}{row}}}{envelope}}}"#);
        Skim::read(&mut Scan::new(&json), u8::MAX).ok().map(|skim| skim.direction)
    }

    #[test]
    fn what_the_decoder_does_not_read_may_be_anything() {
        assert_eq!(skim("", ""), Some(Direction::Unknown));
        for row in [r#","To":["a",{"Connectors":1}]"#, r#","Subject":"\"x\"""#, r#","UrlCount" : 1e999"#] {
            assert_eq!(
                skim(&format!(r#"{row},"EmailDirection":"Inbound""#), r#","Tenant":"d""#),
                Some(Direction::Inbound)
            );
        }
    }

    #[test]
    fn anything_unusual_in_what_it_reads_is_left_to_the_decoder() {
        for row in [
            r#","Connectors":"a\u0062""#,
            r#","Connectors":7"#,
            r#","Subject":["a"]"#,
            r#","Subject":"a","Subject":"a""#,
            r#","Timestamp":"2026-11-02T08:16:02Z""#,
            r#","Sub\u006aect":"a""#,
            r#","SenderFromAddress":"a@contoso.com","SenderFromDomain":null"#,
            r#","SenderMailFromAddress":"a@contoso.com""#,
        ] {
            assert_eq!(skim(row, ""), None, "{row}");
        }
        for envelope in [r#","category":"EmailEvents""#, r#","records":[]"#, r#","time":7"#, r#","properties":{}"#] {
            assert_eq!(skim("", envelope), None, "{envelope}");
        }
    }

    #[test]
    fn a_skim_ends_where_the_record_ends() {
        let json = format!(r#"{{"tenantId":"t","category":"EmailEvents","properties":{{{ROW}}}}} , {{"#);
        let mut scan = Scan::new(&json);
        let start = scan.clone();
        Skim::read(&mut scan, 2).unwrap();
        assert!(scan.since(&start).ends_with("}}") && scan.peek() == Some(b','));
    }
}
