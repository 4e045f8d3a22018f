//! Attacks of which each is told at once, and as an alert of its own: a thousand tenants, each with a handful, which is
//! what the budget for floods lets through one by one; another network and another subject each, so that none is one
//! with another.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::{Instant, SystemTime};

use anyhow::Result;
use postern::event::Time;
use postern::simulate::{Mix, Options, SimulatedTenant, Simulation};
use serde_json::{Value, json};

/// Campaigns of one tenant.
const EACH: usize = 5;

/// The word of the subject before the number of a campaign.
const WORD: &[u8] = b"Invoice ";
/// Digits of that number, as letters: digits of a subject are not looked at.
const DIGITS: usize = 5;

/// Each told alone.
pub(crate) struct Campaigns {
    tenants: Vec<SimulatedTenant>,
    records: Vec<String>,
}

impl Campaigns {
    /// So many, with the event time of now.
    pub(crate) fn now(count: usize) -> Result<Self> {
        let tenants: Vec<SimulatedTenant> = (0..count.div_ceil(EACH)).map(tenant).collect();
        let mut attacks: Vec<Simulation> = (0..).zip(&tenants).map(|(seed, tenant)| attacks(seed, tenant)).collect();
        let mut records = Vec::with_capacity(count);
        // One of each tenant after the other, so that two of one are far apart.
        while records.len() < count {
            for attack in attacks.iter_mut().filter_map(Iterator::next).take(count - records.len()) {
                records.push(alone(records.len(), &attack.json)?);
            }
        }
        Ok(Self { tenants, records })
    }

    /// The records, in the order of their numbers.
    pub(crate) fn records(&self) -> &[String] {
        &self.records
    }

    /// The `[[tenant]]` sections.
    pub(crate) fn configuration(&self) -> String {
        let tenants = Options { tenants: self.tenants.clone(), ..Options::default() }.configuration();
        tenants.iter().fold(String::new(), |mut toml, tenant| {
            let domains: Vec<&str> = tenant.accepted_domains.iter().map(|domain| domain.name.as_str()).collect();
            let (id, name) = (&tenant.id, &tenant.name);
            let _ = write!(toml, "[[tenant]]\nid = {id:?}\nname = {name:?}\naccepted_domains = {domains:?}\n");
            toml
        })
    }
}

fn attacks(seed: u64, tenant: &SimulatedTenant) -> Simulation {
    Simulation::new(Options {
        seed,
        tenants: vec![tenant.clone()],
        mix: Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 1 },
        records: EACH as u64,
        ..at_pace(NonZeroU32::MIN)
    })
}

/// Options whose event time begins now.
pub(crate) fn at_pace(records_per_second: NonZeroU32) -> Options {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
    Options { start: Time::from_millis(now), records_per_second, repeats_per_mille: 0, ..Options::default() }
}

/// When each campaign was first seen in what a receiver was sent.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    first: HashMap<usize, Instant>,
}

impl Seen {
    /// Notes every campaign that is named in a text, whatever its format.
    pub(crate) fn note(&mut self, text: &[u8], now: Instant) {
        let mut rest = text;
        while let Some(at) = memchr::memmem::find(rest, WORD) {
            rest = &rest[at + WORD.len()..];
            if let Some(number) = rest.get(..DIGITS).and_then(number) {
                self.first.entry(number).or_insert(now);
            }
        }
    }

    /// How many were seen.
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }

    /// When one was.
    pub(crate) fn first(&self, number: usize) -> Option<Instant> {
        self.first.get(&number).copied()
    }
}

fn tenant(place: usize) -> SimulatedTenant {
    SimulatedTenant::eop(format!("00000000-0000-4000-8000-{place:012x}"), format!("t{place}.example.com"))
}

/// The attack as the only one of its campaign. The subject says which.
fn alone(number: usize, attack: &str) -> Result<String> {
    let mut record: Value = serde_json::from_str(attack)?;
    let properties = &mut record["properties"];
    let letters: String = format!("{number:0DIGITS$}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    properties["Subject"] = json!(format!("Invoice {letters}"));
    properties["NetworkMessageId"] = json!(format!("00000000-0000-4000-8000-{number:012x}"));
    properties["EmailClusterId"] = Value::Null;
    properties["SenderIPv4"] = Value::Null;
    properties["SenderIPv6"] = json!(format!("2001:db8:{:x}:{:x}::1", number >> 16, number & 0xffff));
    Ok(record.to_string())
}

fn number(letters: &[u8]) -> Option<usize> {
    letters.iter().try_fold(0, |number, letter| {
        let digit = letter.checked_sub(b'a').filter(|digit| *digit < 10)?;
        Some(number * 10 + usize::from(digit))
    })
}

/// Of sorted values, that which so many in a hundred do not exceed (nearest rank); NaN where there is none.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}
