//! Facts about one message, each with the field that it was read from.
//!
//! The questions are always the same four: whom does it claim to be, by which door did it come, does anything prove the
//! claim, and was it allowed. Rules combine the answers and read nothing else of the event.

use serde::{Deserialize, Serialize};

use crate::event::{
    AuthResults, CompAuth, DeliveryAction, DeliveryLocation, Direction, DmarcResult, Domain, MailEvent, Mailbox,
    SpfResult, domain_of,
};

use super::answer::{Answer, Gap};
use super::severity::{Factor, FactorSet};
use super::tenant::{SanctionedSource, Tenant};

/// What is known about a message after looking at it once.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The message.
    pub event: &'a MailEvent<'a>,
    /// Whose name the envelope from (P1) uses.
    pub envelope_claim: Claim,
    /// Whose name the header from (P2) uses.
    pub header_claim: Claim,
    /// By which door it came.
    pub entry: Entry,
    /// Whether the configured gateway's networks hold the source; `None` where the connector has no configured networks.
    pub inside_connector_networks: Option<bool>,
    /// Whether anything proves the claim.
    pub alignment: Alignment,
    /// Whether it was allowed.
    pub sanction: Option<Sanction<'a>>,
}

impl<'a> Facts<'a> {
    /// Looks at a message.
    #[must_use]
    pub fn of(event: &'a MailEvent<'a>, tenant: &'a Tenant) -> Self {
        let envelope_domain = event.envelope_from.folded_domain();
        let header_domain = event.header_from.folded_domain();
        let envelope_claim = Claim::told(event.untold.envelope_from, envelope_domain.as_ref(), tenant);
        let header_claim = Claim::of_header(event, tenant);
        let gateway = tenant.gateway(event.connectors.as_deref(), event.sender_ip());
        let entry = Entry::told(event, envelope_claim, gateway.is_some(), tenant);
        let own = envelope_claim.is_own() || header_claim.is_own();
        let senders = (envelope_domain.as_ref(), header_domain.as_ref());
        Self {
            event,
            envelope_claim,
            header_claim,
            entry,
            inside_connector_networks: gateway
                .filter(|gateway| !gateway.networks.is_empty())
                .map(|gateway| gateway.holds(event.sender_ip())),
            alignment: Alignment::of(own, event.authentication, senders, tenant),
            sanction: Sanction::find(event, envelope_claim, header_claim, tenant),
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
        factors.insert_if(Factor::SimulationVendor, tenant.simulations.iter().any(|it| it.holds(event.sender_ip())));
        factors.insert_if(Factor::Blocked, event.delivery_action == DeliveryAction::Blocked);
        factors
    }

    /// The facts as evidence: what was observed, what an honest message would show, and in which field.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let event = self.event;
        let authentication = event.authentication;
        let result = |word: Option<&'static str>| word.unwrap_or("absent");
        let connector = event.connectors.as_deref().unwrap_or("none");
        vec![
            Evidence::new(
                "envelope-from",
                sender(&event.envelope_from, self.envelope_claim),
                "foreign",
                "SenderMailFromAddress",
            ),
            Evidence::new("header-from", sender(&event.header_from, self.header_claim), "foreign", "SenderFromAddress"),
            Evidence::new("entry", self.entry.as_str(), "internal, gateway or connector", "EmailDirection, Connectors"),
            Evidence::new("connector", connector, "a configured connector", "Connectors"),
            Evidence::new("source", source(event), "a sanctioned network", "SenderIPv4, SenderIPv6"),
            Evidence::new(
                "spf",
                result(authentication.spf.map(SpfResult::as_str)),
                "pass",
                "AuthenticationDetails.SPF",
            ),
            Evidence::new(
                "dkim",
                result(authentication.dkim.map(|it| it.as_str())),
                "pass",
                "AuthenticationDetails.DKIM",
            ),
            Evidence::new(
                "dmarc",
                result(authentication.dmarc.map(DmarcResult::as_str)),
                "pass",
                "AuthenticationDetails.DMARC",
            ),
            Evidence::new(
                "compauth",
                result(authentication.comp_auth.map(CompAuth::as_str)),
                "pass",
                "AuthenticationDetails.CompAuth",
            ),
            Evidence::new("delivery", event.delivery_action.as_str(), "Blocked", "DeliveryAction"),
        ]
    }
}

/// Whose name a sender uses; what claims most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// An accepted domain of the tenant, or below one that matches subdomains.
    Own,
    /// Below an accepted domain, but not accepted itself.
    OwnSubdomain,
    /// Somebody else's.
    Foreign,
    /// No sender: a bounce (null reverse-path), or a header without one.
    Null,
    /// This form of the telemetry has no field for it.
    Absent,
}

impl Claim {
    pub(super) fn of(domain: Option<&Domain<'_>>, tenant: &Tenant) -> Self {
        domain.map_or(Self::Null, |domain| tenant.claim(domain))
    }

    fn told(is_untold: bool, domain: Option<&Domain<'_>>, tenant: &Tenant) -> Self {
        if is_untold { Self::Absent } else { Self::of(domain, tenant) }
    }

    /// Of several authors the one that claims most: a reader may be shown any of them.
    fn of_header(event: &MailEvent<'_>, tenant: &Tenant) -> Self {
        let claim =
            |mailbox: &Mailbox<'_>| Self::told(event.untold.header_from, mailbox.folded_domain().as_ref(), tenant);
        event.header_mailboxes().map(claim).min().unwrap_or(Self::Null)
    }

    /// The answer to a question about the claim.
    pub(super) fn answer(self, gap: Gap, holds: impl Fn(Self) -> bool) -> Answer {
        Answer::unless(if self == Self::Absent { Some(gap) } else { None }, holds(self))
    }

    /// Whether it is the tenant's name, accepted or below an accepted one.
    #[must_use]
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Own | Self::OwnSubdomain)
    }

    /// The word in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::OwnSubdomain => "own-subdomain",
            Self::Foreign => "foreign",
            Self::Null => "null",
            Self::Absent => "absent",
        }
    }
}

/// By which door a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// Submitted inside the tenant (`Intra-org`).
    Internal,
    /// Leaving the tenant.
    Outbound,
    /// Through a configured third-party filter, known by its connector or its network.
    Gateway,
    /// Through any other connector.
    Connector,
    /// From the internet, through no connector: the postern.
    Direct,
    /// The record cannot tell.
    Unknown,
}

impl Entry {
    /// The word in verdicts and evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Outbound => "outbound",
            Self::Gateway => "gateway",
            Self::Connector => "connector",
            Self::Direct => "direct",
            Self::Unknown => "unknown",
        }
    }

    /// The door, as far as the form tells it. Where it does not, a source in a filter's networks still came through the
    /// filter, and own mail to a stranger still went out: Direct Send reaches recipients of the tenant alone.
    fn told(event: &MailEvent<'_>, envelope: Claim, is_gateway: bool, tenant: &Tenant) -> Self {
        match Self::of(event.direction, event.connectors.is_some(), is_gateway) {
            Self::Internal => Self::Internal,
            Self::Outbound => Self::Outbound,
            _ if is_gateway && event.untold.entry => Self::Gateway,
            _ if event.untold.entry && envelope.is_own() && is_foreign(&event.recipient, tenant) => Self::Outbound,
            _ if event.untold.entry => Self::Unknown,
            entry => entry,
        }
    }

    pub(super) const fn of(direction: Direction, has_connector: bool, is_gateway: bool) -> Self {
        match (direction, has_connector, is_gateway) {
            (Direction::IntraOrg, ..) => Self::Internal,
            (Direction::Outbound, ..) => Self::Outbound,
            (Direction::Unknown, ..) => Self::Unknown,
            (Direction::Inbound, _, true) => Self::Gateway,
            (Direction::Inbound, true, false) => Self::Connector,
            (Direction::Inbound, false, false) => Self::Direct,
        }
    }
}

fn is_foreign(recipient: &str, tenant: &Tenant) -> bool {
    domain_of(recipient).is_some_and(|domain| tenant.claim(&Domain::fold(domain)) == Claim::Foreign)
}

/// Whether anything proves an own claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alignment {
    /// DMARC passed (or would have), or SPF passed for the same organisational domain.
    Aligned,
    /// There are results, and none of them aligns.
    Unaligned,
    /// There is no result.
    Unknown,
    /// Nothing own is claimed.
    NotApplicable,
}

impl Alignment {
    /// The word in verdicts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Unaligned => "unaligned",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// From the results, and from the folded domains of envelope from and header from.
    pub(super) fn of(claims_own: bool, results: AuthResults, senders: Senders<'_>, tenant: &Tenant) -> Self {
        match results {
            _ if !claims_own => Self::NotApplicable,
            AuthResults { spf: None, dmarc: None, .. } => Self::Unknown,
            _ if is_aligned(results, senders, tenant) => Self::Aligned,
            _ => Self::Unaligned,
        }
    }
}

/// The folded domains of envelope from and header from.
pub(super) type Senders<'d> = (Option<&'d Domain<'d>>, Option<&'d Domain<'d>>);

/// RFC 9989: an aligned identifier that passed. Compauth is Microsoft's opinion and never counts here.
fn is_aligned(results: AuthResults, (envelope, header): Senders<'_>, tenant: &Tenant) -> bool {
    match results.dmarc {
        Some(DmarcResult::Pass | DmarcResult::BestGuessPass) => true,
        _ => {
            results.spf == Some(SpfResult::Pass)
                && envelope.zip(header).is_some_and(|(envelope, header)| is_one_organisation(envelope, header, tenant))
        }
    }
}

/// Relaxed alignment without DNS and without guessing: equal names, one below the other, or both at or below one
/// accepted domain.
fn is_one_organisation(envelope: &Domain<'_>, header: &Domain<'_>, tenant: &Tenant) -> bool {
    let within = |domain: &Domain<'_>, name: &str| domain.as_str() == name || domain.is_below(name);
    within(envelope, header.as_str())
        || within(header, envelope.as_str())
        || tenant.accepted_domains.iter().any(|own| within(envelope, &own.name) && within(header, &own.name))
}

/// The configured entry that allows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sanction<'a> {
    /// Its name.
    pub name: &'a str,
}

impl<'a> Sanction<'a> {
    /// A sanction covers a message when the source lies in its networks and *every* own name that the message uses is
    /// one of its senders; a scanner's address on the envelope does not cover the director's in the header.
    fn find(event: &MailEvent<'_>, envelope: Claim, header: Claim, tenant: &'a Tenant) -> Option<Self> {
        if tenant.sanctioned.is_empty() {
            return None;
        }
        let addresses: Vec<String> = claimed(event, envelope, header).filter_map(Mailbox::folded_address).collect();
        let covers = |source: &&SanctionedSource| {
            source.holds(event.sender_ip())
                && !source.is_expired(event.timestamp)
                && !addresses.is_empty()
                && addresses.iter().all(|address| source.allows(address))
        };
        tenant.sanctioned.iter().find(covers).map(|source| Sanction { name: &source.name })
    }
}

/// The mailboxes that must be allowed: those that use an own name, or where none does, both.
fn claimed<'e>(event: &'e MailEvent<'e>, envelope: Claim, header: Claim) -> impl Iterator<Item = &'e Mailbox<'e>> {
    let nothing_own = !envelope.is_own() && !header.is_own();
    let sides =
        [(&event.envelope_from, envelope)].into_iter().chain(event.header_mailboxes().map(move |it| (it, header)));
    sides.filter(move |(_, claim)| nothing_own || claim.is_own()).map(|(mailbox, _)| mailbox)
}

/// A fact as an analyst reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which fact.
    pub fact: String,
    /// What the record says.
    pub observed: String,
    /// What an honest message would say.
    pub expected: String,
    /// The column that says it.
    pub field: String,
}

impl Evidence {
    fn new(fact: &str, observed: impl Into<String>, expected: &str, field: &str) -> Self {
        Self {
            fact: fact.to_owned(),
            observed: observed.into(),
            expected: expected.to_owned(),
            field: field.to_owned(),
        }
    }
}

fn sender(mailbox: &Mailbox<'_>, claim: Claim) -> String {
    let written = mailbox.address.as_deref().or(mailbox.domain.as_deref()).unwrap_or("<>");
    format!("{written} ({})", claim.as_str())
}

fn source(event: &MailEvent<'_>) -> String {
    event.sender_ip().map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

/// In an inbox as far as the row tells: where the location is missing, a delivery counts as one.
fn is_in_inbox(event: &MailEvent<'_>) -> bool {
    event.delivery_action == DeliveryAction::Delivered
        && matches!(event.delivery_location, DeliveryLocation::Inbox | DeliveryLocation::Unknown)
}

fn has_spoof_verdict(event: &MailEvent<'_>) -> bool {
    event.detection_methods.as_deref().is_some_and(|methods| methods.to_ascii_lowercase().contains("spoof"))
}
