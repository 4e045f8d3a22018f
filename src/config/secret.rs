//! Where a secret is kept. The secret itself never enters the configuration.

use std::fmt;
use std::path::PathBuf;

/// Where to read a secret from, each time it is needed.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `*_file`: a file, whose trailing line end does not count.
    File(PathBuf),
    /// `${NAME}`: the value that the environment had when the configuration was read.
    Environment {
        /// The variable's name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Environment { name, .. } => write!(f, "Environment(${{{name}}})"),
        }
    }
}
