//! The tenants of a simulation as their administrators would describe them.
//!
//! Labels are true with respect to this: a sanctioned device is one that is listed here, and a walk around the filter is
//! one only where the filter is named.

use super::cast::executives;
use super::look_alikes::SANCTIONED;
use super::names::Names;
use super::networks::{FILTER, SANCTIONED_DEVICES, SIMULATION_VENDOR};
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
        self.tenants.iter().zip(&names).map(|(tenant, names)| configured(tenant, names)).collect()
    }
}

fn configured(tenant: &SimulatedTenant, names: &Names) -> Tenant {
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
        sanctioned: vec![SanctionedSource {
            name: "Devices".to_owned(),
            networks: SANCTIONED_DEVICES.in_cidr(),
            senders: SANCTIONED.map(|(_, local)| SenderPattern::Address(format!("{local}@{primary}"))).to_vec(),
            expires: None,
        }],
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
