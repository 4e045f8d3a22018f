//! Apache Kafka's jars, fetched once from Maven Central and kept under `target/`.

use std::path::PathBuf;

use super::super::components;

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
    components::java(JAVA_RELEASE_MIN)?;
    components::cached(&format!("kafka-{}", version()), |folder| {
        components::maven(&["--file", POM, COPY_GOAL, &format!("-DoutputDirectory={}", folder.display())])
    })
}

/// The version of Kafka: the pom's own, which is the first it states.
fn version() -> &'static str {
    let pom = include_str!("pom.xml");
    pom.split_once("<version>").and_then(|(_, rest)| rest.split_once('<')).expect("pom.xml states a version").0
}
