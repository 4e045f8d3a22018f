//! Mail addresses, as far as a detector needs to look into them.

use super::domain::Domain;
use super::text::Text;

/// One side of the sender: an address and the domain that the schema gives beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox<'a> {
    /// `SenderMailFromAddress` or `SenderFromAddress`; as written, case kept.
    pub address: Option<Text<'a>>,
    /// `SenderMailFromDomain` or `SenderFromDomain`; as written, case kept.
    pub domain: Option<Text<'a>>,
}

impl Mailbox<'_> {
    /// The folded domain: the domain column, or where it is missing what follows the address's last `@`.
    #[must_use]
    pub fn folded_domain(&self) -> Option<Domain<'_>> {
        let written = self.domain.as_deref().or_else(|| self.address.as_deref().and_then(domain_of))?;
        Some(Domain::fold(written)).filter(|domain| !domain.is_empty())
    }

    /// The address in the form in which it is compared, or `None` where there is none.
    #[must_use]
    pub fn folded_address(&self) -> Option<String> {
        self.address.as_deref().map(fold_address)
    }
}

/// The domain part of an address: what follows the last `@`, which a quoted local part (RFC 5321, 4.1.2) cannot move.
#[must_use]
pub fn domain_of(address: &str) -> Option<&str> {
    let (_, domain) = address.trim().trim_end_matches('>').rsplit_once('@')?;
    Some(domain).filter(|domain| !domain.is_empty())
}

/// Lower case for the local part (Exchange Online compares it so) and a folded domain.
fn fold_address(address: &str) -> String {
    match address.trim().rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", local.to_lowercase(), Domain::fold(domain)),
        None => address.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox<'a>(address: Option<&'a str>, domain: Option<&'a str>) -> Mailbox<'a> {
        Mailbox { address: address.map(Text::from), domain: domain.map(Text::from) }
    }

    #[test]
    fn the_domain_column_wins_and_the_address_fills_in() {
        let both = mailbox(Some("a@fabrikam.example"), Some("Contoso.com"));
        assert_eq!(both.folded_domain().unwrap().as_str(), "contoso.com");
        assert_eq!(mailbox(Some("a@Contoso.com"), None).folded_domain().unwrap().as_str(), "contoso.com");
        assert_eq!(mailbox(None, None).folded_domain(), None);
    }

    #[test]
    fn a_quoted_local_part_does_not_move_the_domain() {
        assert_eq!(domain_of(r#""ceo@contoso.com"@evil.example"#), Some("evil.example"));
        assert_eq!(domain_of("<a@contoso.com>"), Some("contoso.com"));
        assert_eq!(domain_of("postmaster"), None);
    }

    #[test]
    fn addresses_compare_without_case_and_across_spellings_of_the_domain() {
        assert_eq!(mailbox(Some("CEO@Contoso.COM."), None).folded_address().unwrap(), "ceo@contoso.com");
    }
}
