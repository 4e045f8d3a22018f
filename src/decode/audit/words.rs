//! Two columns whose words need reading: where somebody was, and whether it worked.

use std::net::{IpAddr, SocketAddr};

/// Reads a client's address: alone, with a port, in brackets, or IPv4 in IPv6 clothes.
pub(super) fn client_ip(written: &str) -> Option<IpAddr> {
    let written = written.trim();
    let bare = || written.parse::<IpAddr>().ok();
    let with_port = || written.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || written.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    // `::ffff:203.0.113.7:51234` has no brackets, so the library will not have it.
    let before_port = || written.rsplit_once(':')?.0.parse().ok();
    bare().or_else(with_port).or_else(bracketed).or_else(before_port).map(|address| address.to_canonical())
}

/// Reads `ResultStatus`: the words of the audit log, and those of the tables that re-shape it.
pub(super) fn has_succeeded(status: &str) -> Option<bool> {
    match status.trim().to_ascii_lowercase().as_str() {
        "true" | "succeeded" | "success" | "partiallysucceeded" => Some(true),
        "false" | "failed" | "failure" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_client_is_one_address() {
        for written in ["203.0.113.7", "203.0.113.7:51234", "::ffff:203.0.113.7", "[::ffff:203.0.113.7]:51234"] {
            assert_eq!(client_ip(written), "203.0.113.7".parse().ok(), "{written}");
        }
        assert_eq!(client_ip("::ffff:203.0.113.7:51234"), "203.0.113.7".parse().ok());
        for written in ["2001:db8::7", "[2001:db8::7]:443", "[2001:db8::7]"] {
            assert_eq!(client_ip(written), "2001:db8::7".parse().ok(), "{written}");
        }
        for written in ["", ":", "[]", "[", "Not Available", "203.0.113.7:51234:1", "é:1"] {
            assert_eq!(client_ip(written), None, "{written}");
        }
    }

    #[test]
    fn results_come_in_several_words() {
        for (written, succeeded) in [
            ("True", Some(true)),
            ("Succeeded", Some(true)),
            ("FALSE", Some(false)),
            ("Failed", Some(false)),
            ("", None),
        ] {
            assert_eq!(has_succeeded(written), succeeded, "{written}");
        }
    }
}
