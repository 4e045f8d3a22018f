//! A real Prometheus that reads the metrics of the given addresses every second, and judges the given rules by them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::components::{self, found_or_say_so};
use super::daemon::{self, Daemon};
use super::http;
use super::ports;

/// The `job` label of everything that is read.
pub const JOB: &str = "postern";

/// The process.
pub struct Prometheus {
    /// To stop, to kill and to restart; what was read is still there then.
    pub process: Daemon,
    /// Where it answers, in plain HTTP.
    pub address: SocketAddr,
}

impl Prometheus {
    /// One of one's own, for metrics at these addresses under `/metrics`, and with these files of rules. None, after
    /// saying so, where it is not installed.
    ///
    /// # Panics
    /// When it does not start, as with rules that it cannot read, or is not installed and
    /// `POSTERN_REQUIRE_COMPONENTS=1`.
    #[must_use]
    pub fn start(targets: &[SocketAddr], rules: &[&Path]) -> Option<Self> {
        let found = components::program("prometheus", "prometheus");
        let program = found_or_say_so("a real Prometheus", found)?;
        let home = daemon::new_home("prometheus");
        let configuration = home.path().join("prometheus.yml");
        // JSON is YAML.
        let text = json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": rules,
            "scrape_configs": [{ "job_name": JOB, "static_configs": [{ "targets": targets }] }],
        });
        fs::write(&configuration, text.to_string()).expect("a temporary folder is writable");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.tsdb.path={}", home.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"));
        let is_ready = move || http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200);
        Some(Self { process: Daemon::start(home, command, is_ready), address })
    }

    /// The value of an expression now: a list of `{"metric": {…}, "value": [time, "1"]}`.
    ///
    /// # Panics
    /// When the expression is not valid, or not one of a vector.
    #[must_use]
    pub fn query(&self, expression: &str) -> Vec<Value> {
        let mut answer = self.get(&format!("/api/v1/query?query={}", encoded(expression)));
        let Value::Array(vector) = answer["data"]["result"].take() else { panic!("{expression}: {answer}") };
        vector
    }

    /// The values of an expression from a time to another one, in seconds since 1970: a list of
    /// `{"metric": {…}, "values": [[time, "1"], …]}`.
    ///
    /// # Panics
    /// As [`Self::query`].
    #[must_use]
    pub fn query_range(&self, expression: &str, start: f64, end: f64, step: u64) -> Vec<Value> {
        let times = format!("start={start}&end={end}&step={step}");
        let mut answer = self.get(&format!("/api/v1/query_range?query={}&{times}", encoded(expression)));
        let Value::Array(matrix) = answer["data"]["result"].take() else { panic!("{expression}: {answer}") };
        matrix
    }

    /// A page of its API.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        http::get(self.address, path).unwrap().json()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
