//! What an entry does not know of itself: who else speaks at its network, and what time it is.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::entry::Entry;
use super::kind::{Kind, Sign};
use crate::event::{SourceNetwork, Time};
use crate::judge::Tenant;

/// A first walk over the entries of one tenant. It holds a number for each network, never an entry.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    up_to: Option<Time>,
    /// How many senders of a network have spoken without proof.
    unproven: BTreeMap<SourceNetwork, u32>,
}

/// What an entry is taken for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment<'t> {
    /// What it is taken for.
    pub kind: Kind,
    /// What speaks against it; only of what is suspicious.
    pub signs: Vec<Sign>,
    /// The configured entry that allows it, or has allowed some of its messages, where one is known by name.
    pub sanction: Option<&'t str>,
}

impl Survey {
    /// Takes an entry into account.
    pub fn add(&mut self, entry: &Entry) {
        self.up_to = self.up_to.max(Some(entry.last_seen));
        if entry.messages.unaligned > 0 {
            let senders = self.unproven.entry(entry.network).or_default();
            *senders = senders.saturating_add(1);
        }
    }

    /// Until when the entries tell: the latest time that any source was seen. `None` where there is no entry.
    ///
    /// Not the clock's time, so that the report on last year's export is the one that the service would have given.
    #[must_use]
    pub const fn up_to(&self) -> Option<Time> {
        self.up_to
    }

    /// Says what an entry is taken for, after all entries of the tenant were added.
    #[must_use]
    pub fn assess<'t>(&self, entry: &Entry, tenant: Option<&'t Tenant>) -> Assessment<'t> {
        let sanction = tenant.filter(|_| entry.messages.sanctioned > 0).and_then(|tenant| sanction(tenant, entry));
        let signs = self.signs(entry);
        let kind = self.kind(entry, &signs, sanction.is_some());
        let signs = if kind == Kind::Suspicious { signs } else { Vec::new() };
        Assessment { kind, signs, sanction }
    }

    /// The detector's order: proof goes before behaviour. A sanction that still holds excuses what came before it, but
    /// not what no device does: the network of an entry is wider than one address, and somebody else may sit in it.
    fn kind(&self, entry: &Entry, signs: &[Sign], is_allowed: bool) -> Kind {
        let messages = &entry.messages;
        let is_all_proven = messages.unaligned == 0;
        let up_to = self.up_to.unwrap_or(entry.last_seen);
        match () {
            () if messages.sanctioned > 0 && (is_all_proven || (is_allowed && signs.is_empty())) => Kind::Sanctioned,
            () if messages.aligned > 0 && (is_all_proven || entry.is_aligned_of_old(up_to)) => Kind::Aligned,
            () if !signs.is_empty() => Kind::Suspicious,
            () if entry.is_device_of_old(up_to) => Kind::Device,
            () => Kind::UnderObservation,
        }
    }

    fn signs(&self, entry: &Entry) -> Vec<Sign> {
        let found = [
            (entry.is_personal(), Sign::Personal),
            (self.has_other_identity(entry), Sign::SeveralIdentities),
            (entry.breaks_its_rhythm(self.up_to.unwrap_or(entry.last_seen)), Sign::BrokeRhythm),
        ];
        found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sign)| sign).collect()
    }

    fn has_other_identity(&self, entry: &Entry) -> bool {
        let own = u32::from(entry.messages.unaligned > 0);
        self.unproven.get(&entry.network).is_some_and(|senders| *senders > own)
    }
}

/// The configured entry that allowed the latest message of a source, as far as a source tells: it has a network, where
/// the configuration may mean one address of it.
fn sanction<'t>(tenant: &'t Tenant, entry: &Entry) -> Option<&'t str> {
    let network: IpNet = entry.network.to_string().parse().ok()?;
    let touches = |other: &IpNet| other.contains(&network) || network.contains(other);
    let allows = tenant.sanctioned.iter().find(|source| {
        source.networks.iter().any(touches)
            && source.senders.iter().any(|pattern| pattern.matches(&entry.sender))
            && !source.expires.is_some_and(|date| date.is_over(entry.last_seen))
    });
    allows.map(|source| source.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::{Sighting, Standing};
    use crate::inventory::fixtures::{entry_of, on};
    use crate::judge::{ExpiryDate, SanctionedSource, SenderPattern};

    const SCANNER: &str = "scanner@contoso.com";
    const HERE: &str = "203.0.113.0/24";

    fn scanner(sightings: impl IntoIterator<Item = Sighting>) -> Entry {
        entry_of(HERE, SCANNER, sightings)
    }

    fn daily(days: i64, standing: Standing) -> impl Iterator<Item = Sighting> {
        (0..days).map(move |day| on(day, standing))
    }

    fn assessed<'t>(entries: &[Entry], tenant: Option<&'t Tenant>) -> Vec<Assessment<'t>> {
        let mut survey = Survey::default();
        entries.iter().for_each(|entry| survey.add(entry));
        entries.iter().map(|entry| survey.assess(entry, tenant)).collect()
    }

    fn kind(entry: Entry) -> Kind {
        assessed(&[entry], None)[0].kind
    }

    fn sanctioning(network: &str, expires: Option<ExpiryDate>) -> Tenant {
        let sanctioned = vec![SanctionedSource {
            name: "HQ scanners".to_owned(),
            networks: vec![network.parse().unwrap()],
            senders: vec![SenderPattern::Address(SCANNER.to_owned())],
            expires,
        }];
        Tenant { sanctioned, ..Tenant::default() }
    }

    #[test]
    fn a_source_is_a_device_after_seven_days_that_are_over() {
        assert_eq!(kind(scanner(daily(7, Standing::Unaligned))), Kind::UnderObservation);
        assert_eq!(kind(scanner(daily(8, Standing::Unaligned))), Kind::Device);
        assert_eq!(kind(scanner(daily(8, Standing::Transient))), Kind::Device);
    }

    #[test]
    fn a_day_is_over_when_any_source_of_the_tenant_was_seen_later() {
        let later = entry_of("198.51.100.0/24", "other@contoso.com", [on(20, Standing::Aligned)]);
        let found = assessed(&[scanner(daily(7, Standing::Unaligned)), later], None);
        assert_eq!(found[0].kind, Kind::Device);
    }

    #[test]
    fn what_no_device_does_is_suspicious_and_said() {
        let personal = Sighting { is_personal: true, ..on(3, Standing::Unaligned) };
        let burst = (0..40).map(|_| on(8, Standing::Unaligned));
        for (more, sign) in [(vec![personal], Sign::Personal), (burst.collect(), Sign::BrokeRhythm)] {
            let found = assessed(&[scanner(daily(9, Standing::Unaligned).chain(more))], None);
            assert_eq!((found[0].kind, &found[0].signs[..]), (Kind::Suspicious, &[sign][..]));
        }
    }

    #[test]
    fn a_network_that_speaks_as_two_without_proof_is_suspicious_and_as_one_with_proof_is_not() {
        let other = |standing| entry_of(HERE, "ceo@contoso.com", [on(8, standing)]);
        let device = scanner(daily(9, Standing::Unaligned));
        let found = assessed(&[device.clone(), other(Standing::Unaligned)], None);
        assert!(found.iter().all(|it| (it.kind, &it.signs[..]) == (Kind::Suspicious, &[Sign::SeveralIdentities][..])));
        let found = assessed(&[device, other(Standing::Aligned)], None);
        assert_eq!((found[0].kind, found[1].kind), (Kind::Device, Kind::Aligned));
    }

    #[test]
    fn proof_goes_before_behaviour_once_it_is_of_old() {
        let with_one_miss = |days| daily(days, Standing::Aligned).chain([on(days - 1, Standing::Unaligned)]);
        assert_eq!(kind(scanner(daily(1, Standing::Aligned))), Kind::Aligned);
        assert_eq!(kind(scanner(with_one_miss(3))), Kind::UnderObservation);
        assert_eq!(kind(scanner(with_one_miss(9))), Kind::Aligned);
        let personal = Sighting { is_personal: true, ..on(2, Standing::Unaligned) };
        assert_eq!(kind(scanner(daily(3, Standing::Aligned).chain([personal]))), Kind::Suspicious);
    }

    #[test]
    fn a_sanctioned_source_has_the_name_of_what_allows_it() {
        let entries = [scanner(daily(3, Standing::Sanctioned))];
        for network in ["203.0.113.7/32", "203.0.0.0/16"] {
            let tenant = sanctioning(network, None);
            let found = assessed(&entries, Some(&tenant));
            assert_eq!((found[0].kind, found[0].sanction), (Kind::Sanctioned, Some("HQ scanners")));
        }
        let elsewhere = sanctioning("198.51.100.7/32", None);
        for tenant in [None, Some(&elsewhere)] {
            let found = assessed(&entries, tenant);
            assert_eq!((found[0].kind, found[0].sanction), (Kind::Sanctioned, None));
        }
    }

    #[test]
    fn a_sanction_excuses_what_came_before_it_while_it_holds_and_never_what_is_personal() {
        let mixed = || daily(9, Standing::Unaligned).chain([on(9, Standing::Sanctioned)]);
        let [open, over] = [None, ExpiryDate::from_date(2026, 1, 5)].map(|it| sanctioning("203.0.113.7/32", it));
        assert_eq!(assessed(&[scanner(mixed())], Some(&open))[0].kind, Kind::Sanctioned);
        assert_eq!(assessed(&[scanner(mixed())], Some(&over))[0].kind, Kind::Device);
        assert_eq!(assessed(&[scanner(daily(9, Standing::Unaligned))], Some(&open))[0].kind, Kind::Device);
        let personal = Sighting { is_personal: true, ..on(9, Standing::Unaligned) };
        let found = assessed(&[scanner(mixed().chain([personal]))], Some(&open));
        assert_eq!((found[0].kind, found[0].sanction), (Kind::Suspicious, Some("HQ scanners")));
    }
}
