//! Scan.
fn main() {}
