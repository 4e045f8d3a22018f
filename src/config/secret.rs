//! Where a secret is kept. The secret itself is never written into the file.

use std::fmt;
use std::path::PathBuf;

use super::section::{Field, Section};

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

impl SecretSource {
    /// Reads `key` or `key_file`, of which there must be one.
    pub(super) fn read(section: &mut Section<'_>, key: &str) -> Option<Self> {
        let (variable, file) = (section.field(key), section.field(&format!("{key}_file")));
        match (variable, file) {
            (Some(variable), None) => Self::from_variable(&variable, key),
            (None, Some(file)) => file.text().map(|path| Self::File(path.into())),
            (Some(both), Some(_)) => both.wrong(format!("give `{key}` or `{key}_file`, not both")),
            (None, None) => section.missing(key, &format!("give `{key}_file` or `{key} = \"${{NAME}}\"`")),
        }
    }

    fn from_variable(field: &Field<'_>, key: &str) -> Option<Self> {
        let text = field.raw_text()?;
        let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| is_name(name))
        else {
            return field
                .wrong(format!("a secret does not belong here; write `{key} = \"${{NAME}}\"` or `{key}_file`"));
        };
        match field.variable(name) {
            Some(value) if !value.is_empty() => Some(Self::Environment { name: name.to_owned(), value }),
            Some(_) => field.wrong(format!("the variable {name} is empty; set it to the secret")),
            None => field.wrong(format!("the variable {name} is not set; set it, or use `{key}_file`")),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Environment { name, .. } => write!(f, "Environment(${{{name}}})"),
        }
    }
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(plain) && !text.starts_with(|char: char| char.is_ascii_digit())
}
