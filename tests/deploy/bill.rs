//! Whose work is in the program: its licences and its bill of materials, against what cargo links and what crates carry.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::project::{path, text};
use crate::release::{said, script, succeeded};
use crate::support::components::{found_or_say_so, program};
use crate::support::python::Python;

/// Crates that compile or link C, and carry nobody else's under other terms than their own: what they say of themselves
/// covers it. `openssl-sys` links what `openssl-src` carries.
const OWN_C: [&str; 3] = ["blake3", "openssl-sys", "ring"];

/// Licences in librdkafka of what its build leaves out: the system has regular expressions, and it is no Windows.
const LEFT_OUT_OF_LIBRDKAFKA: [&str; 2] = ["LICENSE.regexp", "LICENSE.wingetopt"];

/// What `deploy/release/documents` would have written, in brief.
pub(crate) fn documents(folder: &Path) {
    for name in ["BUILDINFO", "THIRD-PARTY-LICENSES", "THIRD-PARTY-LICENSES.rust.html"] {
        fs::write(folder.join(name), name).unwrap();
    }
    let program = json!({ "type": "application", "name": "postern", "bom-ref": "postern" });
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": { "component": program },
        "components": [], "dependencies": [{ "ref": "postern", "dependsOn": [] }],
    });
    fs::write(folder.join("postern.cdx.json"), bill.to_string()).unwrap();
}

pub(crate) fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// What the schema of CycloneDX finds wrong; none where the validator is not at hand.
pub(crate) fn problems(bill: &Path) -> Option<String> {
    let tools = found_or_say_so("the validator of tests/support/python/sigma", Python::of("sigma"))?;
    let schemas = path("tests/deploy/cyclonedx");
    let mut check = tools.program("check-jsonschema");
    check.arg("--no-cache").arg("--base-uri").arg(format!("file://{}/", schemas.display()));
    let output =
        check.arg("--schemafile").arg(schemas.join("bom-1.5.SNAPSHOT.schema.json")).arg(bill).output().unwrap();
    Some(if output.status.success() { String::new() } else { said(&output) })
}

#[test]
fn the_schema_refuses_what_is_no_bill_of_materials() {
    let folder = tempfile::tempdir().unwrap();
    documents(folder.path());
    let file = folder.path().join("postern.cdx.json");
    let Some(found) = problems(&file) else { return };
    assert_eq!(found, "");
    for (place, wrong) in [("/specVersion", json!(1.5)), ("/components", json!([{ "name": "no type" }]))] {
        let mut bill = read(&file);
        *bill.pointer_mut(place).unwrap() = wrong;
        let broken = folder.path().join("broken.json");
        fs::write(&broken, bill.to_string()).unwrap();
        assert_ne!(problems(&broken).unwrap(), "", "{place}");
    }
    let licence = json!([{ "type": "library", "name": "x", "licenses": [{ "license": { "id": "Nobody-1.0" } }] }]);
    let mut bill = read(&file);
    bill["components"] = licence;
    fs::write(&file, bill.to_string()).unwrap();
    assert_ne!(problems(&file).unwrap(), "", "a licence that SPDX does not know");
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).args(["--locked", "--offline"]).current_dir(path(""));
    String::from_utf8(succeeded(&mut cargo).stdout).unwrap()
}

/// `(name, version)` of the crates that these kinds of dependency lead to, for this machine.
fn crates(kinds: &str) -> BTreeSet<(String, String)> {
    let tree = cargo(&["tree", "--edges", kinds, "--prefix", "none", "--format", "{p}", "--no-dedupe"]);
    let each = tree.lines().map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    each.map(|words| (words[0].clone(), words[1].trim_start_matches('v').to_owned())).collect()
}

/// What a row of the list says, after `bundled` has looked for it.
fn bundled() -> Option<Vec<Value>> {
    found_or_say_so("jq", program("jq", "jq"))?;
    let rows: Value = serde_json::from_slice(&succeeded(&mut script("bundled")).stdout).unwrap();
    Some(rows.as_array().unwrap().clone())
}

#[test]
fn everything_carried_states_its_version_and_its_place() {
    let Some(rows) = bundled() else { return };
    let without: BTreeSet<_> =
        rows.iter().filter(|row| row["version"].is_null()).map(|row| row["name"].as_str().unwrap()).collect();
    // No version is published of these: a function, a header, a generator's output, a list of the day.
    assert_eq!(without, ["MurmurHash2", "Public Suffix List", "fnv1a", "pycrc", "sys-queue"].into());
    for row in rows.iter().filter(|row| !row["version"].is_null()) {
        let (version, purl) = (row["version"].as_str().unwrap(), row["purl"].as_str().unwrap());
        assert!(purl.starts_with("pkg:") && purl.ends_with(version), "{row}");
    }
    let of = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap()["version"].as_str().unwrap();
    let lock = text("Cargo.lock");
    assert!(lock.contains(&format!("+{}\"", of("librdkafka"))), "the crate's version ends in librdkafka's");
    assert!(lock.contains(&format!("+{}\"", of("OpenSSL"))), "the crate's version ends in OpenSSL's");
    assert!(lock.contains(&format!("+zstd.{}\"", of("Zstandard"))), "the crate's version ends in Zstandard's");
}

/// A new dependency that brings C along is noticed here.
#[test]
fn every_crate_that_compiles_c_is_accounted_for() {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version=1"])).unwrap();
    let used = crates("normal,build");
    let is_used = |package: &Value| {
        let own = |key: &str| package[key].as_str().unwrap().to_owned();
        used.contains(&(own("name"), own("version")))
    };
    let compiles = |package: &Value| {
        let compilers = ["cc", "cmake"].map(Value::from);
        let needs = |one: &Value| one["kind"] != "dev" && compilers.contains(&one["name"]);
        !package["links"].is_null() || package["dependencies"].as_array().unwrap().iter().any(needs)
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    let found: BTreeSet<&str> = packages
        .filter(|package| is_used(package) && compiles(package))
        .map(|package| package["name"].as_str().unwrap())
        .collect();
    let rows: Value = serde_json::from_str(&text("deploy/release/bundled.json")).unwrap();
    let carried = rows.as_array().unwrap().iter().map(|row| row["crate"].as_str().unwrap());
    // Data of Rust code, which no compiler of C shows.
    let listed: BTreeSet<&str> = carried.filter(|name| *name != "psl").chain(OWN_C).collect();
    assert_eq!(found, listed, "list what it carries in deploy/release/bundled.json");
}

#[test]
fn every_licence_within_librdkafka_is_among_them() {
    let Some(rows) = bundled() else { return };
    let files = rows.iter().filter_map(|row| row["text"]["file"].as_str()).map(PathBuf::from);
    let listed: BTreeSet<PathBuf> =
        files.filter(|file| file.components().any(|part| part.as_os_str() == "librdkafka")).collect();
    let folder = listed.iter().find(|file| file.ends_with("librdkafka/LICENSE")).unwrap().parent().unwrap();
    let there = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let licences = there.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("LICENSE."));
    for file in licences.filter(|file| !LEFT_OUT_OF_LIBRDKAFKA.iter().any(|name| file.ends_with(name))) {
        assert!(listed.contains(&file), "{}: list it in deploy/release/bundled.json", file.display());
    }
}

/// The documents as a release has them; none where the tools are not at hand. Written once, since it takes a while.
fn generated() -> Option<&'static Path> {
    static FOLDER: LazyLock<Option<tempfile::TempDir>> = LazyLock::new(generate);
    FOLDER.as_ref().map(tempfile::TempDir::path)
}

fn generate() -> Option<tempfile::TempDir> {
    found_or_say_so("jq", program("jq", "jq"))?;
    for tool in ["cargo-about", "cargo-cyclonedx"] {
        let found = program(tool, "none").map_err(|_| format!("run `deploy/release/install-tools ~/.cargo {tool}`"));
        found_or_say_so(tool, found)?;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut documents = script("documents");
    documents.arg(folder.path()).env("SOURCE_DATE_EPOCH", "1700000000").env("CARGO_NET_OFFLINE", "true");
    succeeded(documents.env("COMMIT", "0000"));
    Some(folder)
}

#[test]
fn the_documents_of_a_release_name_everything_that_is_linked() {
    let Some(folder) = generated() else { return };
    let file = folder.join("postern.cdx.json");
    assert!(problems(&file).is_none_or(|found| found.is_empty()), "{:?}", problems(&file));
    let bill = read(&file);
    let components = bill["components"].as_array().unwrap();
    let lists = |name: &str, version: &Value| {
        components.iter().any(|one| one["name"] == name && (version.is_null() || one["version"] == *version))
    };
    let licences = fs::read_to_string(folder.join("THIRD-PARTY-LICENSES")).unwrap();
    for (name, version) in crates("normal").into_iter().filter(|(name, _)| name != "postern") {
        assert!(lists(&name, &json!(version)), "{name} {version}");
        assert!(licences.contains(&format!("\n  {name} {version}\n")), "{name} {version}");
    }
    for row in bundled().unwrap() {
        let of = |key: &str| row[key].as_str().unwrap();
        let version = row["version"].as_str().map(|version| format!(" {version}")).unwrap_or_default();
        let heading = format!("\n{}{version}, in the crate {}: {}\n", of("name"), of("crate"), of("licence"));
        assert!(lists(of("name"), &row["version"]) && licences.contains(&heading), "{heading}");
    }
    assert!(bill["metadata"]["timestamp"].as_str().unwrap().starts_with("2023-11-14T22:13:20"));
    assert!(bill["serialNumber"].is_null(), "a number by chance would be another one in each build");
    let info = fs::read_to_string(folder.join("BUILDINFO")).unwrap();
    assert!(info.contains("\nCommit: 0000\n") && info.contains("\nRust: rustc "), "{info}");
}

#[test]
fn the_documents_say_nothing_of_the_machine_and_hang_together() {
    let Some(folder) = generated() else { return };
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap();
        for place in [path("").to_str().unwrap().trim_end_matches('/'), std::env::temp_dir().to_str().unwrap()] {
            assert!(!text.contains(&format!("{place}/")), "{:?}: {place}", entry.path());
        }
    }
    let bill = read(&folder.join("postern.cdx.json"));
    let program = &bill["metadata"]["component"]["bom-ref"];
    let known: BTreeSet<&str> = bill["components"]
        .as_array()
        .unwrap()
        .iter()
        .chain([&bill["metadata"]["component"]])
        .map(|one| one["bom-ref"].as_str().unwrap())
        .collect();
    let edges = bill["dependencies"].as_array().unwrap();
    let ends = edges.iter().flat_map(|one| one["dependsOn"].as_array().into_iter().flatten());
    let reached: BTreeSet<&str> = ends.map(|end| end.as_str().unwrap()).chain(program.as_str()).collect();
    assert_eq!(reached, known, "everything is somebody's dependency, and nothing else is named");
}
