//! The questions that signs ask of values, and what the record names.

use ipnet::IpNet;

use crate::event::{Domain, Parameter, domain_of};
use crate::judge::tenant::{Gateway, Tenant};

use super::entries::{entries, is_emptied, lies_inside};
use super::sign::Case;

// === flags and words ===

/// Switched off.
pub(super) fn off(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    (flag(&parameter.value) == Some(false)).then(|| shown(parameter))
}

/// Switched on.
pub(super) fn on(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    (flag(&parameter.value) == Some(true)).then(|| shown(parameter))
}

/// Switched off or set back to nothing, where the default is off.
pub(super) fn off_or_unset(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    (flag(&parameter.value) == Some(false) || is_emptied(&parameter.value)).then(|| shown(parameter))
}

/// Set to nothing.
pub(super) fn unset(_: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    is_emptied(&parameter.value).then(|| shown(parameter))
}

/// A flag of PowerShell; `None` for any other word.
pub(super) fn flag(value: &str) -> Option<bool> {
    match value.trim().trim_start_matches('$').to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whether the value is this word.
pub(super) fn is(parameter: &Parameter<'_>, word: &str) -> bool {
    parameter.value.trim().eq_ignore_ascii_case(word)
}

/// The value as a reader should see it.
pub(super) fn shown(parameter: &Parameter<'_>) -> String {
    if is_emptied(&parameter.value) { "$null".to_owned() } else { parameter.value.to_string() }
}

// === lists ===

/// The entries of a list that lie outside the networks of the tenant's filters.
pub(super) fn beyond_gateways(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    beyond(&gateway_networks(case.tenant), &parameter.value)
}

/// The entries of a list that lie outside every network that may send past the filters: the tenant's own filters, and
/// its vendors of phishing simulations.
pub(super) fn beyond_known_networks(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let vendors = case.tenant.simulations.iter().flat_map(|vendor| &vendor.networks);
    let known: Vec<_> = gateway_networks(case.tenant).into_iter().chain(vendors.copied()).collect();
    beyond(&known, &parameter.value)
}

/// The entries of a list that are the tenant's own domains or addresses, or everybody's.
pub(super) fn own(case: &Case<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let is_own = |entry: &&str| {
        let domain = domain_of(entry).unwrap_or(entry).trim_start_matches("*.");
        *entry == "*" || domain == "*" || case.tenant.claim(&Domain::fold(domain)).is_own()
    };
    joined(entries(&parameter.value).filter(is_own))
}

fn beyond(networks: &[IpNet], list: &str) -> Option<String> {
    joined(entries(list).filter(|entry| !lies_inside(entry, networks)))
}

fn gateway_networks(tenant: &Tenant) -> Vec<IpNet> {
    tenant.gateways.iter().flat_map(|gateway: &Gateway| gateway.networks.iter().copied()).collect()
}

fn joined<'a>(entries: impl Iterator<Item = &'a str>) -> Option<String> {
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then(|| entries.join(", "))
}

// === what the record names ===

/// What the cmdlet was run on, for a sign that shows in the run itself.
pub(super) fn done_to(case: &Case<'_>) -> Option<String> {
    Some(case.object().unwrap_or("not told").to_owned())
}

impl Case<'_> {
    /// What the cmdlet was run on: the record's object, else what it was called by.
    pub(super) fn object(&self) -> Option<&str> {
        let named = ["Identity", "Name"].into_iter().find_map(|name| self.event.values(name).find(|it| !it.is_empty()));
        self.event.object.as_deref().or(named)
    }

    /// Whether a parameter was given a value that is not empty.
    pub(super) fn gives(&self, name: &str) -> bool {
        self.event.values(name).any(|value| !is_emptied(value))
    }

    /// Whether a parameter was given this value.
    pub(super) fn sets(&self, name: &str, word: &str) -> bool {
        self.event.values(name).any(|value| value.trim().trim_start_matches('$').eq_ignore_ascii_case(word))
    }

    /// Whether the parameter lists networks, and all of them are ones that may send past the filters.
    pub(super) fn stays_within_known_networks(&self, name: &str) -> bool {
        let named = |it: &&Parameter<'_>| it.name.eq_ignore_ascii_case(name);
        let listed: Vec<_> = self.event.parameters.iter().filter(named).collect();
        listed.iter().any(|it| entries(&it.value).next().is_some())
            && listed.iter().all(|it| beyond_known_networks(self, it).is_none())
    }
}
