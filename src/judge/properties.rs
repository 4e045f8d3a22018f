//! Identity, held to it: no spelling of an own name is foreign, and no other name is own.

use idna::domain_to_ascii;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::claim::Claim;
use super::tenant::{AcceptedDomain, Tenant};
use crate::event::{Domain, MailEvent, Mailbox, Text};

const OWN: [&str; 3] = ["contoso.com", "contoso.co.uk", "contoso.onmicrosoft.com"];

fn tenant() -> Tenant {
    let domain = |name: &str| AcceptedDomain { name: name.to_owned(), match_subdomains: false };
    Tenant { accepted_domains: OWN.map(domain).to_vec(), ..Tenant::default() }
}

fn claim(name: &str) -> Claim {
    tenant().claim(&Domain::fold(name))
}

/// A letter in one of the alphabets that UTS-46 maps onto the plain one.
fn spelt(letter: char, alphabet: u8) -> char {
    let place = u32::from(letter).wrapping_sub(u32::from('a'));
    let first = match alphabet {
        _ if place > 25 => return letter,
        0 => return letter,
        1 => u32::from('A'),
        2 => 0xff41,
        3 => 0xff21,
        4 => 0x1d41a,
        5 => 0x1d5ba,
        6 => 0x1d670,
        _ => 0x24d0,
    };
    char::from_u32(first + place).unwrap_or(letter)
}

/// Any spelling of one of the own names, with its plain one.
fn spelling() -> impl Strategy<Value = (String, &'static str)> {
    let dots = prop::collection::vec(select(vec!['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']), 4);
    let end = select(vec!["", ".", " ", "\u{3002}"]);
    (select(OWN.to_vec()), prop::collection::vec(0..8_u8, 32), dots, end).prop_map(|(own, alphabets, dots, end)| {
        let mut dots = dots.into_iter();
        let letter = |(letter, alphabet)| match letter {
            '.' => dots.next().unwrap_or('.'),
            letter => spelt(letter, alphabet),
        };
        let spelling: String = own.chars().zip(alphabets).map(letter).collect();
        (spelling + end, own)
    })
}

/// Letters of other alphabets that look like these.
const HOMOGLYPHS: [(char, char); 8] = [
    ('c', '\u{441}'),
    ('o', '\u{43e}'),
    ('o', '\u{3bf}'),
    ('n', '\u{578}'),
    ('s', '\u{455}'),
    ('m', '\u{43c}'),
    ('k', '\u{43a}'),
    ('t', '\u{442}'),
];

/// Names that are meant to be taken for an own one.
fn look_alike() -> impl Strategy<Value = String> {
    let own = select(OWN.to_vec());
    prop_oneof![
        homoglyph(),
        homoglyph().prop_map(|name| domain_to_ascii(&name).unwrap_or(name)),
        (own.clone(), "[a-z0-9-]{1,6}").prop_map(|(own, prefix)| format!("{prefix}{own}")),
        (own.clone(), "[a-z0-9-]{1,6}").prop_map(|(own, suffix)| format!("{own}{suffix}")),
        (own.clone(), "[a-z]{2,8}").prop_map(|(own, suffix)| format!("{own}.{suffix}")),
        (own.clone(), any::<Index>(), "[a-z0-9-]").prop_map(|(own, at, put)| inserted(own, at, &put)),
        (own.clone(), any::<Index>()).prop_map(|(own, at)| removed(own, at)),
        (own, select(vec!["net", "org", "cm", "co", "example"])).prop_map(|(own, end)| {
            let (name, _) = own.split_once('.').unwrap();
            format!("{name}.{end}")
        }),
        select(vec!["other.co.uk", "co.uk", "onmicrosoft.com", "evil.onmicrosoft.com", "com"]).prop_map(str::to_owned),
    ]
}

fn homoglyph() -> impl Strategy<Value = String> {
    let pairs: Vec<_> =
        HOMOGLYPHS.into_iter().filter(|(plain, _)| OWN.iter().all(|own| own.contains(*plain))).collect();
    (select(OWN.to_vec()), select(pairs)).prop_map(|(own, (plain, like))| own.replacen(plain, &like.to_string(), 1))
}

fn inserted(own: &str, at: Index, put: &str) -> String {
    let (head, tail) = own.split_at(at.index(own.len() + 1));
    format!("{head}{put}{tail}")
}

fn removed(own: &str, at: Index) -> String {
    let at = at.index(own.len());
    own.chars().enumerate().filter(|(place, _)| *place != at).map(|(_, letter)| letter).collect()
}

proptest! {
    #[test]
    fn every_spelling_of_an_own_name_is_own((spelling, own) in spelling()) {
        prop_assert!(Domain::fold(&spelling).as_str() == own);
        prop_assert_eq!(claim(&spelling), Claim::Own);
        prop_assert_eq!(claim(&format!("news.{}", spelling)), Claim::OwnSubdomain);
    }

    #[test]
    fn no_look_alike_is_own_nor_below(name in look_alike()) {
        prop_assert_eq!(claim(&name), Claim::Foreign);
        prop_assert_eq!(claim(&format!("news.{name}")), Claim::Foreign);
    }

    #[test]
    fn the_address_is_believed_and_not_what_stands_around_it((spelling, _) in spelling(), name in look_alike(), shape in 0..6_u8) {
        let own = spelling.trim();
        let around = |inner: &str, other: &str| match shape {
            0 => format!("\"ceo@{other}\" <x@{inner}>"),
            1 => format!("ceo@{other} <x@{inner}>"),
            2 => format!("x@{inner} (ceo@{other})"),
            3 => format!("\"ceo@{other}\"@{inner}"),
            4 => format!("(ceo@{other}) x@{inner}"),
            _ => format!("<x@{inner}> \"ceo@{other}\""),
        };
        let claim_of = |address: &str| Claim::of_address(address, &tenant());
        prop_assert_eq!(claim_of(&around(&name, own)), Claim::Foreign);
        prop_assert_eq!(claim_of(&around(own, &name)), Claim::Own);
    }

    #[test]
    fn nothing_that_a_sender_writes_stops_the_verdict(address in any::<String>(), domain in any::<String>(), signer in any::<String>()) {
        let mailbox = Mailbox { address: Some(Text::from(address)), domain: None };
        let event = MailEvent {
            envelope_from: Mailbox { address: None, domain: Some(Text::from(domain)) },
            header_from: mailbox.clone(),
            further_from: vec![mailbox],
            dkim_domains: vec![Text::from(signer)],
            ..MailEvent::default()
        };
        let tenant = tenant();
        prop_assert!(!super::judge(&event, &tenant).facts.evidence().is_empty());
    }
}

#[test]
fn an_own_name_is_one_that_is_accepted_and_nothing_else() {
    assert_eq!(
        [claim("contoso.co.uk"), claim("other.co.uk"), claim("co.uk")],
        [Claim::Own, Claim::Foreign, Claim::Foreign]
    );
    assert_eq!(claim("news.contoso.com"), Claim::OwnSubdomain);
    assert_eq!(claim("news.fabrikam.com"), Claim::Foreign);
    let narrow = AcceptedDomain { name: "mail.contoso.com".to_owned(), match_subdomains: false };
    let tenant = Tenant { accepted_domains: vec![narrow], ..Tenant::default() };
    assert_eq!(tenant.claim(&Domain::fold("contoso.com")), Claim::Foreign, "of one organisation, and still not own");
}
