//! Validators that others wrote in Python, each set in an environment of its own.
//!
//! A set is a folder beside this file, `python/NAME/requirements.txt`: every package with its version and its sums, so
//! that what CI trusts is what was looked at. Where two validators want different versions of a package they are two
//! sets. Nothing of it is ever in the product.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::components;

const SETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python");

/// The oldest Python that the sets are resolved for.
const MINOR_MIN: u32 = 11;

/// An environment with the packages of one set.
#[derive(Debug, Clone)]
pub struct Python {
    programs: PathBuf,
}

impl Python {
    /// The environment of a set, which is made once on this machine for each state of its requirements.
    ///
    /// # Errors
    /// Why it cannot be made here.
    ///
    /// # Panics
    /// When there is no such set.
    pub fn of(set: &str) -> Result<Self, String> {
        let requirements = Path::new(SETS).join(set).join("requirements.txt");
        let text = std::fs::read(&requirements).unwrap_or_else(|error| panic!("{}: {error}", requirements.display()));
        let state = blake3::hash(&text).to_hex();
        let folder =
            components::cached(&format!("python-{set}-{}", &state[..16]), |folder| fill(folder, &requirements))?;
        Ok(Self { programs: folder.join("bin") })
    }

    /// The interpreter, to be given a script or `-m MODULE`.
    ///
    /// An environment that was moved into place has scripts that name where it was made, so programs of packages are
    /// run as modules or through [`Self::program`].
    #[must_use]
    pub fn interpreter(&self) -> Command {
        let mut command = Command::new(self.programs.join("python3"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1").env("PYTHONNOUSERSITE", "1");
        command
    }

    /// A program that a package installs, by its name.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut command = self.interpreter();
        command.arg(self.programs.join(name));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = [self.programs.clone()].into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(places).expect("no folder of the PATH has a colon"));
        command
    }
}

fn fill(folder: &Path, requirements: &Path) -> Result<(), String> {
    let is_recent = format!("import sys; sys.exit(sys.version_info < (3, {MINOR_MIN}))");
    run(Command::new("python3").args(["-c", &is_recent]))
        .map_err(|error| format!("needs Python 3.{MINOR_MIN}: {error}"))?;
    // Copies, not links: an interpreter that is updated would leave the environment half old.
    run(Command::new("python3").args(["-m", "venv", "--copies"]).arg(folder))
        .map_err(|error| format!("{error}; on Debian install python3-venv"))?;
    let arguments =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"];
    run(Command::new(folder.join("bin/python3")).args(arguments).arg("--requirement").arg(requirements))
}

fn run(command: &mut Command) -> Result<(), String> {
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("`{}`: {error}", command.get_program().display()))?;
    let said = || [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if status.success() { Ok(()) } else { Err(format!("{command:?}:\n{}", said())) }
}
