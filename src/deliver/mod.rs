//! Sinks tell it: each reads the ledger at its own pace and never forgets where it stands.
//!
//! One driver serves every sink: it batches, retries for ever, holds where an operator must act, and puts aside what a
//! receiver can never take. A sink knows one thing only, how to make an attempt and how to read the answer, so a new
//! sink is a folder and a line in [`spawn`]. Each sink is a task with an outbox of its own: one that is dead or hangs
//! delays nobody.
//!
//! Delivery is at least once and in order: of an attempt, only what was accepted from the front is settled. Nothing is
//! ever dropped by us; what a receiver refuses for good stays in the ledger with the receiver's reason.

mod alertmanager;
mod attention;
mod chat;
mod decision;
mod driver;
mod elasticsearch;
mod file;
mod format;
mod http;
mod kafka;
mod lines;
mod portion;
mod sentinel;
mod slack;
mod splunk_hec;
mod status;
mod stdout;
mod syslog;
mod teams;
mod webhook;
mod words;

#[cfg(test)]
mod harness;
#[cfg(test)]
mod receiver;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub use status::{SinkReport, SinkState, SinkStatus};

use self::decision::{Fate, Fault, Remedy, Sent};
use self::driver::Driver;
use self::words::sanitised;
use crate::alert::Alert;
use crate::config::{SinkConfig, SinkKind};
use crate::event::Time;
use crate::ledger::{Entry, Outbox};

/// Tells the time; the runtime's only clock, handed down.
pub type Clock = fn() -> Time;

/// Somewhere to tell.
trait Sink: Send + 'static {
    /// Makes one attempt with entries from the front of a batch that is never empty, as many as the receiver takes in
    /// one request. An attempt that neither accepts anything nor has a fault is a mistake.
    ///
    /// # Cancellation
    /// The driver drops an attempt that takes too long and comes back with the same entries.
    fn send(&mut self, batch: &[Entry]) -> impl Future<Output = Sent> + Send;

    /// Asks the receiver something harmless; what that shows, for `postern doctor`.
    fn probe(&mut self) -> impl Future<Output = Result<String, Fault>> + Send;

    /// Sets up at the receiver what alerts need there; what was done. Nothing for most.
    fn set_up(&mut self) -> impl Future<Output = Result<Option<String>, Fault>> + Send {
        async { Ok(None) }
    }
}

/// Why a sink could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverError {
    /// Alerts must not travel in clear text.
    #[error("the url of sink {sink} is not one to send alerts to; use https, or http to a loopback address")]
    Url {
        /// The sink's name.
        sink: String,
    },
    /// There is no HTTP client without the system's certificates.
    #[error("the HTTP client of sink {sink} cannot be made; check that the system's CA certificates are installed")]
    HttpClient {
        /// The sink's name.
        sink: String,
        /// What the client says.
        source: reqwest::Error,
    },
    /// The authority to trust is not there.
    #[error("the ca_file of sink {sink}, {}, holds no certificate in PEM; check the path", path.display())]
    Authority {
        /// The sink's name.
        sink: String,
        /// The file.
        path: PathBuf,
    },
    /// There is no TLS without the system's certificates.
    #[error("the system's CA certificates cannot be read for sink {sink}; install them, or set ca_file")]
    Certificates {
        /// The sink's name.
        sink: String,
        /// What the verifier says.
        source: rustls::Error,
    },
    /// No thread to write from.
    #[error("the writing thread of sink {sink} cannot be started; raise the limit of processes")]
    Thread {
        /// The sink's name.
        sink: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Starts a sink on the current tokio runtime. It runs until `shutdown` turns true (an attempt under way is finished,
/// within the sink's timeout, and settled) or the ledger closes.
///
/// # Errors
/// When the sink cannot be made from its configuration. That a receiver cannot be reached is no error: it is retried.
pub fn spawn(
    config: &SinkConfig,
    outbox: Outbox,
    clock: Clock,
    shutdown: watch::Receiver<bool>,
) -> Result<(JoinHandle<()>, Arc<SinkStatus>), DeliverError> {
    let driver = Driver::new(config, outbox, clock, shutdown);
    let status = driver.status();
    open(config, clock, Spawn(driver)).map(|task| (task, status))
}

/// Tells one alert through a sink, outside of any stream: one attempt. Where it fails, why, in the receiver's words.
///
/// # Errors
/// When the sink cannot be made from its configuration.
pub async fn tell_once(config: &SinkConfig, alert: &Alert, clock: Clock) -> Result<Result<(), String>, DeliverError> {
    let body = serde_json::to_string(alert).unwrap_or_default();
    let entry = Entry { sequence: 1, written: None, key: alert.id.to_string(), seq: alert.seq, body };
    Ok(open(config, clock, Once { entry, timeout: config.timeout })?.await)
}

/// What is done with a sink, whichever it is.
trait With {
    /// What comes of it.
    type Out;

    fn with(self, sink: impl Sink) -> Self::Out;
}

/// Makes the sink that is configured: the one place that knows them all.
fn open<W: With>(config: &SinkConfig, clock: Clock, with: W) -> Result<W::Out, DeliverError> {
    let name = &config.name;
    Ok(match &config.kind {
        SinkKind::Stdout(stdout) => with.with(stdout::Stdout::new(name, stdout)?),
        SinkKind::File(file) => with.with(file::File::new(name, file)?),
        SinkKind::Kafka(kafka) => with.with(kafka::Kafka::new(kafka)),
        SinkKind::Webhook(hook) => with.with(webhook::Webhook::new(name, hook, clock)?),
        SinkKind::SplunkHec(splunk) => with.with(splunk_hec::SplunkHec::new(name, splunk, clock)?),
        SinkKind::Elasticsearch(elastic) => with.with(elasticsearch::Elasticsearch::new(name, elastic, clock)?),
        SinkKind::Sentinel(sentinel) => with.with(sentinel::Sentinel::new(name, sentinel, clock)?),
        SinkKind::Syslog(syslog) => with.with(syslog::Syslog::new(name, syslog)?),
        SinkKind::Teams(chat) => with.with(teams::sink(name, chat, clock)?),
        SinkKind::Slack(chat) => with.with(slack::sink(name, chat, clock)?),
        SinkKind::Alertmanager(manager) => with.with(alertmanager::Alertmanager::new(name, manager, clock)?),
    })
}

/// Asks a sink's receiver something harmless, and sets up there what alerts need if `fix`: what that shows, or what is
/// wrong, in the receiver's words.
///
/// # Errors
/// When the sink cannot be made from its configuration.
pub async fn examine(config: &SinkConfig, fix: bool, clock: Clock) -> Result<Result<String, String>, DeliverError> {
    Ok(open(config, clock, Examine { fix, timeout: config.timeout })?.await)
}

struct Examine {
    fix: bool,
    timeout: Duration,
}

impl With for Examine {
    type Out = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

    fn with(self, mut sink: impl Sink) -> Self::Out {
        Box::pin(async move {
            let examined = async {
                let done = if self.fix { sink.set_up().await? } else { None };
                let found = sink.probe().await?;
                Ok(done.map_or_else(|| found.clone(), |done| format!("{done}; {found}")))
            };
            let outcome = timeout(self.timeout, examined).await;
            let outcome = outcome.unwrap_or_else(|_| Err(Fault::retry(format!("no answer within {:?}", self.timeout))));
            outcome.map_err(|fault: Fault| sanitised(&fault.reason))
        })
    }
}

struct Spawn(Driver);

impl With for Spawn {
    type Out = JoinHandle<()>;

    fn with(self, sink: impl Sink) -> JoinHandle<()> {
        tokio::spawn(self.0.run(sink))
    }
}

struct Once {
    entry: Entry,
    timeout: Duration,
}

impl With for Once {
    type Out = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

    fn with(self, mut sink: impl Sink) -> Self::Out {
        Box::pin(async move {
            let batch = [self.entry];
            let Ok(sent) = timeout(self.timeout, settled(&mut sink, &batch)).await else {
                return Err(format!("no answer within {:?}", self.timeout));
            };
            match (sent.fates.first(), sent.fault) {
                (Some(Fate::Accepted), _) => Ok(()),
                (Some(Fate::Refused(reason)), _) => Err(sanitised(reason)),
                (_, Some(fault)) => Err(sanitised(&fault.reason)),
                (_, None) => Err("nothing became of it".to_owned()),
            }
        })
    }
}

/// Sends, and asks for as long as the receiver works on it.
async fn settled(sink: &mut impl Sink, batch: &[Entry]) -> Sent {
    loop {
        let sent = sink.send(batch).await;
        match sent.fault {
            Some(Fault { remedy: Remedy::Ask(wait), .. }) => sleep(wait).await,
            _ => return sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::harness::{config, desk, endpoint, entries, now, run};
    use super::*;
    use crate::config::{FileSink, Format, SecretSource, WebhookSink};

    #[tokio::test]
    async fn a_file_gets_every_entry_as_a_line_and_survives_a_missing_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("later").join("alerts.jsonl");
        let kind =
            SinkKind::File(FileSink { path: path.clone(), format: Format::Native, rotate_bytes: 1_000, files_max: 1 });
        let sink = run(&config(kind), entries(&["{\"n\":1}", "{\"n\":2}"]));
        sink.until(|report| report.state == SinkState::Holding).await;
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        sink.until_delivered(2).await;
        assert_eq!(sink.stop().await, (2, vec![]));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"n\":1}\n{\"n\":2}\n");
    }

    #[tokio::test]
    async fn alerts_do_not_leave_the_machine_in_clear_text() {
        let (stop, _) = watch::channel(false);
        let started = |url: &str| {
            let secret = SecretSource::File("/nonexistent".into());
            let endpoint = endpoint(url);
            let kind = SinkKind::Webhook(WebhookSink { endpoint, secret, format: Format::Native, in_flight_max: 1 });
            spawn(&config(kind), desk(vec![]).0, now, stop.subscribe()).is_ok()
        };
        for url in ["https://soc.example/hook", "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost/"] {
            assert!(started(url), "{url}");
        }
        for url in
            ["http://soc.example/", "http://192.0.2.1/", "ftp://127.0.0.1/", "http://127.0.0.1.example/", "", "soc"]
        {
            assert!(!started(url), "{url}");
        }
    }
}
