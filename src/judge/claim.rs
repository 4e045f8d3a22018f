//! Whose name a sender uses.

use crate::event::{Domain, domain_of};

use super::answer::{Answer, Gap};
use super::tenant::Tenant;

/// Whose name a sender uses; what claims most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// An accepted domain of the tenant, or below one that matches subdomains.
    Own,
    /// Below an accepted domain, but not accepted itself.
    OwnSubdomain,
    /// Somebody else's.
    Foreign,
    /// No sender: a bounce (null reverse-path), or a header without one.
    Null,
    /// This form of the telemetry has no field for it.
    Absent,
}

impl Claim {
    pub(super) fn of(domain: Option<&Domain<'_>>, tenant: &Tenant) -> Self {
        domain.map_or(Self::Null, |domain| tenant.claim(domain))
    }

    pub(super) fn told(is_untold: bool, domain: Option<&Domain<'_>>, tenant: &Tenant) -> Self {
        if is_untold { Self::Absent } else { Self::of(domain, tenant) }
    }

    /// Whose mailbox an address is.
    pub(super) fn of_address(address: &str, tenant: &Tenant) -> Self {
        Self::of(domain_of(address).map(Domain::fold).as_ref(), tenant)
    }

    /// The answer to a question about the claim.
    pub(super) fn answer(self, gap: Gap, holds: impl Fn(Self) -> bool) -> Answer {
        Answer::unless(if self == Self::Absent { Some(gap) } else { None }, holds(self))
    }

    /// Whether it is the tenant's name, accepted or below an accepted one.
    #[must_use]
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Own | Self::OwnSubdomain)
    }

    /// The word in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::OwnSubdomain => "own-subdomain",
            Self::Foreign => "foreign",
            Self::Null => "null",
            Self::Absent => "absent",
        }
    }
}
