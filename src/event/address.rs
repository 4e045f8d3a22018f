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

/// The domain part of an address: what follows the `@`, which neither a quoted local part (RFC 5321, 4.1.2) nor a display
/// name nor a comment can move.
#[must_use]
pub fn domain_of(address: &str) -> Option<&str> {
    parts(address).map(|(_, domain)| domain)
}

/// Lower case for the local part (Exchange Online compares it so) and a folded domain.
fn fold_address(address: &str) -> String {
    match parts(address) {
        Some((local, domain)) => format!("{}@{}", unquoted(local).to_lowercase(), Domain::fold(domain)),
        None => address.trim().to_lowercase(),
    }
}

/// Local part and domain. The columns hold plain addresses; what does not look like one is read as RFC 5322 has it (3.4),
/// and where that finds no address in it, by its last `@`.
fn parts(address: &str) -> Option<(&str, &str)> {
    let is_plain = !address.contains(|char: char| char.is_whitespace() || r#""\()<>,;:"#.contains(char));
    let parsed = if is_plain { None } else { parse(address) };
    parsed.or_else(|| address.rsplit_once('@')).filter(|(_, domain)| domain.contains(char::is_alphanumeric))
}

/// The last `@` of the last `<…>`, or where there is none, of the whole; quoted strings and comments do not count.
fn parse(address: &str) -> Option<(&str, &str)> {
    let bare = || Bare { text: address, at: 0, quotes_close: true, comments_close: true };
    let start = bare().filter(|(_, char)| *char == '<').last().map_or(0, |(at, _)| at + 1);
    let end = bare().find(|(at, char)| *at >= start && *char == '>').map_or(address.len(), |(at, _)| at);
    let inside = || bare().filter(|(at, _)| (start..end).contains(at));
    let at = inside().filter(|(_, char)| *char == '@').last()?.0;
    let is_between = |char: char| char.is_whitespace() || ",;:".contains(char);
    let local = inside().take_while(|(place, _)| *place < at).filter(|(_, char)| ",;:".contains(*char)).last();
    let local = address.get(local.map_or(start, |(place, _)| place + 1)..at)?.trim();
    let mut domain = inside().skip_while(|(place, char)| *place <= at || is_between(*char)).peekable();
    let first = domain.peek()?.0;
    let mut last = first;
    for (place, char) in domain.take_while(|(_, char)| !is_between(*char)) {
        if place > last {
            break;
        }
        last = place + char.len_utf8();
    }
    Some((local, address.get(first..last)?))
}

/// The characters of an address that stand in no quoted string and in no comment.
struct Bare<'a> {
    text: &'a str,
    at: usize,
    /// After a quoted string, or a comment, that never ends, its opening is a letter like any other: to look for the end of
    /// each would take time that grows with the square of the length.
    quotes_close: bool,
    comments_close: bool,
}

impl Iterator for Bare<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.text.get(self.at..)?;
            let (at, char) = (self.at, rest.chars().next()?);
            let skipped = match char {
                '"' if self.quotes_close => quoted_string(rest),
                '(' if self.comments_close => comment(rest),
                _ => None,
            };
            self.at += skipped.unwrap_or(char.len_utf8());
            if skipped.is_none() {
                self.quotes_close &= char != '"';
                self.comments_close &= char != '(';
                return Some((at, char));
            }
        }
    }
}

/// The length of the quoted string that begins here, or nothing where it never ends.
fn quoted_string(text: &str) -> Option<usize> {
    unescaped(text).skip(1).find(|(_, char)| *char == '"').map(|(at, _)| at + 1)
}

/// The length of the comment that begins here, or nothing where it never ends. Comments nest.
fn comment(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, char) in unescaped(text) {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The characters without those behind a backslash.
fn unescaped(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_escaped = false;
    text.char_indices().filter(move |(_, char)| {
        let counts = !is_escaped;
        is_escaped = counts && *char == '\\';
        counts
    })
}

/// `"ceo"@contoso.com` is ceo@contoso.com: quotes that are not needed are no part of the name.
fn unquoted(local: &str) -> &str {
    let inside = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let needs_none = |name: &&str| !name.is_empty() && !name.contains(|char: char| r#" "\()<>,;:@[]"#.contains(char));
    inside.filter(needs_none).unwrap_or(local)
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
        assert_eq!(domain_of(r#""x@evil.example> "@contoso.com"#), Some("contoso.com"));
        assert_eq!(domain_of(r#""\"@evil.example"@contoso.com"#), Some("contoso.com"));
        assert_eq!(domain_of("postmaster"), None);
    }

    #[test]
    fn neither_a_display_name_nor_a_comment_is_the_address() {
        for (address, domain) in [
            ("<a@contoso.com>", "contoso.com"),
            (r#""ceo@contoso.com" <x@evil.example>"#, "evil.example"),
            ("ceo@contoso.com <x@evil.example>", "evil.example"),
            (r#""<x@evil.example>" <ceo@contoso.com>"#, "contoso.com"),
            ("<x@evil.example> ceo@contoso.com", "evil.example"),
            ("<x@evil.example> (ceo@contoso.com)", "evil.example"),
            ("ceo@contoso.com (x@evil.example)", "contoso.com"),
            ("ceo@contoso.com(nested (x@evil.example) comment)", "contoso.com"),
            ("ceo@(x@evil.example) contoso.com", "contoso.com"),
            ("(x@evil.example)ceo@contoso.com", "contoso.com"),
            ("<@relay.example:ceo@contoso.com>", "contoso.com"),
            ("ceo@contoso.com;", "contoso.com"),
            ("mailto:ceo@contoso.com", "contoso.com"),
            ("  ceo@contoso.com  ", "contoso.com"),
        ] {
            assert_eq!(domain_of(address), Some(domain), "{address}");
        }
    }

    #[test]
    fn what_never_closes_hides_nothing() {
        for address in
            [r#""ceo@contoso.com"#, "(ceo@contoso.com", "<ceo@contoso.com", r#"a"b@contoso.com"#, "((a)@contoso.com"]
        {
            assert_eq!(domain_of(address), Some("contoso.com"), "{address}");
        }
        for address in ["", "@", "a@", "<>", "<@>", "()", r#""""#, "a@ ;", "\\"] {
            assert_eq!(domain_of(address), None, "{address}");
        }
    }

    #[test]
    fn an_address_is_read_in_time_that_grows_with_its_length() {
        for unclosed in ["(", "\"", "<", "(()", "@", "\"(", "\"\\", "(\\"] {
            let _ = domain_of(&(unclosed.repeat(200_000) + " ceo@contoso.com"));
        }
    }

    #[test]
    fn addresses_compare_without_case_and_across_spellings_of_the_domain() {
        let spellings = [
            "CEO@Contoso.COM.",
            " ceo@contoso.com ",
            "<ceo@contoso.com>",
            "\"Ceo\"@contoso.com",
            "C <ceo@contoso.com>",
        ];
        for spelling in spellings {
            assert_eq!(mailbox(Some(spelling), None).folded_address().unwrap(), "ceo@contoso.com", "{spelling}");
        }
        let needed = mailbox(Some("\"ceo@contoso.com\"@evil.example"), None).folded_address();
        assert_eq!(needed.unwrap(), "\"ceo@contoso.com\"@evil.example");
    }
}
