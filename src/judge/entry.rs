//! By which door a message came.

use crate::event::{Direction, MailEvent};

use super::claim::Claim;
use super::tenant::Tenant;

/// By which door a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// Submitted inside the tenant (`Intra-org`).
    Internal,
    /// Leaving the tenant.
    Outbound,
    /// Through a configured third-party filter, known by its connector or its network.
    Gateway,
    /// Through any other connector.
    Connector,
    /// From the internet, through no connector: the postern.
    Direct,
    /// The record cannot tell.
    Unknown,
}

impl Entry {
    /// Every door.
    pub const ALL: [Self; 6] =
        [Self::Internal, Self::Outbound, Self::Gateway, Self::Connector, Self::Direct, Self::Unknown];

    /// The word in verdicts and evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Outbound => "outbound",
            Self::Gateway => "gateway",
            Self::Connector => "connector",
            Self::Direct => "direct",
            Self::Unknown => "unknown",
        }
    }

    /// The door, as far as the form tells it. Where it does not, a source in a filter's networks still came through the
    /// filter, and own mail to a stranger still went out: Direct Send reaches recipients of the tenant alone.
    pub(super) fn told(event: &MailEvent<'_>, envelope: Claim, is_gateway: bool, tenant: &Tenant) -> Self {
        match Self::of(event.direction, event.connectors.is_some(), is_gateway) {
            Self::Internal => Self::Internal,
            Self::Outbound => Self::Outbound,
            _ if is_gateway && event.untold.entry => Self::Gateway,
            _ if event.untold.entry && envelope.is_own() && is_foreign(&event.recipient, tenant) => Self::Outbound,
            _ if event.untold.entry => Self::Unknown,
            entry => entry,
        }
    }

    pub(super) const fn of(direction: Direction, has_connector: bool, is_gateway: bool) -> Self {
        match (direction, has_connector, is_gateway) {
            (Direction::IntraOrg, ..) => Self::Internal,
            (Direction::Outbound, ..) => Self::Outbound,
            (Direction::Unknown, ..) => Self::Unknown,
            (Direction::Inbound, _, true) => Self::Gateway,
            (Direction::Inbound, true, false) => Self::Connector,
            (Direction::Inbound, false, false) => Self::Direct,
        }
    }
}

fn is_foreign(recipient: &str, tenant: &Tenant) -> bool {
    Claim::of_address(recipient, tenant) == Claim::Foreign
}
