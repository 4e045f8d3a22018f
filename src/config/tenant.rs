//! `[[tenant]]` and what is below it.

use ipnet::IpNet;

use crate::judge::{
    AcceptedDomain, ExpiryDate, Gateway, MxTarget, SanctionedSource, SenderPattern, SimulationVendor, Tenant,
    is_shared_by_tenants,
};

use super::identity::{address, domain, label, sender, tenant_id, workspace_id};
use super::network::{Width, network, width};
use super::section::{Field, Section};

/// The words of `mx`.
pub(super) const MX: [(&str, MxTarget); 2] = [("eop", MxTarget::Eop), ("gateway", MxTarget::Gateway)];

/// Reads one tenant.
pub(super) fn read(mut section: Section<'_>) -> Option<Tenant> {
    let id = section.needed("id", "the Entra tenant id, which is the tenantId of its records", tenant_id);
    let workspaces = section.list("workspaces", workspace_id);
    let name = section.needed("name", "what alerts and metrics call the tenant", tenant_name);
    let mx = section.or("mx", MxTarget::Eop, |field| field.choice(&MX));
    let accepted_domains =
        section.needed_list("accepted_domains", "the domains that Get-AcceptedDomain lists", accepted_domain);
    let protected_people = section.list("protected_people", address);
    let spoof_rules = section.list("spoof_rules", label);
    let gateways = section.sections("gateway", gateway);
    let sanctioned = section.sections("sanctioned", sanction);
    let simulations = section.sections("simulation", simulation);
    if mx == Some(MxTarget::Gateway) && gateways.as_ref().is_some_and(Vec::is_empty) {
        return section.missing("gateway", "mx = \"gateway\" needs a [[tenant.gateway]] that says which one");
    }
    Some(Tenant {
        id: id?,
        workspaces: workspaces?,
        name: name?,
        mx: mx?,
        accepted_domains: accepted_domains?,
        protected_people: protected_people?,
        gateways: gateways?,
        sanctioned: sanctioned?,
        simulations: simulations?,
        spoof_rules: spoof_rules?,
    })
}

fn tenant_name(field: &Field<'_>) -> Option<String> {
    let name = label(field)?;
    field.once("tenant name", name.to_lowercase())?;
    Some(name)
}

/// A domain, or `{ name = …, match_subdomains = … }`. Two tenants cannot both accept mail for one domain, so it is
/// listed once.
fn accepted_domain(field: &Field<'_>) -> Option<AcceptedDomain> {
    if !field.is_table() {
        return Some(AcceptedDomain { name: own_domain(field)?, match_subdomains: false });
    }
    let mut section = field.section()?;
    let name = section.needed("name", "the domain", own_domain);
    let match_subdomains = section.or("match_subdomains", false, Field::boolean);
    Some(AcceptedDomain { name: name?, match_subdomains: match_subdomains? })
}

fn own_domain(field: &Field<'_>) -> Option<String> {
    let name = field.check(domain(field.text()?))?;
    if is_shared_by_tenants(&name) {
        return field
            .wrong(format!("anybody gets names below {name} from Microsoft; write your own, as in contoso.{name}"));
    }
    field.once("accepted domain", name.as_str())?;
    Some(name)
}

fn gateway(mut section: Section<'_>) -> Option<Gateway> {
    let connector = section.optional("connector", |field| field.text().map(str::to_owned));
    let networks = section.list("networks", network);
    let gateway = Gateway { connector: connector?, networks: networks? };
    if gateway.connector.is_none() && gateway.networks.is_empty() {
        return section.wrong("give its connector, its networks, or both: without them no message came through it");
    }
    Some(gateway)
}

fn simulation(mut section: Section<'_>) -> Option<SimulationVendor> {
    let name = section.needed("name", "what the vendor is called", label);
    let networks = section.needed_list("networks", "the networks that the vendor sends from", network);
    let senders = section.list("senders", sender);
    let expires = section.optional("expires", expiry);
    if let Some(network) = networks.as_deref().zip(senders.as_deref()).and_then(|(of, by)| too_much(of, by)) {
        return section
            .wrong(format!("anybody in {network} could pass for the vendor; name the senders, or smaller networks"));
    }
    Some(SimulationVendor { name: name?, networks: networks?, senders: senders?, expires: expires? })
}

/// Reads a sanction. `note` is for whoever reads the file.
fn sanction(mut section: Section<'_>) -> Option<SanctionedSource> {
    let name = section.needed("name", "what the source is called", label);
    let networks = section.needed_list("networks", "the networks that it sends from", network);
    let senders = section.needed_list("senders", "the addresses that it sends as, or \"*@contoso.com\"", sender);
    let expires = section.optional("expires", expiry);
    let note = section.optional("note", Field::raw_text);
    if let Some(network) = networks.as_deref().zip(senders.as_deref()).and_then(|(of, by)| too_much(of, by)) {
        return section.wrong(format!(
            "anybody in {network} could send as anybody of the domain, unseen; name the senders, or smaller networks"
        ));
    }
    note?;
    Some(SanctionedSource { name: name?, networks: networks?, senders: senders?, expires: expires? })
}

/// The network that is too wide for its senders. A permission makes its senders invisible, or harmless, from its networks:
/// for one address that may be a choice, for a whole domain from a /8 it is the end of detection.
fn too_much<'n>(networks: &'n [IpNet], senders: &[SenderPattern]) -> Option<&'n IpNet> {
    let any_sender = senders.is_empty() || senders.iter().any(|sender| matches!(sender, SenderPattern::AnyAt(_)));
    networks.iter().find(|network| any_sender && width(network) >= Width::Large)
}

fn expiry(field: &Field<'_>) -> Option<ExpiryDate> {
    let day = field.datetime().filter(|at| at.time.is_none() && at.offset.is_none()).and_then(|at| at.date);
    let date = day.and_then(|day| {
        ExpiryDate::from_date(day.year.try_into().ok()?, day.month.try_into().ok()?, day.day.try_into().ok()?)
    });
    date.or_else(|| field.wrong("write a date without quotes and without a time, as in expires = 2027-01-01"))
}
