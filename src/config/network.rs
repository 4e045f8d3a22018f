//! Networks and listening addresses, and how wide they may be.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::mistake::quoted;
use super::section::{Field, Place, Section};

/// A network in CIDR form, or one address.
///
/// Host bits are refused because the reader cannot tell which of two networks was meant, and a wide network because a
/// rule that holds for a tenth of the internet protects nobody.
pub(super) fn network(field: &Field<'_>) -> Option<IpNet> {
    let text = field.text()?;
    let Ok(network) = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) else {
        return field.wrong(format!("{} is no network; write 203.0.113.0/24 or one address", quoted(text)));
    };
    if network.trunc() != network {
        return field.wrong(format!("{network} has bits beyond its prefix; the network is {}", network.trunc()));
    }
    if is_mapped(&network) {
        return field.wrong(format!("{network} is IPv4 in IPv6 clothes; write it as an IPv4 network"));
    }
    if width(&network) > Width::Large {
        return field.wrong(format!("{network} takes in too much of the internet; name the networks that really send"));
    }
    Some(network)
}

fn is_mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some())
}

/// How much of the internet a network takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    /// What one organisation may have.
    Usual,
    /// A /8 of IPv4, a provider's /20 of IPv6: nobody controls all who send from there.
    Large,
    /// More than that; together a few of them are everything.
    Absurd,
}

/// The width of a network.
pub(super) fn width(network: &IpNet) -> Width {
    let large = if matches!(network, IpNet::V4(_)) { 8 } else { 20 };
    match network.prefix_len() {
        bits if bits < large => Width::Absurd,
        bits if bits == large => Width::Large,
        _ => Width::Usual,
    }
}

/// The address of a listener; no two listeners share one.
pub(super) fn listen(field: &Field<'_>) -> Option<SocketAddr> {
    let text = field.text()?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        return field.wrong(format!("{} is no address with a port; write it as in 127.0.0.1:8088", quoted(text)));
    };
    claim(field, address)
}

/// The address of a listener that has a default.
pub(super) fn listen_or(section: &mut Section<'_>, default: SocketAddr) -> Option<SocketAddr> {
    match section.field("listen") {
        Some(field) => listen(&field),
        None => claim(section, default),
    }
}

fn claim(place: &Place<'_>, address: SocketAddr) -> Option<SocketAddr> {
    let any_free_port = address.port() == 0;
    if !any_free_port {
        place.once("listening address", address.to_string())?;
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_measured_for_both_families() {
        let of = |text: &str| width(&text.parse().unwrap());
        assert_eq!(
            [of("0.0.0.0/0"), of("198.0.0.0/8"), of("198.0.0.0/9")],
            [Width::Absurd, Width::Large, Width::Usual]
        );
        assert_eq!([of("2000::/3"), of("2001::/20"), of("2001:db8::/32")], [Width::Absurd, Width::Large, Width::Usual]);
    }
}
