//! Legitimate mail that looks like the abuse: from outside, under the tenant's own name.
//!
//! Each is aligned in its own way, as the scanner in SPF is, the service with a DKIM key, and the forwarder that leaves
//! the signature whole. A detector that asks for less than alignment cries wolf here.

use std::net::Ipv4Addr;

use super::label::Family;
use super::message::{Message, Source};
use super::ordinary::{ALL_PASS, DKIM_ALIGNED, NO_POLICY, SPF_ALIGNED, Scene};

impl Scene<'_> {
    pub(super) fn own_domain(&mut self) -> Message {
        let message = match self.chance.below(5) {
            0 | 1 => self.scanner(),
            2 => self.service_with_own_bounces(),
            3 => self.service(),
            _ => self.relay_or_forwarder(),
        };
        Message { family: Family::OwnDomain, ..message }
    }

    /// A device on Direct Send, done right: its address is in SPF.
    fn scanner(&mut self) -> Message {
        let device = self.chance.within(1..=4);
        let address = self.own_address(&format!("scanner{device}"));
        let pages = self.chance.within(1..=40);
        Message {
            display_name: format!("Scanner floor {device}"),
            envelope_from: Some(address.clone()),
            header_from: address,
            source: Source::V4(Ipv4Addr::new(192, 0, 2, 128 + device as u8)),
            subject: format!("Scan from device {device} ({pages} pages)"),
            language: "en",
            attachments: 1,
            urls: 0,
            size_bytes: 40_000 + pages * 110_000,
            authentication: SPF_ALIGNED,
            ..self.draft()
        }
    }

    /// Sends for the tenant with both names the tenant's.
    fn service(&mut self) -> Message {
        let address = self.own_address("hr-portal");
        Message {
            display_name: "HR Portal".to_owned(),
            envelope_from: Some(address.clone()),
            header_from: address,
            source: Source::V4(Ipv4Addr::new(192, 0, 2, 80 + self.chance.within(0..=7) as u8)),
            authentication: if self.chance.per_mille(700) { ALL_PASS } else { NO_POLICY },
            ..self.draft()
        }
    }

    /// Sends for the tenant and takes the bounces itself: only the header is the tenant's.
    fn service_with_own_bounces(&mut self) -> Message {
        let vendor = self.cast.stranger(self.chance);
        let returns = self.chance.guid();
        Message {
            display_name: "Events Team".to_owned(),
            envelope_from: Some(format!("bounces+{returns}@mail.{}", vendor.domain)),
            header_from: self.own_address("events"),
            source: vendor.source(),
            ..self.draft()
        }
    }

    /// A colleague's mail that comes back: through the relay on the premises, or from outside with its signature whole.
    fn relay_or_forwarder(&mut self) -> Message {
        let sender = self.colleague();
        let relayed = self.chance.per_mille(500);
        Message {
            display_name: sender.name(),
            envelope_from: Some(sender.address()),
            header_from: sender.address(),
            source: if relayed {
                Source::V4(Ipv4Addr::new(192, 0, 2, 200))
            } else {
                self.cast.stranger(self.chance).source()
            },
            connector: relayed.then_some("Relay from headquarters"),
            authentication: if relayed { SPF_ALIGNED } else { DKIM_ALIGNED },
            ..self.draft()
        }
    }

    fn own_address(&self, local: &str) -> String {
        [local, "@", &self.cast.tenants[self.tenant].domain].concat()
    }
}
