//! Kafka for tests, twice: librdkafka's in-process mock and a real Apache Kafka.
//!
//! The mock starts at once and can be told to fail; the real broker is the one whose word counts. It needs a JDK and
//! Maven; where they are missing the real half of a test says loudly that it did not run, and under
//! `POSTERN_REQUIRE_COMPONENTS=1` (which `.ci/run` sets) it fails, so that green never means "ran nothing".
//!
//! A test of consumer logic is written once against [`Cluster`] and run on both, inside `on_each_cluster!`.

mod client;
mod cluster;
mod jars;
mod real;
mod settings;

pub use client::{Record, StoredRecord, read_all};
pub use cluster::{Cluster, MockKafka};
pub use real::{RealKafka, SaslSsl, Scram, own_kafka_or_say_so, real_kafka_or_say_so};
