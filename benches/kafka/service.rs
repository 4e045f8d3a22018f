//! `postern run` with its defaults, a source and a file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use postern::simulate::Options;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::support::kafka::RealKafka;
use crate::support::postern::Postern;

/// A running service with a new data directory; killed and removed when dropped.
pub(crate) struct Service {
    pub(crate) postern: Postern,
    data_dir: TempDir,
}

impl Service {
    /// Starts it on a topic, from its beginning; the group is new with the directory.
    ///
    /// `tenants` are further `[[tenant]]` sections.
    pub(crate) fn start(kafka: &RealKafka, topic: &str, tenants: &str) -> Result<Self> {
        let data_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let (bootstrap, dir) = (kafka.bootstrap(), data_dir.path().display());
        let tenant = &Options::default().tenants[0];
        let (id, domain) = (&tenant.id, &tenant.domain);
        let config = format!(
            r#"
data_dir = "{dir}"

[[tenant]]
id = "{id}"
name = "bench"
mx = "eop"
accepted_domains = ["{domain}"]

[[source.kafka]]
bootstrap = "{bootstrap}"
topics = ["{topic}"]
group = "{dir}"
auth = {{ kind = "none" }}

[[sink.file]]
path = "{dir}/alerts.jsonl"

{tenants}
"#
        );
        Ok(Self { postern: Postern::start(data_dir.path(), &config), data_dir })
    }

    /// Where its alerts go.
    pub(crate) fn alerts_path(&self) -> PathBuf {
        self.data_dir.path().join("alerts.jsonl")
    }

    /// How many alerts it has told, not counting what it told about them later.
    pub(crate) fn alerts(&self) -> Result<usize> {
        let lines = fs::read_to_string(self.alerts_path())?;
        Ok(lines.lines().filter(|line| line.contains(r#""seq":1,"#)).count())
    }

    /// Waits until so many messages are settled in the ledger; patient for as long as it goes on.
    pub(crate) fn wait_for_messages(&mut self, messages: u64) {
        let ledger = self.data_dir.path().join("ledger.sqlite");
        let (mut sql, mut settled) = (None, 0);
        while settled < messages {
            self.postern.wait_until("reading on", |_| {
                let now = settled_messages(&mut sql, &ledger).unwrap_or(0);
                std::mem::replace(&mut settled, now) < now
            });
        }
    }

    /// Asks it to stop and waits for its end.
    pub(crate) fn stop(self) -> Result<()> {
        let (status, _) = self.postern.stop();
        ensure!(status.success(), "postern run ended with {status}");
        Ok(())
    }

    /// Waits until the file holds every alert.
    pub(crate) fn wait_for_sink(&mut self) {
        let is_told = |postern: &Postern| postern.metric("postern_sink_backlog_entries", &[]) == Some(0.0);
        self.postern.wait_until("everything is told", is_told);
    }
}

/// The sum of the positions; none until there is a ledger.
fn settled_messages(sql: &mut Option<Connection>, ledger: &Path) -> Option<u64> {
    if sql.is_none() {
        *sql = Connection::open_with_flags(ledger, OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
    }
    let sum = "SELECT coalesce(sum(next_offset), 0) FROM position";
    sql.as_ref()?.query_row(sum, [], |row| row.get(0)).ok().and_then(|sum: i64| sum.try_into().ok())
}
