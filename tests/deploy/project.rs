//! Files of the project, and the programs that read them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::components::found_or_say_so;
use crate::support::python::Python;

/// The Python set that reads what administrators are handed.
const SET: &str = "helm";

/// A path from the root of the project.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the project.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files of a folder, in order; none where there is no such folder.
pub(crate) fn files_in(folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path(folder)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    found.sort();
    found
}

/// A script of the Python set; none, after saying so, where it cannot be had.
pub(crate) fn script(name: &str) -> Option<Command> {
    let python = found_or_say_so("Helm's engine and the parsers of tests/support/python/helm", Python::of(SET))?;
    let mut command = python.interpreter();
    command.arg(path("tests/support/python").join(SET).join(name));
    Some(command)
}

/// What files say, by the parser of their kind: `yaml`, `hcl`, `dockerfile`.
pub(crate) fn read<const N: usize>(kind: &str, names: [&str; N]) -> Option<[Value; N]> {
    let mut command = script("read.py")?;
    command.arg(kind).args(names.map(path));
    let read: Vec<Value> = serde_json::from_slice(&talk(&mut command, "")).unwrap();
    Some(read.try_into().unwrap())
}

/// The standard output of a program that was told this.
pub(crate) fn talk(command: &mut Command, input: &str) -> Vec<u8> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(status.success(), "{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// What `postern config check` says of a configuration, whatever its variables hold.
pub(crate) fn config_check(text: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.args(["config", "check"]).arg(&file).envs(variables(text).map(|name| (name, "whsec_c2VjcmV0")));
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if status.success() { Ok(said(stdout)) } else { Err(said(stderr)) }
}

/// The names in `${NAME}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}
