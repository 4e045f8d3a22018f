//! Grafana's own types of a dashboard read the files, and write the same: a key that they do not know would be lost.

use std::process::Stdio;

use crate::dashboard::folder;
use crate::support::components::found_or_say_so;
use crate::support::python::Python;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dashboards/round_trip.py");

#[test]
fn nothing_is_lost_where_grafanas_own_types_read_the_dashboards() {
    let Some(python) = found_or_say_so("Grafana's types", Python::of("grafana")) else { return };
    let output = python.interpreter().arg(SCRIPT).arg(folder()).stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("3 dashboards"), "{said}");
}
