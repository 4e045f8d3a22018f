//! The tenant's own doors: the third-party filter and the relay on the premises.

use crate::simulate::authentication::{Authentication, SPF_ALIGNED, WITHIN_EXCHANGE, results};
use crate::simulate::label::Family;
use crate::simulate::message::Message;
use crate::simulate::networks;
use crate::simulate::scene::{FILTER_CONNECTOR, RELAY_CONNECTOR, Scene};

/// What the filter's address does to mail in the tenant's own name.
pub(in crate::simulate) const BEHIND_FILTER: [Authentication; 3] = [
    results("fail", "fail", "fail", "none"),
    results("softfail", "none", "fail", "none"),
    results("softfail", "fail", "fail", "none"),
];

impl Scene<'_> {
    pub(super) fn gateway_traffic(&mut self) -> Message {
        Message { family: Family::GatewayTraffic, connector: Some(FILTER_CONNECTOR), ..self.filtered() }
    }

    /// Exchange Online did not attribute it; that it came from the filter shows only in its address.
    pub(super) fn gateway_without_connector(&mut self) -> Message {
        Message { family: Family::GatewayWithoutConnector, ..self.filtered() }
    }

    /// From the tenant's own servers: as inbound mail, or, where the connector says so, as mail of the organisation.
    pub(super) fn on_premises_relay(&mut self) -> Message {
        let is_internal = self.chance.per_mille(400);
        let outside = self.chance.weighted(&[
            (2, results("fail", "none", "fail", "none")),
            (1, results("softfail", "none", "fail", "none")),
            (1, SPF_ALIGNED),
        ]);
        Message {
            family: Family::OnPremisesRelay,
            source: networks::RELAYS_ON_PREMISES.subnet(self.tenant as u32).host(self.chance.within(0..=1), false),
            connector: Some(RELAY_CONNECTOR),
            direction: if is_internal { "Intra-org" } else { "Inbound" },
            authentication: if is_internal { WITHIN_EXCHANGE } else { outside },
            ..self.in_a_colleagues_name()
        }
    }

    fn filtered(&mut self) -> Message {
        Message {
            source: self.filter_host(),
            authentication: self.chance.one_of(&BEHIND_FILTER),
            ..self.in_a_colleagues_name()
        }
    }

    fn in_a_colleagues_name(&mut self) -> Message {
        let sender = self.colleague();
        Message {
            display_name: sender.name(),
            envelope_from: Some(sender.address()),
            header_from: sender.address(),
            ..self.draft()
        }
    }
}
