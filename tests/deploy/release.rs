//! The release: what is packed is the same bytes everywhere, says whose work is in it, and is built from a commit.
//!
//! The program itself is not built here, since that takes a quarter of an hour; `deploy/release/verify` does that. What
//! packs it does not look into it, so a stand-in is packed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::bill;
use crate::project::{path, text};

const SCRIPTS: [&str; 9] =
    ["build", "bundled", "compile", "documents", "install-tools", "licences", "package", "sbom", "verify"];

/// Mode, owner and name of everything in an archive, as `tar` lists it.
const PACKED: [&str; 14] = [
    "drwxr-xr-x 0/0 postern-1/",
    "-rw-r--r-- 0/0 postern-1/BUILDINFO",
    "-rw-r--r-- 0/0 postern-1/CHANGELOG.md",
    "-rw-r--r-- 0/0 postern-1/LICENSE",
    "-rw-r--r-- 0/0 postern-1/README.md",
    "-rw-r--r-- 0/0 postern-1/THIRD-PARTY-LICENSES",
    "-rw-r--r-- 0/0 postern-1/THIRD-PARTY-LICENSES.rust.html",
    "drwxr-xr-x 0/0 postern-1/examples/",
    "-rw-r--r-- 0/0 postern-1/examples/event-hubs.toml",
    "-rw-r--r-- 0/0 postern-1/examples/kafka.toml",
    "-rw-r--r-- 0/0 postern-1/examples/webhook.toml",
    "-rwxr-xr-x 0/0 postern-1/postern",
    "-rw-r--r-- 0/0 postern-1/postern.cdx.json",
    "-rw-r--r-- 0/0 postern-1/postern.service",
];

pub(crate) fn script(name: &str) -> Command {
    Command::new(path("deploy/release").join(name))
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

pub(crate) fn succeeded(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    output
}

/// Packs a stand-in as an account with this mask and zone would.
fn packed(folder: &Path, mask: &str, zone: &str) {
    bill::documents(folder);
    fs::write(folder.join("binary"), "the program").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("umask {mask}; exec \"$@\""), "sh"]).arg(path("deploy/release/package"));
    shell.arg("postern-1").arg(folder.join("binary")).arg(folder).arg(folder.join("out"));
    succeeded(shell.env("SOURCE_DATE_EPOCH", "1700000000").env("TZ", zone).env("LC_ALL", "C"));
}

#[test]
fn the_same_files_give_the_same_bytes_in_every_folder_and_account() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    packed(one.path(), "022", "UTC");
    packed(other.path(), "077", "Pacific/Auckland");
    for file in ["postern-1.tar.gz", "postern-1.cdx.json", "SHA256SUMS"] {
        let bytes = |folder: &Path| fs::read(folder.join("out").join(file)).unwrap();
        assert!(bytes(one.path()) == bytes(other.path()), "{file}");
    }
    succeeded(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(one.path().join("out")));
}

#[test]
fn an_archive_holds_what_is_stated_and_belongs_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    packed(folder.path(), "027", "UTC");
    let mut tar = Command::new("tar");
    tar.args(["--list", "--verbose", "--numeric-owner", "--full-time", "--file"]);
    let listed = succeeded(tar.arg(folder.path().join("out/postern-1.tar.gz")).env("TZ", "UTC")).stdout;
    let lines: Vec<String> = String::from_utf8(listed).unwrap().lines().map(without_size).collect();
    assert_eq!(lines, PACKED);
}

/// `-rw-r--r-- 0/0 12 2023-11-14 22:13:20 NAME` without size and time, of which the time is held.
fn without_size(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[3..5], ["2023-11-14", "22:13:20"], "{line}");
    [words[0], words[1], words[5]].join(" ")
}

#[test]
fn a_missing_document_is_not_left_out_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = script("package");
    command.arg("postern-1").arg(path("LICENSE")).arg(folder.path()).arg(folder.path().join("out"));
    let output = command.env("SOURCE_DATE_EPOCH", "0").output().unwrap();
    assert!(!output.status.success() && said(&output).contains("deploy/release/documents"), "{}", said(&output));
}

#[test]
fn every_script_says_what_it_is_for_and_the_shell_reads_it() {
    for name in SCRIPTS {
        let help = succeeded(script(name).arg("--help")).stdout;
        assert!(String::from_utf8(help).unwrap().starts_with(name), "{name}");
        succeeded(Command::new("bash").arg("-n").arg(path("deploy/release").join(name)));
    }
}

/// A repository of its own with what `build` looks at before it builds.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["deploy/release/build", "deploy/docker/Dockerfile", "Cargo.toml", "CHANGELOG.md"] {
        fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        fs::copy(path(file), folder.path().join(file)).unwrap();
    }
    git(folder.path(), &["init", "--quiet"]);
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=nobody", "-c", "user.email=nobody@contoso.com", "-c", "commit.gpgsign=false"]);
    succeeded(command.args(arguments).current_dir(folder));
}

fn commit(folder: &Path, edits: &[(&str, &str, &str)]) {
    for (file, from, to) in edits {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        fs::write(folder.join(file), text.replace(from, to)).unwrap();
    }
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "--message", "state"]);
}

/// `build` in a repository, with its answer; it would go on to build where it does not refuse.
fn build(repository: &Path, arguments: &[&str], out: &Path) -> String {
    let mut command = Command::new(repository.join("deploy/release/build"));
    let output = command.args(arguments).arg(out).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    said(&output)
}

#[test]
fn what_is_not_committed_is_not_released() {
    let (inner, out) = (repository(), tempfile::tempdir().unwrap());
    commit(inner.path(), &[("deploy/docker/Dockerfile", "FROM rust:", "FROM rust:0.")]);
    fs::write(inner.path().join("notes.txt"), "").unwrap();
    let refused = build(inner.path(), &[], out.path());
    assert!(refused.contains("notes.txt") && refused.contains("commit or stash"), "{refused}");
    // With it, or with a commit that is named, the next refusal is reached: that of the compiler.
    for arguments in [["--dirty"].as_slice(), &["--commit", "HEAD"]] {
        let refused = build(inner.path(), arguments, out.path());
        assert!(refused.contains("a release is built with Rust 0."), "{refused}");
    }
}

#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let (inner, out) = (repository(), tempfile::tempdir().unwrap());
    let version = version();
    let text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Later.\n\n## [VERSION] - 2026-11-22\n\n### Added\n\n\
        - Now.\n\n## [0.0.9] - 2026-11-01\n\n- Before.\n";
    let text = text.replace("VERSION", &version);
    fs::write(inner.path().join("CHANGELOG.md"), &text).unwrap();
    commit(inner.path(), &[("deploy/docker/Dockerfile", "FROM rust:", "FROM rust:0.")]);
    build(inner.path(), &[], out.path());
    assert_eq!(fs::read_to_string(out.path().join("RELEASE-NOTES.md")).unwrap(), "### Added\n\n- Now.\n");
    fs::write(inner.path().join("CHANGELOG.md"), text.replace(&format!("[{version}]"), "[0.0.10]")).unwrap();
    commit(inner.path(), &[]);
    let refused = build(inner.path(), &[], out.path());
    assert!(refused.contains(&format!("nothing under `## [{version}]`")), "{refused}");
}

/// A repository whose commit can be built in a moment: what compiles and what writes the documents are stand-ins.
fn repository_of_stand_ins(compile: &str) -> tempfile::TempDir {
    let inner = repository();
    let release = inner.path().join("deploy/release");
    let documents = "for name in THIRD-PARTY-LICENSES THIRD-PARTY-LICENSES.rust.html postern.cdx.json; do\n\
        mkdir -p $1; echo $name >$1/$name; done\necho \"Commit: $COMMIT\" >$1/BUILDINFO\n";
    for (name, text) in [("compile", compile), ("documents", documents)] {
        fs::write(release.join(name), format!("#!/bin/sh\nset -e\n{text}")).unwrap();
        fs::set_permissions(release.join(name), fs::metadata(release.join("build")).unwrap().permissions()).unwrap();
    }
    for name in ["deploy/release/verify", "deploy/release/package", "deploy/release/archive.md", "LICENSE"] {
        fs::copy(path(name), inner.path().join(name)).unwrap();
    }
    for folder in ["examples", "deploy/systemd"] {
        succeeded(Command::new("cp").arg("-r").arg(path(folder)).arg(inner.path().join(folder)));
    }
    let rustc = succeeded(Command::new("rustc").arg("-vV")).stdout;
    let release =
        String::from_utf8(rustc).unwrap().lines().find_map(|line| line.strip_prefix("release: ").map(str::to_owned));
    fs::write(inner.path().join("deploy/docker/Dockerfile"), format!("FROM rust:{}-slim AS build\n", release.unwrap()))
        .unwrap();
    commit(inner.path(), &[]);
    inner
}

/// A script of a repository, where the tools that the stand-ins do without are said to be there.
fn script_of(repository: &Path, name: &str) -> Command {
    let tools = repository.join(".git/tools");
    fs::create_dir_all(&tools).unwrap();
    for tool in ["cargo-about", "cargo-cyclonedx"] {
        succeeded(Command::new("ln").arg("-sf").arg("/bin/true").arg(tools.join(tool)));
    }
    let places = std::env::var_os("PATH").unwrap();
    let places = std::env::join_paths([tools].into_iter().chain(std::env::split_paths(&places))).unwrap();
    let mut command = Command::new(repository.join("deploy/release").join(name));
    command.env("PATH", places);
    command
}

#[test]
fn an_archive_that_can_be_built_again_is_verified_and_another_one_is_not() {
    let compile = "mkdir -p $1; echo \"the program\" >$1/postern; chmod 755 $1/postern; echo $1/postern\n";
    let (inner, out) = (repository_of_stand_ins(compile), tempfile::tempdir().unwrap());
    let built = succeeded(script_of(inner.path(), "build").arg(out.path())).stdout;
    let archive = String::from_utf8(built).unwrap().trim_end().to_owned();
    let verified = said(&succeeded(script_of(inner.path(), "verify").arg(&archive)));
    assert!(verified.starts_with("the same bytes: "), "{verified}");

    // A program that somebody else put in, under a sum that fits.
    let given = out.path().join("given");
    fs::create_dir(&given).unwrap();
    succeeded(Command::new("tar").args(["-xzf", &archive, "-C"]).arg(&given));
    let inside = fs::read_dir(&given).unwrap().next().unwrap().unwrap();
    fs::write(inside.path().join("postern"), "another program").unwrap();
    succeeded(Command::new("tar").args(["-czf", &archive, "-C"]).arg(&given).arg(inside.file_name()));
    let output = script_of(inner.path(), "verify").arg(&archive).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("postern differ"), "{}", said(&output));
}

/// What a build leaves of its folder or of chance is what `verify` is for.
#[test]
fn a_build_that_carries_its_folder_along_is_found() {
    let compile = "mkdir -p $1; echo \"built in $1\" >$1/postern; chmod 755 $1/postern; echo $1/postern\n";
    let (inner, out) = (repository_of_stand_ins(compile), tempfile::tempdir().unwrap());
    let built = succeeded(script_of(inner.path(), "build").arg(out.path())).stdout;
    let output = script_of(inner.path(), "verify").arg(String::from_utf8(built).unwrap().trim_end()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

fn version() -> String {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    manifest["package"]["version"].as_str().unwrap().to_owned()
}

#[test]
fn every_place_that_states_the_version_states_the_same() {
    let version = version();
    let changelog = text("CHANGELOG.md");
    let newest = changelog.lines().filter_map(|line| line.strip_prefix("## [")).find(|rest| !rest.starts_with("Unre"));
    assert_eq!(newest.and_then(|rest| rest.split_once(']')).map(|(version, _)| version), Some(version.as_str()));
    let has_line = |file: &str, line: String| assert!(text(file).lines().any(|own| own == line), "{file}: {line}");
    has_line("helm/postern/Chart.yaml", format!("appVersion: \"{version}\""));
    has_line("deploy/docker/Dockerfile", format!("ARG VERSION={version}"));
}
