//! Services that send for the tenant, each proving it in its own way.

use crate::simulate::authentication::{ALL_PASS, DKIM_ALIGNED, DNS_FAILED, NO_POLICY, SPF_ALIGNED};
use crate::simulate::label::Family;
use crate::simulate::message::Message;
use crate::simulate::networks::{self, Subnet};
use crate::simulate::scene::Scene;

/// A service in the tenant's SPF.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct Service {
    number: u32,
    local: &'static str,
    name: &'static str,
}

pub(in crate::simulate) const HR_PORTAL: Service = Service { number: 0, local: "hr-portal", name: "HR Portal" };
const EVENTS: Service = Service { number: 1, local: "events", name: "Events Team" };
const NEWS: Service = Service { number: 2, local: "news", name: "Staff news" };

impl Service {
    /// Where it runs for the tenant.
    pub(in crate::simulate) const fn subnet(self, tenant: usize) -> Subnet {
        networks::SERVICES_IN_SPF.of_tenant(tenant, self.number)
    }
}

impl Scene<'_> {
    /// Both names are the tenant's.
    pub(super) fn service_signed(&mut self) -> Message {
        let authentication = self.chance.weighted(&[(6, ALL_PASS), (2, NO_POLICY), (2, DKIM_ALIGNED)]);
        let message = Message { family: Family::ServiceSigned, authentication, ..self.service(HR_PORTAL) };
        self.arrived(message)
    }

    /// Only the header is the tenant's; it signs with the tenant's key.
    pub(super) fn service_with_own_bounces(&mut self) -> Message {
        let vendor = self.cast.stranger(self.chance);
        let returns = self.chance.guid();
        let message = Message {
            family: Family::ServiceWithOwnBounces,
            envelope_from: Some(format!("bounces+{returns}@mail.{}", vendor.domain)),
            source: vendor.source(),
            ..self.service(EVENTS)
        };
        self.arrived(message)
    }

    /// From below the tenant's domain, which is aligned without being accepted.
    pub(super) fn own_newsletter(&mut self) -> Message {
        let primary = &self.cast.names[self.tenant].primary;
        let (envelope, header) = (format!("bounce@bounce.news.{primary}"), format!("editors@news.{primary}"));
        let message = Message {
            family: Family::OwnNewsletter,
            envelope_from: Some(envelope),
            header_from: header,
            authentication: self.chance.one_of(&[ALL_PASS, SPF_ALIGNED]),
            ..self.service(NEWS)
        };
        self.arrived(message)
    }

    /// What passes every day did not pass now, because the name server did not answer.
    pub(super) fn transient_dns_error(&mut self) -> Message {
        let message = Message {
            family: Family::TransientDnsError,
            ambiguous: true,
            authentication: DNS_FAILED,
            ..self.service(HR_PORTAL)
        };
        self.arrived(message)
    }

    fn service(&mut self, service: Service) -> Message {
        let address = self.own_address(service.local);
        let source = service.subnet(self.tenant).host(self.chance.within(0..=7), self.chance.per_mille(200));
        Message {
            display_name: service.name.to_owned(),
            envelope_from: Some(address.clone()),
            header_from: address,
            source,
            ..self.draft()
        }
    }
}
