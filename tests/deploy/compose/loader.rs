//! The loader of Docker Compose, built from `main.go`: it needs no engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::FOLDER;
use crate::project::{path, text};
use crate::support::components::{self, found_or_say_so};

const SOURCE: &str = "tests/deploy/compose";
/// Everything that the program is made of; Go sees to the rest by the sums.
const SOURCES: [&str; 3] = [include_str!("main.go"), include_str!("go.mod"), include_str!("go.sum")];
const PROGRAM: &str = "compose";

#[test]
fn docker_composes_own_loader_takes_the_file() {
    let Some(loader) = found_or_say_so("the loader of Docker Compose", built()) else { return };
    let load = |file: &Path| {
        let run = Command::new(&loader).arg(file).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        if run.status.success() { Ok(()) } else { Err(said) }
    };
    assert_eq!(load(&path(FOLDER).join("compose.yaml")), Ok(()));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compose.yaml");
    for (right, wrong, word) in [
        ("cap_drop: [ALL]", "cap_dorp: [ALL]", "cap_dorp"),
        ("condition: service_healthy", "condition: service_healty", "condition"),
        ("network_mode: service:postern", "network_mode: service:nobody", "nobody"),
    ] {
        fs::write(&file, text(&format!("{FOLDER}/compose.yaml")).replace(right, wrong)).unwrap();
        assert!(load(&file).is_err_and(|said| said.contains(word)), "{wrong}");
    }
}

/// Builds the program once for each state of its sources.
fn built() -> Result<PathBuf, String> {
    let state = blake3::hash(SOURCES.concat().as_bytes()).to_hex();
    let folder = components::cached(&format!("compose-{}", &state[..16]), build)?;
    Ok(folder.join(PROGRAM))
}

fn build(folder: &Path) -> Result<(), String> {
    let go = Command::new("go")
        .args(["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o"])
        .args([folder.join(PROGRAM).as_path(), Path::new(".")])
        .current_dir(path(SOURCE))
        // No C, no other toolchain than the one at hand, and nothing of the workspace that this may stand in.
        .envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", "-buildvcs=false")])
        .output()
        .map_err(|error| format!("no `go` on the PATH ({error}): install Go to build it"))?;
    if go.status.success() { Ok(()) } else { Err(format!("`go build`:\n{}", String::from_utf8_lossy(&go.stderr))) }
}
