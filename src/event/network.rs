//! The network that a message came from, at the width at which attackers move.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IPv4 /24 or an IPv6 /64: neighbours in one are one sender as far as a campaign is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceNetwork {
    /// The first three octets.
    V4([u8; 3]),
    /// The first four segments.
    V6([u16; 4]),
}

impl SourceNetwork {
    /// The network of an address. An IPv4-mapped IPv6 address is the IPv4 address that it maps.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

impl fmt::Display for SourceNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4([a, b, c]) => write!(f, "{}/24", Ipv4Addr::new(a, b, c, 0)),
            Self::V6([a, b, c, d]) => write!(f, "{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
        }
    }
}

/// The text is neither an IPv4 /24 nor an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a source network; write it as 203.0.113.0/24 or 2001:db8::/64")]
pub struct SourceNetworkError;

impl FromStr for SourceNetwork {
    type Err = SourceNetworkError;

    fn from_str(text: &str) -> Result<Self, SourceNetworkError> {
        let (address, width) = text.split_once('/').ok_or(SourceNetworkError)?;
        let address: IpAddr = address.parse().map_err(|_| SourceNetworkError)?;
        let expected = if address.is_ipv4() { "24" } else { "64" };
        if width == expected { Ok(Self::of(address)) } else { Err(SourceNetworkError) }
    }
}

impl Serialize for SourceNetwork {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SourceNetwork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network_and_strangers_do_not() {
        let network = |text: &str| SourceNetwork::of(text.parse().unwrap());
        assert_eq!(network("203.0.113.9"), network("203.0.113.200"));
        assert_eq!(network("::ffff:203.0.113.9"), network("203.0.113.200"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("203.0.113.9"), network("203.0.112.9"));
    }

    #[test]
    fn the_text_form_reads_back() {
        for text in ["203.0.113.0/24", "2001:db8:1:2::/64"] {
            assert_eq!(text.parse::<SourceNetwork>().unwrap().to_string(), text);
        }
        assert!("203.0.113.0/16".parse::<SourceNetwork>().is_err());
    }
}
