//! Prometheus itself, without Postern.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use crate::support::prometheus::{JOB, Prometheus};
use crate::support::until::until;

const RULES: &str = r#"{ "groups": [{ "name": "smoke", "rules": [{ "alert": "Down", "expr": "up == 0" }] }] }"#;

#[test]
fn prometheus_reads_judges_and_keeps_what_it_read_when_killed() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, RULES).unwrap();
    // Nobody listens on the port of the discard protocol.
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let Some(mut prometheus) = Prometheus::start(&[nobody], &[&rules]) else { return };
    until("the rule fires", || !prometheus.query(r#"ALERTS{alertname="Down",alertstate="firing"}"#).is_empty());
    let several = "count_over_time(up[10m]) >= 4";
    until("there are several samples", || !prometheus.query(several).is_empty());

    prometheus.process.kill();
    prometheus.process.restart();
    assert_eq!(prometheus.query(several)[0]["metric"]["job"], JOB);
}
