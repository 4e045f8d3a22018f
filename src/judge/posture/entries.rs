//! The entries of a list, however the cmdlet's caller wrote it.
//!
//! How multi-valued parameters look in audit records is published nowhere; semicolons are what is seen most. So every
//! separator counts that no address, network or domain contains, and so do the hash tables by which PowerShell adds and
//! removes: `@{Add="192.0.2.1"; Remove="192.0.2.2"}`. What is removed is no entry of the new list.

use std::net::IpAddr;

use ipnet::IpNet;

/// The entries that the new list has: all of a plain list, the added ones of a hash table.
pub(super) fn entries(list: &str) -> impl Iterator<Item = &str> {
    let mut is_removal = false;
    list.split(is_separator).filter_map(move |word| {
        match word {
            "" | ":" | "@" | "$null" => return None,
            _ if word.eq_ignore_ascii_case("add") => is_removal = false,
            _ if word.eq_ignore_ascii_case("remove") => is_removal = true,
            _ if is_removal || word.starts_with('-') => {}
            _ => return Some(word.strip_prefix('+').unwrap_or(word)),
        }
        None
    })
}

/// Whether the list is set to nothing. A list from which something is removed is not.
pub(super) fn is_emptied(list: &str) -> bool {
    matches!(list.trim().to_ascii_lowercase().as_str(), "" | "$null" | "@()" | "()" | "{}" | "[]")
}

/// Whether all addresses of an entry lie in one of the networks: an address, a network, or a range `first-last`. What
/// cannot be read lies nowhere.
pub(super) fn lies_inside(entry: &str, networks: &[IpNet]) -> bool {
    let holds = |wanted: &IpNet| networks.iter().any(|network| network.contains(wanted));
    if let Some((first, last)) = entry.split_once('-') {
        let (Some(first), Some(last)) = (address(first), address(last)) else { return false };
        // Both ends in one network: so is what lies between.
        return networks.iter().any(|network| network.contains(&first) && network.contains(&last));
    }
    match entry.parse::<IpNet>() {
        Ok(network) => holds(&network),
        Err(_) => address(entry).is_some_and(|address| holds(&IpNet::from(address))),
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, ';' | ',' | '"' | '\'' | '(' | ')' | '{' | '}' | '[' | ']' | '=' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_list_has_the_same_entries() {
        for list in [
            "192.0.2.1;192.0.2.2",
            "192.0.2.1, 192.0.2.2",
            "{192.0.2.1, 192.0.2.2}",
            r#"("192.0.2.1","192.0.2.2")"#,
            r#"["192.0.2.1","192.0.2.2"]"#,
            r#"@{Add="192.0.2.1","192.0.2.2"}"#,
            r#"@{ remove = "192.0.2.9" ; add = '192.0.2.1', '192.0.2.2' }"#,
            r#"{"Add":["192.0.2.1","192.0.2.2"],"Remove":["192.0.2.9"]}"#,
            "+192.0.2.1;-192.0.2.9;+192.0.2.2",
        ] {
            assert_eq!(entries(list).collect::<Vec<_>>(), ["192.0.2.1", "192.0.2.2"], "{list}");
        }
    }

    #[test]
    fn a_list_is_emptied_only_by_nothing() {
        for list in ["", " ", "$null", "@()", "{}"] {
            assert!(is_emptied(list) && entries(list).next().is_none(), "{list}");
        }
        assert!(!is_emptied(r#"@{Remove="192.0.2.1"}"#) && entries(r#"@{Remove="192.0.2.1"}"#).next().is_none());
    }

    #[test]
    fn an_entry_lies_inside_only_as_a_whole() {
        let networks = ["203.0.113.0/25".parse().unwrap(), "2001:db8::/48".parse().unwrap()];
        for entry in ["203.0.113.7", "203.0.113.0/25", "203.0.113.64/26", "203.0.113.1-203.0.113.9", "2001:db8::1"] {
            assert!(lies_inside(entry, &networks), "{entry}");
        }
        for entry in
            ["203.0.113.0/24", "203.0.113.128", "203.0.113.1-203.0.113.200", "0.0.0.0/0", "smtp:*", "", "-", "/"]
        {
            assert!(!lies_inside(entry, &networks), "{entry}");
        }
    }
}
