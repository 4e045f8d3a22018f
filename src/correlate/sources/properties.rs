//! The profiles against a reference that keeps every message and follows the definitions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::event::{AuthResults, SourceNetwork, SpfResult};

const DAY: i64 = 86_400_000_000;

/// Everything, and no index.
#[derive(Default)]
struct Reference(BTreeMap<SourceKey, Vec<Sighting>>);

fn day(time: Time) -> i64 {
    time.as_micros().div_euclid(DAY)
}

fn days<'a>(sightings: impl IntoIterator<Item = &'a Sighting>) -> BTreeSet<i64> {
    sightings.into_iter().map(|sighting| day(sighting.time)).collect()
}

fn over(days: &BTreeSet<i64>, at: Time) -> usize {
    days.range(day(at) - 90..day(at)).count()
}

fn first(sightings: &[Sighting], standing: Standing) -> Option<Time> {
    sightings.iter().filter(|sighting| sighting.standing == standing).map(|sighting| sighting.time).min()
}

fn last(sightings: &[Sighting]) -> Time {
    sightings.iter().map(|sighting| sighting.time).max().unwrap()
}

fn is_device(sightings: &[Sighting], at: Time) -> bool {
    let days = days(sightings);
    let count = |of: &i64| sightings.iter().filter(|sighting| day(sighting.time) == *of).count();
    let mut settled: Vec<usize> = days.range(day(at) - 90..day(at)).map(count).collect();
    settled.sort_unstable();
    let kept = days.range(days.last().unwrap() - 91..);
    settled.len() >= 7
        && sightings.iter().all(|sighting| !sighting.is_personal)
        && kept.rev().take(14).all(|day| count(day) <= 4 * settled[(settled.len() - 1) / 2] + 20)
}

fn is_aligned(sightings: &[Sighting], at: Time) -> bool {
    over(&days(sightings.iter().filter(|sighting| sighting.standing == Standing::Aligned)), at) >= 7
}

/// Whether on the day of this time or before it there were seven proven days among the last ninety.
fn is_proven(sightings: &[Sighting], at: Time) -> bool {
    let proven = [Standing::Aligned, Standing::Sanctioned];
    let days = days(sightings.iter().filter(|sighting| proven.contains(&sighting.standing)));
    days.iter().filter(|last| **last < day(at)).any(|last| days.range(last - 89..=*last).count() >= 7)
}

fn rank(sightings: &[Sighting]) -> (usize, u32, Time) {
    let last = last(sightings);
    let days = days(sightings).range(day(last) - 89..).count();
    (days.min(7), sightings.len().ilog2().min(4), last)
}

impl Reference {
    fn observe(&mut self, key: &SourceKey, sighting: &Sighting) -> Familiarity {
        self.0.entry(key.clone()).or_default().push(*sighting);
        let (own, settled) = (&self.0[key], sighting.time - LATENESS);
        match () {
            () if is_aligned(own, settled) => Familiarity::Aligned,
            () if is_device(own, settled) && self.unproven(key, settled).count() == 0 => Familiarity::Device,
            () if first(own, Standing::Aligned).is_some_and(|first| first < settled) => Familiarity::AlignedBefore,
            () if over(&days(own), settled) == 0 => Familiarity::New,
            () => Familiarity::Seen,
        }
    }

    fn others<'a>(&'a self, key: &'a SourceKey) -> impl Iterator<Item = &'a Vec<Sighting>> {
        let is_other = move |other: &SourceKey| other.network == key.network && other.sender != key.sender;
        self.0.iter().filter(move |(other, _)| is_other(other)).map(|(_, sightings)| sightings)
    }

    fn unproven<'a>(&'a self, key: &'a SourceKey, before: Time) -> impl Iterator<Item = &'a Vec<Sighting>> {
        self.others(key).filter(move |other| first(other, Standing::Unaligned).is_some_and(|first| first < before))
    }

    fn knows_network(&self, key: &SourceKey, at: Time) -> bool {
        let settled = at - LATENESS;
        let unproven: Vec<_> = self.unproven(key, settled).collect();
        self.others(key).any(|other| is_proven(other, settled))
            || unproven.len() == 1 && is_device(unproven[0], settled)
    }

    fn evict_one(&mut self, profiles_max: usize) -> Option<SourceKey> {
        let least = self.0.iter().map(|(key, sightings)| (rank(sightings), key.clone())).min();
        least.filter(|_| self.0.len() > profiles_max).map(|(_, key)| self.take(key))
    }

    fn forget_one_silent(&mut self, watermark: Time) -> Option<SourceKey> {
        let most = self.0.iter().map(|(key, sightings)| (last(sightings), key.clone())).min()?;
        (most.0 < watermark - KEPT).then(|| self.take(most.1))
    }

    fn take(&mut self, key: SourceKey) -> SourceKey {
        self.0.remove(&key);
        key
    }
}

/// Few sources, two or three of them on one network.
fn key(number: u8) -> SourceKey {
    SourceKey { network: SourceNetwork::V4([203, 0, number % 3]), sender: format!("{number}@contoso.com") }
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        6 => Just(Standing::Unaligned),
        3 => Just(Standing::Aligned),
        2 => Just(Standing::Sanctioned),
        1 => Just(Standing::Transient)
    ]
}

/// Messages of some months, by event time. A source mostly has one standing, and most days are close together.
fn messages(sources: u8, count: usize) -> impl Strategy<Value = Vec<(u8, Sighting)>> {
    let usual = vec(standing(), usize::from(sources));
    let message =
        (0..sources, 0_i64..24 * 6, prop_oneof![3 => Just(0_i64), 1 => 0_i64..140], 0_i64..60, 0..40_u8, standing());
    (usual, vec(message, 1..count)).prop_map(|(usual, messages)| {
        let mut told: Vec<(u8, Sighting)> = messages
            .into_iter()
            .map(|(source, hour, far_day, minute, luck, rare)| {
                let time = Time::from_micros((far_day + 100) * DAY) + Span::minutes(hour * 100 + minute);
                let results = AuthResults {
                    spf: Some(if luck % 2 == 0 { SpfResult::Fail } else { SpfResult::None }),
                    ..AuthResults::default()
                };
                let standing = if luck < 4 { rare } else { usual[usize::from(source)] };
                let recipient = Fingerprint::of("test", &[&[luck]]);
                (source, Sighting { time, recipient, standing, is_personal: luck == 39 && minute < 6, results })
            })
            .collect();
        told.sort_by_key(|(source, sighting)| (sighting.time, *source));
        told
    })
}

/// The messages as they arrive when each is late by up to the lateness.
fn delayed(messages: &[(u8, Sighting)], delays: &[i64]) -> Vec<(u8, Sighting)> {
    let arrival =
        |(place, (_, sighting)): &(usize, &(u8, Sighting))| sighting.time + Span::seconds(delays[place % delays.len()]);
    let mut arriving: Vec<_> = messages.iter().enumerate().collect();
    arriving.sort_by_key(arrival);
    arriving.into_iter().map(|(_, message)| *message).collect()
}

fn delays() -> impl Strategy<Value = Vec<i64>> {
    vec(0_i64..600, 1..40)
}

/// Everything that is kept, in words.
fn dump(sources: &Sources) -> BTreeMap<u8, String> {
    let text = |number: u8| Some((number, serde_json::to_string(&sources.get(&key(number))?).unwrap()));
    (0..u8::MAX).filter_map(text).collect()
}

/// As after a restart.
fn restarted(sources: &Sources) -> Sources {
    let mut next = Sources::default();
    for (number, text) in dump(sources).iter().rev() {
        next.restore(key(*number), serde_json::from_str(text).unwrap());
    }
    next
}

proptest! {
    // Each case is months of mail, and the reference reads all of it at every message.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn they_say_what_the_reference_says_whatever_is_forgotten_and_restored(
        messages in messages(8, 500),
        delays in delays(),
        rare in vec((0..500_usize, 0..9_usize), 0..20),
    ) {
        let (mut sources, mut reference) = (Sources::default(), Reference::default());
        for (place, (number, sighting)) in delayed(&messages, &delays).into_iter().enumerate() {
            let (own, stranger) = (key(number), key(number + 9));
            prop_assert_eq!(sources.observe(&own, &sighting), reference.observe(&own, &sighting));
            for asker in [&own, &stranger] {
                let at = sighting.time;
                prop_assert_eq!(sources.knows_network(asker, at), reference.knows_network(asker, at));
            }
            while let Some(silent) = reference.forget_one_silent(sighting.time) {
                prop_assert_eq!(sources.forget_one_silent(sighting.time), Some(silent));
            }
            prop_assert_eq!(sources.forget_one_silent(sighting.time), None);
            for (_, profiles_max) in rare.iter().filter(|(when, _)| *when == place) {
                prop_assert_eq!(sources.evict_one(*profiles_max), reference.evict_one(*profiles_max));
                sources = restarted(&sources);
            }
            prop_assert_eq!(sources.len(), reference.0.len());
        }
        for (number, profile) in reference.0.iter().map(|(key, own)| (sources.get(key).unwrap(), own)) {
            prop_assert_eq!(number.messages(), profile.len() as u64);
            prop_assert_eq!(number.last_seen(), last(profile));
            prop_assert_eq!(number.first_seen(), profile.iter().map(|sighting| sighting.time).min().unwrap());
            let recipients: BTreeSet<_> = profile.iter().map(|sighting| sighting.recipient).collect();
            prop_assert_eq!(number.recipients(), recipients.len() as u64);
        }
    }

    #[test]
    fn any_order_within_the_lateness_gives_the_same_profiles_and_answers(
        messages in messages(6, 300),
        one in delays(),
        other in delays(),
    ) {
        let run = |delays: &[i64]| {
            let mut sources = Sources::default();
            let mut told = Vec::new();
            for (number, sighting) in delayed(&messages, delays) {
                // What speaks against a source counts at once, so it is left out of the answers.
                let sighting = Sighting { is_personal: false, ..sighting };
                let familiarity = sources.observe(&key(number), &sighting);
                let knows = sources.knows_network(&key(number + 9), sighting.time);
                let Sighting { time, recipient, standing, results, .. } = sighting;
                told.push((number, time, standing, recipient, format!("{results:?}"), familiarity, knows));
            }
            told.sort();
            (dump(&sources), told)
        };
        prop_assert_eq!(run(&one), run(&other));
    }

    #[test]
    fn nobody_is_known_in_fewer_than_seven_days(
        messages in messages(3, 200),
        days in vec(0..140_i64, 6),
    ) {
        let mut sources = Sources::default();
        for (place, (number, sighting)) in messages.iter().enumerate() {
            let of_day = sighting.time.as_micros().rem_euclid(DAY);
            let time = Time::from_micros(days[place % 6] * DAY + of_day);
            let familiarity = sources.observe(&key(*number), &Sighting { time, ..*sighting });
            prop_assert!(!matches!(familiarity, Familiarity::Device | Familiarity::Aligned), "{:?}", familiarity);
            prop_assert!(!sources.knows_network(&key(number + 9), time));
        }
    }
}
