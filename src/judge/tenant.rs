//! What a tenant has told us about itself, compiled for judging.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::decode::Owner;
use crate::event::{Domain, MailEvent, Time, domain_of};

use super::claim::Claim;

/// A tenant's place in the configuration; cheap to carry with every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantIndex(pub u32);

/// All configured tenants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenants {
    list: Vec<Tenant>,
    by_id: HashMap<String, TenantIndex>,
    catch_all: Option<TenantIndex>,
}

impl Tenants {
    /// Tenants that are found by their Entra id. Ids are compared without case; the first of two equal ids wins, so the
    /// configuration refuses a second one.
    #[must_use]
    pub fn new(list: Vec<Tenant>) -> Self {
        let mut by_id = HashMap::with_capacity(list.len());
        for (index, tenant) in (0..).zip(&list) {
            by_id.entry(tenant.id.to_ascii_lowercase()).or_insert(TenantIndex(index));
        }
        Self { list, by_id, catch_all: None }
    }

    /// One tenant to which every record belongs, whatever tenant id it carries: `scan --domain`, where there is no
    /// configuration and somebody else's records cannot be meant. Never used by the service.
    #[must_use]
    pub fn catch_all(tenant: Tenant) -> Self {
        Self { list: vec![tenant], by_id: HashMap::new(), catch_all: Some(TenantIndex(0)) }
    }

    /// The tenant with this Entra id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<TenantIndex> {
        if self.catch_all.is_some() {
            return self.catch_all;
        }
        self.by_id.get(id).or_else(|| self.by_id.get(&id.to_ascii_lowercase())).copied()
    }

    /// The tenant that a record belongs to, by what it says of itself; else by whom the mail went to.
    ///
    /// A record that does not say is the only tenant's, or that of the recipient's accepted domain, or of the sender's.
    #[must_use]
    pub fn owner(&self, owner: &Owner<'_>, mail: Option<&MailEvent<'_>>) -> Option<TenantIndex> {
        if let Owner::Tenant(id) = owner {
            return self.find(id);
        }
        if self.catch_all.is_some() {
            return self.catch_all;
        }
        if let Owner::Workspace(id) = owner
            && let Some(tenant) =
                self.position(|tenant| tenant.workspaces.iter().any(|own| own.eq_ignore_ascii_case(id)))
        {
            return Some(tenant);
        }
        let only = (self.list.len() == 1).then_some(TenantIndex(0));
        only.or_else(|| mail.and_then(|mail| self.correspondent(mail)))
    }

    fn correspondent(&self, mail: &MailEvent<'_>) -> Option<TenantIndex> {
        let recipient = domain_of(&mail.recipient).map(Domain::fold);
        let senders = [mail.envelope_from.folded_domain(), mail.header_from.folded_domain()];
        let owner_of = |domain: Domain<'_>| self.position(|tenant| tenant.claim(&domain).is_own());
        [recipient].into_iter().chain(senders).flatten().find_map(owner_of)
    }

    fn position(&self, is_it: impl Fn(&Tenant) -> bool) -> Option<TenantIndex> {
        self.iter().find(|(_, tenant)| is_it(tenant)).map(|(index, _)| index)
    }

    /// The tenant at this index.
    ///
    /// # Panics
    /// When the index comes from another configuration.
    #[must_use]
    pub fn get(&self, index: TenantIndex) -> &Tenant {
        &self.list[index.0 as usize]
    }

    /// All tenants with their indexes, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = (TenantIndex, &Tenant)> {
        (0..).map(TenantIndex).zip(&self.list)
    }
}

/// One Microsoft 365 tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant {
    /// The Entra tenant id, which the envelope carries as `tenantId`.
    pub id: String,
    /// The Log Analytics workspaces that its mail tables are exported to: `TenantId` of their rows.
    pub workspaces: Vec<String>,
    /// What people call it; also the value of the `tenant` label of metrics.
    pub name: String,
    /// Where the tenant's MX points.
    pub mx: MxTarget,
    /// The accepted domains (`Get-AcceptedDomain`).
    pub accepted_domains: Vec<AcceptedDomain>,
    /// Mailboxes whose impersonation is worse than another's; folded addresses.
    pub protected_people: Vec<String>,
    /// Third-party filters in front of Exchange Online.
    pub gateways: Vec<Gateway>,
    /// Sources that may send without authentication.
    pub sanctioned: Vec<SanctionedSource>,
    /// Vendors of phishing simulations.
    pub simulations: Vec<SimulationVendor>,
    /// Transport rules that hold spoofs back, beside those whose name says so.
    pub spoof_rules: Vec<String>,
}

impl Tenant {
    /// Whose name a domain is: the tenant's own, below it, or somebody else's.
    #[must_use]
    pub fn claim(&self, domain: &Domain<'_>) -> Claim {
        let mut claim = Claim::Foreign;
        for accepted in &self.accepted_domains {
            match accepted.claim(domain) {
                Claim::Own => return Claim::Own,
                Claim::OwnSubdomain => claim = Claim::OwnSubdomain,
                _ => {}
            }
        }
        claim
    }

    /// The configured filter that a message came through, by connector name or by network.
    #[must_use]
    pub fn gateway(&self, connector: Option<&str>, source: Option<IpAddr>) -> Option<&Gateway> {
        let by_name = |gateway: &&Gateway| {
            connector.is_some_and(|name| gateway.connector.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)))
        };
        self.gateways.iter().find(by_name).or_else(|| self.gateways.iter().find(|gateway| gateway.holds(source)))
    }
}

/// Where the MX record of the tenant points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MxTarget {
    /// Straight to Exchange Online Protection: every internet message is "inbound without a connector".
    #[default]
    Eop,
    /// To a third-party filter: inbound without a connector means that the filter was walked around.
    Gateway,
}

/// A domain that the tenant accepts mail for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedDomain {
    /// The folded name.
    pub name: String,
    /// Whether names below it are accepted as well (`MatchSubDomains`).
    pub match_subdomains: bool,
}

impl AcceptedDomain {
    fn claim(&self, domain: &Domain<'_>) -> Claim {
        match (domain.as_str() == self.name, domain.is_below(&self.name)) {
            (true, _) => Claim::Own,
            (_, true) if self.match_subdomains => Claim::Own,
            (_, true) => Claim::OwnSubdomain,
            _ => Claim::Foreign,
        }
    }
}

/// A third-party filter in front of Exchange Online.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gateway {
    /// The name of its inbound connector.
    pub connector: Option<String>,
    /// The networks that it sends from.
    pub networks: Vec<IpNet>,
}

impl Gateway {
    /// Whether the address lies in one of the filter's networks.
    #[must_use]
    pub fn holds(&self, source: Option<IpAddr>) -> bool {
        holds(&self.networks, source)
    }
}

/// A source that may send without authentication: only as this pair of network and sender, and only until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionedSource {
    /// What people call it; shown as the reason of a sanctioned verdict.
    pub name: String,
    /// Networks that it sends from.
    pub networks: Vec<IpNet>,
    /// Senders that it uses.
    pub senders: Vec<SenderPattern>,
    /// The first day (UTC) on which it no longer counts.
    pub expires: Option<ExpiryDate>,
}

/// The start of a day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpiryDate(Time);

impl ExpiryDate {
    /// From a civil date; `None` where there is no such day.
    #[must_use]
    pub fn from_date(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        Time::parse(&format!("{date}T00:00:00Z")).ok().map(Self)
    }

    /// Whether the day has begun at this event time.
    #[must_use]
    pub fn is_over(self, at: Time) -> bool {
        at >= self.0
    }
}

impl fmt::Display for ExpiryDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.0.to_string();
        f.write_str(start.split('T').next().unwrap_or_default())
    }
}

/// A sender of a permission: one address, or any address of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderPattern {
    /// A folded address.
    Address(String),
    /// `*@domain`, with the domain folded.
    AnyAt(String),
}

impl SenderPattern {
    /// Whether a folded address is meant.
    #[must_use]
    pub fn matches(&self, sender: &str) -> bool {
        match self {
            Self::Address(address) => address == sender,
            Self::AnyAt(domain) => sender.rsplit_once('@').is_some_and(|(_, of)| of == domain),
        }
    }
}

/// A vendor of phishing simulations: spoofs by design and with permission, as a pair and for a time, like a sanction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationVendor {
    /// What people call it.
    pub name: String,
    /// Networks that it sends from.
    pub networks: Vec<IpNet>,
    /// Senders that it uses; none means any.
    pub senders: Vec<SenderPattern>,
    /// The first day (UTC) on which it no longer counts.
    pub expires: Option<ExpiryDate>,
}

/// Whether one of the networks holds the address. An IPv4-mapped IPv6 address is the IPv4 address that it maps.
pub(super) fn holds(networks: &[IpNet], source: Option<IpAddr>) -> bool {
    source.is_some_and(|address| networks.iter().any(|network| network.contains(&address.to_canonical())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Tenant {
        let domain = |name: &str, match_subdomains| AcceptedDomain { name: name.to_owned(), match_subdomains };
        Tenant {
            accepted_domains: vec![domain("contoso.com", false), domain("contoso.example", true)],
            ..Tenant::default()
        }
    }

    #[test]
    fn an_accepted_domain_is_own_and_what_lies_below_depends_on_its_setting() {
        let claim = |name: &str| tenant().claim(&Domain::fold(name));
        assert_eq!(claim("CONTOSO.com."), Claim::Own);
        assert_eq!(claim("news.contoso.com"), Claim::OwnSubdomain);
        assert_eq!(claim("news.contoso.example"), Claim::Own);
        assert_eq!(claim("notcontoso.com"), Claim::Foreign);
        assert_eq!(claim("contoso.com.evil.example"), Claim::Foreign);
    }

    #[test]
    fn a_gateway_is_known_by_its_connector_or_by_its_network() {
        let gateway = Gateway {
            connector: Some("Inbound from filter".to_owned()),
            networks: vec!["203.0.113.0/24".parse().unwrap()],
        };
        let tenant = Tenant { gateways: vec![gateway], ..Tenant::default() };
        assert!(tenant.gateway(Some("INBOUND from filter"), None).is_some());
        assert!(tenant.gateway(None, Some("::ffff:203.0.113.5".parse().unwrap())).is_some());
        assert!(tenant.gateway(Some("Relay"), Some("192.0.2.1".parse().unwrap())).is_none());
    }

    #[test]
    fn a_permission_ends_with_the_first_moment_of_its_date() {
        let expires = ExpiryDate::from_date(2027, 1, 1).unwrap();
        assert!(!expires.is_over(Time::parse("2026-12-31T23:59:59.9Z").unwrap()));
        assert!(expires.is_over(Time::parse("2027-01-01T00:00:00Z").unwrap()));
        assert_eq!(expires.to_string(), "2027-01-01");
        assert_eq!(ExpiryDate::from_date(2027, 2, 30), None);
    }

    #[test]
    fn a_pattern_is_for_one_domain_and_not_for_what_lies_below() {
        let pattern = SenderPattern::AnyAt("contoso.com".to_owned());
        assert!(pattern.matches("any@contoso.com") && pattern.matches("@contoso.com"));
        assert!(!pattern.matches("any@news.contoso.com") && !pattern.matches("any@notcontoso.com"));
        assert!(!SenderPattern::Address("scanner@contoso.com".to_owned()).matches("@contoso.com"));
    }

    #[test]
    fn a_tenant_is_found_by_its_id_and_there_is_no_default() {
        let tenants = Tenants::new(vec![Tenant { id: "AAAA".to_owned(), ..Tenant::default() }]);
        assert_eq!(tenants.find("aaaa"), Some(TenantIndex(0)));
        assert_eq!(tenants.find("bbbb"), None);
        assert_eq!(Tenants::catch_all(tenant()).find("bbbb"), Some(TenantIndex(0)));
    }
}
