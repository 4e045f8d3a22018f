//! The metrics, in one place: each family with its name, its labels and its help, and a method for what it means.
//!
//! Every family whose labels are known in advance begins at 0, because `rate()` cannot see a series that is born at 1.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{CounterVec, GaugeVec, HistogramVec, IntCounterVec, Opts, Registry, Result, TextEncoder};

use super::names::{Names, OTHER, dead_letter_reasons};
use super::process::Process;
use super::volume::Volume;
use crate::alert::{Alert, AlertRule, State};
use crate::correlate::{CrowdedOut, Sizes};
use crate::deliver::{SinkReport, SinkState};
use crate::detector::{MailCounts, Outcome, Slice, Tally};
use crate::event::Time;
use crate::judge::{Severity, TenantIndex};
use crate::ledger::Pulse;
use crate::receive::kafka::KafkaSnapshot;

/// The statuses that a webhook answers with.
const WEBHOOK_CODES: [u16; 9] = [200, 400, 401, 404, 405, 408, 413, 415, 503];

/// A metric as the reference lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What kind of numbers it has.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says; begins with a blank.
    pub help: &'static str,
}

/// What kind of numbers a family has, by the name of its type in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers that only rise.
    IntCounterVec,
    /// Numbers that only rise.
    CounterVec,
    /// Numbers that rise and fall.
    GaugeVec,
    /// How often a number was how large.
    HistogramVec,
}

impl Kind {
    /// The word of the text exposition format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IntCounterVec | Self::CounterVec => "counter",
            Self::GaugeVec => "gauge",
            Self::HistogramVec => "histogram",
        }
    }
}

/// Declares the families: the documentation of each is its help.
macro_rules! families {
    ($($(#[doc = $help:literal])+ $field:ident: $kind:ident = $name:literal, [$($label:literal),*];)+) => {
        /// Every family, in the order of the reference.
        pub const FAMILIES: &[Family] = &[$(Family {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: concat!($($help),+),
        },)+];

        #[derive(Debug)]
        struct Families {
            $($(#[doc = $help])+ $field: $kind,)+
        }

        impl Families {
            fn register(registry: &Registry) -> Result<Self> {
                Ok(Self { $($field: {
                    let help = concat!($($help),+).trim();
                    let family = $kind::new(Opts::new($name, help).into(), &[$($label),*])?;
                    registry.register(Box::new(family.clone()))?;
                    family
                },)+ })
            }
        }
    };
}

families! {
    /// Records that came in, by how they ended. Repeats of the transport are counted again.
    records: IntCounterVec = "postern_records_total", ["source", "outcome"];
    /// Bytes of payloads that came in, as they were on the wire.
    received_bytes: IntCounterVec = "postern_received_bytes_total", ["source"];
    /// Records that were put aside because they could not be read, by reason.
    dead_letters: IntCounterVec = "postern_dead_letters_total", ["reason"];
    /// Mail by verdict, the memory's word included. Repeats of the transport are counted again.
    messages: IntCounterVec = "postern_messages_total", ["tenant", "verdict"];
    /// Mail by the door it came by.
    entered: IntCounterVec = "postern_entered_messages_total", ["tenant", "entry"];
    /// Benign mail by the reason why there is nothing to tell.
    benign: IntCounterVec = "postern_benign_messages_total", ["tenant", "reason"];
    /// Suspicious mail by what Microsoft did with it: its `DeliveryAction`.
    suspicious: IntCounterVec = "postern_suspicious_messages_total", ["tenant", "delivery"];
    /// When the last record of the tenant came in; 0 before the first one since the start.
    last_record: GaugeVec = "postern_last_record_timestamp_seconds", ["tenant"];
    /// The latest moment that a record of the tenant speaks of; 0 before the first one since the start.
    newest_event: GaugeVec = "postern_newest_event_timestamp_seconds", ["tenant"];
    /// Rows that were recognised as repeats of one that counted before.
    repeated_rows: IntCounterVec = "postern_repeated_rows_total", ["tenant"];
    /// Alert records that became durable, by what they say.
    alerts: IntCounterVec = "postern_alerts_total", ["tenant", "rule", "severity", "state"];
    /// Floods of campaigns that began to be told as one alert.
    storms: IntCounterVec = "postern_storms_total", ["tenant"];
    /// When the tenant's last heartbeat became durable; of a new tenant, when it began to be counted.
    last_heartbeat: GaugeVec = "postern_last_heartbeat_timestamp_seconds", ["tenant"];
    /// How often each tenant is to have a heartbeat.
    heartbeat_interval: GaugeVec = "postern_heartbeat_interval_seconds", [];
    /// Campaigns that are being followed.
    open_campaigns: GaugeVec = "postern_open_campaigns", ["tenant"];
    /// Campaigns that were closed early because there were too many.
    evicted_campaigns: IntCounterVec = "postern_evicted_campaigns_total", ["tenant"];
    /// What is remembered, by kind.
    remembered: GaugeVec = "postern_remembered_entries", ["tenant", "kind"];
    /// Entries that were forgotten early because there were too many, by kind.
    crowded_out: IntCounterVec = "postern_crowded_out_total", ["tenant", "kind"];
    /// Commits of the ledger, by outcome.
    commits: IntCounterVec = "postern_commits_total", ["outcome"];
    /// How long a commit of the ledger took, failed ones included.
    commit_duration: HistogramVec = "postern_commit_duration_seconds", [];
    /// When the ledger was last committed.
    last_commit: GaugeVec = "postern_last_commit_timestamp_seconds", [];
    /// What the ledger takes on the disk, its write-ahead log included.
    ledger_bytes: GaugeVec = "postern_ledger_bytes", [];
    /// What may still be written to the file system that the ledger is on.
    ledger_volume_available: GaugeVec = "postern_ledger_volume_available_bytes", [];
    /// How large the file system is that the ledger is on; 0 where the system does not tell.
    ledger_volume_capacity: GaugeVec = "postern_ledger_volume_capacity_bytes", [];
    /// Records between what is durable here and the end of the partition.
    kafka_lag: GaugeVec = "postern_kafka_consumer_lag_records", ["source", "topic", "partition"];
    /// Partitions that this process reads.
    kafka_assigned: GaugeVec = "postern_kafka_assigned_partitions", ["source"];
    /// Changes of the assignment.
    kafka_rebalances: IntCounterVec = "postern_kafka_rebalances_total", ["source"];
    /// Commits of group offsets that failed; they serve displays only.
    kafka_commit_failures: IntCounterVec = "postern_kafka_commit_failures_total", ["source"];
    /// Records that were gone from the topic before they were read, and that `lost_position` allows to skip.
    kafka_records_lost: IntCounterVec = "postern_kafka_records_lost_total", ["source"];
    /// Webhook requests, by the status they were answered with.
    webhook_requests: IntCounterVec = "postern_webhook_requests_total", ["source", "code"];
    /// Entries that the sink's receiver accepted.
    sink_delivered: IntCounterVec = "postern_sink_delivered_total", ["sink"];
    /// Attempts of the sink that failed and are made again.
    sink_retried: IntCounterVec = "postern_sink_retried_total", ["sink"];
    /// Entries that the sink's receiver refused for good.
    sink_refused: IntCounterVec = "postern_sink_refused_total", ["sink"];
    /// Entries that are durable and not yet settled by the sink.
    sink_backlog: GaugeVec = "postern_sink_backlog_entries", ["sink"];
    /// When the sink's receiver last accepted something; 0 before the first time.
    sink_last_success: GaugeVec = "postern_sink_last_success_timestamp_seconds", ["sink"];
    /// 1 while the sink waits for an operator, else 0.
    sink_holding: GaugeVec = "postern_sink_holding", ["sink"];
    /// Whether a sink's receiver is believed to be down, so that it is only probed: 0 or 1.
    sink_breaker_open: GaugeVec = "postern_sink_breaker_open", ["sink"];
    /// When the oldest entry that a sink has not told became durable, in seconds since 1970; 0 where everything is told.
    sink_oldest_unsent: GaugeVec = "postern_sink_oldest_unsent_timestamp_seconds", ["sink"];
    /// Entries that a sink's receiver refused, and that an operator may send again or drop.
    sink_dead_letters: GaugeVec = "postern_sink_dead_letters", ["sink"];
    /// Whether a sink does not check certificates: 0 or 1.
    sink_tls_unverified: GaugeVec = "postern_sink_tls_unverified", ["sink"];
    /// Always 1; its labels say which build this is.
    build_info: GaugeVec = "postern_build_info", ["version"];
    /// Processor time, in user and kernel mode.
    process_cpu: CounterVec = "process_cpu_seconds_total", [];
    /// Memory that the process has in use.
    process_memory: GaugeVec = "process_resident_memory_bytes", [];
    /// Files and connections that are open.
    process_files: GaugeVec = "process_open_fds", [];
    /// How many may be open.
    process_files_max: GaugeVec = "process_max_fds", [];
    /// When the service of this process was started.
    process_start: GaugeVec = "process_start_time_seconds", [];
}

/// Everything that Postern counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    tenants: Vec<String>,
}

impl Metrics {
    /// Metrics with a registry of their own, at 0.
    ///
    /// # Errors
    /// When two families have one name, which a test rules out.
    pub fn new(names: &Names) -> Result<Self> {
        let registry = Registry::new();
        let families = Families::register(&registry)?;
        families.begin_at_zero(names);
        Ok(Self { registry, families, tenants: names.tenants.clone() })
    }

    /// A stretch of a source was taken in, and this came of it.
    pub fn inspected(&self, source: &str, slice: &Slice) {
        self.families.received_bytes.with_label_values(&[source]).inc_by(slice.bytes);
        for outcome in Outcome::ALL {
            let count = slice.outcomes.get(outcome);
            self.families.records.with_label_values(&[source, outcome.as_str()]).inc_by(count);
        }
        for (_, letter) in &slice.dead_letters {
            let reason = dead_letter_reasons().find(|reason| *reason == letter.reason).unwrap_or(OTHER);
            self.families.dead_letters.with_label_values(&[reason]).inc();
        }
        for (index, mail) in &slice.mail {
            self.mail(*index, mail);
        }
        for (index, watermark) in &slice.watermarks {
            let Some(tenant) = self.tenant(*index) else { continue };
            self.families.last_record.with_label_values(&[tenant]).set(now());
            let newest = self.families.newest_event.with_label_values(&[tenant]);
            newest.set(newest.get().max(seconds(Some(*watermark))));
        }
    }

    fn mail(&self, index: TenantIndex, mail: &MailCounts) {
        let Some(tenant) = self.tenant(index) else { return };
        let count = |family: &IntCounterVec, (label, messages): (&str, u64)| {
            family.with_label_values(&[tenant, label]).inc_by(messages);
        };
        mail.by_verdict().for_each(|part| count(&self.families.messages, part));
        mail.by_entry().for_each(|part| count(&self.families.entered, part));
        mail.benign().for_each(|part| count(&self.families.benign, part));
        mail.suspicious().for_each(|part| count(&self.families.suspicious, part));
    }

    fn tenant(&self, index: TenantIndex) -> Option<&str> {
        self.tenants.get(index.0 as usize).map(String::as_str)
    }

    /// Alerts became durable.
    pub fn alerts(&self, alerts: &[Alert]) {
        for Alert { tenant, rule, severity, state, storm, .. } in alerts {
            let labels = [tenant.as_str(), rule.as_str(), severity.as_str(), state.as_str()];
            self.families.alerts.with_label_values(&labels).inc();
            let began = storm.is_some() && *state == State::Open;
            self.families.storms.with_label_values(&[tenant]).inc_by(u64::from(began));
        }
    }

    /// How often each tenant is to have a heartbeat.
    pub fn heartbeat_interval(&self, interval: Duration) {
        self.families.heartbeat_interval.with_label_values::<&str>(&[]).set(interval.as_secs_f64());
    }

    /// Tenants had a heartbeat, or began to be counted.
    pub fn heartbeats(&self, pulses: &[Pulse]) {
        for Pulse { tenant, since, .. } in pulses.iter().filter(|pulse| self.tenants.contains(&pulse.tenant)) {
            self.families.last_heartbeat.with_label_values(&[tenant]).set(seconds(Some(*since)));
        }
    }

    /// What is remembered of each tenant.
    pub fn tallies(&self, tallies: impl Iterator<Item = (TenantIndex, Tally)>) {
        for (index, tally) in tallies {
            let Some(tenant) = self.tenant(index) else { continue };
            self.families.open_campaigns.with_label_values(&[tenant]).set(tally.sizes.open_campaigns as f64);
            self.families.repeated_rows.with_label_values(&[tenant]).inc_by(tally.repeated);
            raise(&self.families.evicted_campaigns, &[tenant], tally.evicted);
            for (kind, entries) in tally.sizes.by_kind() {
                self.families.remembered.with_label_values(&[tenant, kind]).set(entries as f64);
            }
            for (kind, entries) in tally.crowded_out.by_kind() {
                raise(&self.families.crowded_out, &[tenant, kind], entries);
            }
        }
    }

    /// The ledger was committed, or it was tried.
    pub fn committed(&self, took: Duration, is_durable: bool) {
        self.families.commits.with_label_values(&[if is_durable { "durable" } else { "failed" }]).inc();
        self.families.commit_duration.with_label_values::<&str>(&[]).observe(took.as_secs_f64());
        if is_durable {
            self.families.last_commit.with_label_values::<&str>(&[]).set(now());
        }
    }

    /// What the Kafka sources say of themselves, all at once: a partition that is no longer ours has no lag of ours.
    pub fn kafka(&self, sources: &[(&str, KafkaSnapshot)]) {
        self.families.kafka_lag.reset();
        for (source, snapshot) in sources {
            raise(&self.families.kafka_rebalances, &[source], snapshot.rebalances);
            raise(&self.families.kafka_commit_failures, &[source], snapshot.commit_failures);
            raise(&self.families.kafka_records_lost, &[source], snapshot.records_lost);
            self.families.kafka_assigned.with_label_values(&[source]).set(snapshot.lag.len() as f64);
            for (id, records) in snapshot.lag.iter().filter_map(|(id, lag)| Some((id, (*lag)?))) {
                let labels = [&*id.source, &*id.topic, &id.partition.to_string()];
                self.families.kafka_lag.with_label_values(&labels).set(records as f64);
            }
        }
    }

    /// A webhook request was answered.
    pub fn webhook_answered(&self, source: &str, code: u16) {
        self.families.webhook_requests.with_label_values(&[source, &code.to_string()]).inc();
    }

    /// What a sink says of itself.
    pub fn sink(&self, sink: &str, report: &SinkReport) {
        raise(&self.families.sink_delivered, &[sink], report.delivered);
        raise(&self.families.sink_retried, &[sink], report.retried);
        raise(&self.families.sink_refused, &[sink], report.refused);
        let gauges = [
            (&self.families.sink_backlog, report.backlog as f64),
            (&self.families.sink_holding, f64::from(report.state == SinkState::Holding)),
            (&self.families.sink_breaker_open, f64::from(report.is_breaker_open)),
            (&self.families.sink_last_success, seconds(report.last_success)),
            (&self.families.sink_oldest_unsent, seconds(report.oldest_unsent)),
            (&self.families.sink_dead_letters, report.dead_letters as f64),
        ];
        gauges.into_iter().for_each(|(gauge, value)| gauge.with_label_values(&[sink]).set(value));
    }

    /// Whether a sink believes any certificate.
    pub fn tls_unverified(&self, sink: &str, is_unverified: bool) {
        self.families.sink_tls_unverified.with_label_values(&[sink]).set(f64::from(is_unverified));
    }

    /// What the ledger takes on the disk.
    pub fn ledger_bytes(&self, bytes: u64) {
        self.families.ledger_bytes.with_label_values::<&str>(&[]).set(bytes as f64);
    }

    /// How full the file system of the ledger is.
    pub fn ledger_volume(&self, volume: Volume) {
        let gauges = [
            (&self.families.ledger_volume_available, volume.available_bytes),
            (&self.families.ledger_volume_capacity, volume.capacity_bytes),
        ];
        gauges.into_iter().for_each(|(gauge, bytes)| gauge.with_label_values::<&str>(&[]).set(bytes as f64));
    }

    /// What the system says of this process; what it does not say stays as it is.
    pub fn process(&self, process: &Process) {
        let cpu = self.families.process_cpu.with_label_values::<&str>(&[]);
        cpu.inc_by((process.cpu.unwrap_or_default().as_secs_f64() - cpu.get()).max(0.0));
        let gauges = [
            (&self.families.process_memory, process.resident_bytes),
            (&self.families.process_files, process.open_files),
            (&self.families.process_files_max, process.open_files_max),
        ];
        for (gauge, value) in gauges {
            value.into_iter().for_each(|value| gauge.with_label_values::<&str>(&[]).set(value as f64));
        }
    }

    /// All of it in the text exposition format.
    ///
    /// # Errors
    /// When the encoder fails, which only a full memory could make it do.
    pub fn render(&self) -> Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl Families {
    fn begin_at_zero(&self, names: &Names) {
        self.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        self.process_start.with_label_values::<&str>(&[]).set(now());
        self.process_cpu.with_label_values::<&str>(&[]);
        self.commit_duration.with_label_values::<&str>(&[]);
        let gauges = [
            &self.last_commit,
            &self.ledger_bytes,
            &self.ledger_volume_available,
            &self.ledger_volume_capacity,
            &self.heartbeat_interval,
            &self.process_memory,
            &self.process_files,
            &self.process_files_max,
        ];
        gauges.into_iter().for_each(|family| drop(family.with_label_values::<&str>(&[])));
        ["durable", "failed"].iter().for_each(|outcome| drop(self.commits.with_label_values(&[outcome])));
        dead_letter_reasons().for_each(|reason| drop(self.dead_letters.with_label_values(&[reason])));
        names.sources().for_each(|source| self.source_at_zero(source));
        for source in &names.kafka_sources {
            self.kafka_assigned.with_label_values(&[source]);
            let counters = [&self.kafka_rebalances, &self.kafka_commit_failures, &self.kafka_records_lost];
            counters.into_iter().for_each(|family| drop(family.with_label_values(&[source])));
        }
        for source in &names.webhook_sources {
            WEBHOOK_CODES
                .iter()
                .for_each(|code| drop(self.webhook_requests.with_label_values(&[source, &code.to_string()])));
        }
        names.tenants.iter().for_each(|tenant| self.tenant_at_zero(tenant));
        names.sinks.iter().for_each(|sink| self.sink_at_zero(sink));
    }

    fn source_at_zero(&self, source: &str) {
        self.received_bytes.with_label_values(&[source]);
        Outcome::ALL.iter().for_each(|outcome| drop(self.records.with_label_values(&[source, outcome.as_str()])));
    }

    fn tenant_at_zero(&self, tenant: &str) {
        let gauges = [&self.open_campaigns, &self.last_record, &self.newest_event, &self.last_heartbeat];
        gauges.into_iter().for_each(|family| drop(family.with_label_values(&[tenant])));
        let counters = [&self.evicted_campaigns, &self.repeated_rows, &self.storms];
        counters.into_iter().for_each(|family| drop(family.with_label_values(&[tenant])));
        for rule in AlertRule::all() {
            for severity in Severity::ALL {
                for state in [State::Open, State::Updated, State::Closed] {
                    self.alerts.with_label_values(&[tenant, rule.as_str(), severity.as_str(), state.as_str()]);
                }
            }
        }
        self.mail_at_zero(tenant);
        let remembered = Sizes::default().by_kind().into_iter();
        remembered.for_each(|(kind, _)| drop(self.remembered.with_label_values(&[tenant, kind])));
        let crowded_out = CrowdedOut::default().by_kind().into_iter();
        crowded_out.for_each(|(kind, _)| drop(self.crowded_out.with_label_values(&[tenant, kind])));
    }

    fn mail_at_zero(&self, tenant: &str) {
        let begin = |family: &IntCounterVec, (label, _): (&str, u64)| drop(family.with_label_values(&[tenant, label]));
        let none = MailCounts::default();
        none.by_verdict().for_each(|part| begin(&self.messages, part));
        none.by_entry().for_each(|part| begin(&self.entered, part));
        none.benign().for_each(|part| begin(&self.benign, part));
        none.suspicious().for_each(|part| begin(&self.suspicious, part));
    }

    fn sink_at_zero(&self, sink: &str) {
        let counters = [&self.sink_delivered, &self.sink_retried, &self.sink_refused];
        counters.into_iter().for_each(|family| drop(family.with_label_values(&[sink])));
        let gauges = [
            &self.sink_backlog,
            &self.sink_last_success,
            &self.sink_holding,
            &self.sink_breaker_open,
            &self.sink_oldest_unsent,
            &self.sink_dead_letters,
            &self.sink_tls_unverified,
        ];
        gauges.into_iter().for_each(|family| drop(family.with_label_values(&[sink])));
    }
}

/// The wall clock as Prometheus has it.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A moment as Prometheus has it; 0 where there is none.
fn seconds(time: Option<Time>) -> f64 {
    time.map_or(0.0, |time| time.as_micros() as f64 / 1e6)
}

/// Brings a counter up to a total that is counted elsewhere.
fn raise(family: &IntCounterVec, labels: &[&str], total: u64) {
    let counter = family.with_label_values(labels);
    counter.inc_by(total.saturating_sub(counter.get()));
}
