//! Who lives where.
//!
//! Everything happens in the documentation networks (RFC 5737, RFC 3849), and there are only three /24 of IPv4. A role
//! whose network overlapped another's would make a label a lie, so all of them are cut here and nowhere else, and a test
//! holds them apart. IPv6 has room: each role has a /48 of its own in 2001:db8::/32.
//!
//! | network             | who lives there                                                       |
//! |---------------------|-----------------------------------------------------------------------|
//! | `192.0.2.0/26`      | Exchange Online itself                                                |
//! | `192.0.2.64/27`     | devices of the tenants whose address is in SPF                        |
//! | `192.0.2.96/27`     | services that send for the tenants and are in SPF                     |
//! | `192.0.2.128/27`    | devices that are sanctioned and not in SPF                            |
//! | `192.0.2.160/27`    | devices that nobody has registered                                    |
//! | `192.0.2.192/27`    | relays on the premises of hybrid tenants                              |
//! | `192.0.2.224/27`    | the vendor of phishing simulations                                    |
//! | `198.51.100.0/24`   | the mail servers of strangers, forwarders and lists among them        |
//! | `203.0.113.0/26`    | the third-party filter                                                |
//! | `203.0.113.64/26`   | relays of strangers that attackers use                                |
//! | `203.0.113.128/25`  | attackers                                                             |

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::message::Source;

pub(super) const EXCHANGE_ONLINE: Network = Network::new([192, 0, 2, 0], 26, 0x40);
pub(super) const DEVICES_IN_SPF: Network = Network::new([192, 0, 2, 64], 27, 0xd1);
pub(super) const SERVICES_IN_SPF: Network = Network::new([192, 0, 2, 96], 27, 0x5a);
pub(super) const SANCTIONED_DEVICES: Network = Network::new([192, 0, 2, 128], 27, 0xd2);
pub(super) const UNREGISTERED_DEVICES: Network = Network::new([192, 0, 2, 160], 27, 0xd3);
pub(super) const RELAYS_ON_PREMISES: Network = Network::new([192, 0, 2, 192], 27, 0x9e);
pub(super) const SIMULATION_VENDOR: Network = Network::new([192, 0, 2, 224], 27, 0x51);
pub(super) const STRANGERS: Network = Network::new([198, 51, 100, 0], 24, 0x25);
pub(super) const FILTER: Network = Network::new([203, 0, 113, 0], 26, 0xf1);
pub(super) const BAD_RELAYS: Network = Network::new([203, 0, 113, 64], 26, 0xbad1);
pub(super) const ATTACKERS: Network = Network::new([203, 0, 113, 128], 25, 0xbad);

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

    /// The host of this number. IPv4 has few and begins again; in IPv6 the upper half of the number is the /64.
    pub(super) const fn host(self, number: u32, is_v6: bool) -> Source {
        if is_v6 { Source::V6(self.v6_host(number)) } else { Source::V4(self.v4_host(number)) }
    }

    /// A host that is known by both of its addresses.
    pub(super) const fn host_of_both(self, number: u32) -> Source {
        Source::Both(self.v4_host(number), self.v6_host(number))
    }

    /// The network as a configuration names it.
    pub(super) fn in_cidr(self) -> Vec<IpNet> {
        let v4 = Ipv4Net::new(self.v4, self.v4_prefix).map(IpNet::V4);
        let v6 = Ipv6Net::new(Ipv6Addr::new(0x2001, 0xdb8, self.v6, 0, 0, 0, 0, 0), 48).map(IpNet::V6);
        v4.into_iter().chain(v6).collect()
    }

    const fn v4_host(self, number: u32) -> Ipv4Addr {
        let hosts = (1 << (32 - self.v4_prefix)) - 2;
        Ipv4Addr::from_bits(self.v4.to_bits() + 1 + number % hosts)
    }

    const fn v6_host(self, number: u32) -> Ipv6Addr {
        let (subnet, host) = ((number >> 16) as u16, number as u16);
        Ipv6Addr::new(0x2001, 0xdb8, self.v6, subnet, 0, 0, 0, host.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const ALL: [Network; 11] = [
        EXCHANGE_ONLINE,
        DEVICES_IN_SPF,
        SERVICES_IN_SPF,
        SANCTIONED_DEVICES,
        UNREGISTERED_DEVICES,
        RELAYS_ON_PREMISES,
        SIMULATION_VENDOR,
        STRANGERS,
        FILTER,
        BAD_RELAYS,
        ATTACKERS,
    ];

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
    fn every_role_lives_in_the_documentation_networks() {
        let reserved: Vec<IpNet> = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]
            .map(|network| network.parse().unwrap())
            .to_vec();
        for network in ALL.map(Network::in_cidr).concat() {
            assert!(reserved.iter().any(|reserved| reserved.contains(&network)), "{network}");
        }
    }

    #[test]
    fn a_host_lives_in_the_network_of_its_role() {
        for network in ALL {
            for number in [0, 1, 29, 30, 253, 254, 65_535, u32::MAX] {
                for source in [network.host(number, false), network.host(number, true)] {
                    let address = source.v4().map(IpAddr::V4).or(source.v6().map(IpAddr::V6)).unwrap();
                    assert!(network.in_cidr().iter().any(|own| own.contains(&address)), "{address}");
                }
            }
        }
    }
}
