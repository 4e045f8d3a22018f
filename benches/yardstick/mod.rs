//! What the benchmarks measure with, and the loop that they measure against.

pub(crate) mod cost;
pub(crate) mod options;
pub(crate) mod plain;
