//! Where a sink posts to, and whom it trusts there.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::config::connection::path;
use crate::config::section::{Field, Section};

/// An HTTP address and how its certificate is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `url`; https, or http to a loopback address. Without a slash at its end.
    pub url: String,
    /// Whom to trust.
    pub trust: Trust,
}

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// `ca_file`: certificate authorities in PEM, to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// `tls_verify`, default true. Where it is false anybody on the way can read the alerts; the log and a metric say so.
    pub verify: bool,
}

impl Endpoint {
    pub(super) fn read(section: &mut Section<'_>, example: &str) -> Option<Self> {
        let url = section.needed("url", &format!("where to post, as in {example}"), |field| url(field, example));
        let trust = Trust::read(section);
        Some(Self { url: url?, trust: trust? })
    }
}

impl Trust {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let verify = section.or("tls_verify", true, Field::boolean);
        let ca_file = section.optional("ca_file", |field| match verify {
            Some(false) => field.wrong("means nothing with tls_verify = false; remove one of them"),
            _ => path(field),
        });
        Some(Self { ca_file: ca_file?, verify: verify? })
    }
}

/// An https URL, or http to this machine. A URL may hold a password by mistake, so it is never shown.
pub(super) fn url(field: &Field<'_>, example: &str) -> Option<String> {
    match check(field.text()?) {
        Ok(url) => Some(url),
        Err(Flaw::Login) => field.wrong("a user name and password do not belong in a URL; there are keys for them"),
        Err(Flaw::Plain) => field.wrong("alerts name people; use https (http is for loopback addresses)"),
        Err(Flaw::Other) => field.wrong(format!("write it as in {example}")),
    }
}

/// Why a URL is none to post alerts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Login,
    Plain,
    Other,
}

fn check(text: &str) -> Result<String, Flaw> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>#".contains(&byte));
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Flaw::Login);
    }
    let host = host_of(authority).filter(|_| is_plain).ok_or(Flaw::Other)?;
    match scheme {
        "https" => Ok(text.to_owned()),
        "http" if is_loopback(host) => Ok(text.to_owned()),
        "http" => Err(Flaw::Plain),
        _ => Err(Flaw::Other),
    }
}

/// Whether alerts may be posted to a URL that was not known when the configuration was read.
#[must_use]
pub fn may_post_to(url: &str) -> bool {
    check(url).is_ok()
}

/// The host of `host`, `host:port`, `[::1]` or `[::1]:port`.
pub(super) fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    Some(host).filter(|host| is_port && !host.is_empty())
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_a_client_will_connect_to() {
        assert_eq!(host_of("soar.example:8443"), Some("soar.example"));
        assert_eq!(host_of("[::1]:80"), Some("::1"));
        assert_eq!(host_of("[::1]"), Some("::1"));
        for authority in ["", ":80", "a:b", "[::1", "[::1]80", "a:80:90", "a:65536"] {
            assert_eq!(host_of(authority), None, "{authority}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "::1"].into_iter().all(is_loopback));
        assert!(!["localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0"].into_iter().any(is_loopback));
    }

    #[test]
    fn alerts_are_posted_where_nobody_reads_them_on_the_way() {
        for url in ["https://soc.example/hook?sig=x", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost"] {
            assert!(may_post_to(url), "{url}");
        }
        for url in
            ["http://soc.example/", "https://u:p@soc.example/", "ftp://127.0.0.1/", "soc.example", "", "https://"]
        {
            assert!(!may_post_to(url), "{url}");
        }
    }
}
