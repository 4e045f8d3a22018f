//! The image: what its Dockerfile says, what is sent to its build, and what its root file system holds.
//!
//! Nobody builds it here. Its last stage is laid out by a script, so that the test can lay it out as well and start the
//! program in it, without a container engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::bill;
use crate::project::{path, read, text};
use crate::support::components::{self, found_or_say_so};

const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const ROOTFS: &str = "deploy/docker/rootfs";
/// The user of the image, as the chart and the demonstration have it.
const USER: &str = "65532";

/// `(instruction, value)` in order.
fn instructions() -> Option<Vec<(String, String)>> {
    let [read] = read("dockerfile", [DOCKERFILE])?;
    let of = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    Some(read.as_array().unwrap().iter().map(|one| (of(one, "instruction"), of(one, "value"))).collect())
}

#[test]
fn the_last_stage_is_one_program_for_an_ordinary_user() {
    let Some(all) = instructions() else { return };
    let last = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let (build, last) = all.split_at(last);
    assert_eq!(last[0].1, "scratch");
    let values = |name: &str| -> Vec<&str> {
        last.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(values("USER"), [format!("{USER}:{USER}")]);
    assert_eq!(values("ENTRYPOINT"), ["[\"/postern\"]"]);
    assert!(values("RUN").is_empty() && values("ADD").is_empty(), "there is no shell to run anything");
    assert!(values("LABEL")[0].contains("org.opencontainers.image.licenses=\"Apache-2.0\""));
    let builds = |part: &str| build.iter().any(|(name, value)| name == "RUN" && value.contains(part));
    assert!(builds(&format!("{ROOTFS} \"$(deploy/release/compile /target)\" /image /documents")));
    assert!(
        builds("deploy/release/documents /documents") && builds("/install-tools /tools cargo-about cargo-cyclonedx")
    );
}

#[test]
fn it_is_built_with_the_compiler_that_cargo_asks_for() {
    let Some(all) = instructions() else { return };
    let from = all.iter().filter(|(name, value)| name == "FROM" && value != "scratch");
    let compilers: BTreeSet<&str> = from
        .map(|(_, value)| value.strip_prefix("rust:").and_then(|rest| rest.split_once("-slim-bookworm AS ")).unwrap().0)
        .collect();
    assert_eq!(compilers.len(), 1, "{compilers:?}");
    let rust = compilers.first().unwrap();
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let wanted = manifest["package"]["rust-version"].as_str().unwrap();
    assert!(rust.starts_with(&format!("{wanted}.")), "{rust} {wanted}");
}

/// A file that the build lacks would be noticed by whoever first builds the image.
#[test]
fn the_build_is_sent_what_cargo_needs() {
    let folder = tempfile::tempdir().unwrap();
    let ignored = text(".dockerignore");
    let mut lines = ignored.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"));
    for sent in lines.map(|line| line.strip_prefix('!').unwrap()) {
        let copied =
            Command::new("cp").args(["-r", "--parents", sent]).arg(folder.path()).current_dir(path("")).status();
        assert!(copied.unwrap().success(), "{sent}");
    }
    assert!(folder.path().join(ROOTFS).is_file());
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"]).current_dir(&folder);
    let Output { status, stderr, .. } = cargo.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let mut checked = 0;
    let is_for_tests = |source: &Path| source.ends_with("tests.rs");
    for source in rust_files(&folder.path().join("src")).into_iter().filter(|source| !is_for_tests(source)) {
        let text = fs::read_to_string(&source).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        for included in code.split("include_str!(\"").skip(1).filter_map(|rest| rest.split_once('"')) {
            let file = source.parent().unwrap().join(included.0);
            assert!(file.is_file(), "{} includes {}", source.display(), included.0);
            checked += 1;
        }
    }
    assert!(checked > 0);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

#[test]
fn the_root_file_system_holds_what_the_program_needs_and_no_shell() {
    let folder = tempfile::tempdir().unwrap();
    let Some(root) = laid_out(folder.path()) else { return };
    let names: BTreeSet<String> = names_below(&root).into_iter().filter(|name| !is_library(name)).collect();
    let packages = packages(&root);
    assert!(["ca-certificates", "libc6", "libgcc-s1"].iter().all(|name| packages.contains(*name)), "{packages:?}");
    let wanted = ["group", "nsswitch.conf", "os-release", "passwd", "ca-certificates.crt", "postern", "copyright"];
    let documents =
        ["BUILDINFO", "LICENSE", "THIRD-PARTY-LICENSES", "THIRD-PARTY-LICENSES.rust.html", "postern.cdx.json"];
    let wanted = wanted.into_iter().chain(documents).map(str::to_owned);
    assert_eq!(names, wanted.chain(packages).collect());

    let config = "[[tenant]]\nid = '6f0c1d7e-0000-4000-8000-000000000001'\nname = 'contoso'\n\
        accepted_domains = ['contoso.com']\n[[sink.file]]\npath = '/var/lib/postern/alerts.jsonl'\n";
    fs::write(root.join("etc/postern/postern.toml"), config).unwrap();
    let Some(said) = found_or_say_so("a root file system of its own", run_in(&root)) else { return };
    assert!(said.contains("everything answers"), "{said}");
}

/// The image's root file system below a folder; none, after saying so, where it cannot be laid out.
fn laid_out(folder: &Path) -> Option<PathBuf> {
    let root = folder.join("image");
    bill::documents(folder);
    let laid = Command::new(path(ROOTFS)).arg(env!("CARGO_BIN_EXE_postern")).arg(&root).arg(folder).output();
    let found = laid.map_err(|error| error.to_string()).and_then(|it| match it.status.success() {
        true => Ok(()),
        false => Err(format!("{}; install Debian's ca-certificates and jq", String::from_utf8_lossy(&it.stderr))),
    });
    found_or_say_so("the image's root file system", found)?;
    Some(root)
}

/// The packages of Debian that the image says it holds files of.
fn packages(root: &Path) -> BTreeSet<String> {
    names_below(&root.join("var/lib/dpkg/status.d")).into_iter().collect()
}

/// Scanners read the one or the other; a library that neither names would never be found wanting.
#[test]
fn the_image_says_whose_libraries_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let Some(root) = laid_out(folder.path()) else { return };
    let file = root.join("usr/share/sbom/postern.cdx.json");
    let problems = bill::problems(&file).unwrap_or_default();
    assert!(problems.is_empty(), "{problems}");
    let bill = bill::read(&file);
    let components = bill["components"].as_array().unwrap();
    let stated: BTreeSet<String> = components.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(stated, packages(&root));
    for component in components {
        let of = |key: &str| component[key].as_str().unwrap();
        let status = fs::read_to_string(root.join("var/lib/dpkg/status.d").join(of("name"))).unwrap();
        assert!(status.contains(&format!("\nVersion: {}\n", of("version"))), "{component}");
        let licence = component.pointer("/licenses/0/license/name").unwrap().as_str().unwrap();
        assert!(root.join(licence.trim_start_matches('/')).is_file(), "{licence}");
        assert!(of("purl").starts_with("pkg:deb/debian/"), "{component}");
    }
    let program = &bill["dependencies"][0]["dependsOn"];
    assert_eq!(program.as_array().unwrap().len(), components.len());
}

/// `postern doctor` as the image's user: it looks at the configuration, the data directory, and what it could write.
fn run_in(root: &Path) -> Result<String, String> {
    let mut unshare = Command::new(components::program("unshare", "util-linux")?);
    unshare.args(["--user", "--map-user", USER, "--map-group", USER, "--root"]).arg(root).args(["--wd", "/"]);
    let probe = unshare.args(["/postern", "doctor", "--config", "/etc/postern/postern.toml"]).output();
    let Output { status, stdout, stderr } = probe.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    // What `unshare` refuses is the machine's doing; what Postern says is ours.
    if said.starts_with("unshare:") { Err(said) } else { Ok(format!("{status} {said}")) }
}

fn names_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let names = entries.flat_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => names_below(&entry.path()),
        false => vec![entry.file_name().into_string().unwrap()],
    });
    names.collect()
}

fn is_library(name: &str) -> bool {
    name.contains(".so")
}
