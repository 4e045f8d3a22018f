//! Each receiver, and each way in which it or Postern dies in the middle of what is told.
//!
//! Nothing waits for a length of time: a fault lasts until Postern has noticed it or has nothing more to say.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::receiver::{
    Kept, alertmanager, elasticsearch, firing, install_template, kept_by_collector, kept_by_opensearch,
    kept_by_rsyslog, kept_by_sentinel, sentinel, splunk_hec, syslog,
};
use super::scene::{Scene, counted, mail, wait_settled};
use crate::support::alertmanager::Alertmanager;
use crate::support::collector::Collector;
use crate::support::daemon::Daemon;
use crate::support::opensearch::OpenSearch;
use crate::support::postern::Postern;
use crate::support::rsyslog::Rsyslog;
use crate::support::sentinel::Sentinel;
use crate::support::until::until;

/// Small batches, so that much is still to be told when a fault comes, and little patience, so that it is soon over.
const PATIENCE: &str = "timeout_ms = 1000\nbackoff_ms_min = 50\nbackoff_ms_max = 500\nbatch_entries_max = 10\n";

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    ReceiverKilled,
    ReceiverFrozen,
    PosternKilled,
}

const FAULTS: [(Fault, &str); 3] = [
    (Fault::ReceiverKilled, "receiver killed and restarted"),
    (Fault::ReceiverFrozen, "receiver frozen past the timeout"),
    (Fault::PosternKilled, "Postern killed and restarted"),
];

/// What the receiver's protocol lets Postern promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// Each record, once.
    Once,
    /// Each record, at least once.
    AtLeastOnce,
    /// Each record that it read, or that is among the last hundred before a connection broke.
    Window,
    /// Nothing: a datagram is told when it is sent.
    Nothing,
    /// Each alert that is not over fires; unless the receiver is killed, which forgets what it was told.
    Firing,
}

/// A row of the matrix.
struct Row {
    name: &'static str,
    promise: Promise,
    receiver: Receiver,
}

enum Receiver {
    OpenSearch(OpenSearch),
    Collector { process: Collector, acknowledge: bool },
    Rsyslog { process: Rsyslog, transport: &'static str },
    Alertmanager(Alertmanager),
    Sentinel(Sentinel),
}

/// The name of the sink under test, where it is not that of a transport.
const SINK: &str = "sink";

impl Receiver {
    fn sink(&self, scene: &Scene) -> String {
        let lines = match self {
            Self::OpenSearch(it) => elasticsearch(&it.url(), "postern-alerts-matrix"),
            Self::Collector { process, acknowledge } => {
                let at = process.listeners;
                let address = if *acknowledge { at.acknowledging } else { at.plain };
                let lines = splunk_hec(scene, SINK, &format!("http://{address}"), *acknowledge);
                // A collector that was restarted has forgotten what it took, and says no until then.
                return format!("{lines}acknowledge_timeout_s = 10\n{PATIENCE}");
            }
            Self::Rsyslog { process, transport } => return syslog(process, transport) + PATIENCE,
            Self::Alertmanager(it) => alertmanager(&it.url()),
            Self::Sentinel(it) => sentinel(scene, &it.url),
        };
        format!("{lines}name = {SINK:?}\n{PATIENCE}")
    }

    const fn sink_name(&self) -> &'static str {
        match self {
            Self::Rsyslog { transport, .. } => transport,
            _ => SINK,
        }
    }

    /// None where it is a double in this process, which cannot be killed.
    const fn process(&mut self) -> Option<&mut Daemon> {
        match self {
            Self::OpenSearch(it) => Some(&mut it.process),
            Self::Collector { process, .. } => Some(&mut process.process),
            Self::Rsyslog { process, .. } => Some(&mut process.process),
            Self::Alertmanager(it) => Some(&mut it.process),
            Self::Sentinel(_) => None,
        }
    }

    fn kept(&self) -> Kept {
        match self {
            Self::OpenSearch(it) => kept_by_opensearch(it, "postern-alerts-matrix"),
            Self::Collector { process, .. } => kept_by_collector(process, SINK),
            Self::Rsyslog { process, transport } => kept_by_rsyslog(process, transport),
            // It keeps alerts and not records.
            Self::Alertmanager(it) => firing(it).into_iter().map(|id| (id, 1)).collect(),
            Self::Sentinel(it) => kept_by_sentinel(it),
        }
    }
}

/// What a cell comes to.
struct Outcome {
    records: usize,
    lost: usize,
    repeated: usize,
}

#[test]
fn the_matrix_of_receivers_and_faults_holds_what_each_promises() {
    let Some(rows) = rows() else { return };
    let mut table = String::from("| sink |");
    FAULTS.iter().for_each(|(_, title)| write!(table, " {title} |").unwrap());
    table += "\n|---|---|---|---|\n";
    let mut seed = 100;
    let mut broken = Vec::new();
    for mut row in rows {
        write!(table, "| {} |", row.name).unwrap();
        for (fault, title) in FAULTS {
            seed += 1;
            let Some(outcome) = played(&mut row.receiver, fault, seed) else {
                table += " n/a |";
                continue;
            };
            println!("{}, {title}: {}", row.name, outcome.said(row.promise, fault));
            write!(table, " {} |", outcome.said(row.promise, fault)).unwrap();
            if !outcome.keeps(row.promise, fault) {
                broken.push(format!("{}, {title}", row.name));
            }
        }
        table += "\n";
    }
    println!("{table}");
    assert_eq!(broken, Vec::<String>::new(), "\n{table}");
}

fn rows() -> Option<Vec<Row>> {
    let row = |name, promise, receiver| Row { name, promise, receiver };
    let opensearch = OpenSearch::start()?;
    install_template(&opensearch);
    let collector = |acknowledge| Some(Receiver::Collector { process: Collector::start()?, acknowledge });
    let rsyslog = |transport| Some(Receiver::Rsyslog { process: Rsyslog::start()?, transport });
    Some(vec![
        row("elasticsearch (OpenSearch)", Promise::Once, Receiver::OpenSearch(opensearch)),
        row("splunk-hec (Collector)", Promise::AtLeastOnce, collector(false)?),
        row("splunk-hec, acknowledged (Collector)", Promise::AtLeastOnce, collector(true)?),
        row("sentinel (double)", Promise::AtLeastOnce, Receiver::Sentinel(Sentinel::open())),
        row("syslog over TLS (rsyslog)", Promise::Window, rsyslog("tls")?),
        row("syslog over TCP (rsyslog)", Promise::Window, rsyslog("tcp")?),
        row("syslog over UDP (rsyslog)", Promise::Nothing, rsyslog("udp")?),
        row("alertmanager", Promise::Firing, Receiver::Alertmanager(Alertmanager::start()?)),
    ])
}

/// None where the fault cannot happen to this receiver.
fn played(receiver: &mut Receiver, fault: Fault, seed: u64) -> Option<Outcome> {
    if receiver.process().is_none() && fault != Fault::PosternKilled {
        return None;
    }
    let (scene, sink) = (Scene::set(), receiver.sink_name());
    let sinks = receiver.sink(&scene);
    let mail = mail(seed);
    let (before, during) = mail.split_at(mail.len() / 2);
    let mut postern = scene.start(&sinks);
    scene.post(before);
    postern.wait_until("the receiver has something", |postern| counted(postern, "delivered_total", sink) > Some(0.0));
    postern = disturb(&scene, &sinks, receiver, postern, fault, during);
    wait_settled(&scene, &mut postern, sink);
    Some(judged(&scene, receiver, fault))
}

/// Brings the fault about while mail comes in, and has it pass.
fn disturb(
    scene: &Scene,
    sinks: &str,
    receiver: &mut Receiver,
    mut postern: Postern,
    fault: Fault,
    mail: &[String],
) -> Postern {
    let sink = receiver.sink_name();
    let notices = |postern: &Postern| counted(postern, "retried_total", sink) > Some(0.0);
    match fault {
        Fault::ReceiverKilled => {
            std::thread::scope(|scope| {
                scope.spawn(|| scene.post(mail));
                receiver.process().unwrap().kill();
            });
            postern.wait_until("the fault is noticed", notices);
            receiver.process().unwrap().restart();
            postern
        }
        Fault::ReceiverFrozen => {
            receiver.process().unwrap().freeze();
            scene.post(mail);
            // Who writes to a buffer of the system hears nothing, and has nothing more to say.
            let said_all = || scene.is_settled(sink);
            postern.wait_until("the fault is noticed", |postern| notices(postern) || said_all());
            receiver.process().unwrap().go_on();
            postern
        }
        Fault::PosternKilled => {
            let (first, second) = mail.split_at(mail.len() / 2);
            // What is on its way then is taken, and its answer is heard by nobody.
            if let Some(process) = receiver.process() {
                process.freeze();
            }
            scene.post(first);
            std::thread::scope(|scope| {
                scope.spawn(|| scene.post(second));
                postern.kill();
                if let Some(process) = receiver.process() {
                    process.go_on();
                }
                scene.start(sinks)
            })
        }
    }
}

/// Compares what the receiver has with the ledger, once it has what it must.
fn judged(scene: &Scene, receiver: &Receiver, fault: Fault) -> Outcome {
    let records: Vec<_> = match receiver {
        Receiver::Alertmanager(_) => scene.open_alerts().into_iter().map(|id| (id, 1)).collect(),
        _ => scene.records().into_iter().collect(),
    };
    let outcome = || {
        let mut times = BTreeMap::<_, usize>::new();
        receiver.kept().into_iter().for_each(|key| *times.entry(key).or_default() += 1);
        let times: Vec<_> = records.iter().map(|key| times.get(key).copied().unwrap_or_default()).collect();
        Outcome {
            records: records.len(),
            lost: times.iter().filter(|times| **times == 0).count(),
            repeated: times.iter().map(|times| times.saturating_sub(1)).sum(),
        }
    };
    // Whoever acknowledges nothing may still be writing it down.
    if let Receiver::Rsyslog { transport: "tls" | "tcp", .. } = receiver {
        until(&format!("rsyslog has written everything down after {fault:?}"), || outcome().lost == 0);
    }
    outcome()
}

impl Outcome {
    const fn keeps(&self, promise: Promise, fault: Fault) -> bool {
        match promise {
            Promise::Once => self.lost == 0 && self.repeated == 0,
            Promise::AtLeastOnce | Promise::Window => self.lost == 0,
            Promise::Nothing => true,
            Promise::Firing => (self.lost == 0 || matches!(fault, Fault::ReceiverKilled)) && self.repeated == 0,
        }
    }

    fn said(&self, promise: Promise, fault: Fault) -> String {
        let Self { records, lost, repeated } = self;
        match (promise, fault) {
            (Promise::Firing, Fault::ReceiverKilled) => format!("{records} alerts, {lost} forgotten by it"),
            (Promise::Firing, _) => format!("{records} alerts, {lost} lost"),
            (Promise::Nothing, _) => format!("{records} records, {lost} lost (not promised), {repeated} repeated"),
            _ => format!("{records} records, {lost} lost, {repeated} repeated"),
        }
    }
}
