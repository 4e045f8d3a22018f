//! Domain names in the one form in which they may be compared.

use std::borrow::Cow;
use std::fmt;

/// A domain name, folded: lower case, A-labels, no trailing dot (UTS-46, non-transitional, as browsers do).
///
/// Case, trailing dots, U-labels, full-width and mathematical letters are all ways to write one name; a detector that
/// compares spellings is walked around by any of them. A label that UTS-46 refuses is kept in lower case as it stands:
/// it can be part of no accepted domain, and the alert should still show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain<'a>(Cow<'a, str>);

impl<'a> Domain<'a> {
    /// Folds a name. Borrows when there is nothing to fold, which is nearly always.
    #[must_use]
    pub fn fold(name: &'a str) -> Self {
        let name = name.trim();
        if is_folded(name.as_bytes()) {
            return Self(Cow::Borrowed(name));
        }
        let folded = if name.is_ascii() && !has_a_label(name) { name.to_ascii_lowercase() } else { fold_idn(name) };
        Self(Cow::Owned(folded.trim_end_matches('.').to_owned()))
    }

    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this name lies below the other: `a.b.example` below `b.example`, never `ab.example`.
    #[must_use]
    pub fn is_below(&self, parent: &str) -> bool {
        self.0.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
    }

    /// A copy that outlives the record.
    #[must_use]
    pub fn into_owned(self) -> Domain<'static> {
        Domain(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn is_folded(name: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_');
    // Two hyphens in a row may be an A-label's, and are in hardly any other name.
    name.iter().all(plain) && name.last() != Some(&b'.') && memchr::memmem::find(name, b"--").is_none()
}

fn has_a_label(name: &str) -> bool {
    name.as_bytes().windows(4).any(|label| label.eq_ignore_ascii_case(b"xn--"))
}

/// Where UTS-46 refuses the whole, every label that it takes by itself is still folded: one broken label below contoso.com
/// must not hide whose name stands behind it.
fn fold_idn(name: &str) -> String {
    const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];
    to_ascii(name).unwrap_or_else(|| {
        let fold = |label| to_ascii(label).unwrap_or_else(|| label.to_lowercase());
        name.split(DOTS).map(fold).collect::<Vec<_>>().join(".")
    })
}

fn to_ascii(name: &str) -> Option<String> {
    idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::EMPTY).ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_folds_onto_it() {
        for name in [
            "contoso.com",
            "Contoso.COM",
            "contoso.com.",
            " contoso.com",
            "ｃｏｎｔｏｓｏ.com",
            "𝐜𝐨𝐧𝐭𝐨𝐬𝐨.𝐜𝐨𝐦",
            "contoso。com",
        ] {
            assert_eq!(Domain::fold(name).as_str(), "contoso.com", "{name}");
        }
    }

    #[test]
    fn a_u_label_and_its_a_label_are_one_name() {
        assert_eq!(Domain::fold("münchen.example"), Domain::fold("XN--mnchen-3ya.example"));
        assert_eq!(Domain::fold("münchen.example").as_str(), "xn--mnchen-3ya.example");
    }

    #[test]
    fn look_alikes_stay_other_names() {
        for name in ["cоntoso.com", "contoso.co", "contoso.com.evil.example", "contosocom", "xn--contso-fdc.com"] {
            assert_ne!(Domain::fold(name).as_str(), "contoso.com", "{name}");
        }
    }

    #[test]
    fn below_means_at_a_label_boundary() {
        assert!(Domain::fold("news.contoso.com").is_below("contoso.com"));
        assert!(!Domain::fold("contoso.com").is_below("contoso.com"));
        assert!(!Domain::fold("notcontoso.com").is_below("contoso.com"));
    }

    #[test]
    fn a_broken_label_does_not_hide_what_it_lies_below() {
        for name in
            ["xn--a.contoso.com", "xn--a.ｃｏｎｔｏｓｏ。com", "\u{301}.CONTOSO.com", "XN--99999999999.contoso.com."]
        {
            assert!(Domain::fold(name).is_below("contoso.com"), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_domain_is_kept_and_does_not_panic() {
        for name in ["", ".", "..", "xn--", "xn--\u{0}", "\u{202e}moc.osotnoc", "a\u{ad}b"] {
            let _ = Domain::fold(name);
        }
        assert!(Domain::fold("").is_empty());
    }
}
