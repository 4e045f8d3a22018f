//! Who owns a name: the organisational domain, which relaxed alignment compares (RFC 9989).
//!
//! The standard finds it with a walk through DNS, and nothing here may ask DNS. So the verdict of Exchange Online counts
//! first, and where that does not settle it, this module answers from the Public Suffix List that is compiled in, and from
//! what the tenant has told of itself. The list only ever says that two strangers' names are *one* organisation's; whether
//! a name is the tenant's own is decided by its accepted domains alone.

use std::fmt;

use crate::event::Domain;

use super::tenant::{AcceptedDomain, Tenant};

/// The Public Suffix List that is compiled in. A name that became a suffix later still counts as one organisation.
pub const PUBLIC_SUFFIX_LIST: SuffixList = SuffixList { version: "2.1.247", published: "2026-11-05" };

/// Which edition of the list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuffixList {
    /// Version of the crate `psl`, which carries the list as of its publication. The list itself has no other mark.
    pub version: &'static str,
    /// The day on which that version was published.
    pub published: &'static str,
}

impl fmt::Display for SuffixList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "psl {}, published {}", self.version, self.published)
    }
}

/// Microsoft hands out names below these to whoever opens a tenant (`mail.` for hybrid routing), and the list does not
/// have them. Without this table one free trial would be in the same organisation as every other tenant.
const SHARED_BY_TENANTS: [&str; 9] = [
    "onmicrosoft.com",
    "mail.onmicrosoft.com",
    "onmicrosoft.us",
    "mail.onmicrosoft.us",
    "onmicrosoft.de",
    "mail.onmicrosoft.de",
    "onmschina.cn",
    "partner.onmschina.cn",
    "partner.mail.onmschina.cn",
];

/// The name that was registered: one label below the public suffix. `None` for a suffix itself and for what is no name of
/// a host, such as an address literal; those are one organisation with nobody but themselves.
#[must_use]
pub fn organisational_domain<'d>(domain: &'d Domain<'_>) -> Option<&'d str> {
    let name = domain.as_str();
    if !is_host_name(name) || is_shared_by_tenants(name) {
        return None;
    }
    let below = SHARED_BY_TENANTS.iter().filter(|suffix| domain.is_below(suffix)).max_by_key(|suffix| suffix.len());
    match below {
        Some(suffix) => one_label_below(name, suffix),
        None => psl::domain_str(name),
    }
}

/// Whether anybody may get a name below it from Microsoft, so that no tenant can call it its own.
#[must_use]
pub fn is_shared_by_tenants(name: &str) -> bool {
    SHARED_BY_TENANTS.contains(&name)
}

/// Relaxed alignment: equal names, equal organisational domains, or both at or below one accepted domain.
pub(super) fn is_one_organisation(one: &Domain<'_>, other: &Domain<'_>, tenant: &Tenant) -> bool {
    let organisation = organisational_domain(one);
    one == other
        || (organisation.is_some() && organisation == organisational_domain(other))
        || tenant.accepted_domains.iter().any(|own| holds(own, one) && holds(own, other))
}

/// Whether a name is the accepted domain's by the tenant's own word. Who runs a public suffix has strangers below it, and
/// they are the tenant's only where it says that it takes their mail.
fn holds(own: &AcceptedDomain, domain: &Domain<'_>) -> bool {
    let is_its_own = own.match_subdomains || organisational_domain(&Domain::fold(&own.name)).is_some();
    domain.as_str() == own.name || (is_its_own && domain.is_below(&own.name))
}

fn one_label_below<'n>(name: &'n str, suffix: &str) -> Option<&'n str> {
    let labels = name.strip_suffix(suffix)?.strip_suffix('.')?;
    name.get(labels.rfind('.').map_or(0, |dot| dot + 1)..)
}

/// The list has a default rule that would find an organisation in anything with a dot.
fn is_host_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_plain);
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(name: &str) -> Option<String> {
        organisational_domain(&Domain::fold(name)).map(str::to_owned)
    }

    fn tenant(accepted: &[(&str, bool)]) -> Tenant {
        let domain = |&(name, match_subdomains): &(&str, bool)| AcceptedDomain { name: name.into(), match_subdomains };
        Tenant { accepted_domains: accepted.iter().map(domain).collect(), ..Tenant::default() }
    }

    fn is_one(one: &str, other: &str, tenant: &Tenant) -> bool {
        let (one, other) = (Domain::fold(one), Domain::fold(other));
        let answer = is_one_organisation(&one, &other, tenant);
        assert_eq!(answer, is_one_organisation(&other, &one, tenant), "{one} {other}");
        answer
    }

    #[test]
    fn the_organisation_is_one_label_below_the_public_suffix() {
        for (name, expected) in [
            ("contoso.com", "contoso.com"),
            ("a.b.Contoso.com.", "contoso.com"),
            ("news.contoso.co.uk", "contoso.co.uk"),
            ("pages.contoso.github.io", "contoso.github.io"),
            ("shop.münchen.example", "xn--mnchen-3ya.example"),
            ("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ] {
            assert_eq!(organisation(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_public_suffix_and_what_is_no_name_of_a_host_have_no_organisation() {
        for name in ["com", "co.uk", "github.io", "onmicrosoft.com", "localhost", "", "a..com", ".com", "[192.0.2.7]"] {
            assert_eq!(organisation(name), None, "{name}");
        }
        assert_eq!((organisation("192.0.2.7"), organisation("con toso.com")), (None, None));
    }

    #[test]
    fn every_tenant_of_microsoft_is_an_organisation_of_its_own() {
        for suffix in SHARED_BY_TENANTS {
            assert_eq!(organisation(suffix), None);
            let name = format!("contoso.{suffix}");
            assert_eq!(organisation(&name), Some(name.clone()));
            assert_eq!(organisation(&format!("a.{name}")), Some(name));
        }
    }

    #[test]
    fn a_stranger_below_a_shared_suffix_is_never_aligned() {
        let contoso = tenant(&[("contoso.com", false), ("contoso.onmicrosoft.com", false)]);
        assert!(!is_one("evil.onmicrosoft.com", "contoso.onmicrosoft.com", &contoso));
        assert!(!is_one("evil.mail.onmicrosoft.com", "contoso.mail.onmicrosoft.com", &contoso));
        assert!(!is_one("onmicrosoft.com", "contoso.onmicrosoft.com", &contoso));
        assert!(!is_one("a.github.io", "github.io", &contoso));
        assert!(!is_one("a.github.io", "b.github.io", &contoso));
        assert!(!is_one("contoso.co.uk", "other.co.uk", &contoso));
        assert!(!is_one("[192.0.2.7]", "[198.51.100.7]", &contoso));
    }

    #[test]
    fn names_of_one_organisation_are_aligned_whoever_it_is() {
        let nobody = tenant(&[]);
        assert!(is_one("bounce.contoso.com", "contoso.com", &nobody));
        assert!(is_one("bounce.contoso.com", "news.contoso.com", &nobody));
        assert!(is_one("github.io", "github.io", &nobody), "a suffix is one with itself");
    }

    #[test]
    fn who_runs_a_public_suffix_vouches_for_what_is_below_only_by_saying_so() {
        assert!(!is_one("customer.github.io", "github.io", &tenant(&[("github.io", false)])));
        assert!(is_one("customer.github.io", "github.io", &tenant(&[("github.io", true)])));
    }
}
