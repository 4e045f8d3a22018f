//! One Postern, the mail that is posted to it, and what it has in its ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern::event::Span;
use postern::simulate::{Mix, Options, Simulation};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::http;
use crate::support::ledger::contents;
use crate::support::ports;
use crate::support::postern::Postern;
use crate::support::until::until;

/// An alert record: the alert's id, and its number.
pub(super) type Key = (String, i64);

/// So many mornings of so much mail make more than a hundred alert records: campaigns open, grow and are over.
const DAYS: u64 = 20;
const RECORDS_OF_A_DAY: u64 = 300;

/// A data directory, and a port on which mail is taken.
pub(super) struct Scene {
    dir: TempDir,
    listen: SocketAddr,
}

impl Scene {
    pub(super) fn set() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
        Self { dir: tempfile::tempdir().unwrap(), listen }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A file with a secret in it.
    pub(super) fn secret(&self, name: &str, secret: &str) -> PathBuf {
        let file = self.path().join(name);
        fs::write(&file, secret).unwrap();
        file
    }

    /// Starts the service with these `[[sink.*]]`, and waits until it takes mail.
    pub(super) fn start(&self, sinks: &str) -> Postern {
        let head = format!(
            "data_dir = {:?}\n[heartbeat]\ninterval_s = 86400\n[[tenant]]\n\
             id = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
             accepted_domains = [\"contoso.com\"]\n[[source.webhook]]\nlisten = \"{}\"\n",
            self.path(),
            self.listen
        );
        let mut postern = Postern::start(self.path(), &(head + sinks));
        postern.wait_ready();
        postern
    }

    /// Posts mail, each request until it is answered with 200: its alerts are in the ledger then.
    pub(super) fn post(&self, batches: &[String]) {
        for batch in batches {
            until("the mail is taken", || http::post(self.listen, "/", batch).is_ok_and(|answer| answer.status == 200));
        }
    }

    /// The alert records in the ledger.
    pub(super) fn records(&self) -> BTreeSet<Key> {
        contents(self.path()).alerts.into_keys().collect()
    }

    /// Whether the cursor of a sink stands at the end. The metrics say so a moment too early: a process that has just
    /// been started has not measured yet.
    pub(super) fn is_settled(&self, sink: &str) -> bool {
        let ledger = Connection::open(self.path().join("ledger.sqlite")).unwrap();
        ledger.busy_timeout(Duration::from_secs(10)).unwrap();
        let waiting =
            "SELECT (SELECT max(sequence) FROM alert) > coalesce((SELECT sequence FROM cursor WHERE sink = ?), 0)";
        !ledger.query_row(waiting, [sink], |row| row.get::<_, bool>(0)).unwrap()
    }

    /// Whether the log ever said that a sink waits for an operator.
    pub(super) fn has_held(&self, sink: &str) -> bool {
        let (sink, log) = (format!("{sink:?}"), fs::read_to_string(self.path().join("postern.log")).unwrap());
        log.lines().any(|line| line.contains("delivery is held") && line.contains(&sink))
    }

    /// The ids of the alerts that are not over.
    pub(super) fn open_alerts(&self) -> BTreeSet<String> {
        let mut last = BTreeMap::new();
        for ((id, _), body) in contents(self.path()).alerts {
            last.insert(id, serde_json::from_str::<Value>(&body).unwrap());
        }
        last.retain(|_, alert| alert["state"] != "closed" && alert["merged_into"].is_null());
        last.into_keys().collect()
    }
}

/// Mail, a request a day; the same for the same seed, and with other alerts for another one.
pub(super) fn mail(seed: u64) -> Vec<String> {
    (0..DAYS).map(|day| morning(seed * DAYS + day, day)).collect()
}

/// A good third of it is abuse.
fn morning(seed: u64, day: u64) -> String {
    let first = Options::default();
    let start = first.start + Span::hours(24 * i64::try_from(day).unwrap());
    let mix = Mix { attack: 400, ..Mix::default() };
    let options = Options { seed, start, records: RECORDS_OF_A_DAY, mix, records_per_second: NonZeroU32::MIN, ..first };
    let records: Vec<_> = Simulation::new(options).map(|record| record.json).collect();
    format!(r#"{{"records":[{}]}}"#, records.join(","))
}

/// What a sink counts, by its name.
pub(super) fn counted(postern: &Postern, metric: &str, sink: &str) -> Option<f64> {
    postern.metric(&format!("postern_sink_{metric}"), &[&format!("sink={sink:?}")])
}

/// Waits until a sink has told all that is in the ledger.
pub(super) fn wait_settled(scene: &Scene, postern: &mut Postern, sink: &str) {
    postern.wait_until(&format!("{sink} has told everything"), |_| scene.is_settled(sink));
}
