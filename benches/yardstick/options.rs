//! `--name N` anywhere on the command line; cargo adds words of its own, so what is not asked for is not an error.

use anyhow::{Context, Result};

/// The number behind `name`.
pub(crate) fn number(options: &[&str], name: &str, default: usize) -> Result<usize> {
    let value = options.iter().skip_while(|option| **option != name).nth(1);
    value.map_or(Ok(default), |value| value.parse().with_context(|| format!("{name} {value}: not a number")))
}
