//! Validators that others wrote in JavaScript.
//!
//! A set is a folder beside this file, `node/NAME/`, with `package.json`, `package-lock.json` (every package with its
//! version and its sum) and the scripts that call them. Nothing of it is ever in the product.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::components;

const SETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/node");

/// A set with its packages.
#[derive(Debug, Clone)]
pub struct Node {
    scripts: PathBuf,
    packages: PathBuf,
}

impl Node {
    /// A set, whose packages are fetched once on this machine for each state of its lock file.
    ///
    /// # Errors
    /// Why they cannot be had here.
    ///
    /// # Panics
    /// When there is no such set.
    pub fn of(set: &str) -> Result<Self, String> {
        let scripts = Path::new(SETS).join(set);
        let lock = scripts.join("package-lock.json");
        let text = fs::read(&lock).unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
        let state = blake3::hash(&text).to_hex();
        let folder = components::cached(&format!("node-{set}-{}", &state[..16]), |folder| fill(folder, &scripts))?;
        Ok(Self { scripts, packages: folder.join("node_modules") })
    }

    /// Node with a script of the set, to be given arguments.
    #[must_use]
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.scripts.join(name)).env("NODE_PATH", &self.packages);
        command
    }
}

fn fill(folder: &Path, scripts: &Path) -> Result<(), String> {
    for file in ["package.json", "package-lock.json"] {
        fs::copy(scripts.join(file), folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    // What a package would run when it is installed is nobody's to run here.
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
        .current_dir(folder)
        .output()
        .map_err(|error| format!("no `npm` on the PATH ({error}): install Debian's packages nodejs and npm"))?;
    if npm.status.success() { Ok(()) } else { Err(format!("`npm ci`:\n{}", String::from_utf8_lossy(&npm.stderr))) }
}
