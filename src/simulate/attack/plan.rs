//! Which attack comes next, on whom, and how large it is.
//!
//! Families take turns, so that a run of moderate length has seen them all; so do the tenants that an attack can be meant
//! for. Sizes and times are assumptions where no report gives them; none gives many.

use std::ops::RangeInclusive;

use crate::simulate::label::Family;
use crate::simulate::options::{SimulatedTenant, TenantKind};

/// The order of the turns: the best known first, large and small ones mixed.
const TURNS: [Family; 22] = [
    Family::SelfAddressedBurst,
    Family::ExecutiveToStaff,
    Family::HeaderFromSpoof,
    Family::GatewayBypass,
    Family::InitialDomain,
    Family::EnvelopeFromSpoof,
    Family::CompromisedHostInSpf,
    Family::PayrollBurst,
    Family::NullSenderSpoof,
    Family::SpoofPastGateway,
    Family::Ipv6Only,
    Family::SpoofThroughRelay,
    Family::RotatingSource,
    Family::UnacceptedSubdomain,
    Family::SpoofThroughConnector,
    Family::QrPdfVoicemail,
    Family::DisguisedDomain,
    Family::CompauthPass,
    Family::SpoofThroughGateway,
    Family::BorrowedSender,
    Family::DmarcReject,
    Family::MisusedDevice,
];

/// How large and how quick a campaign is.
#[derive(Debug, Clone)]
pub(super) struct Size {
    pub(super) recipients: RangeInclusive<u32>,
    pub(super) seconds: RangeInclusive<u32>,
    /// Whether it takes its time even where others are quickened.
    pub(super) is_slow: bool,
}

impl Size {
    pub(super) const fn of(family: Family) -> Self {
        let (recipients, seconds) = match family {
            Family::SelfAddressedBurst => (20..=300, 2 * 60..=15 * 60),
            Family::PayrollBurst | Family::QrPdfVoicemail => (20..=120, 2 * 60..=15 * 60),
            Family::ExecutiveToStaff => (3..=8, 3_600..=4 * 3_600),
            Family::RotatingSource => (10..=40, 10 * 60..=3_600),
            _ => (5..=30, 2 * 60..=30 * 60),
        };
        Self { recipients, seconds, is_slow: matches!(family, Family::ExecutiveToStaff) }
    }
}

/// Families that can be played, each with the tenants that it can be meant for.
#[derive(Debug)]
pub(super) struct Turns(Vec<(Family, Vec<usize>)>);

impl Turns {
    pub(super) fn new(tenants: &[SimulatedTenant]) -> Self {
        let meant_for = |family: Family| {
            let places = tenants.iter().enumerate();
            places.filter(|(_, tenant)| can_hit(family, tenant.kind)).map(|(place, _)| place).collect::<Vec<_>>()
        };
        let turns = TURNS.map(|family| (family, meant_for(family)));
        Self(turns.into_iter().filter(|(_, tenants)| !tenants.is_empty()).collect())
    }

    /// The family and the tenant of the campaign of this number; `None` where there is nobody to attack.
    ///
    /// With every round of the families the tenants move on by one, so that every family meets every tenant.
    pub(super) fn turn(&self, campaign: u32) -> Option<(Family, usize)> {
        let campaign = campaign as usize;
        let round = campaign.checked_div(self.0.len())?;
        let (family, tenants) = self.0.get(campaign % self.0.len())?;
        let tenant = tenants.get((campaign + round) % tenants.len())?;
        Some((*family, *tenant))
    }
}

/// Whether an attack makes sense against a tenant of this kind.
const fn can_hit(family: Family, kind: TenantKind) -> bool {
    match family {
        Family::GatewayBypass
        | Family::SpoofPastGateway
        | Family::SpoofThroughConnector
        | Family::SpoofThroughGateway => matches!(kind, TenantKind::Gateway),
        Family::SpoofThroughRelay => matches!(kind, TenantKind::Hybrid),
        // Behind a filter it would be a walk around the filter, and no longer hidden.
        Family::CompromisedHostInSpf => !matches!(kind, TenantKind::Gateway),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_attack_has_its_turn_and_meets_every_tenant_that_it_can_hit() {
        let tenants = TenantKind::ALL.map(|kind| SimulatedTenant { kind, ..SimulatedTenant::eop("", "") });
        let turns = Turns::new(&tenants);
        let played: BTreeSet<_> = (0..200).filter_map(|campaign| turns.turn(campaign)).collect();
        for family in Family::ALL.into_iter().filter(|family| family.is_malicious()) {
            for (place, tenant) in tenants.iter().enumerate() {
                assert_eq!(played.contains(&(family, place)), can_hit(family, tenant.kind), "{family:?} {place}");
            }
        }
    }

    #[test]
    fn the_first_attacks_are_those_that_everybody_has_read_of() {
        let turns = Turns::new(&[SimulatedTenant::eop("", "")]);
        assert_eq!(turns.turn(0), Some((Family::SelfAddressedBurst, 0)));
        assert_eq!(Turns::new(&[]).turn(0), None);
    }
}
