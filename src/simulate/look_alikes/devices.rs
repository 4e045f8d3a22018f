//! Devices on Direct Send: the use that it was made for.

use crate::simulate::authentication::{Authentication, SPF_ALIGNED};
use crate::simulate::label::Family;
use crate::simulate::message::{INBOX, JUNKED_AS_SPOOF, Message, Source};
use crate::simulate::networks::{self, Subnet};
use crate::simulate::options::TenantKind;
use crate::simulate::scene::Scene;

/// The display names and local parts of the devices that the configuration sanctions.
pub(in crate::simulate) const SANCTIONED: [(&str, &str); 3] =
    [("Printer second floor", "printer"), ("Backup storage", "nas"), ("ERP", "erp")];

/// The number of each of them in its subnet; its neighbours are other machines of the same office.
const SANCTIONED_HOST: u32 = 20;

/// Where one of them stands, in the office of its tenant.
pub(in crate::simulate) const fn sanctioned_subnet(tenant: usize, device: usize) -> Subnet {
    networks::SANCTIONED_DEVICES.of_tenant(tenant, device as u32)
}

const UNREGISTERED: [(&str, &str); 3] =
    [("UPS", "ups"), ("Monitoring", "monitoring"), ("Scanner branch office", "branch")];

impl Scene<'_> {
    pub(super) fn device_in_spf(&mut self) -> Message {
        let device = self.chance.within(1..=4);
        let address = self.own_address(&format!("scanner{device}"));
        let source = networks::DEVICES_IN_SPF.of_tenant(self.tenant, device).host(device, device == 4);
        Message {
            family: Family::DeviceInSpf,
            // It walks around the filter, and what it sends proves only that it may send.
            ambiguous: self.kind() == TenantKind::Gateway,
            authentication: SPF_ALIGNED,
            ..self.scan(&format!("Scanner floor {device}"), address, source)
        }
    }

    pub(super) fn sanctioned_device(&mut self) -> Message {
        let device = self.chance.below(SANCTIONED.len() as u64) as usize;
        let (name, local) = SANCTIONED[device];
        let source = sanctioned_subnet(self.tenant, device).host(SANCTIONED_HOST, self.chance.per_mille(150));
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
        let source = networks::UNREGISTERED_DEVICES.of_tenant(self.tenant, device).host(device, device == 1);
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
