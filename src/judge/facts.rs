//! Facts about one message, each with the field that it was read from.
//!
//! The questions are always the same four: whom does it claim to be, by which door did it come, does anything prove the
//! claim, and was it allowed. Rules combine the answers and read nothing else of the event.

use crate::event::{CompAuth, CompAuthReason, DeliveryAction, DeliveryLocation, Domain, MailEvent, Mailbox};

use super::alignment::{Alignment, Proofs};
use super::answer::{Answer, Gap};
use super::claim::Claim;
use super::entry::Entry;
use super::sanction::{NearMiss, Permissions, Sanction};
use super::severity::{Factor, FactorSet};
use super::tenant::Tenant;

/// What is known about a message after looking at it once.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The message.
    pub event: &'a MailEvent<'a>,
    /// Whose name the envelope from (P1) uses.
    pub envelope_claim: Claim,
    /// Whose name the header from (P2) uses: of several authors the one that claims most, for a reader may be shown any.
    pub header_claim: Claim,
    /// Whose name each author uses, in the order of [`MailEvent::header_mailboxes`].
    pub author_claims: Vec<Claim>,
    /// By which door it came.
    pub entry: Entry,
    /// Whether the configured gateway's networks hold the source; `None` where the connector has no configured networks.
    pub inside_connector_networks: Option<bool>,
    /// Whether anything proves the claim.
    pub alignment: Alignment,
    /// Whether it was allowed.
    pub sanction: Option<Sanction<'a>>,
    /// The vendor of phishing simulations that it is from.
    pub simulation: Option<&'a str>,
    /// Where nothing configured covers it: what almost does.
    pub near_miss: Option<NearMiss<'a>>,
}

impl<'a> Facts<'a> {
    /// Looks at a message.
    #[must_use]
    pub fn of(event: &'a MailEvent<'a>, tenant: &'a Tenant) -> Self {
        let envelope = event.envelope_from.folded_domain();
        let authors: Vec<Option<Domain<'_>>> = event.header_mailboxes().map(Mailbox::folded_domain).collect();
        let author_claim = |domain: &Option<_>| Claim::told(event.untold.header_from, domain.as_ref(), tenant);
        let author_claims: Vec<Claim> = authors.iter().map(author_claim).collect();
        let header_claim = author_claims.iter().copied().min().unwrap_or(Claim::Null);
        let envelope_claim = Claim::told(event.untold.envelope_from, envelope.as_ref(), tenant);
        let gateway = tenant.gateway(event.connectors.as_deref(), event.sender_ip());
        let proofs = Proofs {
            results: event.authentication,
            envelope: envelope.as_ref(),
            authors: &authors,
            signers: &event.dkim_domains,
        };
        let own = envelope_claim.is_own() || header_claim.is_own();
        let Permissions { sanction, simulation, near_miss } =
            Permissions::of(event, envelope_claim, &author_claims, tenant);
        Self {
            event,
            envelope_claim,
            header_claim,
            entry: Entry::told(event, envelope_claim, gateway.is_some(), tenant),
            inside_connector_networks: gateway
                .filter(|gateway| !gateway.networks.is_empty())
                .map(|gateway| gateway.holds(event.sender_ip())),
            alignment: Alignment::of(own, &proofs, tenant),
            author_claims,
            sanction,
            simulation,
            near_miss,
        }
    }

    /// The answer to a question about the door.
    pub(super) fn entry_answer(&self, holds: bool) -> Answer {
        let gap = if self.entry == Entry::Unknown { Gap::Entry.of(self.event.untold) } else { None };
        Answer::unless(gap, holds)
    }

    /// Whether the message claims a name of the tenant, on the envelope or in the header.
    #[must_use]
    pub const fn claims_own(&self) -> bool {
        self.envelope_claim.is_own() || self.header_claim.is_own()
    }

    /// Whether the sender claims to be the recipient.
    #[must_use]
    pub fn is_self_addressed(&self) -> bool {
        let recipient = Mailbox { address: Some(self.event.recipient.clone()), domain: None }.folded_address();
        let is_recipient = |mailbox: &Mailbox<'_>| mailbox.folded_address().is_some_and(|own| Some(own) == recipient);
        let event = self.event;
        event.header_mailboxes().chain([&event.envelope_from]).any(is_recipient)
    }

    /// What makes the message worse or less bad, as far as the record alone can tell.
    #[must_use]
    pub fn factors(&self, tenant: &Tenant) -> FactorSet {
        let event = self.event;
        let protected = |mailbox: &Mailbox<'_>| {
            mailbox.folded_address().is_some_and(|address| tenant.protected_people.contains(&address))
        };
        let mut factors = FactorSet::default();
        factors.insert_if(Factor::DeliveredToInbox, is_in_inbox(event));
        factors.insert_if(Factor::SelfAddressed, self.claims_own() && self.is_self_addressed());
        let mut senders = event.header_mailboxes().chain([&event.envelope_from]);
        factors.insert_if(Factor::ProtectedPerson, senders.any(protected));
        factors.insert_if(Factor::CompAuthNone, event.authentication.comp_auth == Some(CompAuth::None));
        factors.insert_if(Factor::CompAuthFail, event.authentication.comp_auth == Some(CompAuth::Fail));
        factors.insert_if(Factor::SpoofVerdict, has_spoof_verdict(event));
        factors.insert_if(Factor::UrlPayload, event.url_count.is_some_and(|count| count > 0));
        factors.insert_if(Factor::AttachmentPayload, event.attachment_count.is_some_and(|count| count > 0));
        factors.insert_if(Factor::OwnAndAligned, self.claims_own() && self.alignment == Alignment::Aligned);
        factors.insert_if(Factor::SimulationVendor, self.simulation.is_some());
        factors.insert_if(Factor::Blocked, event.delivery_action == DeliveryAction::Blocked);
        factors
    }
}

/// In an inbox as far as the row tells: where the location is missing, a delivery counts as one.
fn is_in_inbox(event: &MailEvent<'_>) -> bool {
    event.delivery_action == DeliveryAction::Delivered
        && matches!(event.delivery_location, DeliveryLocation::Inbox | DeliveryLocation::Unknown)
}

/// By a detection method, or by a reason of compauth that is kept for the recipient's own domains.
fn has_spoof_verdict(event: &MailEvent<'_>) -> bool {
    event.detection_methods.as_deref().is_some_and(|methods| methods.to_ascii_lowercase().contains("spoof"))
        || event.authentication.comp_auth_reason.is_some_and(CompAuthReason::names_own_domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AuthResults, Direction, DmarcResult};
    use crate::judge::{AcceptedDomain, SanctionedSource, SenderPattern, Verdict, judge};

    fn tenant() -> Tenant {
        let own = AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false };
        let scanners = SanctionedSource {
            name: "HQ scanners".to_owned(),
            networks: vec!["198.51.100.7/32".parse().unwrap()],
            senders: vec![SenderPattern::Address("scanner@contoso.com".to_owned())],
            expires: None,
        };
        Tenant { accepted_domains: vec![own], sanctioned: vec![scanners], ..Tenant::default() }
    }

    fn mailbox(address: &'static str) -> Mailbox<'static> {
        Mailbox { address: Some(address.into()), domain: None }
    }

    /// A message that entered directly from the scanner's network.
    fn event(envelope: &'static str, authors: [&'static str; 2]) -> MailEvent<'static> {
        MailEvent {
            direction: Direction::Inbound,
            sender_ipv4: "198.51.100.7".parse().ok(),
            envelope_from: mailbox(envelope),
            header_from: mailbox(authors[0]),
            further_from: vec![mailbox(authors[1])],
            ..MailEvent::default()
        }
    }

    #[test]
    fn of_several_authors_the_one_that_claims_most_counts_wherever_it_stands() {
        for authors in [["x@evil.example", "ceo@contoso.com"], ["ceo@contoso.com", "x@evil.example"]] {
            let mut event = event("x@evil.example", authors);
            event.authentication = AuthResults { dmarc: Some(DmarcResult::Pass), ..AuthResults::default() };
            let (event, tenant) = (&event, &tenant());
            assert_eq!(Facts::of(event, tenant).header_claim, Claim::Own);
            assert_eq!(judge(event, tenant).verdict(), Verdict::Suspicious, "an added author proves nothing");
        }
    }

    #[test]
    fn a_sanction_covers_all_own_authors_or_nothing() {
        let tenant = tenant();
        let assert_verdict = |author, expected| {
            let event = event("scanner@contoso.com", ["scanner@contoso.com", author]);
            assert_eq!(judge(&event, &tenant).verdict(), expected);
        };
        assert_verdict("partner@fabrikam.com", Verdict::Sanctioned("HQ scanners"));
        assert_verdict("ceo@contoso.com", Verdict::Suspicious);
    }

    #[test]
    fn compauth_names_a_spoof_of_the_own_domain_by_its_reason() {
        let has_factor = |reason| {
            let mut event = event("x@evil.example", ["ceo@contoso.com", "ceo@contoso.com"]);
            event.authentication.comp_auth_reason = CompAuthReason::parse(reason);
            Facts::of(&event, &tenant()).factors(&tenant()).contains(Factor::SpoofVerdict)
        };
        assert_eq!(["010", "601", "001", "451"].map(has_factor), [true, true, false, false]);
    }
}
