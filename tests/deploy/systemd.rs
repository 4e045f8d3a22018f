//! The systemd unit, judged by `systemd-analyze`.

use std::fs;
use std::process::{Command, Output};

use crate::project::text;
use crate::support::components::{self, found_or_say_so};

const UNIT: &str = "deploy/systemd/postern.service";
/// Of 10, as systemd 252 counts. What is left is the network, which is what Postern is for, and the host's own `/usr`.
const EXPOSURE_MAX: f64 = 1.1;

/// The unit with the program where it is here, and `systemd-analyze`.
fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let program = found_or_say_so("systemd-analyze", components::program("systemd-analyze", "systemd"))?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.service");
    let unit = text(UNIT);
    assert!(unit.contains("ExecStart=/usr/bin/postern run --config /etc/postern/postern.toml\n"));
    fs::write(&file, unit.replace("/usr/bin/postern", env!("CARGO_BIN_EXE_postern"))).unwrap();
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).arg(&file).output().unwrap();
    Some((status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned()))
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let Some((is_fine, said)) = analyze(&["verify", "--man=no"]) else { return };
    let about_it: Vec<&str> = said.lines().filter(|line| line.contains("postern")).collect();
    assert!(is_fine && about_it.is_empty(), "{said}");
}

#[test]
fn the_unit_exposes_little() {
    let Some((_, said)) = analyze(&["security", "--offline=true", "--no-pager"]) else { return };
    let (_, figure) = said.split_once("exposure level for postern.service: ").unwrap_or_else(|| panic!("{said}"));
    let figure: f64 = figure.split_whitespace().next().unwrap().parse().unwrap();
    assert!(figure <= EXPOSURE_MAX, "{figure}\n{said}");
}

/// What the binary cannot do must not be asked of it: it would never count as started.
#[test]
fn the_unit_does_not_wait_for_a_notice() {
    assert!(text(UNIT).contains("\nType=exec\n"));
}
