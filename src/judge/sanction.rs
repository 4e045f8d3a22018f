//! Whether a message was allowed, and what it would have taken.
//!
//! A permission is a pair: these senders, from these networks, until a day. Half a pair permits nothing, but it is the
//! first thing that whoever looks into an alert wants to know: a scanner that moved, a scanner whose network somebody else
//! uses, and a sanction that ran out last night need three different answers. So what almost matched is told in words.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::event::{MailEvent, Mailbox, Time};

use super::claim::Claim;
use super::tenant::{ExpiryDate, SanctionedSource, SenderPattern, SimulationVendor, Tenant, holds};

/// The configured entry that allows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sanction<'a> {
    /// Its name.
    pub name: &'a str,
}

/// What a configured entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// To send without authentication.
    Sanction,
    /// To spoof, for training.
    Simulation,
}

impl Permission {
    /// The name of its fact in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sanction => "sanction",
            Self::Simulation => "simulation",
        }
    }

    /// Where it is configured.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Sanction => "[[tenant.sanctioned]]",
            Self::Simulation => "[[tenant.simulation]]",
        }
    }
}

/// A configured entry that would allow a message, but for one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss<'a> {
    /// What it permits.
    pub permission: Permission,
    /// Its name.
    pub name: &'a str,
    /// What is wrong.
    pub miss: Miss,
}

/// What keeps an entry from allowing a message; the closest to a match comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The pair is right, and its time is over.
    Expired(ExpiryDate),
    /// The network is right; the address is not one of its senders.
    OtherSender(String),
    /// The senders are, by their full address; the source is not one of its networks.
    OtherNetwork(Option<IpAddr>),
}

impl fmt::Display for NearMiss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\": ", self.name)?;
        match &self.miss {
            Miss::Expired(date) => write!(f, "right network and sender, but it expired on {date}"),
            Miss::OtherSender(sender) => write!(f, "right network, but it may not send as {sender}"),
            Miss::OtherNetwork(Some(source)) => write!(f, "right sender, but {source} is not in its networks"),
            Miss::OtherNetwork(None) => f.write_str("right sender, but the source is not known"),
        }
    }
}

/// What the configuration says of a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Permissions<'a> {
    /// The sanction that covers it.
    pub(super) sanction: Option<Sanction<'a>>,
    /// The vendor that it is a simulation of.
    pub(super) simulation: Option<&'a str>,
    /// Where nothing covers it, what comes closest.
    pub(super) near_miss: Option<NearMiss<'a>>,
}

impl<'a> Permissions<'a> {
    /// A permission covers a message when the source lies in its networks and *every* own name that the message uses is
    /// one of its senders; a scanner's address on the envelope does not cover the director's in the header.
    pub(super) fn of(event: &MailEvent<'_>, envelope: Claim, authors: &[Claim], tenant: &'a Tenant) -> Self {
        if tenant.sanctioned.is_empty() && tenant.simulations.is_empty() {
            return Self::default();
        }
        let used = Use { source: event.sender_ip(), at: event.timestamp, senders: claimed(event, envelope, authors) };
        let pairs = tenant.sanctioned.iter().map(Pair::from).chain(tenant.simulations.iter().map(Pair::from));
        pairs.fold(Self::default(), |permissions, pair| permissions.with(&pair, &used)).settled()
    }

    fn with(mut self, pair: &Pair<'a>, used: &Use) -> Self {
        match (pair.covers(used), pair.permission) {
            (Ok(()), Permission::Sanction) => self.sanction = self.sanction.or(Some(Sanction { name: pair.name })),
            (Ok(()), Permission::Simulation) => self.simulation = self.simulation.or(Some(pair.name)),
            (Err(Some(miss)), permission) if self.near_miss.as_ref().is_none_or(|closest| miss < closest.miss) => {
                self.near_miss = Some(NearMiss { permission, name: pair.name, miss });
            }
            (Err(_), _) => {}
        }
        self
    }

    fn settled(self) -> Self {
        let is_covered = self.sanction.is_some() || self.simulation.is_some();
        Self { near_miss: self.near_miss.filter(|_| !is_covered), ..self }
    }
}

/// The senders that must be allowed: those that use an own name, or where none does, all. A sender of which only the
/// domain is known stands as `@domain`, which no address is and any address at that domain covers.
fn claimed(event: &MailEvent<'_>, envelope: Claim, authors: &[Claim]) -> Vec<String> {
    let sides =
        [(&event.envelope_from, envelope)].into_iter().chain(event.header_mailboxes().zip(authors.iter().copied()));
    let nothing_own = !envelope.is_own() && !authors.iter().any(|claim| claim.is_own());
    sides.filter(|(_, claim)| nothing_own || claim.is_own()).filter_map(|(mailbox, _)| written(mailbox)).collect()
}

fn written(mailbox: &Mailbox<'_>) -> Option<String> {
    mailbox.folded_address().or_else(|| mailbox.folded_domain().map(|domain| format!("@{domain}")))
}

/// How a message uses what may be permitted.
struct Use {
    source: Option<IpAddr>,
    at: Time,
    senders: Vec<String>,
}

/// A configured entry of either kind.
struct Pair<'a> {
    permission: Permission,
    name: &'a str,
    networks: &'a [IpNet],
    senders: &'a [SenderPattern],
    any_sender: bool,
    expires: Option<ExpiryDate>,
}

impl<'a> From<&'a SanctionedSource> for Pair<'a> {
    fn from(source: &'a SanctionedSource) -> Self {
        let SanctionedSource { name, networks, senders, expires } = source;
        Self { permission: Permission::Sanction, name, networks, senders, any_sender: false, expires: *expires }
    }
}

impl<'a> From<&'a SimulationVendor> for Pair<'a> {
    fn from(vendor: &'a SimulationVendor) -> Self {
        let SimulationVendor { name, networks, senders, expires } = vendor;
        let any_sender = senders.is_empty();
        Self { permission: Permission::Simulation, name, networks, senders, any_sender, expires: *expires }
    }
}

impl Pair<'_> {
    /// Whether it covers the message, or what it misses; nothing where not even half of the pair is right.
    fn covers(&self, used: &Use) -> Result<(), Option<Miss>> {
        let from_its_network = holds(self.networks, used.source);
        let stranger = used.senders.iter().find(|sender| !self.allows(sender));
        let as_its_sender = self.any_sender || (stranger.is_none() && !used.senders.is_empty());
        match (from_its_network, as_its_sender, self.expires.filter(|date| date.is_over(used.at))) {
            (true, true, None) => Ok(()),
            (true, true, Some(date)) => Err(Some(Miss::Expired(date))),
            (_, _, Some(_)) | (false, false, _) => Err(None),
            (true, false, None) => Err(stranger.cloned().map(Miss::OtherSender)),
            (false, true, None) => Err(self.names_all(used).then_some(Miss::OtherNetwork(used.source))),
        }
    }

    fn allows(&self, sender: &str) -> bool {
        self.any_sender || self.senders.iter().any(|pattern| pattern.matches(sender))
    }

    /// By their full address: to be right for `*@contoso.com` is what every spoof of contoso.com is.
    fn names_all(&self, used: &Use) -> bool {
        let names = |sender: &String| self.senders.contains(&SenderPattern::Address(sender.clone()));
        !used.senders.is_empty() && used.senders.iter().all(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Text;

    const SCANNER: &str = "scanner@contoso.com";
    const CEO: &str = "ceo@contoso.com";

    fn tenant() -> Tenant {
        let address = |text: &str| SenderPattern::Address(text.to_owned());
        let networks = |text: &str| vec![text.parse().unwrap()];
        Tenant {
            accepted_domains: vec![crate::judge::AcceptedDomain {
                name: "contoso.com".into(),
                match_subdomains: false,
            }],
            sanctioned: vec![SanctionedSource {
                name: "HQ scanners".into(),
                networks: networks("198.51.100.0/28"),
                senders: vec![address(SCANNER), address("plotter@contoso.com")],
                expires: ExpiryDate::from_date(2027, 1, 1),
            }],
            simulations: vec![SimulationVendor {
                name: "training".into(),
                networks: networks("192.0.2.64/27"),
                senders: vec![SenderPattern::AnyAt("contoso.com".into())],
                expires: ExpiryDate::from_date(2027, 6, 1),
            }],
            ..Tenant::default()
        }
    }

    fn mailbox(address: &'static str) -> Mailbox<'static> {
        Mailbox { address: Some(Text::from(address)).filter(|text| !text.is_empty()), domain: None }
    }

    fn event(source: &str, envelope: &'static str, authors: &[&'static str]) -> MailEvent<'static> {
        let mut authors = authors.iter().map(|author| mailbox(author));
        MailEvent {
            timestamp: Time::parse("2026-11-02T08:00:00Z").unwrap(),
            sender_ipv4: source.parse().ok(),
            envelope_from: mailbox(envelope),
            header_from: authors.next().unwrap_or_default(),
            further_from: authors.collect(),
            ..MailEvent::default()
        }
    }

    fn permissions<'a>(event: &MailEvent<'_>, tenant: &'a Tenant) -> Permissions<'a> {
        let claim = |mailbox: &Mailbox<'_>| Claim::of(mailbox.folded_domain().as_ref(), tenant);
        let authors: Vec<Claim> = event.header_mailboxes().map(claim).collect();
        Permissions::of(event, claim(&event.envelope_from), &authors, tenant)
    }

    fn told(event: &MailEvent<'_>, tenant: &Tenant) -> String {
        permissions(event, tenant).near_miss.map(|near| near.to_string()).unwrap_or_default()
    }

    const INSIDE: &str = "198.51.100.7";
    const OUTSIDE: &str = "203.0.113.9";

    #[test]
    fn every_own_author_must_be_a_sender_of_the_sanction() {
        let tenant = tenant();
        let is_sanctioned = |authors: &[&'static str]| {
            permissions(&event(INSIDE, SCANNER, authors), &tenant).sanction == Some(Sanction { name: "HQ scanners" })
        };
        assert!(is_sanctioned(&[SCANNER]) && is_sanctioned(&[SCANNER, "plotter@contoso.com"]));
        assert!(is_sanctioned(&[SCANNER, "partner@fabrikam.com"]), "a stranger's name needs no permission of ours");
        assert!(!is_sanctioned(&[SCANNER, CEO]) && !is_sanctioned(&[CEO, SCANNER]));
    }

    #[test]
    fn an_own_domain_without_an_address_is_covered_by_a_pattern_only() {
        let mut tenant = tenant();
        let domain_only = Mailbox { address: None, domain: Some(Text::from("contoso.com")) };
        let event = MailEvent { header_from: domain_only, ..event(INSIDE, SCANNER, &[]) };
        assert_eq!(permissions(&event, &tenant).sanction, None);
        assert_eq!(told(&event, &tenant), "\"HQ scanners\": right network, but it may not send as @contoso.com");
        tenant.sanctioned[0].senders = vec![SenderPattern::AnyAt("contoso.com".into())];
        assert!(permissions(&event, &tenant).sanction.is_some());
    }

    #[test]
    fn half_a_pair_is_told_in_words() {
        let tenant = tenant();
        assert_eq!(
            told(&event(INSIDE, CEO, &[CEO]), &tenant),
            "\"HQ scanners\": right network, but it may not send as ceo@contoso.com"
        );
        assert_eq!(
            told(&event(OUTSIDE, SCANNER, &[SCANNER]), &tenant),
            "\"HQ scanners\": right sender, but 203.0.113.9 is not in its networks"
        );
        assert_eq!(
            told(&event("", SCANNER, &[SCANNER]), &tenant),
            "\"HQ scanners\": right sender, but the source is not known"
        );
        let late =
            MailEvent { timestamp: Time::parse("2027-01-01T00:00:00Z").unwrap(), ..event(INSIDE, SCANNER, &[SCANNER]) };
        assert_eq!(told(&late, &tenant), "\"HQ scanners\": right network and sender, but it expired on 2027-01-01");
        assert_eq!(permissions(&late, &tenant).sanction, None);
    }

    #[test]
    fn nothing_is_told_where_nothing_is_near_or_all_is_right() {
        let tenant = tenant();
        for event in [event(OUTSIDE, CEO, &[CEO]), event(INSIDE, SCANNER, &[SCANNER])] {
            assert_eq!(told(&event, &tenant), "");
        }
    }

    #[test]
    fn a_vendor_is_a_pair_too_and_a_pattern_from_elsewhere_is_not_near() {
        let mut tenant = tenant();
        let vendor = "192.0.2.70";
        assert_eq!(permissions(&event(vendor, CEO, &[CEO]), &tenant).simulation, Some("training"));
        assert_eq!(
            told(&event(vendor, "x@fabrikam.com", &[]), &tenant),
            "\"training\": right network, but it may not send as x@fabrikam.com"
        );
        assert_eq!(told(&event(OUTSIDE, CEO, &[CEO]), &tenant), "");
        let late = MailEvent { timestamp: Time::parse("2027-06-01T00:00:00Z").unwrap(), ..event(vendor, CEO, &[CEO]) };
        assert_eq!(told(&late, &tenant), "\"training\": right network and sender, but it expired on 2027-06-01");
        tenant.simulations[0].senders.clear();
        assert_eq!(permissions(&event(vendor, "", &[]), &tenant).simulation, Some("training"));
    }
}
