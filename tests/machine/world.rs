//! Who there is: few tenants, few networks, few names, so that everything meets everything.

use fastrand::Rng;
use postern::correlate::Limits;
use postern::event::{Span, Time};
use postern::judge::{AcceptedDomain, Gateway, MxTarget, SanctionedSource, SenderPattern, Tenant};

/// One accepted domain for each tenant.
pub(crate) const DOMAINS: [&str; 3] = ["contoso.com", "fabrikam.com", "northwind.example"];

/// The tenant whose MX is a filter, so that strangers are suspicious too.
const BEHIND_GATEWAY: usize = 1;

/// Networks of attackers: two of the first, and one of the second, for each time at which they are at work.
pub(crate) const ATTACKERS: [&str; 2] = ["198.18", "2001:db8:66"];
/// Networks of devices that nobody registered.
pub(crate) const DEVICES: [&str; 2] = ["198.18.1.", "198.18.2."];
/// The network of a service that proves its mail.
pub(crate) const SERVICE: &str = "198.18.3.";
/// Where the sanctioned scanner stands; its neighbours are not sanctioned.
pub(crate) const SCANNER: &str = "198.51.100.";
/// Where lists and forwarders send from.
pub(crate) const LISTS: [&str; 2] = ["198.18.10.", "198.18.11."];
/// Where everybody else is.
pub(crate) const STRANGERS: &str = "198.18.20.";

/// The Entra id of a tenant.
pub(crate) fn tenant_id(place: usize) -> String {
    format!("6f0c1d7e-0000-4000-8000-00000000000{place}")
}

/// The tenants as they are configured.
pub(crate) fn tenants() -> Vec<Tenant> {
    (0..DOMAINS.len()).map(tenant).collect()
}

fn tenant(place: usize) -> Tenant {
    let domain = DOMAINS[place];
    let is_behind_gateway = place == BEHIND_GATEWAY;
    let gateway = Gateway { connector: None, networks: vec!["192.0.2.0/24".parse().unwrap()] };
    Tenant {
        id: tenant_id(place),
        name: format!("tenant-{place}"),
        mx: if is_behind_gateway { MxTarget::Gateway } else { MxTarget::Eop },
        accepted_domains: vec![AcceptedDomain { name: domain.to_owned(), match_subdomains: false }],
        protected_people: vec![format!("ceo@{domain}")],
        gateways: if is_behind_gateway { vec![gateway] } else { Vec::new() },
        sanctioned: vec![SanctionedSource {
            name: "scanner".to_owned(),
            networks: vec![format!("{SCANNER}7/32").parse().unwrap()],
            senders: vec![SenderPattern::Address(format!("scanner@{domain}"))],
            expires: None,
        }],
        ..Tenant::default()
    }
}

/// So little that everything overflows.
pub(crate) fn tight_limits(chance: &mut Rng) -> Limits {
    let mut few = |most| chance.usize(1..=most);
    Limits {
        campaigns_max: few(4),
        deliveries_max: few(30),
        sources_max: few(6),
        sent_max: few(3),
        waiting_max: few(4),
        gates_max: few(2),
    }
}

/// Midnight of a day of the simulation, in UTC.
pub(crate) fn midnight(day: i64) -> Time {
    Time::parse("2026-11-02T00:00:00Z").unwrap() + Span::hours(24 * day)
}
