//! The loader of Docker Compose, built from `main.go`: it needs no engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::FOLDER;
use crate::project::{path, text};
use crate::support::components::found_or_say_so;
use crate::support::go;

const SOURCE: &str = "tests/deploy/compose";
/// Everything that the program is made of; Go sees to the rest by the sums.
const SOURCES: [&str; 3] = [include_str!("main.go"), include_str!("go.mod"), include_str!("go.sum")];
const PROGRAM: &str = "compose";

#[test]
fn docker_composes_own_loader_takes_the_file() {
    let built = go::program(PROGRAM, &path(SOURCE), &SOURCES);
    let Some(loader) = found_or_say_so("the loader of Docker Compose", built) else { return };
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
