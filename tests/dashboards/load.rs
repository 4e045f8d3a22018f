//! A Postern under load, for the time it takes to draw something: tenants of every kind, attacks, a flood, a change of
//! settings, records that nobody can read, receivers of which one is down and one refuses, and a Prometheus that reads it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use postern::config::tenant_sections;
use postern::event::{Span, Time};
use postern::simulate::{Mix, Options, SimulatedTenant, Simulation, TenantKind};
use tempfile::TempDir;

use crate::support::endpoint::Endpoint;
use crate::support::http;
use crate::support::kafka::{Cluster, Record};
use crate::support::ports;
use crate::support::postern::Postern;
use crate::support::prometheus::Prometheus;
use crate::support::until::until;

const TENANTS: [(&str, &str, TenantKind); 3] = [
    ("6f0c1d7e-0000-4000-8000-000000000001", "contoso.com", TenantKind::Eop),
    ("6f0c1d7e-0000-4000-8000-000000000002", "fabrikam.com", TenantKind::Gateway),
    ("6f0c1d7e-0000-4000-8000-000000000003", "northwind.example", TenantKind::Hybrid),
];

/// Days of ordinary mail before, so that sources are known and mail comes back.
const HISTORY_DAYS: u64 = 10;
const HISTORY_RECORDS: u64 = 250;

const RECORDS_PER_SECOND: u32 = 80;

/// What an export takes on its way, about.
const EXPORT_TAKES: Span = Span::minutes(4);

/// Between two requests.
const STEP: Duration = Duration::from_millis(500);

/// Shares of the time; a flood is between the first and the second.
const PHASES: [u64; 3] = [40, 25, 35];

/// Of a thousand messages so many are of an attack, ordinarily and in the flood.
const ATTACK: u32 = 15;
const ATTACK_OF_FLOOD: u32 = 700;
const FLOOD_RECORDS: u64 = 1_200;

/// Any numbers, each another history.
const FIRST_SEED: u64 = 100;
const FLOOD_SEED: u64 = 200;

/// Everything that runs.
pub(crate) struct Load {
    pub(crate) prometheus: Prometheus,
    pub(crate) postern: Postern,
    /// When the load began, in seconds since 1970.
    pub(crate) began: f64,
    listen: SocketAddr,
    kafka: Cluster,
    topic: String,
    _receivers: [Endpoint; 4],
    _dir: TempDir,
}

impl Load {
    /// Starts everything. None, after saying so, where there is no Prometheus.
    pub(crate) fn start(seconds: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let kafka = Cluster::mock();
        let topic = kafka.new_topic("mail", 2);
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
        let receivers = receivers(Duration::from_secs(seconds * 3 / 4));
        let mut postern = Postern::start(dir.path(), &configuration(&dir, &kafka, &topic, listen, &receivers));
        postern.wait_ready();
        let prometheus = Prometheus::start(&[postern.metrics_address()], &[])?;
        let load = Self { prometheus, postern, began: now(), listen, kafka, topic, _receivers: receivers, _dir: dir };
        load.remember();
        until("Prometheus reads", || !load.prometheus.query("postern_build_info").is_empty());
        Some(Self { began: now(), ..load })
    }

    /// Has mail come in for so long, at the pace of the clock.
    pub(crate) fn run(&self, seconds: u64) {
        for (seed, share) in (FIRST_SEED..).zip(PHASES) {
            let records = u64::from(RECORDS_PER_SECOND) * seconds * share / 100;
            self.play(Simulation::new(options(seed, records, Mix::of(ATTACK, 60))));
            self.disturb(seed);
            if seed == FIRST_SEED {
                self.send(&mail(options(FLOOD_SEED, FLOOD_RECORDS, Mix::of(ATTACK_OF_FLOOD, 0))));
            }
        }
        // The last of it is to be read.
        std::thread::sleep(Duration::from_secs(2));
    }

    fn play(&self, simulation: Simulation) {
        let started = Instant::now();
        let per_step = u64::from(RECORDS_PER_SECOND) * STEP.as_millis() as u64 / 1_000;
        let (mut step, mut batch) = (1, Vec::new());
        for (number, record) in (1..).zip(simulation) {
            batch.push((record.label.tenant, record.json));
            if number % per_step == 0 {
                self.send(&std::mem::take(&mut batch));
                std::thread::sleep((STEP * step).saturating_sub(started.elapsed()));
                step += 1;
            }
        }
        self.send(&batch);
    }

    /// The first tenant posts, the others export to Kafka.
    fn send(&self, batch: &[(String, String)]) {
        let posted: Vec<_> =
            batch.iter().filter(|(tenant, _)| tenant == TENANTS[0].0).map(|(_, json)| json.as_str()).collect();
        self.post(&format!(r#"{{"records":[{}]}}"#, posted.join(",")));
        let exported = batch.iter().filter(|(tenant, _)| tenant != TENANTS[0].0);
        let record = |(tenant, json): &'_ (String, String)| (i32::from(tenant == TENANTS[2].0), json.clone());
        let exported: Vec<_> = exported.map(record).collect();
        let records = exported.iter().map(|(partition, json)| Record {
            partition: *partition,
            key: b"",
            payload: json.as_bytes(),
        });
        self.kafka.produce(&self.topic, records);
    }

    fn post(&self, body: &str) {
        until("the mail is taken", || http::post(self.listen, "/", body).is_ok_and(|answer| answer.status == 200));
    }

    /// Ten days of mail.
    fn remember(&self) {
        for day in (1..=HISTORY_DAYS).rev() {
            let options = options(day, HISTORY_RECORDS, Mix::of(0, 300));
            let before = Span::hours(24 * i64::try_from(day).unwrap());
            self.send(&mail(Options { start: options.start - before, ..options }));
        }
    }

    /// What is not mail: somebody opens the gate, a record of a stranger, one that is broken, a request to nowhere,
    /// and what other tables say of the mail of an hour ago.
    fn disturb(&self, seed: u64) {
        let (time, tenant) = (now_text(), TENANTS[0].0);
        let id = format!("00000000-0000-4000-8000-{seed:012}");
        self.post(&format!(
            r#"{{"CreationTime":"{time}","Id":"{id}","Operation":"Set-OrganizationConfig","OrganizationId":"{tenant}","RecordType":1,"ResultStatus":"True","UserKey":"admin@contoso.com","UserType":2,"Version":1,"Workload":"Exchange","ClientIP":"203.0.113.7:51234","ObjectId":"contoso.onmicrosoft.com","UserId":"admin@contoso.com","OrganizationName":"contoso.onmicrosoft.com","Parameters":[{{"Name":"RejectDirectSend","Value":"False"}}]}}"#
        ));
        let stranger = Options {
            tenants: vec![SimulatedTenant::eop("6f0c1d7e-0000-4000-8000-000000000009", "tailspin.example")],
            records: 4,
            ..options(9, 4, Mix::default())
        };
        let foreign: Vec<_> = Simulation::new(stranger).map(|record| record.json).collect();
        self.post(&format!(r#"{{"records":[{}]}}"#, foreign.join(",")));
        let related = options(200 + seed, 60, Mix::of(200, 0));
        self.send(&mail(Options { start: related.start - Span::hours(1), related: true, ..related }));
        self.post(r#"{"records":[{"time":"yesterday"},"broken",7]}"#);
        assert_eq!(http::post(self.listen, "/elsewhere", "{}").unwrap().status, 404);
    }
}

/// Receivers that take everything, are down for a time, know nobody, and refuse one record in eight.
fn receivers(down: Duration) -> [Endpoint; 4] {
    let begins = Instant::now();
    let asked = Arc::new(AtomicU32::new(0));
    let picky = move || if asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(8) { 400 } else { 200 };
    [
        Endpoint::open(|| 200),
        Endpoint::open(move || if begins.elapsed() < down { 503 } else { 200 }),
        Endpoint::open(|| 401),
        Endpoint::open(picky),
    ]
}

fn configuration(dir: &TempDir, kafka: &Cluster, topic: &str, listen: SocketAddr, receivers: &[Endpoint; 4]) -> String {
    let secret = dir.path().join("secret");
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let sinks = ["soar", "tickets", "partner", "archive"].iter().zip(receivers).map(|(name, receiver)| {
        format!("[[sink.webhook]]\nname = {name:?}\nurl = {:?}\nsecret_file = {secret:?}\nbackoff_ms_min = 200\nbackoff_ms_max = 5000\n", receiver.url)
    });
    let sinks: String = sinks.collect();
    let (data, bootstrap) = (dir.path().join("data"), kafka.bootstrap());
    let tenants = tenant_sections(&options(1, 1, Mix::default()).configuration());
    format!(
        "data_dir = {data:?}\n[heartbeat]\ninterval_s = 15\n{tenants}\n[[source.webhook]]\nlisten = \"{listen}\"\n\
         [[source.kafka]]\nbootstrap = {bootstrap:?}\ntopics = [{topic:?}]\n[[sink.file]]\npath = {:?}\n{sinks}",
        dir.path().join("alerts.jsonl")
    )
}

/// Mail that begins a little before now, as an export has it.
fn options(seed: u64, records: u64, mix: Mix) -> Options {
    let tenant =
        |(id, domain, kind): (&str, &str, TenantKind)| SimulatedTenant { kind, ..SimulatedTenant::eop(id, domain) };
    let start = Time::from_millis((now() * 1_000.0) as i64) - EXPORT_TAKES;
    Options {
        seed,
        tenants: TENANTS.map(tenant).to_vec(),
        start,
        records,
        mix,
        records_per_second: NonZeroU32::new(RECORDS_PER_SECOND).unwrap(),
        ..Options::default()
    }
}

fn mail(options: Options) -> Vec<(String, String)> {
    Simulation::new(options).map(|record| (record.label.tenant, record.json)).collect()
}

/// The wall clock, in seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn now_text() -> String {
    Time::from_millis((now() * 1_000.0) as i64).to_string()
}
