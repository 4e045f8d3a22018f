//! The invariants of the design, each over one story with everything that happened to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use fastrand::Rng;
use postern::alert::Alert;
use postern::correlate::{Limits, Seen};
use postern::detector::{DeadLetter, Slice, StateChange};
use postern::judge::{Tenants, message_name};
use postern::ledger::{Ledger, Stream};

use crate::coverage::Coverage;
use crate::machine::{Machine, inspected};
use crate::reference::Reference;
use crate::story::{Door, Story};
use crate::summary::compare;
use crate::undisturbed::{Undisturbed, of_tenant};
use crate::world;

/// Runs the machine of a seed, and checks everything.
///
/// # Errors
/// The name of the invariant that does not hold, and how.
pub(crate) fn check(seed: u64, trace: bool) -> Result<Coverage, String> {
    let mut chance = Rng::with_seed(!seed);
    let is_tight = chance.u8(..5) == 0;
    let limits = if is_tight { world::tight_limits(&mut chance) } else { Limits::default() };
    let tenants = Arc::new(Tenants::new(world::tenants()));
    let story = Story::of(seed);
    let slices = inspected(&story, &tenants);
    if trace {
        tell(&story, &slices);
    }

    let mut machine = Machine::new((&story, &slices), &tenants, limits, seed, trace);
    machine.run()?;
    let order = || machine.order.iter().map(|place| &slices[*place]);
    let undisturbed = Undisturbed::run(&tenants, limits, order());
    let mut coverage = machine.coverage.clone();
    coverage.of_run(&slices, &undisturbed);
    coverage.tight = u64::from(is_tight);

    conserve(&story, &machine.order)?;
    replay(&mut machine, &undisturbed, &story, &slices)?;
    deliver(&mut machine)?;
    if chance.bool() {
        let chosen = chance.usize(..world::DOMAINS.len());
        alone(chosen, &tenants, limits, &slices, &machine.order, &undisturbed)?;
    }
    sanction(&story, &slices, &undisturbed.told)?;
    monotone(&undisturbed.told)?;
    if !is_tight {
        reference(&slices, &machine.order, &undisturbed)?;
        punctual(&story, &tenants, &slices, &undisturbed)?;
    }
    Ok(coverage)
}

/// What comes in, for the trace.
fn tell(story: &Story, slices: &[Slice]) {
    for (place, input) in story.inputs.iter().enumerate() {
        crate::say(&format!("input {place}: {:?}", input.door));
        for (at, payload) in input.payloads.iter().enumerate() {
            let crate::story::Payload { arrival, label, .. } = &story.payloads[*payload];
            let steps = slices[*payload].steps.len();
            crate::say(&format!("  {at} [{payload}] {arrival} {label} ({steps} steps)"));
        }
    }
}

/// COMMIT, CONSERVE: every payload of a partition is in the ledger's past once, every other at least once.
fn conserve(story: &Story, order: &[usize]) -> Result<(), String> {
    for input in &story.inputs {
        for place in &input.payloads {
            let times = order.iter().filter(|other| *other == place).count();
            let is_right = if let Door::Partition(_) = input.door { times == 1 } else { times >= 1 };
            if !is_right {
                return Err(format!("CONSERVE: payload {place} is in the ledger's past {times} times"));
            }
        }
    }
    Ok(())
}

/// REPLAY, SPLIT: killed anywhere and cut anywhere, it tells and keeps the same as an undisturbed run, byte for byte.
fn replay(machine: &mut Machine<'_>, run: &Undisturbed, story: &Story, slices: &[Slice]) -> Result<(), String> {
    let mut state = BTreeMap::new();
    let shown = machine.disk.state(&mut |StateChange { tenant, kind, key, value }| {
        state.insert((tenant, kind, key), value.unwrap_or_default());
        ControlFlow::Continue(())
    });
    shown.map_err(|error| error.to_string())?;
    same("REPLAY: state", &state, &run.state)?;
    same("REPLAY: alerts", &machine.disk.witness.alerts, &run.alerts)?;
    let told = |it: &DeadLetter| format!("{} {} {:?}", it.origin, it.reason, it.raw);
    let kept: Vec<String> = machine.disk.witness.dead_letters.iter().map(told).collect();
    for (place, slice) in slices.iter().enumerate() {
        let is_read_once = story
            .inputs
            .iter()
            .any(|input| matches!(input.door, Door::Partition(_)) && input.payloads.contains(&place));
        for letter in slice.dead_letters.iter().map(|(_, letter)| told(letter)) {
            let expected = slice.dead_letters.iter().filter(|(_, other)| told(other) == letter).count();
            let times = kept.iter().filter(|other| **other == letter).count();
            if times < expected || (is_read_once && times > expected) {
                return Err(format!("REPLAY: a dead letter is kept {times} times, not {expected}: {letter}"));
            }
        }
    }
    Ok(())
}

fn same<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    ours: &BTreeMap<K, V>,
    theirs: &BTreeMap<K, V>,
) -> Result<(), String> {
    let keys: BTreeSet<&K> = ours.keys().chain(theirs.keys()).collect();
    match keys.into_iter().find(|key| ours.get(key) != theirs.get(key)) {
        None => Ok(()),
        Some(key) => {
            Err(format!("{what}: {key:?}\n    is       {:?}\n    and was  {:?}", ours.get(key), theirs.get(key)))
        }
    }
}

/// DELIVER: whoever is to be told has been told, or has refused it for good.
fn deliver(machine: &mut Machine<'_>) -> Result<(), String> {
    let last = machine.disk.snapshot().map_err(|error| error.to_string())?.last;
    let witness = &machine.disk.witness;
    if last.alerts != witness.appended.len() as u64 {
        return Err(format!("DELIVER: the ledger has numbered {} alerts of {}", last.alerts, witness.appended.len()));
    }
    for receiver in &machine.receivers {
        for sequence in 1..=last.of(receiver.stream) {
            let is_refused = witness.refused.contains(&(receiver.name.clone(), sequence));
            let is_stored = match receiver.stream {
                Stream::DeadLetters => receiver.stored.contains_key(&(String::new(), 0, sequence)),
                Stream::Alerts => {
                    let (id, seq) = &witness.appended[sequence as usize - 1];
                    let body = witness.alerts.get(&(id.clone(), *seq)).map(|(_, body)| body);
                    receiver.stored.get(&(id.clone(), *seq, 0)) == body
                }
            };
            if !is_stored && !is_refused {
                return Err(format!("DELIVER: {} was never told entry {sequence}", receiver.name));
            }
        }
    }
    Ok(())
}

/// TENANT: alone, a tenant has the same alerts and the same memory.
fn alone(
    chosen: usize,
    tenants: &Arc<Tenants>,
    limits: Limits,
    slices: &[Slice],
    order: &[usize],
    together: &Undisturbed,
) -> Result<(), String> {
    let (id, name) = (world::tenant_id(chosen), format!("tenant-{chosen}"));
    let Some(tenant) = tenants.find(&id) else { return Err(format!("TENANT: there is no {id}")) };
    let own: Vec<Slice> = order.iter().map(|place| of_tenant(&slices[*place], tenant)).collect();
    let alone = Undisturbed::run(tenants, limits, own.iter());
    let mut state = together.state.clone();
    state.retain(|(of, ..), _| *of == id);
    let mut alerts = together.alerts.clone();
    alerts.retain(|_, (of, _)| *of == name);
    same("TENANT: state", &alone.state, &state)?;
    same("TENANT: alerts", &alone.alerts, &alerts)
}

/// SANCTION: what a sanctioned pair sends is never suspicious, and never told of.
fn sanction(story: &Story, slices: &[Slice], told: &[Alert]) -> Result<(), String> {
    for id in &story.sanctioned {
        let name = message_name(id);
        let is_suspected = slices
            .iter()
            .flat_map(|slice| &slice.steps)
            .any(|step| matches!(&step.seen, Seen::Suspicious(observation) if observation.message == name));
        let is_told = told.iter().any(|alert| alert.sample_message_ids.contains(id));
        if is_suspected || is_told {
            return Err(format!("SANCTION: {id} was sent by a sanctioned pair, and there is an alert"));
        }
    }
    Ok(())
}

/// MONOTONE: what becomes known of a campaign never makes it less grave, but that all of it was removed.
fn monotone(told: &[Alert]) -> Result<(), String> {
    let mut before: BTreeMap<String, &Alert> = BTreeMap::new();
    for alert in told {
        let earlier = before.insert(alert.id.to_string(), alert);
        let first = if earlier.is_none() { 1 } else { earlier.map_or(1, |earlier| earlier.seq + 1) };
        if alert.seq != first {
            return Err(format!("REPLAY: alert {} goes on with record {}", alert.id, alert.seq));
        }
        let is_removed = alert.counts.removed > 0 && alert.counts.delivered == 0;
        if !is_removed && earlier.is_some_and(|earlier| earlier.severity > alert.severity) {
            return Err(format!(
                "MONOTONE: alert {} falls to {:?} with record {}",
                alert.id, alert.severity, alert.seq
            ));
        }
    }
    Ok(())
}

/// The machine finds what the reference finds.
fn reference(slices: &[Slice], order: &[usize], run: &Undisturbed) -> Result<(), String> {
    let mut reference = Reference::default();
    order.iter().for_each(|place| reference.see(&slices[*place]));
    for place in 0..world::DOMAINS.len() {
        let theirs = reference.summaries(u32::try_from(place).unwrap_or_default());
        compare(&run.summaries(&world::tenant_id(place)), &theirs)
            .map_err(|difference| format!("REFERENCE: tenant {place}: of the machine's campaigns {difference}"))?;
    }
    Ok(())
}

/// ORDER: whoever is never late and sees nothing twice finds the same.
fn punctual(story: &Story, tenants: &Arc<Tenants>, slices: &[Slice], run: &Undisturbed) -> Result<(), String> {
    let order = story.punctual();
    let punctual = Undisturbed::run(tenants, Limits::default(), order.iter().map(|place| &slices[*place]));
    for place in 0..world::DOMAINS.len() {
        let id = world::tenant_id(place);
        compare(&run.summaries(&id), &punctual.summaries(&id))
            .map_err(|difference| format!("ORDER: tenant {place}: of the campaigns found late {difference}"))?;
    }
    Ok(())
}
