//! Who lives where.
//!
//! A campaign joins by the network that mail comes from, an IPv4 /24 or an IPv6 /64. So a sender that shall count as one
//! has such a [`Subnet`] of its own, and a role has a [`Network`] of many. The documentation's networks (RFC 5737) hold
//! three /24, in which everybody would be everybody's neighbour; therefore all of IPv4 happens in 198.18.0.0/15, which is
//! reserved for benchmarks (RFC 2544), is routed nowhere, and holds 512. IPv6 has room: each role has a /48 of its own in
//! 2001:db8::/32 (RFC 3849).
//!
//! A role whose network overlapped another's would make a label a lie, so all of them are cut here and nowhere else, and
//! a test holds them apart.
//!
//! | network            | who lives there, and what has a /24 and a /64 of its own                 |
//! |--------------------|---------------------------------------------------------------------------|
//! | `198.18.0.0/16`    | the mail servers of strangers, forwarders and lists among them: each      |
//! | `198.19.0.0/22`    | Exchange Online itself                                                    |
//! | `198.19.4.0/22`    | the third-party filter                                                    |
//! | `198.19.8.0/22`    | the vendor of phishing simulations                                        |
//! | `198.19.12.0/22`   | relays on the premises of hybrid tenants: each tenant                     |
//! | `198.19.16.0/20`   | devices of the tenants whose address is in SPF: each                      |
//! | `198.19.32.0/20`   | services that send for the tenants and are in SPF: each tenant's each     |
//! | `198.19.48.0/20`   | devices that are sanctioned and not in SPF: each                          |
//! | `198.19.64.0/20`   | devices that nobody has registered: each                                  |
//! | `198.19.80.0/20`   | the desks where people click: each tenant                                 |
//! | `198.19.96.0/19`   | relays of strangers that attackers use: each campaign                     |
//! | `198.19.128.0/18`  | attackers: each campaign                                                  |
//! | `198.19.192.0/18`  | attackers who move: each message                                          |
//!
//! Where the numbers run out they begin again. That lets two campaigns share a /24 with sixty others in between, or the
//! devices of a fifth tenant those of the first, which is no matter because tenants share no memory.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::message::Source;

pub(super) const STRANGERS: Network = Network::new([198, 18, 0, 0], 16, 0x25);
pub(super) const EXCHANGE_ONLINE: Network = Network::new([198, 19, 0, 0], 22, 0x40);
pub(super) const FILTER: Network = Network::new([198, 19, 4, 0], 22, 0xf1);
pub(super) const SIMULATION_VENDOR: Network = Network::new([198, 19, 8, 0], 22, 0x51);
pub(super) const RELAYS_ON_PREMISES: Network = Network::new([198, 19, 12, 0], 22, 0x9e);
pub(super) const DEVICES_IN_SPF: Network = Network::new([198, 19, 16, 0], 20, 0xd1);
pub(super) const SERVICES_IN_SPF: Network = Network::new([198, 19, 32, 0], 20, 0x5a);
pub(super) const SANCTIONED_DEVICES: Network = Network::new([198, 19, 48, 0], 20, 0xd2);
pub(super) const UNREGISTERED_DEVICES: Network = Network::new([198, 19, 64, 0], 20, 0xd3);
pub(super) const DESKS: Network = Network::new([198, 19, 80, 0], 20, 0xde);
pub(super) const BAD_RELAYS: Network = Network::new([198, 19, 96, 0], 19, 0xbad1);
pub(super) const ATTACKERS: Network = Network::new([198, 19, 128, 0], 18, 0xbad);
pub(super) const MOVING_ATTACKERS: Network = Network::new([198, 19, 192, 0], 18, 0xbad2);

/// How many subnets of a role are a tenant's own.
const SUBNETS_OF_TENANT: u32 = 4;

/// The part of the internet where one role lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    v4: Ipv4Addr,
    v4_prefix: u8,
    /// The third group of its 2001:db8::/48.
    v6: u16,
}

impl Network {
    const fn new([a, b, c, d]: [u8; 4], v4_prefix: u8, v6: u16) -> Self {
        Self { v4: Ipv4Addr::new(a, b, c, d), v4_prefix, v6 }
    }

    /// The subnet of this number.
    pub(super) const fn subnet(self, number: u32) -> Subnet {
        let count = 1 << (24 - self.v4_prefix);
        Subnet { v4: self.v4.to_bits() + ((number % count) << 8), v6: [self.v6, number as u16] }
    }

    /// The subnet of this number among those of the tenant, of which there are four.
    pub(super) const fn of_tenant(self, tenant: usize, number: u32) -> Subnet {
        self.subnet((tenant as u32).wrapping_mul(SUBNETS_OF_TENANT).wrapping_add(number % SUBNETS_OF_TENANT))
    }

    /// A host of an operator that has many everywhere.
    pub(super) const fn host(self, number: u32, is_v6: bool) -> Source {
        self.subnet(number % SUBNETS_OF_TENANT).host(number, is_v6)
    }

    /// The same, known by both of its addresses.
    pub(super) const fn host_of_both(self, number: u32) -> Source {
        self.subnet(number % SUBNETS_OF_TENANT).host_of_both(number)
    }

    /// The network as a configuration names it.
    pub(super) fn in_cidr(self) -> Vec<IpNet> {
        in_cidr((self.v4, self.v4_prefix), (Ipv6Addr::new(0x2001, 0xdb8, self.v6, 0, 0, 0, 0, 0), 48))
    }
}

/// Neighbours, who count as one sender: an IPv4 /24 and an IPv6 /64.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subnet {
    v4: u32,
    /// The third and the fourth group of its 2001:db8::/64.
    v6: [u16; 2],
}

impl Subnet {
    /// The host of this number.
    pub(super) const fn host(self, number: u32, is_v6: bool) -> Source {
        if is_v6 { Source::V6(self.v6_host(number)) } else { Source::V4(self.v4_host(number)) }
    }

    /// A host that is known by both of its addresses.
    pub(super) const fn host_of_both(self, number: u32) -> Source {
        Source::Both(self.v4_host(number), self.v6_host(number))
    }

    /// The subnet as a configuration names it.
    pub(super) fn in_cidr(self) -> Vec<IpNet> {
        let [role, subnet] = self.v6;
        in_cidr((Ipv4Addr::from_bits(self.v4), 24), (Ipv6Addr::new(0x2001, 0xdb8, role, subnet, 0, 0, 0, 0), 64))
    }

    const fn v4_host(self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.v4 + 1 + number % 254)
    }

    const fn v6_host(self, number: u32) -> Ipv6Addr {
        let [role, subnet] = self.v6;
        Ipv6Addr::new(0x2001, 0xdb8, role, subnet, 0, 0, 0, 1 + (number % 0xffff) as u16)
    }
}

fn in_cidr((v4, v4_prefix): (Ipv4Addr, u8), (v6, v6_prefix): (Ipv6Addr, u8)) -> Vec<IpNet> {
    let v4 = Ipv4Net::new(v4, v4_prefix).map(IpNet::V4);
    let v6 = Ipv6Net::new(v6, v6_prefix).map(IpNet::V6);
    v4.into_iter().chain(v6).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use super::*;
    use crate::event::SourceNetwork;

    const ALL: [Network; 13] = [
        STRANGERS,
        EXCHANGE_ONLINE,
        FILTER,
        SIMULATION_VENDOR,
        RELAYS_ON_PREMISES,
        DEVICES_IN_SPF,
        SERVICES_IN_SPF,
        SANCTIONED_DEVICES,
        UNREGISTERED_DEVICES,
        DESKS,
        BAD_RELAYS,
        ATTACKERS,
        MOVING_ATTACKERS,
    ];

    fn addresses(subnet: Subnet, number: u32) -> [IpAddr; 2] {
        let source = subnet.host_of_both(number);
        [source.v4().unwrap().into(), source.v6().unwrap().into()]
    }

    #[test]
    fn no_two_roles_share_an_address() {
        let networks: Vec<_> = ALL.map(Network::in_cidr).concat();
        for (place, one) in networks.iter().enumerate() {
            for other in &networks[place + 1..] {
                assert!(!one.contains(other) && !other.contains(one), "{one} {other}");
            }
        }
    }

    #[test]
    fn every_role_lives_in_networks_that_are_routed_nowhere() {
        let reserved: Vec<IpNet> = ["198.18.0.0/15", "2001:db8::/32"].map(|network| network.parse().unwrap()).to_vec();
        for network in ALL.map(Network::in_cidr).concat() {
            assert!(reserved.iter().any(|reserved| reserved.contains(&network)), "{network}");
        }
    }

    #[test]
    fn a_host_lives_in_its_subnet_and_the_subnet_in_the_network_of_its_role() {
        for network in ALL {
            for number in [0, 1, 29, 30, 253, 254, 65_535, u32::MAX] {
                for address in addresses(network.subnet(number), number) {
                    assert!(network.in_cidr().iter().any(|own| own.contains(&address)), "{address}");
                    assert!(network.subnet(number).in_cidr().iter().any(|own| own.contains(&address)), "{address}");
                }
            }
        }
    }

    #[test]
    fn the_neighbours_of_a_subnet_are_one_sender_and_those_of_two_are_not() {
        let mut seen = BTreeSet::new();
        for number in 0..256 {
            let [one, other] = [1, 200].map(|host| addresses(STRANGERS.subnet(number), host).map(SourceNetwork::of));
            assert_eq!(one, other);
            assert!(one.into_iter().all(|network| seen.insert(network)), "{number}");
        }
    }

    #[test]
    fn four_tenants_have_devices_of_their_own() {
        let places = (0..4).flat_map(|tenant| (0..4).map(move |device| (tenant, device)));
        let subnets: BTreeSet<_> =
            places.map(|(tenant, device)| addresses(SANCTIONED_DEVICES.of_tenant(tenant, device), 0)).collect();
        assert_eq!(subnets.len(), 16);
    }
}
