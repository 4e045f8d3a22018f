//! Who writes to whom: the people of the tenants, and the strangers they correspond with.

use super::chance::Chance;
use super::message::{Recipient, Source};
use super::names::Names;
use super::networks;
use super::options::SimulatedTenant;

/// How many people work in each tenant, and at each correspondent.
const PEOPLE: u32 = (GIVEN_NAMES.len() * FAMILY_NAMES.len()) as u32;

/// The numbers of the people who are worth impersonating.
const EXECUTIVES: [u32; 2] = [0, 25];

/// Steps without a common factor with [`PEOPLE`].
const STRIDES: [u32; 6] = [1, 5, 7, 11, 13, 19];

/// The tenants and everybody they know.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) tenants: Vec<SimulatedTenant>,
    /// What each of them is called.
    pub(super) names: Vec<Names>,
    /// Domains of strangers; none is a tenant's or below it.
    strangers: Vec<String>,
}

impl Cast {
    pub(super) fn new(tenants: Vec<SimulatedTenant>) -> Self {
        let names = Names::of(&tenants);
        let is_foreign = |domain: &String| !names.iter().any(|names| names.own(domain));
        let strangers = stranger_domains().filter(is_foreign).collect();
        Self { tenants, names, strangers }
    }

    /// Whether there is anybody on both sides.
    pub(super) fn is_complete(&self) -> bool {
        !self.tenants.is_empty() && !self.strangers.is_empty()
    }

    /// The tenant's person of this number.
    pub(super) fn colleague(&self, tenant: usize, number: u32) -> Colleague<'_> {
        Colleague {
            person: Person::nth(number),
            mailbox: tenant as u64 * 1_000 + u64::from(number),
            domain: &self.names[tenant].primary,
        }
    }

    /// One of those whom everybody in the tenant answers at once.
    pub(super) fn executive(&self, tenant: usize, chance: &mut Chance) -> Colleague<'_> {
        self.colleague(tenant, chance.one_of(&EXECUTIVES))
    }

    /// One of the strangers.
    pub(super) fn stranger(&self, chance: &mut Chance) -> Stranger<'_> {
        self.stranger_of(chance.below(self.strangers.len() as u64) as u16)
    }

    /// The stranger of this number, which comes from another stranger.
    pub(super) fn stranger_of(&self, number: u16) -> Stranger<'_> {
        Stranger { domain: &self.strangers[usize::from(number)], number }
    }
}

/// A way through the people of a tenant, or of a stranger, that meets everybody before anybody twice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    first: u32,
    stride: u32,
}

impl Walk {
    pub(super) fn random(chance: &mut Chance) -> Self {
        Self { first: chance.within(0..=PEOPLE - 1), stride: chance.one_of(&STRIDES) }
    }

    /// The number of the person met at this step, of which there may be a few thousand.
    pub(super) const fn person(self, step: u32) -> u32 {
        (self.first + step * self.stride) % PEOPLE
    }
}

/// Somebody of a tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colleague<'a> {
    person: Person,
    mailbox: u64,
    domain: &'a str,
}

impl Colleague<'_> {
    /// The part of the address that stays the same at every domain.
    pub(super) fn local(self) -> String {
        let address = self.address();
        address.split('@').next().unwrap_or_default().to_owned()
    }

    pub(super) fn address(self) -> String {
        self.person.at(self.domain)
    }

    pub(super) fn name(self) -> String {
        self.person.name()
    }

    /// The Entra object id of the account.
    pub(super) fn object_id(self) -> String {
        format!("aaaaaaaa-0000-4000-8000-{:012x}", self.mailbox)
    }

    pub(super) fn as_recipient(self) -> Recipient {
        Recipient { address: self.address(), mailbox: self.mailbox, object_id: Some(self.object_id()) }
    }
}

/// An organisation outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stranger<'a> {
    pub(super) domain: &'a str,
    pub(super) number: u16,
}

impl Stranger<'_> {
    /// The organisation's mail server; one in four speaks IPv6.
    pub(super) fn source(self) -> Source {
        networks::STRANGERS.subnet(u32::from(self.number)).host(u32::from(self.number), self.number.is_multiple_of(4))
    }

    /// The display name and the address of the person of this number.
    pub(super) fn person(self, number: u32) -> (String, String) {
        let person = Person::nth(number);
        (person.name(), person.at(self.domain))
    }

    /// The person of this number, as one who is written to.
    pub(super) fn recipient(self, number: u32) -> Recipient {
        let mailbox = (1_000_000 + u64::from(self.number)) * 1_000 + u64::from(number);
        Recipient { address: self.person(number).1, mailbox, object_id: None }
    }
}

/// A name as it is shown and as it is written in addresses.
type Name = (&'static str, &'static str);

/// The people who are worth impersonating, whatever the tenant.
pub(super) fn executives() -> [Person; 2] {
    EXECUTIVES.map(Person::nth)
}

/// Somebody with a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    given: Name,
    family: Name,
}

impl Person {
    fn nth(number: u32) -> Self {
        let number = number as usize;
        Self {
            given: GIVEN_NAMES[number % GIVEN_NAMES.len()],
            family: FAMILY_NAMES[number / GIVEN_NAMES.len() % FAMILY_NAMES.len()],
        }
    }

    fn name(self) -> String {
        [self.given.0, " ", self.family.0].concat()
    }

    /// The person's address at a domain.
    pub(super) fn at(self, domain: &str) -> String {
        [self.given.1, ".", self.family.1, "@", domain].concat()
    }
}

fn stranger_domains() -> impl Iterator<Item = String> {
    let invented = TRADE_NAMES.iter().flat_map(|name| TRADES.map(|trade| format!("{name}-{trade}.example")));
    ["fabrikam.com", "example.net", "example.org"].map(str::to_owned).into_iter().chain(invented)
}

const GIVEN_NAMES: [Name; 24] = [
    ("Alex", "alex"),
    ("Sam", "sam"),
    ("Zoë", "zoe"),
    ("Jürgen", "juergen"),
    ("Łukasz", "lukasz"),
    ("María", "maria"),
    ("François", "francois"),
    ("Søren", "soren"),
    ("Aoife", "aoife"),
    ("Nuno", "nuno"),
    ("Chiara", "chiara"),
    ("Ömer", "omer"),
    ("Ольга", "olga"),
    ("Γιώργος", "giorgos"),
    ("健太", "kenta"),
    ("美咲", "misaki"),
    ("伟", "wei"),
    ("지민", "jimin"),
    ("Priya", "priya"),
    ("Amina", "amina"),
    ("Yusuf", "yusuf"),
    ("Noam", "noam"),
    ("Thu", "thu"),
    ("Björn", "bjoern"),
];

const FAMILY_NAMES: [Name; 24] = [
    ("Sample", "sample"),
    ("Müller", "mueller"),
    ("O'Brien", "obrien"),
    ("Nowak", "nowak"),
    ("García", "garcia"),
    ("Lefèvre", "lefevre"),
    ("Ångström", "angstrom"),
    ("Rossi", "rossi"),
    ("Yılmaz", "yilmaz"),
    ("Иванова", "ivanova"),
    ("Παπαδάκης", "papadakis"),
    ("佐藤", "sato"),
    ("王", "wang"),
    ("김", "kim"),
    ("Sharma", "sharma"),
    ("Okafor", "okafor"),
    ("Haddad", "haddad"),
    ("Levi", "levi"),
    ("Nguyễn", "nguyen"),
    ("Smith", "smith"),
    ("de Vries", "devries"),
    ("Horváth", "horvath"),
    ("Silva", "silva"),
    ("Kowalczyk", "kowalczyk"),
];

const TRADE_NAMES: [&str; 20] = [
    "alder", "basalt", "cobalt", "dune", "ember", "fjord", "granite", "harbor", "iris", "juniper", "kestrel", "linden",
    "meadow", "nimbus", "orchid", "pebble", "quartz", "rowan", "saffron", "tundra",
];

const TRADES: [&str; 12] = [
    "freight",
    "legal",
    "bank",
    "foods",
    "clinic",
    "travel",
    "tools",
    "press",
    "cloud",
    "insurance",
    "energy",
    "design",
];
