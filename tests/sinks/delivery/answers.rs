//! Each sink that speaks HTTP, and each answer that a receiver, or something in front of it, gives instead of taking what
//! is told: a real receiver stands behind it, so that what goes on afterwards is real.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use super::receiver::{
    Kept, alertmanager, elasticsearch, firing, install_template, kept_by_collector, kept_by_opensearch,
    kept_by_sentinel, sentinel, splunk_hec,
};
use super::scene::{Key, Scene, counted, mail, wait_settled};
use crate::support::alertmanager::Alertmanager;
use crate::support::collector::Collector;
use crate::support::fault::{Fault, FaultyPath};
use crate::support::opensearch::OpenSearch;
use crate::support::sentinel::Sentinel;

const PATIENCE: &str = "timeout_ms = 1000\nbackoff_ms_min = 50\nbackoff_ms_max = 500\nbatch_entries_max = 20\n";

const INDEX: &str = "postern-alerts-answers";

/// Enough for the longest of them to be shorter than the timeout.
const LATE: Duration = Duration::from_millis(300);

/// What the first requests meet, and whether the sink has to hold for it.
const FAULTS: [(&str, &[Fault], bool); 11] = [
    ("closed", &[Fault::Closed; 4], false),
    ("hung", &[Fault::Hung], false),
    ("slow", &[Fault::Slow(LATE); 3], false),
    ("401", &[Fault::Status(401, ""); 2], true),
    ("403", &[Fault::Status(403, ""); 2], true),
    ("404", &[Fault::Status(404, ""); 2], true),
    ("413", &[Fault::Status(413, "")], false),
    ("429, seconds", &[Fault::Status(429, "Retry-After: 1\r\n")], false),
    ("429, date", &[Fault::RetryAfterDate(429)], false),
    ("500", &[Fault::Status(500, ""); 4], false),
    ("half an answer", &[Fault::Truncated; 2], false),
];

/// The receivers, each behind a path of its own.
struct Receivers {
    opensearch: &'static OpenSearch,
    collector: Collector,
    manager: Alertmanager,
    service: Sentinel,
    paths: [(&'static str, FaultyPath); 4],
}

impl Receivers {
    fn start() -> Option<Self> {
        let opensearch = OpenSearch::shared()?;
        let (collector, manager, service) = (Collector::start()?, Alertmanager::start()?, Sentinel::open());
        install_template(opensearch);
        let ingestion: SocketAddr = service.url.trim_start_matches("http://").parse().unwrap();
        let paths = [
            ("elasticsearch", FaultyPath::to(opensearch.address)),
            ("splunk-hec", FaultyPath::to(collector.listeners.plain)),
            ("sentinel", FaultyPath::to(ingestion)),
            ("alertmanager", FaultyPath::to(manager.address)),
        ];
        Some(Self { opensearch, collector, manager, service, paths })
    }

    fn sinks(&self, scene: &Scene) -> String {
        let [elastic, splunk, azure, prometheus] = self.paths.each_ref().map(|(_, path)| path.url());
        // Tokens come by the straight way: it is the ingestion that fails.
        let azure = sentinel(scene, &azure)
            .replace(&format!("authority = {azure:?}"), &format!("authority = {:?}", self.service.url));
        let sinks = [
            elasticsearch(&elastic, INDEX),
            splunk_hec(scene, "splunk-hec", &splunk, false),
            azure,
            alertmanager(&prometheus),
        ];
        sinks.map(|sink| sink + PATIENCE).concat()
    }

    fn kept(&self, sink: &str) -> Kept {
        match sink {
            "elasticsearch" => kept_by_opensearch(self.opensearch, INDEX),
            "splunk-hec" => kept_by_collector(&self.collector, sink),
            "sentinel" => kept_by_sentinel(&self.service),
            _ => firing(&self.manager).into_iter().map(|id| (id, 1)).collect(),
        }
    }
}

#[test]
fn after_every_answer_the_matrix_has_nothing_lost() {
    let Some(receivers) = Receivers::start() else { return };
    let mut table = String::from("| sink |");
    FAULTS.iter().for_each(|(title, ..)| write!(table, " {title} |").unwrap());
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    let mut broken = Vec::new();
    for (seed, (title, faults, holds)) in (200..).zip(FAULTS) {
        for (sink, outcome) in played(&receivers, faults, seed) {
            if !outcome.is_right(sink, title, holds) {
                broken.push(format!("{sink}, {title}: {outcome:?}"));
            }
            write!(rows.entry(sink).or_default(), " {} |", outcome.said()).unwrap();
        }
    }
    write!(table, "\n|{}\n", "---|".repeat(FAULTS.len() + 1)).unwrap();
    rows.iter().for_each(|(sink, row)| writeln!(table, "| {sink} |{row}").unwrap());
    println!("{table}");
    assert_eq!(broken, Vec::<String>::new(), "\n{table}");
}

/// What became of the records of one sink.
#[derive(Debug)]
struct Outcome {
    lost: usize,
    repeated: usize,
    refused: usize,
    held: bool,
}

/// Posts mail while the first requests of each sink meet the faults.
fn played(receivers: &Receivers, faults: &[Fault], seed: u64) -> Vec<(&'static str, Outcome)> {
    let scene = Scene::set();
    receivers.paths.iter().for_each(|(_, path)| path.inject(faults));
    let mut postern = scene.start(&receivers.sinks(&scene));
    scene.post(&mail(seed));
    let outcome = |(sink, path): &(&'static str, FaultyPath)| {
        wait_settled(&scene, &mut postern, sink);
        assert!(path.is_clear(), "{sink} was spared");
        let records: Vec<Key> = match *sink {
            "alertmanager" => scene.open_alerts().into_iter().map(|id| (id, 1)).collect(),
            _ => scene.records().into_iter().collect(),
        };
        let mut times = BTreeMap::<_, usize>::new();
        receivers.kept(sink).into_iter().for_each(|key| *times.entry(key).or_default() += 1);
        let times: Vec<_> = records.iter().map(|key| times.get(key).copied().unwrap_or_default()).collect();
        let refused = counted(&postern, "dead_letters", sink).unwrap();
        let outcome = Outcome {
            lost: times.iter().filter(|times| **times == 0).count(),
            repeated: times.iter().map(|times| times.saturating_sub(1)).sum(),
            refused: refused as usize,
            held: scene.has_held(sink),
        };
        (*sink, outcome)
    };
    receivers.paths.iter().map(outcome).collect()
}

impl Outcome {
    /// Nothing is lost, but a request of a single record that is too large is a dead letter; only what an answer was lost for is there twice; who has to act is told.
    fn is_right(&self, sink: &str, title: &str, holds: bool) -> bool {
        // What it repeats, OpenSearch drops and Alertmanager takes for the same alert.
        let refused_max = usize::from(title == "413");
        let may_repeat = title == "half an answer" && !matches!(sink, "elasticsearch" | "alertmanager");
        let is_kept = self.lost <= self.refused && self.refused <= refused_max;
        is_kept && (self.repeated == 0 || may_repeat) && self.held == holds
    }

    fn said(&self) -> String {
        let held = if self.held { ", held" } else { "" };
        let refused = if self.refused > 0 { format!(", {} dead letter", self.refused) } else { String::new() };
        let lost = self.lost.saturating_sub(self.refused);
        format!("{lost} lost, {} repeated{refused}{held}", self.repeated)
    }
}
