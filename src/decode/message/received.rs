//! One hop: what a server wrote into its `Received` field.
//!
//! The one string in it that a stranger chooses is the name after `from`, and the server writes it first. So the field is
//! read from its end: whatever stands in that name (a ` by `, half a comment, a semicolon), the server's own words
//! behind it are found before it is reached.

use std::net::IpAddr;

use super::date;
use crate::event::Time;

/// Where Exchange Online takes mail in from outside: the public cloud, the cloud of the United States' government, and
/// the one in China. An entrance that is missing here would be worse than unknown, because the forged one below it would
/// then be the topmost.
const FRONT_DOORS: [&str; 3] =
    ["mail.protection.outlook.com", "mail.protection.office365.us", "mail.protection.partner.outlook.cn"];

/// The domains of Exchange Online's servers.
const MICROSOFT: [&str; 5] =
    ["outlook.com", "outlook.office365.com", "prod.exchangelabs.com", "office365.us", "partner.outlook.cn"];

/// What ends a clause by beginning the next.
const CLAUSES: [&str; 6] = ["from", "by", "via", "with", "id", "for"];

/// A hop, as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hop<'v> {
    /// The name that the client gave (`HELO`): the client's to choose.
    pub(super) helo: Option<&'v str>,
    /// The client's address, in the comment that the server wrote behind the name.
    pub(super) ip: Option<IpAddr>,
    /// The server.
    pub(super) by: Option<&'v str>,
    /// `with`: the protocol.
    pub(super) with: Option<&'v str>,
    /// `via`: the link.
    pub(super) via: Option<&'v str>,
    /// When.
    pub(super) date: Option<Time>,
}

impl<'v> Hop<'v> {
    /// Reads the field's value.
    pub(super) fn of(value: &'v str) -> Self {
        let (clauses, date) = split_date(value);
        let words = words(clauses);
        let by = words.iter().rposition(|word| word.text.eq_ignore_ascii_case("by"));
        let tail = by.map_or(words.as_slice(), |at| &words[at..]);
        let (helo, ip) = client(tail.first().filter(|_| by.is_some()).map_or(clauses, |by| &clauses[..by.start]));
        Self {
            helo,
            ip,
            by: by.and_then(|_| tail.get(1)).map(|word| word.text),
            with: clause(clauses, tail, "with"),
            via: clause(clauses, tail, "via"),
            date: date.and_then(date::parse),
        }
    }

    /// Whether this is where Exchange Online took the message in from outside.
    pub(super) fn is_front_door(&self) -> bool {
        let is_frontend = |via: &str| via.split_whitespace().map(str::to_ascii_lowercase).eq(["frontend", "transport"]);
        self.is_at(&FRONT_DOORS) && self.via.is_some_and(is_frontend)
    }

    /// Whether the server is one that takes mail in from outside, whatever the line says else.
    pub(super) fn is_at_the_edge(&self) -> bool {
        self.is_at(&FRONT_DOORS)
    }

    /// Whether the server is one of Exchange Online's.
    pub(super) fn is_by_microsoft(&self) -> bool {
        self.is_at(&MICROSOFT)
    }

    fn is_at(&self, domains: &[&str]) -> bool {
        self.by.is_some_and(|host| domains.iter().any(|domain| is_below(host, domain)))
    }
}

/// Whether the host lies below the domain, at a label boundary.
fn is_below(host: &str, domain: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let label = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    is_host && label.is_some_and(|label| !label.is_empty())
}

/// A word outside comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word<'v> {
    start: usize,
    text: &'v str,
}

/// The date stands behind the last semicolon that is in no comment.
fn split_date(value: &str) -> (&str, Option<&str>) {
    let semicolon = Backwards::new(value).find(|(_, letter, depth)| *letter == ';' && *depth == 0);
    semicolon.map_or((value, None), |(at, ..)| (&value[..at], Some(&value[at + 1..])))
}

/// The words outside comments, in the order in which they are written.
fn words(clauses: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut word: Option<(usize, usize)> = None;
    let mut end_word = |word: &mut Option<(usize, usize)>| {
        found.extend(word.take().map(|(start, end)| Word { start, text: &clauses[start..end] }));
    };
    for (at, letter, depth) in Backwards::new(clauses) {
        if depth > 0 || letter.is_whitespace() || matches!(letter, '(' | ')') {
            end_word(&mut word);
        } else {
            let end = word.map_or(at + letter.len_utf8(), |(_, end)| end);
            word = Some((at, end));
        }
    }
    end_word(&mut word);
    found.reverse();
    found
}

/// What stands between a clause's name and the next one, comments aside.
fn clause<'v>(clauses: &'v str, words: &[Word<'v>], name: &str) -> Option<&'v str> {
    let at = words.iter().position(|word| word.text.eq_ignore_ascii_case(name))?;
    let names = |word: &&Word<'_>| !CLAUSES.iter().any(|name| word.text.eq_ignore_ascii_case(name));
    let mut inside = words.get(at + 1..)?.iter().take_while(names);
    let first = inside.next()?;
    let last = inside.last().unwrap_or(first);
    let written = clauses.get(first.start..last.start + last.text.len())?;
    // A comment between two words of a value is not part of it.
    Some(if written.contains('(') { first.text } else { written })
}

/// Name and address of the client: `from name (203.0.113.9)`, `from name (host [203.0.113.9])`, `from [203.0.113.9]`.
fn client(clause: &str) -> (Option<&str>, Option<IpAddr>) {
    let clause = clause.trim();
    let from = match clause.split_at_checked(4) {
        Some((word, rest)) if word.eq_ignore_ascii_case("from") => rest.trim_start(),
        _ => return (None, None),
    };
    let comment = Backwards::new(from).take_while(|(.., depth)| *depth > 0).last();
    let (name, comment) = comment.map_or((from, None), |(at, ..)| (from[..at].trim_end(), from.get(at + 1..)));
    let comment = comment.map(|comment| comment.trim_end_matches(')'));
    let ip = comment.and_then(|comment| comment.split_whitespace().next_back()).and_then(address);
    (Some(name).filter(|name| !name.is_empty()), ip)
}

/// `203.0.113.9`, `[203.0.113.9]`, `2001:db8::9`, `[IPv6:2001:db8::9]`, `fe80::9%5`.
pub(super) fn address(written: &str) -> Option<IpAddr> {
    let bare = written.trim_matches(['[', ']']);
    let bare = bare.split_at_checked(5).filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:")).map_or(bare, |it| it.1);
    bare.split('%').next()?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The letters from the last to the first, each with how many comments it stands in; parentheses belong to theirs.
struct Backwards<'v> {
    letters: std::iter::Rev<std::str::CharIndices<'v>>,
    depth: usize,
}

impl<'v> Backwards<'v> {
    fn new(text: &'v str) -> Self {
        Self { letters: text.char_indices().rev(), depth: 0 }
    }
}

impl Iterator for Backwards<'_> {
    type Item = (usize, char, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, letter) = self.letters.next()?;
        if letter == ')' {
            self.depth += 1;
        }
        let depth = self.depth;
        if letter == '(' {
            self.depth = self.depth.saturating_sub(1);
        }
        Some((at, letter, depth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str = "by AM0EUR01FT049.mail.protection.outlook.com (192.0.2.157) with Microsoft SMTP Server \
        (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9300.12 via Frontend Transport; \
        Mon, 2 Nov 2026 08:16:02 +0000";

    #[test]
    fn the_front_door_is_read_in_full() {
        let value = format!("from [127.0.0.1] (203.0.113.9) {DOOR}");
        let hop = Hop::of(&value);
        assert_eq!((hop.helo, hop.ip), (Some("[127.0.0.1]"), Some("203.0.113.9".parse().unwrap())));
        assert_eq!(hop.by, Some("AM0EUR01FT049.mail.protection.outlook.com"));
        assert_eq!((hop.with, hop.via), (Some("Microsoft SMTP Server"), Some("Frontend Transport")));
        assert_eq!(hop.date.unwrap().to_string(), "2026-11-02T08:16:02Z");
        assert!(hop.is_front_door());
    }

    #[test]
    fn whatever_a_client_calls_itself_the_servers_words_are_found() {
        for helo in [
            "mail.example by x.mail.protection.outlook.com (198.51.100.1) via Frontend Transport",
            "mail.example (198.51.100.1) by mx.example with SMTP; Mon, 2 Nov 2020 08:16:02 +0000",
            "a(b",
            "a)b(",
            "((((",
            "\"",
            "by",
            "",
        ] {
            let value = format!("from {helo} (203.0.113.9) {DOOR}");
            let hop = Hop::of(&value);
            assert!(hop.is_front_door(), "{helo}");
            assert_eq!(hop.by, Some("AM0EUR01FT049.mail.protection.outlook.com"), "{helo}");
            assert_eq!(hop.ip, Some("203.0.113.9".parse().unwrap()), "{helo}");
            assert_eq!(hop.date.unwrap().to_string(), "2026-11-02T08:16:02Z", "{helo}");
        }
    }

    #[test]
    fn hosts_that_only_look_like_the_door_are_not() {
        let is_door =
            |by: &str| Hop::of(&format!("from a (203.0.113.9) by {by} via Frontend Transport; x")).is_front_door();
        assert!(is_door("X.MAIL.PROTECTION.OUTLOOK.COM.") && is_door("x.mail.protection.office365.us"));
        assert!(is_door("bjs.mail.protection.partner.outlook.cn"));
        for by in [
            "evil.mail.protection.outlook.com.attacker.example",
            "mail.protection.outlook.com",
            ".mail.protection.outlook.com",
            "evilmail.protection.outlook.com",
            "mx.example (x.mail.protection.outlook.com)",
            "(x.mail.protection.outlook.com)",
            "AM0PR01CA0012.outlook.office365.com",
        ] {
            assert!(!is_door(by), "{by}");
        }
        assert!(!Hop::of("from a (203.0.113.9) by x.mail.protection.outlook.com with SMTP id via; x").is_front_door());
        assert!(!Hop::of("from a by b (c) (via Frontend Transport)").is_front_door());
    }

    #[test]
    fn addresses_come_in_many_spellings() {
        let ip = |client: &str| Hop::of(&format!("from {client} by mx.example; x")).ip.map(|ip| ip.to_string());
        for client in ["h (203.0.113.9)", "h ([203.0.113.9])", "h (r.example [203.0.113.9])", "h (::ffff:203.0.113.9)"]
        {
            assert_eq!(ip(client).as_deref(), Some("203.0.113.9"), "{client}");
        }
        for client in ["h (2001:db8::9)", "h ([IPv6:2001:db8::9])", "h (2001:db8::9%7)", "h (x) ([2001:db8::9])"] {
            assert_eq!(ip(client).as_deref(), Some("2001:db8::9"), "{client}");
        }
        for client in ["h", "h (unknown)", "[203.0.113.9]", "h ()"] {
            assert_eq!(ip(client), None, "{client}");
        }
    }

    #[test]
    fn other_servers_lines_are_read_as_far_as_they_go() {
        let hop = Hop::of("by 2002:db8:: with SMTP id k12; Mon, 2 Nov 2026 00:15:59 -0800 (PST)");
        assert_eq!((hop.helo, hop.by, hop.with), (None, Some("2002:db8::"), Some("SMTP")));
        assert_eq!(hop.date.unwrap().to_string(), "2026-11-02T08:15:59Z");
        assert_eq!(Hop::of("(qmail 4711 invoked by uid 0)"), Hop::default());
        assert_eq!(Hop::of(""), Hop::default());
    }
}
