//! What is read: the simulator's stream, each tenant's records in one partition, as a producer that keys by tenant has it.

use std::num::NonZeroU32;

use postern::simulate::{Mix, Options, SimulatedTenant, Simulation};

use crate::support::kafka::{RealKafka, Record};

/// Every round ends with a message that is none.
const BROKEN: &str = r#"{"category":"AdvancedHunting-EmailEvents","properties":{"Timestamp":"#;

/// Where a tenant's records go, and from which round on there are any.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) from_round: usize,
}

/// Everything that will be produced, round by round.
pub(crate) struct Input {
    places: Vec<Place>,
    rounds: Vec<Vec<(usize, String)>>,
}

impl Input {
    /// A tenant for each place, and about so many records a round.
    pub(crate) fn new(places: Vec<Place>, rounds: usize, records_per_round: usize) -> Self {
        let mut plan = vec![Vec::new(); rounds];
        for (tenant, records) in streams(places.len(), rounds * records_per_round).into_iter().enumerate() {
            let first = places[tenant].from_round;
            let share = records.len().div_ceil(rounds - first).max(1);
            for (round, chunk) in records.chunks(share).enumerate() {
                plan[first + round].extend(chunk.iter().map(|json| (tenant, json.clone())));
            }
        }
        plan.iter_mut().for_each(|round| round.push((0, BROKEN.to_owned())));
        Self { places, rounds: plan }
    }

    /// Three tenants, each in a partition of its own from the beginning.
    pub(crate) fn of_one_topic(topic: &str, rounds: usize, records_per_round: usize) -> Self {
        let place = |partition| Place { topic: topic.to_owned(), partition, from_round: 0 };
        Self::new((0..3).map(place).collect(), rounds, records_per_round)
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.rounds.iter().map(Vec::len).sum()
    }

    /// How many messages a round has.
    pub(crate) fn len_of(&self, round: usize) -> usize {
        self.rounds[round].len()
    }

    /// The topics, each once.
    pub(crate) fn topics(&self) -> Vec<String> {
        let mut topics: Vec<_> = self.places.iter().map(|place| place.topic.clone()).collect();
        topics.dedup();
        topics
    }

    /// The tenants as the configuration has them.
    pub(crate) fn tenants(&self) -> String {
        let tenant = |tenant: &SimulatedTenant| {
            let SimulatedTenant { id, domain, .. } = tenant;
            format!("[[tenant]]\nid = \"{id}\"\nname = \"{domain}\"\nmx = \"eop\"\naccepted_domains = [\"{domain}\"]\n")
        };
        tenants(self.places.len()).iter().map(tenant).collect()
    }

    /// Produces a round, and returns when the broker has it.
    pub(crate) fn produce(&self, kafka: &RealKafka, round: usize) {
        self.produce_part(kafka, round, 0..1, 1);
    }

    /// Produces some of a round: these of so many parts.
    pub(crate) fn produce_part(&self, kafka: &RealKafka, round: usize, parts: std::ops::Range<usize>, of: usize) {
        let records = &self.rounds[round];
        let at = |part: usize| records.len() * part / of;
        let records = &records[at(parts.start)..at(parts.end)];
        for topic in self.topics() {
            let here = records.iter().map(|(tenant, json)| (&self.places[*tenant], json));
            let here = here.filter(|(place, _)| place.topic == topic);
            let here =
                here.map(|(place, json)| Record { partition: place.partition, key: b"", payload: json.as_bytes() });
            kafka.produce(&topic, here);
        }
    }
}

/// The records of each tenant, in order.
fn streams(count: usize, records: usize) -> Vec<Vec<String>> {
    let tenants = tenants(count);
    let place = |id: &str| tenants.iter().position(|tenant| tenant.id == id).unwrap();
    let simulation = Simulation::new(Options {
        tenants: tenants.clone(),
        records: records as u64,
        records_per_second: NonZeroU32::MIN,
        mix: Mix { attack: 400, ..Mix::default() },
        ..Options::default()
    });
    let mut streams = vec![Vec::new(); count];
    simulation.for_each(|record| streams[place(&record.label.tenant)].push(record.json));
    streams
}

fn tenants(count: usize) -> Vec<SimulatedTenant> {
    let tenant = |number| {
        SimulatedTenant::eop(format!("6f0c1d7e-0000-4000-8000-{number:012x}"), format!("tenant-{number}.example"))
    };
    (1..=count).map(tenant).collect()
}
