//! `Cargo.lock` against `deny.toml`, for whoever has no `cargo deny` at hand. Licences are left to that tool; only that
//! a release may choose from the same ones is held here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::tree::{report, text_of};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct About {
    accepted: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

#[test]
fn a_second_version_of_a_crate_is_explained() {
    let explained: BTreeSet<String> = skips().into_iter().map(|skip| skip.spec).collect();
    report(versions().into_iter().filter_map(|(name, versions)| {
        let unexplained: Vec<_> =
            versions.into_iter().filter(|v| !explained.contains(&format!("{name}@{v}"))).collect();
        let twice = unexplained.len() > 1;
        twice.then(|| {
            format!("{name} {unexplained:?}: agree on one version, or explain the older in deny.toml's `skip`")
        })
    }));
}

#[test]
fn explanations_are_still_needed_and_say_something() {
    let versions = versions();
    report(skips().into_iter().filter_map(|Skip { spec, reason }| {
        let (name, version) = spec.split_once('@').unwrap_or((&spec, ""));
        let needed = versions.get(name).is_some_and(|all| all.len() > 1 && all.contains(version));
        (!needed || reason.len() < 20).then(|| format!("deny.toml: `{spec}`: remove it, or say who holds it back"))
    }));
}

#[test]
fn everything_comes_from_crates_io() {
    report(packages().into_iter().filter_map(|package| {
        let source = package.source.filter(|source| source != CRATES_IO)?;
        Some(format!("{}: {source}: depend on a published version", package.name))
    }));
}

/// What writes the licences of a release refuses the same ones.
#[test]
fn a_release_takes_the_licences_that_are_allowed() {
    let about: About = toml::from_str(&text_of("deploy/release/about.toml").unwrap()).unwrap();
    assert_eq!(about.accepted, deny().licenses.allow, "list the same licences in deny.toml and about.toml");
}

/// Verdicts rest on the Public Suffix List, so its edition is shown; it is the crate's, and changes with the lock file.
#[test]
fn the_public_suffix_list_is_the_one_that_is_stated() {
    let stated = postern::judge::PUBLIC_SUFFIX_LIST.version;
    let locked = versions().remove("psl").unwrap();
    let advice = "set PUBLIC_SUFFIX_LIST in src/judge/organisation.rs to this version and the day of its publication";
    assert_eq!(locked, BTreeSet::from([stated.to_owned()]), "{advice}");
}

fn packages() -> Vec<Package> {
    let lock: Lock = toml::from_str(&text_of("Cargo.lock").unwrap()).unwrap();
    lock.package
}

fn skips() -> Vec<Skip> {
    deny().bans.skip
}

fn deny() -> Deny {
    toml::from_str(&text_of("deny.toml").unwrap()).unwrap()
}

fn versions() -> BTreeMap<String, BTreeSet<String>> {
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for package in packages() {
        versions.entry(package.name).or_default().insert(package.version);
    }
    versions
}
