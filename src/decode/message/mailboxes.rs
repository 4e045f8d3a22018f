//! The mailboxes of `From`, `To` and their like.
//!
//! The library knows groups, comments, quotes and encoded words. Two things it leaves to us: it takes a quoted local part for
//! a display name, and it finds no address where a name alone is given that reads as one.

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};

use super::encoded::tamed;
use crate::event::{Mailbox, Text, domain_of};

/// A mailbox with the name that stands in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The display name, decoded.
    pub(super) name: Option<String>,
    /// The address, and its domain as written.
    pub(super) mailbox: Mailbox<'static>,
}

/// All mailboxes of these fields, in their order; no limit but that of the block, because what is left out is hidden.
pub(super) fn mailboxes<'v>(values: impl Iterator<Item = &'v str>) -> Vec<Named> {
    let mut found = Vec::new();
    for value in values {
        let line = tamed(value) + "\n";
        if let HeaderValue::Address(list) = MessageStream::new(line.as_bytes()).parse_address() {
            found.extend(list.iter().filter_map(Named::of));
        }
    }
    found
}

/// The mailbox of an address.
pub(super) fn mailbox(address: String) -> Mailbox<'static> {
    let domain = domain_of(&address).map(|domain| Text::from(domain.to_owned()));
    Mailbox { address: Some(Text::from(address)), domain }
}

impl Named {
    fn of(parsed: &Addr<'_>) -> Option<Self> {
        let (name, address) = match (parsed.name(), parsed.address().filter(|address| !address.is_empty())) {
            (Some(local), Some(domain)) if domain.starts_with('@') => (None, format!("\"{local}\"{domain}")),
            (name, Some(address)) => (name, address.to_owned()),
            (Some(name), None) if is_like_an_address(name) => (None, name.to_owned()),
            _ => return None,
        };
        Some(Self { name: name.map(str::to_owned), mailbox: mailbox(address) })
    }
}

/// A name that a reader is shown in place of an address.
fn is_like_an_address(name: &str) -> bool {
    domain_of(name).is_some() && !name.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name|address|domain` of each mailbox.
    fn read(value: &str) -> Vec<String> {
        let shown = |named: &Named| {
            let Mailbox { address, domain } = &named.mailbox;
            let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("-").to_owned();
            format!("{}|{}|{}", named.name.as_deref().unwrap_or("-"), text(address), text(domain))
        };
        mailboxes([value].into_iter()).iter().map(shown).collect()
    }

    #[test]
    fn the_usual_spellings_are_read() {
        for value in [
            "Alex <a@Contoso.com>",
            "\"Alex\" <a@Contoso.com>",
            "a@Contoso.com (Alex)",
            "=?utf-8?Q?Alex?= <a@Contoso.com>",
        ] {
            assert_eq!(read(value), ["Alex|a@Contoso.com|Contoso.com"], "{value}");
        }
        assert_eq!(read("<a@contoso.com>"), ["-|a@contoso.com|contoso.com"]);
        assert_eq!(read("a@contoso.com, B <b@b.example>").len(), 2);
        assert_eq!(
            read("Us: a@contoso.com, B <b@b.example>;"),
            ["-|a@contoso.com|contoso.com", "B|b@b.example|b.example"]
        );
        assert!(read("").is_empty() && read("undisclosed-recipients:;").is_empty() && read("Alex").is_empty());
    }

    #[test]
    fn an_address_in_the_name_is_not_the_address() {
        for value in ["\"ceo@contoso.com\" <x@evil.example>", "ceo@contoso.com <x@evil.example>"] {
            assert_eq!(read(value), ["ceo@contoso.com|x@evil.example|evil.example"], "{value}");
        }
    }

    #[test]
    fn a_quoted_local_part_does_not_move_the_domain() {
        let address = "-|\"ceo@contoso.com\"@evil.example|evil.example";
        assert_eq!(read("\"ceo@contoso.com\"@evil.example"), [address]);
        assert_eq!(read("<\"ceo@contoso.com\"@evil.example>"), [address]);
    }

    #[test]
    fn a_name_alone_that_reads_as_an_address_is_one() {
        for value in ["\"ceo@contoso.com\"", "=?utf-8?Q?ceo=40contoso.com?=", "<=?utf-8?Q?ceo=40contoso.com?=>"] {
            assert_eq!(read(value), ["-|ceo@contoso.com|contoso.com"], "{value}");
        }
    }

    #[test]
    fn a_long_field_of_anything_is_read_in_no_time() {
        for piece in ["=?ab?q?x ", "a@b,", "(", "\"", "<", "\\", "a:;", "=?ab?b?"] {
            let _ = mailboxes([piece.repeat((1 << 16) / piece.len()).as_str()].into_iter());
        }
    }
}
