//! Apache Kafka's jars, fetched once from Maven Central and kept under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const POM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/kafka/pom.xml");

/// Pinned, because what a bare `mvn dependency:` resolves to differs from machine to machine.
const COPY_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// Kafka 4 brokers are compiled for this release.
const JAVA_RELEASE_MIN: u32 = 17;

/// The folder that holds the broker's jars, fetching them when this is the first test to ask.
///
/// # Errors
/// What is missing on this machine, in words for whoever reads the test's output.
pub(super) fn fetched() -> Result<PathBuf, String> {
    let release =
        java_release().ok_or("no `java` on the PATH: install a JDK, such as Debian's openjdk-17-jdk-headless")?;
    if release < JAVA_RELEASE_MIN {
        return Err(format!("Kafka 4 needs Java {JAVA_RELEASE_MIN}, `java` here is {release}"));
    }
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-components");
    let jars = cache.join(format!("kafka-{}", version()));
    fs::create_dir_all(&cache).expect("target/ is writable");
    let lock = fs::File::create(cache.join("kafka.lock")).expect("target/ is writable");
    lock.lock().expect("a lock can be waited for");
    if !jars.is_dir() {
        fetch(&cache, &jars)?;
    }
    Ok(jars)
}

/// Copies into a folder beside the destination first: a download that was cut off must not look like a whole one.
fn fetch(cache: &Path, jars: &Path) -> Result<(), String> {
    let partial = tempfile::tempdir_in(cache).expect("target/ is writable");
    let maven = Command::new("mvn")
        .args(["--batch-mode", "--quiet", "--file", POM, COPY_GOAL])
        .arg(format!("-DoutputDirectory={}", partial.path().display()))
        .output()
        .map_err(|error| format!("no `mvn` on the PATH ({error}): install Maven to fetch Kafka's jars"))?;
    if !maven.status.success() {
        return Err(format!("`mvn` did not fetch Kafka's jars:\n{}", String::from_utf8_lossy(&maven.stdout)));
    }
    fs::rename(partial.keep(), jars).expect("one file system, and the lock is ours");
    Ok(())
}

/// The version of Kafka: the pom's own, which is the first it states.
fn version() -> &'static str {
    let pom = include_str!("pom.xml");
    pom.split_once("<version>").and_then(|(_, rest)| rest.split_once('<')).expect("pom.xml states a version").0
}

/// `17` of `openjdk version "17.0.15" 2025-04-15`; none where there is no Java.
fn java_release() -> Option<u32> {
    let banner = Command::new("java").arg("-version").output().ok()?.stderr;
    let banner = String::from_utf8_lossy(&banner);
    let (_, version) = banner.split_once('"')?;
    version.split(['.', '-', '"']).next()?.parse().ok()
}
