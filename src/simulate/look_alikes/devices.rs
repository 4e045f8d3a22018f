//! Devices on Direct Send: the use that it was made for.

use crate::simulate::authentication::{Authentication, SPF_ALIGNED};
use crate::simulate::label::Family;
use crate::simulate::message::{INBOX, JUNKED_AS_SPOOF, Message, Source};
use crate::simulate::networks;
use crate::simulate::options::TenantKind;
use crate::simulate::scene::Scene;

/// The display names and local parts of the devices that the configuration sanctions.
pub(in crate::simulate) const SANCTIONED: [(&str, &str); 3] =
    [("Printer second floor", "printer"), ("Backup storage", "nas"), ("ERP", "erp")];

const UNREGISTERED: [(&str, &str); 3] =
    [("UPS", "ups"), ("Monitoring", "monitoring"), ("Scanner branch office", "branch")];

impl Scene<'_> {
    pub(super) fn device_in_spf(&mut self) -> Message {
        let device = self.chance.within(1..=4);
        let address = self.own_address(&format!("scanner{device}"));
        let source = networks::DEVICES_IN_SPF.host(device, device == 4);
        Message {
            family: Family::DeviceInSpf,
            // It walks around the filter, and what it sends proves only that it may send.
            ambiguous: self.kind() == TenantKind::Gateway,
            authentication: SPF_ALIGNED,
            ..self.scan(&format!("Scanner floor {device}"), address, source)
        }
    }

    pub(super) fn sanctioned_device(&mut self) -> Message {
        let (name, local) = self.chance.one_of(&SANCTIONED);
        let source = networks::SANCTIONED_DEVICES.host(self.chance.within(0..=5), self.chance.per_mille(150));
        Message {
            family: Family::SanctionedDevice,
            authentication: Authentication::unproven(self.chance),
            ..self.unproven_scan(name, self.own_address(local), source)
        }
    }

    /// One sender from one address, always with the same results.
    pub(super) fn unregistered_device(&mut self) -> Message {
        let device = self.chance.within(0..=2);
        let (name, local) = UNREGISTERED[device as usize];
        let host = self.tenant as u32 * 3 + device;
        let source = networks::UNREGISTERED_DEVICES.host(host, device == 1);
        let spf = if device == 0 { "fail" } else { "softfail" };
        Message {
            family: Family::UnregisteredDevice,
            ambiguous: true,
            authentication: Authentication {
                spf: Some(spf),
                dkim: Some("none"),
                dmarc: Some("fail"),
                comp_auth: Some("none"),
            },
            ..self.unproven_scan(name, self.own_address(local), source)
        }
    }

    /// Exchange Online calls an unproven own name a spoof now and then, whoever's it is: it is why scans end up in junk.
    fn unproven_scan(&mut self, name: &str, address: String, source: Source) -> Message {
        let scan = self.scan(name, address, source);
        Message { delivery: if scan.cluster_id.is_multiple_of(7) { &JUNKED_AS_SPOOF } else { &INBOX }, ..scan }
    }

    fn scan(&mut self, name: &str, address: String, source: Source) -> Message {
        let pages = self.chance.within(1..=40);
        Message {
            display_name: name.to_owned(),
            envelope_from: Some(address.clone()),
            header_from: address,
            source,
            subject: format!("{name}: {pages} pages"),
            language: "en",
            attachments: 1,
            urls: 0,
            size_bytes: 40_000 + pages * 110_000,
            ..self.draft()
        }
    }
}
