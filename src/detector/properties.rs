//! The invariants of the design, over simulated tenants under attack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::alert::Alert;
use crate::correlate::Limits;
use crate::decode::{self, Body};
use crate::event::Time;
use crate::judge::{
    AcceptedDomain, MxTarget, SanctionedSource, SenderPattern, Tenant, Tenants, Verdict, at_a_glance, judge,
};
use crate::simulate::{Mix, Options, SimulatedTenant, Simulation};

const DOMAINS: [&str; 3] = ["contoso.com", "fabrikam.com", "northwind.example"];

fn tenant_id(place: usize) -> String {
    format!("6f0c1d7e-0000-4000-8000-00000000000{place}")
}

fn tenants() -> Vec<Tenant> {
    let tenant = |(place, domain): (usize, &&str)| Tenant {
        id: tenant_id(place),
        name: format!("tenant-{place}"),
        accepted_domains: vec![AcceptedDomain { name: (*domain).to_owned(), match_subdomains: false }],
        ..Tenant::default()
    };
    DOMAINS.iter().enumerate().map(tenant).collect()
}

/// A dense stream: a third of it attacks, some rows twice.
fn stream(seed: u64, records: u64) -> Vec<String> {
    let tenant = |(place, domain): (usize, &&str)| SimulatedTenant::eop(tenant_id(place), *domain);
    let options = Options {
        seed,
        records,
        tenants: DOMAINS.iter().enumerate().map(tenant).collect(),
        mix: Mix { attack: 400, ..Mix::default() },
        repeats_per_mille: 50,
        records_per_second: std::num::NonZeroU32::MIN,
        ..Options::default()
    };
    Simulation::new(options).map(|record| record.json).collect()
}

/// Whether a record is of mail that left the organisation.
fn has_left(record: &str) -> bool {
    let envelope: serde_json::Value = serde_json::from_str(record).unwrap();
    envelope["properties"]["EmailDirection"] == "Outbound"
}

/// The records in another order. There is one a second at most: a window of 300 stays within the ten minutes that a record
/// may be late.
fn within_lateness(records: &[String], seed: u64) -> Vec<String> {
    let mut shuffled = records.to_vec();
    let mut chance = fastrand::Rng::with_seed(seed);
    shuffled.chunks_mut(300).for_each(|window| chance.shuffle(window));
    shuffled
}

/// Whether the tenants' messages are all that were judged, by verdict and by door.
fn mail_adds_up(slice: &Slice) -> bool {
    let of_tenants = |verdict| {
        let counts = slice.mail.iter().flat_map(|(_, mail)| mail.by_verdict());
        counts.filter(|(word, _)| *word == verdict).map(|(_, messages)| messages).sum::<u64>()
    };
    let judged = [Outcome::Benign, Outcome::Sanctioned, Outcome::Suspicious, Outcome::Unknown];
    let entered: u64 = slice.mail.iter().flat_map(|(_, mail)| mail.by_entry()).map(|(_, messages)| messages).sum();
    judged.iter().all(|outcome| of_tenants(outcome.as_str()) == slice.outcomes.get(*outcome))
        && entered == judged.iter().map(|outcome| slice.outcomes.get(*outcome)).sum::<u64>()
}

/// A detector with everything that the shell would keep of it.
struct Machine {
    inspector: Inspector,
    detector: Detector,
    state: BTreeMap<(String, String, String), String>,
    alerts: Vec<Alert>,
    outcomes: Outcomes,
}

impl Machine {
    fn new(tenants: Vec<Tenant>, limits: Limits) -> Self {
        let tenants = Arc::new(Tenants::new(tenants));
        Self {
            inspector: Inspector::new(Arc::clone(&tenants), decode::Limits::default()),
            detector: Detector::new(tenants, limits),
            state: BTreeMap::new(),
            alerts: Vec::new(),
            outcomes: Outcomes::default(),
        }
    }

    fn run(records: &[String]) -> Self {
        let mut machine = Self::new(tenants(), Limits::default());
        machine.feed(records);
        machine
    }

    /// Feeds the records as one slice, and keeps what a commit would.
    fn feed(&mut self, records: &[String]) {
        let mut slice = Slice::default();
        for (offset, record) in (0..).zip(records) {
            let arrival = Arrival { origin: "test", offset, time: None };
            self.inspector.inspect(record.as_bytes(), arrival, &mut slice, &mut |_| {});
        }
        assert!(mail_adds_up(&slice), "{slice:?}");
        self.outcomes.add(&slice.outcomes);
        self.detector.handle_slice(&slice);
        self.alerts.extend(self.detector.take_alerts());
        for change in self.detector.take_changes() {
            let key = (change.tenant, change.kind, change.key);
            match change.value {
                Some(value) => drop(self.state.insert(key, value)),
                None => drop(self.state.remove(&key)),
            }
        }
    }

    /// A new process that knows only what was kept.
    fn restart(self) -> Self {
        let mut next = Self { alerts: self.alerts, ..Self::new(tenants(), Limits::default()) };
        for ((tenant, kind, key), value) in &self.state {
            let [tenant, kind, key, value] = [tenant, kind, key, value].map(Clone::clone);
            next.detector.restore(&StateChange { tenant, kind, key, value: Some(value) }).unwrap();
        }
        Self { state: self.state, ..next }
    }

    fn of_tenant(&self, id: &str) -> (Vec<&Alert>, Vec<(&str, &str)>) {
        let alerts = self.alerts.iter().filter(|alert| alert.tenant_id == id).collect();
        let state = self.state.iter().filter(|((tenant, ..), _)| tenant == id);
        (alerts, state.map(|((_, _, key), value)| (key.as_str(), value.as_str())).collect())
    }

    /// The messages that are in an open campaign.
    fn told(&self) -> BTreeSet<String> {
        let messages = self.campaigns();
        messages.iter().flat_map(|campaign| campaign["messages"].as_array().unwrap()).map(ToString::to_string).collect()
    }

    /// Open campaigns without what depends on the order of arrival: who opened them, and what was told.
    fn campaigns(&self) -> Vec<serde_json::Value> {
        let stored =
            self.state.iter().filter(|((_, kind, _), value)| kind == "campaign" && !value.contains(r#""storm":"#));
        let mut campaigns: Vec<serde_json::Value> = stored
            .map(|(_, value)| {
                let mut campaign: serde_json::Value = serde_json::from_str(value).unwrap();
                for field in ["id", "rule", "opened", "told"] {
                    campaign.as_object_mut().unwrap().remove(field).unwrap();
                }
                campaign
            })
            .collect();
        campaigns.sort_by_key(ToString::to_string);
        campaigns
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn split_any_cut_of_the_stream_gives_the_same_result(
        seed in any::<u64>(),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let records = stream(seed, 250);
        let whole = Machine::run(&records);
        let mut cut = Machine::new(tenants(), Limits::default());
        let mut places: Vec<_> = cuts.drain(..).map(|index| index.index(records.len())).collect();
        places.extend([0, records.len()]);
        places.sort_unstable();
        places.windows(2).for_each(|pair| cut.feed(&records[pair[0]..pair[1]]));
        prop_assert!(!whole.alerts.is_empty());
        prop_assert_eq!(whole.alerts, cut.alerts);
        prop_assert_eq!(whole.state, cut.state);
        prop_assert_eq!(whole.outcomes, cut.outcomes);
    }

    #[test]
    fn replay_a_process_that_knows_only_what_was_kept_goes_on_the_same(
        seed in any::<u64>(),
        place in any::<prop::sample::Index>(),
    ) {
        let records = stream(seed, 250);
        let (before, after) = records.split_at(place.index(records.len()));
        let undisturbed = Machine::run(&records);
        let mut killed = Machine::run(before).restart();
        killed.feed(after);
        prop_assert_eq!(undisturbed.alerts, killed.alerts);
        prop_assert_eq!(undisturbed.state, killed.state);
    }

    #[test]
    fn conserve_every_record_ends_in_one_outcome(seed in any::<u64>(), broken in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let mut records = stream(seed, 200);
        for index in broken {
            let place = index.index(records.len());
            let half = records[place].floor_char_boundary(records[place].len() / 2).max(1);
            records[place].truncate(half);
        }
        prop_assert_eq!(Machine::run(&records).outcomes.total(), records.len() as u64);
    }

    #[test]
    fn tenant_one_tenants_records_never_change_anothers_results(seed in any::<u64>()) {
        let records = stream(seed, 300);
        let own: Vec<_> = records.iter().filter(|record| !record.contains(&tenant_id(1))).cloned().collect();
        let (all, alone) = (Machine::run(&records), Machine::run(&own));
        prop_assert!(own.len() < records.len());
        for place in [0, 2] {
            prop_assert_eq!(all.of_tenant(&tenant_id(place)), alone.of_tenant(&tenant_id(place)));
        }
    }

    #[test]
    fn order_within_lateness_does_not_change_what_is_found(seed in any::<u64>(), shuffle in any::<u64>()) {
        // What left decides whether mail that looks the same comes back, and an alert does not wait for it (record 0014).
        let records: Vec<_> = stream(seed, 450).into_iter().filter(|record| !has_left(record)).collect();
        let shuffled = within_lateness(&records, shuffle);
        prop_assert_eq!(Machine::run(&records).campaigns(), Machine::run(&shuffled).campaigns());
    }

    #[test]
    fn order_a_departure_that_is_told_late_silences_nothing(seed in any::<u64>(), shuffle in any::<u64>()) {
        let records = stream(seed, 350);
        let shuffled = within_lateness(&records, shuffle);
        let (punctual, late) = (Machine::run(&records).told(), Machine::run(&shuffled).told());
        prop_assert!(punctual.is_subset(&late), "{:?}", punctual.difference(&late));
    }

    #[test]
    fn glance_a_glance_decides_what_reading_in_full_would(seed in any::<u64>(), is_behind_gateway in any::<bool>()) {
        let tenant = Tenant { mx: if is_behind_gateway { MxTarget::Gateway } else { MxTarget::Eop }, ..tenants().remove(0) };
        let mut glances = 0;
        for record in stream(seed, 200) {
            decode::records(record.as_bytes(), &decode::Limits::default(), &mut |raw| {
                let raw = raw.unwrap();
                let Some(glance) = raw.skim().and_then(|skim| at_a_glance(skim, &tenant)) else { return };
                let Body::Mail(event) = raw.decode().unwrap().body else { unreachable!() };
                let judgement = judge(&event, &tenant);
                assert_eq!(judgement.verdict(), Verdict::Benign(glance.reason));
                assert_eq!((judgement.facts.entry, judgement.facts.alignment), (glance.entry, glance.alignment));
                glances += 1;
            });
        }
        prop_assert!(glances > 0);
    }

    #[test]
    fn bound_memory_stays_under_its_caps(seed in any::<u64>(), campaigns_max in 1_usize..4, deliveries_max in 1_usize..50) {
        let mut machine = Machine::new(tenants(), Limits { campaigns_max, deliveries_max, ..Limits::default() });
        for chunk in stream(seed, 250).chunks(50) {
            machine.feed(chunk);
            for (_, tally) in machine.detector.tallies() {
                prop_assert!(tally.sizes.open_campaigns <= campaigns_max && tally.sizes.deliveries <= deliveries_max);
            }
            let count = |kind: &str| machine.state.keys().filter(|(_, of, _)| of == kind).count();
            prop_assert!(count("campaign") <= campaigns_max * DOMAINS.len());
            prop_assert!(count("delivery") <= deliveries_max * DOMAINS.len());
        }
    }

    #[test]
    fn sanction_a_sanctioned_pair_never_alerts(seed in any::<u64>()) {
        let mut tenants = tenants();
        let below = ["", "mail.", "hr.", "intranet.", "payroll."];
        for (tenant, domain) in tenants.iter_mut().zip(DOMAINS) {
            tenant.sanctioned.push(SanctionedSource {
                name: "everything".to_owned(),
                networks: ["0.0.0.0/0", "::/0"].map(|network| network.parse().unwrap()).to_vec(),
                senders: below.map(|below| SenderPattern::AnyAt([below, domain].concat())).to_vec(),
                expires: None,
            });
        }
        let mut machine = Machine::new(tenants, Limits::default());
        machine.feed(&stream(seed, 300));
        prop_assert!(machine.alerts.is_empty());
        prop_assert!(machine.outcomes.get(Outcome::Sanctioned) > 0);
    }

    #[test]
    fn monotone_more_abuse_never_lowers_a_severity(seed in any::<u64>(), kept in 1_usize..300) {
        let records = stream(seed, 300);
        let worst = |machine: &Machine| machine.alerts.iter().map(|alert| alert.severity).max();
        prop_assert!(worst(&Machine::run(&records[..kept])) <= worst(&Machine::run(&records)));
    }
}

#[test]
fn one_lure_sent_to_two_tenants_is_two_alerts() {
    let records = stream(3, 300);
    let lure = records.iter().find(|record| {
        let machine = Machine::run(std::slice::from_ref(*record));
        !machine.alerts.is_empty() && record.contains(&tenant_id(0))
    });
    let other = lure.unwrap().replace(&tenant_id(0), &tenant_id(1)).replace(DOMAINS[0], DOMAINS[1]);
    let alerts = Machine::run(&[lure.unwrap().clone(), other]).alerts;
    assert_eq!(alerts.len(), 2);
    assert_ne!(alerts[0].id, alerts[1].id);
}

#[test]
fn a_forged_future_date_counts_as_its_arrival_and_closes_nothing() {
    let record = &stream(7, 300)[250];
    let row: serde_json::Value = serde_json::from_str(record).unwrap();
    let stamp = row["properties"]["Timestamp"].as_str().unwrap();
    let forged = record.replace(stamp, "2099-01-01T00:00:00Z");
    let inspector = Machine::run(&[]).inspector;
    let mut slice = Slice::default();
    let arrival = Time::parse(stamp).unwrap();
    inspector.inspect(
        forged.as_bytes(),
        Arrival { origin: "test", offset: 0, time: Some(arrival) },
        &mut slice,
        &mut |_| {},
    );
    assert_eq!(slice.watermarks.iter().map(|(_, time)| *time).collect::<Vec<_>>(), [arrival]);
}

#[test]
fn a_record_of_an_unknown_tenant_is_a_dead_letter_that_says_what_to_do() {
    let record = stream(7, 1).remove(0).replace("-8000-0", "-8000-f");
    let inspector = Machine::run(&[]).inspector;
    let mut slice = Slice::default();
    inspector.inspect(record.as_bytes(), Arrival { origin: "test", offset: 9, time: None }, &mut slice, &mut |_| {});
    let (offset, letter) = &slice.dead_letters[0];
    assert_eq!((*offset, letter.reason.as_str(), letter.origin.as_str()), (9, "unknown_tenant", "test/9"));
    assert!(letter.detail.contains("add a [[tenant]]"));
    assert_eq!(letter.raw, record.as_bytes());
}

#[test]
fn a_burst_is_one_alert_that_is_told_at_powers_of_ten() {
    let machine = Machine::run(&stream(3, 900));
    let mut told: BTreeMap<_, Vec<&Alert>> = BTreeMap::new();
    machine.alerts.iter().for_each(|alert| told.entry(alert.id).or_default().push(alert));
    for records in told.values() {
        assert!(records.iter().map(|alert| alert.seq).eq(1..=records.len() as u32));
        assert!(records.windows(2).all(|pair| pair[0].severity <= pair[1].severity));
    }
    let biggest = machine.alerts.iter().max_by_key(|alert| alert.counts.recipients).unwrap();
    assert!(biggest.counts.recipients >= 10 && biggest.severity >= crate::judge::Severity::High);
}
