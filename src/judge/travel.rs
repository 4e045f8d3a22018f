//! What leaves the tenant, and what may be that when it comes back.
//!
//! Mail that a list or a forwarder returns looks like the abuse: from outside, under an own name, its signature broken.
//! Both ends are named alike here, by what a return cannot lack: the Message-Id, the author and the subject. None of them
//! is secret, so the name alone proves nothing; whom it went to, and who proves to send it now, is kept beside it.

use crate::event::{Domain, Fingerprint, Mailbox, SpfResult, Text, Time};

use super::claim::Claim;
use super::facts::Facts;
use super::observation::normalise_subject;
use super::organisation::organisational_domain;

/// One row of mail that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// Event time.
    pub time: Time,
    /// Names the mail.
    pub mail: Fingerprint,
    /// Names the organisation that it went to.
    pub towards: Fingerprint,
}

/// A message that came in, as the mail that it would be if it had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Names the mail.
    pub mail: Fingerprint,
    /// Names the organisation that SPF proves to have sent it; `None` where it proves nothing, or only the own name.
    pub proven_from: Option<Fingerprint>,
}

/// What names a mail wherever it is met.
#[derive(Debug, Clone, Copy)]
pub struct MailName<'a> {
    /// `InternetMessageId`.
    pub message_id: &'a str,
    /// The author's address, as written.
    pub author: &'a str,
    /// The subject, as written.
    pub subject: &'a str,
}

impl MailName<'_> {
    fn fingerprint(self) -> Option<Fingerprint> {
        let id = self.message_id.trim().trim_start_matches('<').trim_end_matches('>');
        let author = Mailbox { address: Some(Text::borrowed(self.author)), domain: None }.folded_address()?;
        let subject = normalise_subject(self.subject);
        let parts = [id.as_bytes(), author.as_bytes(), subject.as_bytes()];
        (!id.is_empty()).then(|| Fingerprint::of("postern mail that travels", &parts))
    }
}

impl Departure {
    /// The departure that an outbound row tells; `None` where it does not tell enough to know the mail again.
    #[must_use]
    pub fn of(time: Time, name: MailName<'_>, recipient: &str) -> Option<Self> {
        let mailbox = Mailbox { address: Some(Text::borrowed(recipient)), domain: None };
        let towards = organisation(&mailbox.folded_domain()?);
        Some(Self { time, mail: name.fingerprint()?, towards })
    }
}

impl Arrival {
    /// What an inbound message would be the return of.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let event = facts.event;
        let name = MailName {
            message_id: event.internet_message_id.as_deref()?,
            author: event.header_from.address.as_deref()?,
            subject: event.subject.as_deref().unwrap_or_default(),
        };
        let envelope = event.envelope_from.folded_domain();
        let is_proven = event.authentication.spf == Some(SpfResult::Pass) && facts.envelope_claim == Claim::Foreign;
        let proven_from = envelope.filter(|_| is_proven).map(|domain| organisation(&domain));
        Some(Self { mail: name.fingerprint()?, proven_from })
    }
}

fn organisation(domain: &Domain<'_>) -> Fingerprint {
    let name = organisational_domain(domain).unwrap_or(domain.as_str());
    Fingerprint::of("postern organisation", &[name.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(message_id: &'static str, author: &'static str, subject: &'static str) -> Option<Fingerprint> {
        MailName { message_id, author, subject }.fingerprint()
    }

    #[test]
    fn a_list_may_change_what_lists_change() {
        let sent = name("<a@b>", "Sam@contoso.com", "Minutes of Monday");
        assert_eq!(sent, name("a@b", "sam@CONTOSO.com", "[users] Re: minutes of Monday"));
        assert_ne!(sent, name("a@b", "sam@contoso.com", "Payroll"));
        assert_ne!(sent, name("a@c", "sam@contoso.com", "Minutes of Monday"));
        assert_ne!(sent, name("a@b", "ceo@contoso.com", "Minutes of Monday"));
        assert_eq!(name(" <> ", "sam@contoso.com", "x"), None);
    }

    #[test]
    fn an_organisation_is_met_again_under_any_of_its_names() {
        let towards = |recipient| {
            let name = MailName { message_id: "a@b", author: "sam@contoso.com", subject: "" };
            Departure::of(Time::MIN, name, recipient).map(|departure| departure.towards)
        };
        assert_eq!(towards("users@lists.fabrikam.com"), towards("x@fabrikam.com"));
        assert_ne!(towards("users@fabrikam.com"), towards("x@northwind.example"));
        assert_eq!(towards("nobody"), None);
    }
}
