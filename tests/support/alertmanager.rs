//! A real Prometheus Alertmanager that notifies nobody.
//!
//! It keeps alerts in memory only: after a restart it has none, and whoever sent them must send them again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use serde_json::Value;

use super::components::{self, found_or_say_so};
use super::daemon::{self, Daemon};
use super::http;
use super::ports;

const CONFIGURATION: &str = "route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n";

/// The process.
pub struct Alertmanager {
    /// To stop, to kill and to restart.
    pub process: Daemon,
    /// Where it answers, in plain HTTP.
    pub address: SocketAddr,
}

impl Alertmanager {
    /// One of one's own. None, after saying so, where it is not installed.
    ///
    /// # Panics
    /// When it does not start, or is not installed and `POSTERN_REQUIRE_COMPONENTS=1`.
    #[must_use]
    pub fn start() -> Option<Self> {
        let found = components::program("prometheus-alertmanager", "prometheus-alertmanager");
        let program = found_or_say_so("a real Alertmanager", found)?;
        let home = daemon::new_home("alertmanager");
        let configuration = home.path().join("alertmanager.yml");
        fs::write(&configuration, CONFIGURATION).expect("a temporary folder is writable");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.path={}", home.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            // Empty: no gossip with others.
            .arg("--cluster.listen-address=");
        let is_ready = move || http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200);
        Some(Self { process: Daemon::start(home, command, is_ready), address })
    }

    /// `http://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The alerts that have not ended, as its API shows them, in order of their labels.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn alerts(&self) -> Vec<Value> {
        let Value::Array(mut alerts) = http::get(self.address, "/api/v2/alerts").unwrap().json() else {
            panic!("/api/v2/alerts is a list");
        };
        alerts.sort_by_cached_key(|alert| alert["labels"].to_string());
        alerts
    }
}
