//! Whose mail the matrices are.

use postern::judge::{
    AcceptedDomain, Gateway, MxTarget, SanctionedSource, SenderPattern, SimulationVendor, Tenant, Tenants,
};

/// A tenant whose MX is Exchange Online. Everything that could excuse a message is configured, so that a spoof which is
/// found is found in spite of it.
pub(crate) fn contoso() -> Tenants {
    Tenants::catch_all(tenant())
}

/// The same tenant with its MX at the filter.
pub(crate) fn behind_a_filter() -> Tenants {
    Tenants::catch_all(Tenant { mx: MxTarget::Gateway, ..tenant() })
}

fn tenant() -> Tenant {
    Tenant {
        id: "6f0c1d7e-0000-4000-8000-000000000001".to_owned(),
        name: "contoso".to_owned(),
        accepted_domains: vec![
            accepted("contoso.com", false),
            accepted("contoso.onmicrosoft.com", false),
            accepted("contoso.example", true),
            accepted("xn--mnchen-3ya.example", false),
        ],
        gateways: vec![Gateway {
            connector: Some("Inbound from filter".to_owned()),
            networks: networks(&["198.51.100.0/26", "2001:db8:f1::/48"]),
        }],
        sanctioned: vec![SanctionedSource {
            name: "scanners".to_owned(),
            networks: networks(&["192.0.2.7/32", "2001:db8:5c::7/128"]),
            senders: vec![SenderPattern::Address("scanner@contoso.com".to_owned())],
            expires: None,
        }],
        simulations: vec![SimulationVendor {
            name: "training".to_owned(),
            networks: networks(&["192.0.2.64/27"]),
            senders: vec![],
            expires: None,
        }],
        ..Tenant::default()
    }
}

fn accepted(name: &str, match_subdomains: bool) -> AcceptedDomain {
    AcceptedDomain { name: name.to_owned(), match_subdomains }
}

fn networks<T: std::str::FromStr>(texts: &[&str]) -> Vec<T>
where
    T::Err: std::fmt::Debug,
{
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
