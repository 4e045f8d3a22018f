//! `Authentication-Results`, in Exchange Online's own dialect and in that of RFC 8601.
//!
//! Exchange Online names no server in front, puts the sender's address into a comment, and sets its semicolons as it
//! likes; everybody else writes RFC 8601, which is read for display. One reader does for both: results are separated by
//! semicolons outside comments and quotes, and a word in front of the first is the name of another server.
//!
//! Three strings in it are a stranger's: the domains of envelope, signature and author. They may hold anything that a
//! mail server lets through, so a method that stands twice with two results is believed in neither, and a parenthesis or a
//! quote that never closes hides what follows: what is missing has not passed. The first result is Exchange Online's own
//! in any case, because nothing of the sender's stands in front of it.

use std::fmt;
use std::net::IpAddr;

use super::encoded::decoded_as_a_whole;
use super::received::address;
use crate::event::{AuthResults, CompAuth, CompAuthReason, DkimResult, DmarcResult, SpfResult};

/// One result header, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AuthenticationResults {
    /// The server that wrote it; Exchange Online does not say.
    pub(super) authserv_id: Option<String>,
    /// The version behind the server's name.
    pub(super) version: Option<String>,
    /// The results, in their order.
    pub(super) results: Vec<MethodResult>,
}

/// `dkim=pass (signature was verified) header.d=fabrikam.com`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MethodResult {
    /// In lower case.
    pub(super) method: String,
    /// As written.
    pub(super) result: String,
    /// `(sender IP is 203.0.113.9)`, which only Exchange Online writes, behind `spf`.
    pub(super) sender_ip: Option<IpAddr>,
    /// The names in lower case, the values as written; `reason` and `action` are among them.
    pub(super) properties: Vec<(String, String)>,
}

impl AuthenticationResults {
    /// Reads a header's value, encoded or not. Whatever is no result is passed over.
    pub(super) fn parse(value: &str) -> Self {
        let decoded = decoded_as_a_whole(value);
        let mut cursor = Cursor::new(&decoded);
        let mut header = Self::default();
        header.segment(&mut cursor, true);
        while cursor.take(';') {
            header.segment(&mut cursor, false);
        }
        header
    }

    /// Whether Exchange Online may have written it: it names no server, begins with a result, and there is one that it
    /// always gives. An instance of ARC's in front (`i=1`) is no result.
    pub(super) fn is_in_eop_dialect(&self) -> bool {
        let is_given = |method: &str| self.of(method).next().is_some();
        let first = self.results.first().map_or("", |result| result.method.as_str());
        let begins = matches!(first, "spf" | "dkim" | "dmarc" | "compauth");
        self.authserv_id.is_none() && begins && (is_given("spf") || is_given("compauth"))
    }

    /// The address behind `sender IP is`.
    pub(super) fn sender_ip(&self) -> Option<IpAddr> {
        self.results.iter().find_map(|result| result.sender_ip)
    }

    /// The first value of a property of a method.
    pub(super) fn property(&self, method: &str, name: &str) -> Option<&str> {
        self.of(method).find_map(|result| result.property(name))
    }

    /// Every `header.from`.
    pub(super) fn header_from(&self) -> impl Iterator<Item = &str> {
        self.results.iter().filter_map(|result| result.property("header.from"))
    }

    /// The results in the vocabulary of events.
    pub(super) fn summary(&self) -> AuthResults {
        AuthResults {
            spf: self.single("spf").map(|word| word.map_or(SpfResult::Other, SpfResult::parse)),
            dkim: self.dkim(),
            dmarc: self.single("dmarc").map(|word| word.map_or(DmarcResult::Other, DmarcResult::parse)),
            comp_auth: self.single("compauth").map(|word| word.map_or(CompAuth::Other, CompAuth::parse)),
            comp_auth_reason: self.comp_auth_reason(),
        }
    }

    /// `header.d` of the signatures that passed.
    pub(super) fn dkim_domains(&self) -> impl Iterator<Item = &str> {
        let is_believed = self.dkim() == Some(DkimResult::Pass);
        let passed = |result: &&MethodResult| DkimResult::parse(&result.result) == DkimResult::Pass;
        let domains = self.of("dkim").filter(passed).filter_map(|result| result.property("header.d"));
        domains.filter(move |domain| is_believed && !domain.is_empty() && !domain.eq_ignore_ascii_case("none"))
    }

    /// The reason of CompAuth, where only one is given.
    pub(super) fn comp_auth_reason(&self) -> Option<CompAuthReason> {
        let mut reasons = self.of("compauth").map(|result| result.property("reason"));
        let reason = reasons.next()??;
        if reasons.all(|other| other == Some(reason)) { CompAuthReason::parse(reason) } else { None }
    }

    /// The result of a method that has one; `Some(None)` where it has two that differ.
    fn single(&self, method: &str) -> Option<Option<&str>> {
        let mut results = self.of(method).map(|result| result.result.as_str());
        let first = results.next()?;
        Some(Some(first).filter(|_| results.all(|other| other.eq_ignore_ascii_case(first))))
    }

    /// One signature that passed is enough, whatever the others did. "None" says that there is no signature at all; where
    /// it stands beside another result, one of the two is not Exchange Online's.
    fn dkim(&self) -> Option<DkimResult> {
        let results: Vec<_> = self.of("dkim").map(|result| DkimResult::parse(&result.result)).collect();
        let first = *results.first()?;
        let is_torn = results.contains(&DkimResult::None) && results.iter().any(|result| *result != DkimResult::None);
        match () {
            () if is_torn => Some(DkimResult::Other),
            () if results.contains(&DkimResult::Pass) => Some(DkimResult::Pass),
            () => Some(first),
        }
    }

    fn of(&self, method: &str) -> impl Iterator<Item = &MethodResult> {
        self.results.iter().filter(move |result| result.method.split('/').next() == Some(method))
    }

    /// What stands between two semicolons. A word without a value is the server's name where it stands first of all, then
    /// its version; anywhere else it is nothing, as the recipient's domain was that Exchange Online wrote until 2022.
    fn segment(&mut self, cursor: &mut Cursor<'_>, is_first: bool) {
        let mut result: Option<MethodResult> = None;
        while let Some(token) = cursor.token() {
            match (token, &mut result) {
                (Token::Pair(method, value), None) => {
                    result = Some(MethodResult { method, result: value, ..MethodResult::default() });
                }
                (Token::Pair(name, value), Some(result)) => result.properties.push((name, value)),
                (Token::Comment(text), Some(result)) => result.comment(text),
                (Token::Word(word), None) if is_first => self.server(word),
                (Token::Word(_) | Token::Comment(_), _) => {}
            }
        }
        self.results.extend(result);
    }

    fn server(&mut self, word: String) {
        if self.authserv_id.is_none() {
            self.authserv_id = Some(word);
        } else if self.version.is_none() && is_number(&word) {
            self.version = Some(word);
        }
    }
}

impl MethodResult {
    /// The first property of this name.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Comments are for people, but for the one that Exchange Online puts right behind the result of SPF.
    fn comment(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let says =
            ["sender", "ip", "is"].iter().all(|word| words.next().is_some_and(|it| it.eq_ignore_ascii_case(word)));
        if says && self.method == "spf" && self.properties.is_empty() && self.sender_ip.is_none() {
            self.sender_ip = words.next().and_then(address).filter(|_| words.next().is_none());
        }
    }
}

/// The canonical form: reads back as the same.
impl fmt::Display for AuthenticationResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(server) = &self.authserv_id {
            write!(f, "{}", Value(server))?;
            self.version.iter().try_for_each(|version| write!(f, " {version}"))?;
            f.write_str("; ")?;
        }
        for (number, result) in self.results.iter().enumerate() {
            write!(f, "{}{result}", if number > 0 { "; " } else { "" })?;
        }
        f.write_str(if self.results.is_empty() && self.authserv_id.is_some() { "none" } else { "" })
    }
}

impl fmt::Display for MethodResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", Value(&self.method), Value(&self.result))?;
        self.sender_ip.iter().try_for_each(|address| write!(f, " (sender IP is {address})"))?;
        self.properties.iter().try_for_each(|(name, value)| write!(f, " {}={}", Value(name), Value(value)))
    }
}

/// A word, in quotes where it must be.
struct Value<'v>(&'v str);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && !self.0.contains(|letter| is_special(letter) || letter == '=') {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', r"\\").replace('"', "\\\""))
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_special(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || matches!(letter, ';' | '(' | ')' | '"' | '\\')
}

/// A piece of a segment.
enum Token<'v> {
    /// `name=value`; the name in lower case.
    Pair(String, String),
    Word(String),
    /// Without its parentheses.
    Comment(&'v str),
}

/// Reads tokens from left to right; every step takes at least one letter.
struct Cursor<'v> {
    rest: &'v str,
}

impl<'v> Cursor<'v> {
    const fn new(text: &'v str) -> Self {
        Self { rest: text }
    }

    /// The next token of the segment; `None` at its end.
    fn token(&mut self) -> Option<Token<'v>> {
        loop {
            self.skip_blanks();
            match self.rest.chars().next()? {
                ';' => return None,
                '(' => return Some(Token::Comment(self.comment())),
                ')' | '\\' => self.skip(),
                '=' => drop(self.value()),
                _ => {
                    let word = self.word(true);
                    return Some(if self.is_at_equals() {
                        Token::Pair(word.to_ascii_lowercase(), self.value())
                    } else {
                        Token::Word(word)
                    });
                }
            }
        }
    }

    fn take(&mut self, letter: char) -> bool {
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip(&mut self) {
        let mut letters = self.rest.chars();
        letters.next();
        self.rest = letters.as_str();
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter.is_control());
    }

    /// Whether a value follows, behind blanks or not.
    fn is_at_equals(&mut self) -> bool {
        let before = self.rest;
        self.skip_blanks();
        let is_equals = self.rest.starts_with('=');
        if !is_equals {
            self.rest = before;
        }
        is_equals
    }

    /// What stands behind the `=`. In `header.from= action=none` the value is empty, in `reason= 451` it is not.
    fn value(&mut self) -> String {
        self.skip();
        let before = self.rest;
        self.skip_blanks();
        if self.rest.len() == before.len() {
            return self.word(false);
        }
        let word = self.word(true);
        if self.is_at_equals() {
            self.rest = before;
            return String::new();
        }
        word
    }

    /// Letters and quoted strings up to what cannot be in a word.
    fn word(&mut self, ends_at_equals: bool) -> String {
        let mut word = String::new();
        while let Some(letter) = self.rest.chars().next() {
            match letter {
                '"' => self.quoted(&mut word),
                '=' if ends_at_equals => break,
                letter if is_special(letter) => break,
                letter => {
                    word.push(letter);
                    self.skip();
                }
            }
        }
        word
    }

    fn quoted(&mut self, word: &mut String) {
        self.skip();
        let mut letters = self.rest.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => break,
                '\\' => word.extend(letters.next()),
                letter => word.push(letter),
            }
        }
        self.rest = letters.as_str();
    }

    /// A comment with those inside it; one that never closes is all that is left.
    fn comment(&mut self) -> &'v str {
        let text = self.rest;
        let mut depth = 0_usize;
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '(' => depth += 1,
                ')' if depth == 1 => {
                    self.rest = letters.as_str();
                    return &text[1..at];
                }
                ')' => depth -= 1,
                '\\' => drop(letters.next()),
                _ => {}
            }
        }
        self.rest = "";
        &text[1..]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const SPOOF: &str = "spf=softfail (sender IP is 203.0.113.9) smtp.mailfrom=contoso.com; dkim=none (message not \
        signed) header.d=none;dmarc=fail action=oreject header.from=contoso.com;compauth=none reason=451";

    fn summary(value: &str) -> AuthResults {
        AuthenticationResults::parse(value).summary()
    }

    #[test]
    fn exchange_onlines_own_dialect_is_read() {
        let header = AuthenticationResults::parse(SPOOF);
        assert!(header.is_in_eop_dialect());
        assert_eq!(header.sender_ip(), Some("203.0.113.9".parse().unwrap()));
        assert_eq!(header.property("spf", "smtp.mailfrom"), Some("contoso.com"));
        assert_eq!(header.header_from().collect::<Vec<_>>(), ["contoso.com"]);
        let expected = AuthResults {
            spf: Some(SpfResult::SoftFail),
            dkim: Some(DkimResult::None),
            dmarc: Some(DmarcResult::Fail),
            comp_auth: Some(CompAuth::None),
            comp_auth_reason: CompAuthReason::parse("451"),
        };
        assert_eq!(header.summary(), expected);
    }

    #[test]
    fn the_form_of_before_2022_is_read() {
        for value in [
            "spf=none (sender IP is 203.0.113.9) smtp.mailfrom=a.example; contoso.com; dkim=none (message not signed) \
             header.d=none;contoso.com; dmarc=fail action=none header.from=contoso.com;",
            "spf=none (sender IP is 203.0.113.9) smtp.mailfrom=a.example; contoso.com dkim=none; ;contoso.com dmarc=fail",
        ] {
            let header = AuthenticationResults::parse(value);
            assert!(header.is_in_eop_dialect(), "{value}");
            assert_eq!(header.summary().dmarc, Some(DmarcResult::Fail), "{value}");
        }
    }

    #[test]
    fn empty_and_spaced_values_are_told_apart() {
        let header = AuthenticationResults::parse("dmarc=none header.from=;compauth=fail reason= 001");
        assert_eq!(header.header_from().collect::<Vec<_>>(), [""]);
        assert_eq!(header.comp_auth_reason(), CompAuthReason::parse("001"));
        let header = AuthenticationResults::parse("dmarc = none header.from= action=quarantine");
        assert_eq!(
            (header.property("dmarc", "header.from"), header.property("dmarc", "action")),
            (Some(""), Some("quarantine"))
        );
    }

    #[test]
    fn another_server_names_itself() {
        for value in ["mx.example; spf=pass", "mx.example 1; spf=pass", "mx.example spf=pass", "\"mx;1\"; spf=pass"] {
            let header = AuthenticationResults::parse(value);
            assert!(header.authserv_id.is_some() && !header.is_in_eop_dialect(), "{value}");
            assert_eq!(header.summary().spf, Some(SpfResult::Pass), "{value}");
        }
        assert!(!AuthenticationResults::parse("mx.example; none").is_in_eop_dialect());
        assert!(!AuthenticationResults::parse("dkim=pass header.d=contoso.com").is_in_eop_dialect());
    }

    #[test]
    fn comments_and_quotes_never_count() {
        let read = summary("spf=fail (a (; spf=pass) \\) ; dmarc=pass) smtp.mailfrom=\"; dmarc=pass\"; dmarc=fail");
        assert_eq!((read.spf, read.dmarc), (Some(SpfResult::Fail), Some(DmarcResult::Fail)));
        let hidden = summary("spf=fail smtp.mailfrom=evil(.example; dmarc=pass; compauth=pass");
        assert_eq!((hidden.spf, hidden.dmarc, hidden.comp_auth), (Some(SpfResult::Fail), None, None));
        let ip = |value: &str| AuthenticationResults::parse(value).sender_ip();
        assert_eq!(ip("spf=fail smtp.mailfrom=x (sender IP is 198.51.100.1)"), None);
        assert_eq!(ip("dkim=fail (sender IP is 198.51.100.1)"), None);
    }

    #[test]
    fn what_stands_twice_and_differs_is_not_believed() {
        let read = summary(
            "spf=fail smtp.mailfrom=a;spf=pass;dmarc=pass header.from=a;dmarc=fail;compauth=pass;compauth=none",
        );
        assert_eq!(read.spf, Some(SpfResult::Other));
        assert_eq!(read.dmarc, Some(DmarcResult::Other));
        assert_eq!(read.comp_auth, Some(CompAuth::Other));
        let read = summary("compauth=none reason=451; compauth=none reason=400");
        assert_eq!((read.comp_auth, read.comp_auth_reason), (Some(CompAuth::None), None));
        let torn = AuthenticationResults::parse("dkim=pass header.d=contoso.com; dkim=none header.d=none");
        assert_eq!((torn.summary().dkim, torn.dkim_domains().count()), (Some(DkimResult::Other), 0));
    }

    #[test]
    fn one_signature_that_passed_is_enough() {
        let header = AuthenticationResults::parse(
            "dkim=fail (body hash did not verify) header.d=list.example;dkim=pass (x) header.d=contoso.com;dkim=timeout header.d=c",
        );
        assert_eq!(header.summary().dkim, Some(DkimResult::Pass));
        assert_eq!(header.dkim_domains().collect::<Vec<_>>(), ["contoso.com"]);
        assert_eq!(summary("dkim=ignore header.d=a; dkim=test").dkim, Some(DkimResult::Other));
    }

    #[test]
    fn a_value_of_encoded_words_is_decoded_first() {
        let read = AuthenticationResults::parse(
            "=?utf-8?B?c3BmPW5vbmUgKHNlbmRlciBJUCBpcyAyMDMuMC4xMTMuOSk=?=\t=?utf-8?Q?_smtp.mailfrom=3Da;dmarc=3Dfail_header.from=3D=F0=9D=90=9C.com?=",
        );
        assert_eq!(read.summary().dmarc, Some(DmarcResult::Fail));
        assert_eq!(read.header_from().collect::<Vec<_>>(), ["𝐜.com"]);
        assert_eq!(summary("spf=fail =?utf-8?Q?;_dmarc=3Dpass?=").dmarc, None);
    }

    #[test]
    fn a_version_is_a_number() {
        let version = |value: &str| AuthenticationResults::parse(value).version;
        assert_eq!(version("mx.microsoft.com 1; spf=pass").as_deref(), Some("1"));
        for value in ["mx.microsoft.com; spf=pass", "mx.microsoft.com \"\"; spf=pass", "mx.microsoft.com one; spf=pass"]
        {
            assert_eq!(version(value), None, "{value}");
        }
    }

    /// Between bars, so that blanks show.
    const TOKENS: &str = "spf|dkim|dmarc|compauth|=|=|=|pass|fail|;|;| |\t|(|)|\"|\\|é|none|reason=451|\
        (sender IP is 203.0.113.9)|smtp.mailfrom=|header.from=|header.d=contoso.com|mx.example|1|/|=?utf-8?Q?a?=|=?|\
        \u{0}|\u{a0}";

    fn token() -> impl Strategy<Value = &'static str> {
        select(TOKENS.split('|').collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_back_as_the_same(tokens in proptest::collection::vec(token(), 0..40)) {
            let header = AuthenticationResults::parse(&tokens.concat());
            let printed = header.to_string();
            prop_assert_eq!(AuthenticationResults::parse(&printed), header, "{}", printed);
        }

        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            let header = AuthenticationResults::parse(&text);
            let printed = header.to_string();
            prop_assert_eq!(AuthenticationResults::parse(&printed), header, "{}", printed);
        }
    }
}
