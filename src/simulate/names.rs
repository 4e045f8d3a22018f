//! The names that a tenant goes by, and the ways to write them.
//!
//! A tenant is never one domain. It has its initial domain at onmicrosoft.com, which everybody forgets to list; a
//! second brand; a domain with all that lies below it; an internationalised one; and names below the first that it never
//! accepted. Each is a way around a detector that knows only the first.

use super::chance::Chance;
use super::options::SimulatedTenant;
use crate::event::Domain;

/// What lies below an accepted domain without being accepted itself.
const SUBDOMAINS: [&str; 4] = ["mail", "hr", "intranet", "payroll"];

/// Long enough for a name, short enough for a label with something around it.
const STEM_CHARS_MAX: usize = 20;

/// All names of one tenant.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// As the options say.
    pub(super) primary: String,
    /// The one that Microsoft gave it.
    pub(super) initial: String,
    /// Another brand.
    pub(super) second: String,
    /// Accepted together with everything below it.
    pub(super) wide: String,
    /// Internationalised, as people write it.
    pub(super) international: String,
    /// The first label of the primary, which all others are made of.
    stem: String,
}

/// A name that a sender uses, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnName {
    Primary,
    Initial,
    Second,
    /// Below the domain that takes in all that lies below it.
    BelowWide,
    /// Below the primary, and not accepted.
    Unaccepted,
    /// The primary or the internationalised name in another spelling.
    Disguised(Disguise),
}

/// A spelling that resolves to the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disguise {
    UpperCase,
    TrailingDot,
    FullWidth,
    Mathematical,
    IdeographicStop,
    UnicodeLabel,
    AsciiLabel,
}

const DISGUISES: [Disguise; 7] = [
    Disguise::UpperCase,
    Disguise::TrailingDot,
    Disguise::FullWidth,
    Disguise::Mathematical,
    Disguise::IdeographicStop,
    Disguise::UnicodeLabel,
    Disguise::AsciiLabel,
];

impl OwnName {
    /// Mostly the name that people know, sometimes any other.
    pub(super) fn any(chance: &mut Chance) -> Self {
        match chance.below(10) {
            0 => Self::Second,
            1 => Self::BelowWide,
            2 => chance.one_of(&[Self::Initial, Self::Unaccepted]),
            3 => Self::disguised(chance),
            _ => Self::Primary,
        }
    }

    pub(super) fn disguised(chance: &mut Chance) -> Self {
        Self::Disguised(chance.one_of(&DISGUISES))
    }
}

impl Names {
    /// The names of each tenant. No two tenants share one, because no two tenants of Microsoft 365 can.
    pub(super) fn of(tenants: &[SimulatedTenant]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let is_free = |names: &Self| {
                let is_taken = |other: &SimulatedTenant| names.derived().any(|name| are_related(name, &other.domain));
                !tenants.iter().any(is_taken) && all.iter().all(|other| other.stem != names.stem)
            };
            let mut attempts = (1..=tenants.len() + 1).map(|number| Self::derive(&tenant.domain, number));
            let names = attempts.find(is_free).unwrap_or_else(|| Self::derive(&tenant.domain, 1));
            all.push(names);
        }
        all
    }

    fn derive(primary: &str, number: usize) -> Self {
        let label = primary.split('.').next().unwrap_or_default();
        let mut stem: String = label.chars().filter(char::is_ascii_alphanumeric).take(STEM_CHARS_MAX).collect();
        stem.make_ascii_lowercase();
        if number > 1 || stem.is_empty() {
            stem.push_str(&number.to_string());
        }
        Self {
            primary: primary.to_owned(),
            initial: format!("{stem}.onmicrosoft.com"),
            second: format!("{stem}-group.example"),
            wide: format!("{stem}-brands.example"),
            international: format!("münchen-{stem}.example"),
            stem,
        }
    }

    fn derived(&self) -> impl Iterator<Item = &str> {
        [&self.initial, &self.second, &self.wide, &self.international].into_iter().map(String::as_str)
    }

    /// The accepted domains, and whether names below them are accepted as well.
    pub(super) fn accepted(&self) -> [(&str, bool); 5] {
        [
            (&self.primary, false),
            (&self.initial, false),
            (&self.second, false),
            (&self.wide, true),
            (&self.international, false),
        ]
    }

    /// Whether the domain is one of these names, or below one.
    pub(super) fn own(&self, domain: &str) -> bool {
        let domain = Domain::fold(domain);
        self.accepted().iter().any(|(name, _)| is_within(&domain, &Domain::fold(name)))
    }

    /// The name as a sender writes it.
    pub(super) fn write(&self, name: OwnName, chance: &mut Chance) -> String {
        match name {
            OwnName::Primary => self.primary.clone(),
            OwnName::Initial => self.initial.clone(),
            OwnName::Second => self.second.clone(),
            OwnName::BelowWide => [chance.one_of(&SUBDOMAINS), ".", &self.wide].concat(),
            OwnName::Unaccepted => [chance.one_of(&SUBDOMAINS), ".", &self.primary].concat(),
            OwnName::Disguised(disguise) => self.disguise(disguise),
        }
    }

    /// Names that only look like the tenant's, all of them strangers'.
    pub(super) fn similar(&self, chance: &mut Chance) -> String {
        match chance.below(3) {
            0 => format!("{}-example.example", self.stem),
            1 => format!("{}.example", self.primary),
            _ => format!("x{}.example", self.stem),
        }
    }

    fn disguise(&self, disguise: Disguise) -> String {
        let primary = self.primary.as_str();
        match disguise {
            Disguise::UpperCase => primary.to_ascii_uppercase(),
            Disguise::TrailingDot => [primary, "."].concat(),
            Disguise::FullWidth => in_letters(primary, 'ａ', '０'),
            Disguise::Mathematical => in_letters(primary, '𝐚', '𝟎'),
            Disguise::IdeographicStop => primary.replace('.', "。"),
            Disguise::UnicodeLabel => self.international.clone(),
            Disguise::AsciiLabel => Domain::fold(&self.international).as_str().to_ascii_uppercase(),
        }
    }
}

/// Letters and digits of another alphabet, of which the first are given.
fn in_letters(name: &str, a: char, zero: char) -> String {
    let moved = |first: char, place: u8| char::from_u32(u32::from(first) + u32::from(place)).unwrap_or(first);
    let letter = |char: char| match char {
        'a'..='z' => moved(a, char as u8 - b'a'),
        '0'..='9' => moved(zero, char as u8 - b'0'),
        _ => char,
    };
    name.chars().map(letter).collect()
}

fn are_related(one: &str, other: &str) -> bool {
    let (one, other) = (Domain::fold(one), Domain::fold(other));
    is_within(&one, &other) || is_within(&other, &one)
}

fn is_within(domain: &Domain<'_>, parent: &Domain<'_>) -> bool {
    domain == parent || domain.is_below(parent.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(domains: &[&str]) -> Vec<Names> {
        let tenants: Vec<_> = domains.iter().map(|domain| SimulatedTenant::eop("id", *domain)).collect();
        Names::of(&tenants)
    }

    #[test]
    fn every_disguise_folds_onto_an_accepted_name() {
        let names = &names(&["contoso365.com"])[0];
        let accepted: Vec<_> = names.accepted().map(|(name, _)| Domain::fold(name)).to_vec();
        for disguise in DISGUISES {
            let written = names.disguise(disguise);
            assert!(accepted.contains(&Domain::fold(&written)), "{disguise:?}: {written}");
            assert_ne!(written, names.primary);
        }
    }

    #[test]
    fn tenants_with_one_first_label_share_no_name() {
        let all = names(&["contoso.com", "contoso.example", "contoso-group.example", "münchen-contoso2.example"]);
        let accepted: Vec<_> =
            all.iter().flat_map(|names| names.accepted()).map(|(name, _)| Domain::fold(name)).collect();
        assert_eq!(accepted.iter().collect::<BTreeSet<_>>().len(), accepted.len(), "{accepted:?}");
    }

    #[test]
    fn a_similar_name_is_not_own_however_the_tenant_is_called() {
        let mut chance = Chance::seeded(1);
        for domain in ["contoso.com", "contoso-example.example", "xn--mnchen-3ya.example", "-.example", "a"] {
            let names = &names(&[domain])[0];
            for _ in 0..20 {
                let similar = names.similar(&mut chance);
                assert!(!names.own(&similar), "{domain} {similar}");
            }
        }
    }
}
