//! Programs of the tests that are written in Go, because what they call is.
//!
//! Each is a folder with `main.go`, `go.mod` and `go.sum`, and is built once on this machine for each state of these.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::components;

/// The program of this name in a folder, whose files these are.
///
/// # Errors
/// Why it cannot be built here.
pub fn program(name: &str, folder: &Path, files: &[&str]) -> Result<PathBuf, String> {
    let state = blake3::hash(files.concat().as_bytes()).to_hex();
    let built = components::cached(&format!("{name}-{}", &state[..16]), |target| build(folder, &target.join(name)))?;
    Ok(built.join(name))
}

fn build(folder: &Path, program: &Path) -> Result<(), String> {
    let go = Command::new("go")
        .args(["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o"])
        .args([program, Path::new(".")])
        .current_dir(folder)
        // No C, no other toolchain than the one at hand, and nothing of the workspace that this may stand in.
        .envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", "-buildvcs=false")])
        .output()
        .map_err(|error| format!("no `go` on the PATH ({error}): install Go to build it"))?;
    if go.status.success() { Ok(()) } else { Err(format!("`go build`:\n{}", String::from_utf8_lossy(&go.stderr))) }
}
