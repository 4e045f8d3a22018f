//! `postern demo`: the service on an embedded default, with a tenant under attack.
//!
//! Nothing is pretended but the tenant: an in-process Kafka cluster (librdkafka's own), the same sources, ledger and
//! sinks as `run`, configured by a file that is written for the occasion. What is shown was delivered by the file sink.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::{ClientConfig, util::Timeout};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::alert::Alert;
use crate::config::{Config, tenant_sections};
use crate::event::Time;
use crate::observe::{LogFormat, init_logging};
use crate::runtime::Service;
use crate::simulate::{Mix, Options as Tenants, SimulatedTenant, Simulation};

use super::card;
use super::failure::{Exit, Failure};
use super::paint::{FAINT, TITLE};
use super::run::{block_on, stop_signal};

const TOPIC: &str = "insights-logs-advancedhunting-emailevents";
const PARTITIONS: i32 = 3;
const TENANT_ID: &str = "6f0c1d7e-0000-4000-8000-000000000001";
const DOMAIN: &str = "contoso.com";
/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;
/// How often it is looked for what there is to show.
const LOOK: Duration = Duration::from_millis(50);
/// More than anybody will watch.
const RECORDS_MAX: u64 = 10_000_000;

/// The service on an in-process Kafka, with a simulated tenant under attack. Needs nothing, leaves nothing behind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  postern demo\n  postern demo --seconds 20 --rate 500\n\nCtrl-C ends it.")]
pub(super) struct Options {
    /// Records a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// End by itself after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// Another seed is another tenant.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Shows the service until it is told to stop.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    init_logging(LogFormat::Compact).map_err(Failure::usage)?;
    block_on(async { show(options).await.map_err(Failure::dependency) })?;
    Ok(Exit::Done)
}

async fn show(options: &Options) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let dir = tempfile::Builder::new().prefix("postern-demo-").tempdir().context("no temporary directory")?;
    let cluster = MockCluster::new(1).context("the in-process Kafka cannot be started")?;
    cluster.create_topic(TOPIC, PARTITIONS, 1)?;
    let simulated = simulated(options)?;
    let config = configuration(dir.path(), &cluster.bootstrap_servers(), &simulated)?;
    let mut service = Service::start(config).await?;
    greet(&service, options);

    let sent = Arc::new(AtomicU64::new(0));
    let mut stage = Stage::new(&cluster, simulated, Arc::clone(&sent))?;
    let mut screen = Screen { alerts: dir.path().join("alerts.jsonl"), reader: None, shown: 0 };
    let mut clock = interval(LOOK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = options.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    tokio::pin!(stop);
    let outcome = loop {
        tokio::select! {
            () = &mut stop => break Ok(()),
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break Ok(()),
            failure = service.failure() => break Err(failure),
            _ = clock.tick() => {
                stage.play()?;
                screen.show()?;
            }
        }
    };
    service.stop().await;
    screen.show()?;
    outcome?;
    farewell(sent.load(Ordering::Relaxed), screen.shown);
    Ok(())
}

/// The tenant whose day begins now.
fn simulated(options: &Options) -> anyhow::Result<Tenants> {
    Ok(Tenants {
        seed: options.seed,
        tenants: vec![SimulatedTenant::eop(TENANT_ID, DOMAIN)],
        start: wall_clock(),
        records: RECORDS_MAX,
        records_per_second: options.rate.try_into()?,
        mix: Mix { attack: 20, ..Mix::default() },
        ..Tenants::default()
    })
}

/// The configuration, as somebody would write it.
fn configuration(dir: &Path, bootstrap: &str, simulated: &Tenants) -> anyhow::Result<Config> {
    let dir = dir.to_str().context("the temporary directory's name is not UTF-8; set TMPDIR")?;
    let tenants = tenant_sections(&simulated.configuration());
    let text = format!(
        r#"
data_dir = '{dir}'

{tenants}
[[source.kafka]]
bootstrap = "{bootstrap}"
topics = ["{TOPIC}"]
group = "postern-demo"
auth = {{ kind = "none" }}

[[sink.file]]
path = '{dir}/alerts.jsonl'

[metrics]
listen = "127.0.0.1:0"
"#
    );
    Config::parse(&text, &|_| None).context("the demo's configuration is wrong; please report it")
}

/// The tenant: it sends what the simulation says, at the pace of the clock.
struct Stage {
    producer: BaseProducer,
    simulation: Simulation,
    sent: Arc<AtomicU64>,
    rate: u32,
    started: Instant,
}

impl Stage {
    fn new(
        cluster: &MockCluster<'_, DefaultProducerContext>,
        simulated: Tenants,
        sent: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let producer = ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create()?;
        let rate = simulated.records_per_second.get();
        Ok(Self { producer, simulation: Simulation::new(simulated), sent, rate, started: Instant::now() })
    }

    /// Sends what is due by now.
    fn play(&mut self) -> anyhow::Result<()> {
        let due = (self.started.elapsed().as_secs_f64() * f64::from(self.rate)) as u64;
        while self.sent.load(Ordering::Relaxed) < due {
            let Some(record) = self.simulation.next() else { break };
            let message = BaseRecord::to(TOPIC).key(record.label.tenant.as_bytes()).payload(record.json.as_bytes());
            self.producer.send(message).map_err(|(error, _)| error)?;
            self.sent.fetch_add(1, Ordering::Relaxed);
        }
        self.producer.poll(Timeout::After(Duration::ZERO));
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Records that nobody will read any more; the cluster goes with them.
        let _ = self.producer.flush(Timeout::After(Duration::from_millis(100)));
    }
}

/// Prints each alert record that the file sink has delivered.
struct Screen {
    alerts: PathBuf,
    reader: Option<BufReader<File>>,
    shown: u64,
}

impl Screen {
    fn show(&mut self) -> anyhow::Result<()> {
        if self.reader.is_none() {
            self.reader = File::open(&self.alerts).ok().map(BufReader::new);
        }
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            let alert: Alert = serde_json::from_str(&line).context("an alert cannot be read back; please report it")?;
            anstream::println!("{}", card::card(&alert, WIDTH, true));
            self.shown += 1;
            line.clear();
        }
        Ok(())
    }
}

fn greet(service: &Service, options: &Options) {
    let address = service.metrics_address();
    anstream::println!("{}", TITLE.paint("Postern demo: a simulated tenant under attack, through an in-process Kafka"));
    anstream::println!("  tenant   {DOMAIN}, {} records a second, two in a hundred are attacks", options.rate);
    anstream::println!("  metrics  http://{address}/metrics   health  http://{address}/readyz");
    anstream::println!("{}\n", FAINT.paint("  Each alert is printed as it is delivered. Ctrl-C ends the demo."));
}

fn farewell(sent: u64, shown: u64) {
    anstream::println!(
        "{}",
        TITLE.paint(format_args!("{sent} records sent, {shown} alert records delivered. Stopped cleanly."))
    );
}

fn wall_clock() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
