//! The house rules, as tests over the tree: nothing is asked of a contributor that `cargo test` does not check.
//!
//! The checks read lines, not syntax. That is enough for a tree that `cargo fmt` has shaped, and it keeps every check a
//! few lines long. A message names the place and says what to do about it.
#![cfg(test)]

mod configuration;
mod dependencies;
mod documents;
mod links;
mod messages;
mod purity;
mod sources;
mod tree;
