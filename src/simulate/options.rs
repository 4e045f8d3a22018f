//! What to simulate.

use std::num::NonZeroU32;

use crate::event::Time;

/// Everything that the output depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The seed of chance; another seed is another history of the same tenants.
    pub seed: u64,
    /// Who receives the mail. Ordinary mail is spread evenly, attacks take turns, beginning with the first.
    pub tenants: Vec<SimulatedTenant>,
    /// The event time of the first record.
    pub start: Time,
    /// How many records of mail there are, repeats included.
    pub records: u64,
    /// The pace of event time. How fast records are really sent is the caller's affair.
    pub records_per_second: NonZeroU32,
    /// The generation of the wire format.
    pub shape: EnvelopeShape,
    /// What the mail is made of.
    pub mix: Mix,
    /// Rows in a thousand that are delivered a second time, up to 1,000: the same `properties` in a later envelope.
    pub repeats_per_mille: u32,
    /// Whether other tables speak as well: of links, attachments, clicks, and of what was done after delivery. Their
    /// records come on top of those of the mail, which stays byte for byte what it is without them.
    pub related: bool,
}

impl Default for Options {
    /// Ten thousand records of one tenant, contoso.com, on the morning of 2 November 2026.
    fn default() -> Self {
        Self {
            seed: 1,
            tenants: vec![SimulatedTenant::eop("6f0c1d7e-0000-4000-8000-000000000001", "contoso.com")],
            start: Time::from_millis(1_793_606_400_000),
            records: 10_000,
            records_per_second: NonZeroU32::MIN.saturating_add(19),
            shape: EnvelopeShape::Defender2026,
            mix: Mix::default(),
            repeats_per_mille: 30,
            related: false,
        }
    }
}

/// A tenant of the simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedTenant {
    /// The Entra tenant id: `tenantId` of the envelope.
    pub id: String,
    /// The accepted domain that people write to. The others are made of its first label, and [`Options::configuration`]
    /// lists them.
    pub domain: String,
    /// How its mail is routed.
    pub kind: TenantKind,
}

impl SimulatedTenant {
    /// A tenant of the usual kind.
    #[must_use]
    pub fn eop(id: impl Into<String>, domain: impl Into<String>) -> Self {
        Self { id: id.into(), domain: domain.into(), kind: TenantKind::Eop }
    }
}

/// How a tenant's mail is routed, which decides what may come in directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TenantKind {
    /// The MX is Exchange Online Protection: all mail from the internet comes in directly.
    #[default]
    Eop,
    /// The MX is a third-party filter, which delivers through a Partner connector: what comes in directly walked around it.
    Gateway,
    /// The MX is Exchange Online Protection, and a relay on the premises delivers through an OnPremises connector.
    Hybrid,
}

impl TenantKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Eop, Self::Gateway, Self::Hybrid];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eop => "eop",
            Self::Gateway => "gateway",
            Self::Hybrid => "hybrid",
        }
    }
}

/// Which capture the records look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnvelopeShape {
    /// July 2026: 47 properties in Microsoft's order, `_TimeReceivedBySvc`, `Tenant` last.
    #[default]
    Defender2026,
    /// December 2022: 37 properties in alphabetical order, `Tenant` first, short report ids.
    Defender2022,
}

/// The shares of what the mail is made of, as weights against each other; the default's add up to a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// From strangers, under their own names, mostly authenticated.
    pub external: u32,
    /// From the tenant to strangers.
    pub outbound: u32,
    /// Within the tenant.
    pub intra_org: u32,
    /// Legitimate, and by something in it like the abuse: devices, services, forwarders, lists, relays.
    pub look_alike: u32,
    /// Direct Send abuse and its relatives.
    pub attack: u32,
}

impl Mix {
    /// What the shares of the default mix, and of [`Mix::of`], add up to.
    pub const WHOLE: u32 = 1_000;

    /// Of a thousand records so many attacks and so many look-alikes; what is left is shared as in the default mix.
    #[must_use]
    pub fn of(attack: u32, look_alike: u32) -> Self {
        let usual = Self::default();
        let rest = Self::WHOLE.saturating_sub(attack.saturating_add(look_alike));
        let share = |of: u32| of * rest / (usual.external + usual.outbound + usual.intra_org);
        let (outbound, intra_org) = (share(usual.outbound), share(usual.intra_org));
        Self { external: rest - outbound - intra_org, outbound, intra_org, look_alike, attack }
    }

    /// The weight of everything but attacks.
    pub(super) const fn ordinary(self) -> u64 {
        self.external as u64 + self.outbound as u64 + self.intra_org as u64 + self.look_alike as u64
    }

    /// The weight of everything.
    pub(super) const fn whole(self) -> u64 {
        self.ordinary() + self.attack as u64
    }
}

impl Default for Mix {
    fn default() -> Self {
        Self { external: 600, outbound: 240, intra_org: 100, look_alike: 50, attack: 10 }
    }
}
