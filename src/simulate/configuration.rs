//! The tenants of a simulation as their administrators would describe them.
//!
//! Labels are true with respect to this: a sanctioned device is one that is listed here, and a walk around the filter is
//! one only where the filter is named.

use super::cast::executives;
use super::look_alikes::{SANCTIONED, sanctioned_subnet};
use super::names::Names;
use super::networks::{FILTER, SIMULATION_VENDOR};
use super::options::{Options, SimulatedTenant, TenantKind};
use super::scene::FILTER_CONNECTOR;
use crate::event::Domain;
use crate::judge::{AcceptedDomain, Gateway, MxTarget, SanctionedSource, SenderPattern, SimulationVendor, Tenant};

/// Longer names are no names for people.
const NAME_CHARS_MAX: usize = 64;

impl Options {
    /// The tenants with everything that Postern should be told about them: accepted domains, filters, sanctioned
    /// devices, the vendor of simulations, people to protect.
    #[must_use]
    pub fn configuration(&self) -> Vec<Tenant> {
        let names = Names::of(&self.tenants);
        let tenants = self.tenants.iter().zip(&names).enumerate();
        tenants.map(|(place, (tenant, names))| configured(place, tenant, names)).collect()
    }
}

fn configured(place: usize, tenant: &SimulatedTenant, names: &Names) -> Tenant {
    let is_behind_filter = tenant.kind == TenantKind::Gateway;
    let primary = folded(&names.primary);
    let filter = Gateway { connector: Some(FILTER_CONNECTOR.to_owned()), networks: FILTER.in_cidr() };
    Tenant {
        id: tenant.id.clone(),
        workspaces: Vec::new(),
        spoof_rules: Vec::new(),
        name: primary.chars().take(NAME_CHARS_MAX).collect(),
        mx: if is_behind_filter { MxTarget::Gateway } else { MxTarget::Eop },
        accepted_domains: names
            .accepted()
            .map(|(name, match_subdomains)| AcceptedDomain { name: folded(name), match_subdomains })
            .to_vec(),
        protected_people: executives().map(|person| person.at(&primary)).to_vec(),
        gateways: is_behind_filter.then_some(filter).into_iter().collect(),
        sanctioned: SANCTIONED
            .iter()
            .enumerate()
            .map(|(device, (name, local))| SanctionedSource {
                name: (*name).to_owned(),
                networks: sanctioned_subnet(place, device).in_cidr(),
                senders: vec![SenderPattern::Address(format!("{local}@{primary}"))],
                expires: None,
            })
            .collect(),
        simulations: vec![SimulationVendor {
            name: "Training".to_owned(),
            networks: SIMULATION_VENDOR.in_cidr(),
            senders: Vec::new(),
            expires: None,
        }],
    }
}

fn folded(domain: &str) -> String {
    Domain::fold(domain).as_str().to_owned()
}
