//! Labels are held to what the wire shows.
//!
//! The reading here is naive on purpose: JSON values, the configuration as plain data, and the definitions written out
//! once more. It shares no code with the judge, so that an error of one is not hidden by the same error of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{EnvelopeShape, Family, Mix, Options, SimulatedRecord, SimulatedTenant, Simulation, TenantKind};
use crate::event::SourceNetwork;
use crate::judge::{MxTarget, SenderPattern, Tenant};

/// Many attacks and many look-alikes in a short run.
const DENSE: Mix = Mix { external: 200, outbound: 150, intra_org: 50, look_alike: 300, attack: 300 };

fn every_kind(seed: u64, records: u64) -> Options {
    let domains = ["contoso.com", "fabrikam.com", "northwind.example"];
    let tenants = TenantKind::ALL
        .into_iter()
        .zip(domains)
        .map(|(kind, domain)| SimulatedTenant { kind, ..SimulatedTenant::eop(kind.as_str(), domain) });
    Options { seed, records, tenants: tenants.collect(), mix: DENSE, ..Options::default() }
}

fn row(record: &SimulatedRecord) -> Value {
    serde_json::from_str::<Value>(&record.json).unwrap()["properties"].take()
}

// === the naive reading ===

/// Whether the row, read with the tenant's configuration, shows an attack.
fn reveals_attack(row: &Value, tenant: &Tenant) -> bool {
    let source: IpAddr =
        ["SenderIPv4", "SenderIPv6"].iter().find_map(|key| row[key].as_str()).unwrap().parse().unwrap();
    let lies_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&source));
    let connector = row["Connectors"].as_str().unwrap_or_default();
    let is_sanctioned =
        tenant.sanctioned.iter().any(|entry| lies_in(&entry.networks) && covers(&entry.senders, row, tenant));
    let is_training = tenant.simulations.iter().any(|vendor| lies_in(&vendor.networks));
    if row["EmailDirection"] != "Inbound" || is_sanctioned || is_training {
        return false;
    }
    let is_filters_address = tenant.gateways.iter().any(|filter| lies_in(&filter.networks));
    let is_filters_door = tenant.gateways.iter().any(|filter| filter.connector.as_deref() == Some(connector));
    if is_filters_door {
        return !is_filters_address && is_own(&row["SenderFromDomain"], tenant) && result(row, "DMARC") == "fail";
    }
    if !connector.is_empty() || is_filters_address {
        return false;
    }
    tenant.mx == MxTarget::Gateway || (claims_own(row, tenant) && has_results(row) && !is_aligned(row, tenant))
}

fn claims_own(row: &Value, tenant: &Tenant) -> bool {
    is_own(&row["SenderMailFromDomain"], tenant) || is_own(&row["SenderFromDomain"], tenant)
}

fn has_results(row: &Value) -> bool {
    !result(row, "SPF").is_empty() || !result(row, "DMARC").is_empty()
}

fn is_aligned(row: &Value, tenant: &Tenant) -> bool {
    let is_one_organisation = is_own(&row["SenderMailFromDomain"], tenant) && is_own(&row["SenderFromDomain"], tenant);
    ["pass", "bestguesspass"].contains(&result(row, "DMARC").as_str())
        || (result(row, "SPF") == "pass" && is_one_organisation)
}

fn covers(senders: &[SenderPattern], row: &Value, tenant: &Tenant) -> bool {
    let sides = [("SenderMailFromAddress", "SenderMailFromDomain"), ("SenderFromAddress", "SenderFromDomain")];
    let own: Vec<_> = sides.iter().filter(|(_, domain)| is_own(&row[domain], tenant)).collect();
    let is_listed = |address: &Value| {
        senders.iter().any(|sender| matches!(sender, SenderPattern::Address(listed) if address == listed.as_str()))
    };
    !own.is_empty() && own.iter().all(|(address, _)| is_listed(&row[address]))
}

fn result(row: &Value, key: &str) -> String {
    let Some(text) = row["AuthenticationDetails"].as_str() else { return String::new() };
    serde_json::from_str::<Value>(text).unwrap()[key].as_str().unwrap_or_default().to_owned()
}

/// At or below an accepted domain, however it is spelled.
fn is_own(domain: &Value, tenant: &Tenant) -> bool {
    let Some(domain) = domain.as_str() else { return false };
    let plain = domain.nfkc().collect::<String>().replace('。', ".").to_lowercase();
    let plain = plain.trim_end_matches('.');
    let is_within = |name: &str| plain == name || plain.ends_with(&format!(".{name}"));
    tenant.accepted_domains.iter().any(|accepted| is_within(&written_like(plain, &accepted.name)))
}

/// The accepted name, in U-labels where that is how the other is written.
fn written_like(other: &str, accepted: &str) -> String {
    if other.is_ascii() { accepted.to_owned() } else { idna::domain_to_unicode(accepted).0 }
}

fn source_of(row: &Value) -> SourceNetwork {
    let text = ["SenderIPv4", "SenderIPv6"].iter().find_map(|key| row[key].as_str()).unwrap();
    SourceNetwork::of(text.parse().unwrap())
}

// === the tests ===

#[test]
fn a_record_says_the_opposite_of_the_truth_exactly_where_its_label_says_so() {
    for (seed, shape) in [(1, EnvelopeShape::Defender2026), (2, EnvelopeShape::Defender2022), (3, Default::default())] {
        let options = Options { shape, ..every_kind(seed, 6_000) };
        let tenants = options.configuration();
        for record in Simulation::new(options) {
            let tenant = tenants.iter().find(|tenant| tenant.id == record.label.tenant).unwrap();
            let is_revealed = reveals_attack(&row(&record), tenant);
            let label = &record.label;
            assert_eq!(is_revealed != label.malicious, label.ambiguous, "{:?} {}", label.family, record.json);
            assert_eq!(label.campaign.is_some(), label.malicious);
        }
    }
}

#[test]
fn a_run_of_moderate_length_plays_every_family() {
    let options = every_kind(4, 20_000);
    let played: BTreeSet<Family> = Simulation::new(options).map(|record| record.label.family).collect();
    let missing: Vec<_> = Family::ALL.into_iter().filter(|family| !played.contains(family)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_spf_says_and_the_kind_of_address_go_with_every_attack() {
    let mix = Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 1 };
    let (mut seen, mut last) = (BTreeSet::new(), BTreeMap::new());
    for record in Simulation::new(Options { mix, repeats_per_mille: 0, ..every_kind(5, 100_000) }) {
        let family = record.label.family;
        // One row a campaign is enough, and reading JSON is what takes the time.
        if last.insert(family, record.label.campaign) != Some(record.label.campaign) {
            let row = row(&record);
            seen.insert((family, result(&row, "SPF"), row["SenderIPv4"].is_null()));
        }
    }
    for family in Family::ALL.into_iter().filter(|family| family.is_malicious() && !is_authenticated(*family)) {
        for spf in ["fail", "softfail", "none", "neutral", "temperror", "permerror", ""] {
            for is_ipv6 in [false, true] {
                let is_excluded = family == Family::Ipv6Only && !is_ipv6;
                let combination = (family, spf.to_owned(), is_ipv6);
                assert_ne!(seen.contains(&combination), is_excluded, "{combination:?}");
            }
        }
    }
}

/// Attacks for which the results are part of what they are.
fn is_authenticated(family: Family) -> bool {
    matches!(family, Family::CompromisedHostInSpf | Family::SpoofThroughGateway | Family::SpoofThroughRelay)
}

#[test]
fn every_side_of_the_message_uses_every_kind_of_name() {
    let mix = Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 1 };
    let mut seen = BTreeSet::new();
    for record in Simulation::new(Options { mix, ..every_kind(6, 8_000) }) {
        for (side, key) in [("P1", "SenderMailFromDomain"), ("P2", "SenderFromDomain")] {
            seen.insert((side, row(&record)[key].as_str().unwrap_or("null").to_owned()));
        }
    }
    let names = |side: &str| {
        let names = seen.iter().filter(|(of, _)| *of == side);
        names.map(|(_, name)| name.as_str()).collect::<Vec<_>>()
    };
    assert!(names("P1").contains(&"null"));
    for name in [
        "contoso.com",
        "contoso.onmicrosoft.com",
        "contoso-group.example",
        "hr.contoso.com",
        "hr.contoso-brands.example",
    ] {
        assert!(names("P1").contains(&name) && names("P2").contains(&name), "{name}");
    }
    for name in ["CONTOSO.COM", "contoso.com.", "contoso。com", "münchen-contoso.example"] {
        assert!(names("P2").contains(&name), "{name}");
    }
}

#[test]
fn what_comes_to_a_tenant_behind_a_filter_carries_the_connector() {
    for record in Simulation::new(every_kind(7, 3_000)) {
        let label = &record.label;
        if label.tenant == TenantKind::Gateway.as_str() && label.family == Family::External {
            assert_eq!(row(&record)["Connectors"], "Inbound from filter", "{}", record.json);
        }
    }
}

#[test]
fn an_echo_repeats_what_left_earlier() {
    let mut left: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut echoes = 0;
    for record in Simulation::new(every_kind(8, 20_000)) {
        let row = row(&record);
        let key = (record.label.tenant.clone(), row["InternetMessageId"].to_string());
        match record.label.family {
            Family::Outbound => drop(left.entry(key).or_insert(record.label.record)),
            Family::ForwardedBroken | Family::MailingList => {
                assert!(left[&key] < record.label.record);
                echoes += 1;
            }
            _ => {}
        }
    }
    assert!(echoes > 50, "{echoes}");
}

#[test]
fn nobody_shares_a_network_with_a_campaign_while_it_lasts() {
    let mut last = BTreeMap::<(String, SourceNetwork), (Option<u32>, u64)>::new();
    let options = Options { records_per_second: 1.try_into().unwrap(), ..every_kind(9, 20_000) };
    for record in Simulation::new(options) {
        // They are attacks because of where they come from.
        let is_elsewhere = matches!(
            record.label.family,
            Family::MisusedDevice
                | Family::CompromisedHostInSpf
                | Family::SpoofThroughGateway
                | Family::SpoofThroughRelay
        );
        if is_elsewhere || record.label.repeat {
            continue;
        }
        let key = (record.label.tenant.clone(), source_of(&row(&record)));
        let now = (record.label.campaign, record.label.record);
        if let Some((campaign, at)) = last.insert(key, now) {
            assert!(campaign == now.0 || now.1 - at > 3_600, "{campaign:?} {}", record.json);
        }
    }
}

#[test]
fn a_campaign_comes_from_one_network_or_from_another_each_time() {
    let mut networks = BTreeMap::<u32, (Family, usize, BTreeSet<SourceNetwork>)>::new();
    for record in Simulation::new(Options { repeats_per_mille: 0, ..every_kind(10, 20_000) }) {
        let Some(campaign) = record.label.campaign else { continue };
        let known = networks.entry(campaign).or_insert((record.label.family, 0, BTreeSet::new()));
        known.1 += 1;
        known.2.insert(source_of(&row(&record)));
    }
    for (campaign, (family, messages, networks)) in networks {
        let expected = match family {
            Family::RotatingSource | Family::ExecutiveToStaff => messages,
            // Whatever comes through the filter comes from one of its networks.
            Family::SpoofThroughGateway => networks.len(),
            _ => 1,
        };
        assert_eq!(networks.len(), expected, "{campaign} {family:?}");
    }
}

#[test]
fn each_device_and_service_has_its_networks_to_itself() {
    let mut of_source = BTreeMap::<(String, String), BTreeSet<SourceNetwork>>::new();
    let mut senders = BTreeMap::<(String, SourceNetwork), BTreeSet<String>>::new();
    for record in Simulation::new(every_kind(11, 20_000)) {
        let label = &record.label;
        let is_filtered = label.tenant == TenantKind::Gateway.as_str();
        let Some(sender) = label.source.clone() else { continue };
        // Behind a filter the services are the filter's, and a vendor of many tenants sends from where it likes.
        if is_filtered || label.family == Family::ServiceWithOwnBounces {
            continue;
        }
        let network = source_of(&row(&record));
        of_source.entry((label.tenant.clone(), sender.clone())).or_default().insert(network);
        senders.entry((label.tenant.clone(), network)).or_default().insert(sender);
    }
    assert!(of_source.len() >= 2 * 12, "{of_source:?}");
    assert!(of_source.values().all(|networks| networks.len() <= 2), "{of_source:?}");
    assert!(senders.values().all(|senders| senders.len() == 1), "{senders:?}");
}
