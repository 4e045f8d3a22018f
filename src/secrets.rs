//! Reading secrets: from their source each time they are needed, so that a rotated file needs no restart.
//!
//! A [`Secret`] does not show itself in debug output and is not kept longer than the call that needs it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::config::SecretSource;

/// The longest secret that is read; a path to the wrong file must not fill the memory.
pub const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A secret; nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself: never to be logged, nor put into an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file is missing, not ours to read, or not text.
    #[error("the secret file {} cannot be read; create it as UTF-8 text that postern's user may read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not a secret.
    #[error("the secret file {} is longer than {SECRET_BYTES_MAX} bytes; check the path", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("the secret in {place} is empty; write the secret there")]
    Empty {
        /// The file or the variable.
        place: String,
    },
}

/// Reads a secret. The line end at the end of a file, which every editor adds, is not part of it.
///
/// # Errors
/// When the file cannot be read, is too long to be a secret, or when the secret is empty.
pub fn read(source: &SecretSource) -> Result<Secret, SecretError> {
    let (secret, place) = match source {
        SecretSource::File(path) => (read_file(path)?, path.display().to_string()),
        SecretSource::Environment { name, value } => (value.clone(), format!("the variable {name}")),
    };
    if secret.is_empty() { Err(SecretError::Empty { place }) } else { Ok(Secret(secret)) }
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|source| SecretError::Unreadable { path: path.to_owned(), source })?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err(SecretError::TooLong { path: path.to_owned() });
    }
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn file(content: &[u8]) -> (tempfile::TempDir, SecretSource) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, content).unwrap();
        (dir, SecretSource::File(path))
    }

    #[test]
    fn the_line_end_of_a_file_is_not_part_of_the_secret_but_a_space_is() {
        for content in [" s3cret ", " s3cret \n", " s3cret \r\n"] {
            let (_dir, source) = file(content.as_bytes());
            assert_eq!(read(&source).unwrap().expose(), " s3cret ");
        }
    }

    #[test]
    fn a_rotated_file_gives_the_new_secret() {
        let (_dir, source) = file(b"old");
        let SecretSource::File(path) = &source else { unreachable!() };
        assert_eq!(read(&source).unwrap().expose(), "old");
        std::fs::write(path, "new").unwrap();
        assert_eq!(read(&source).unwrap().expose(), "new");
    }

    #[test]
    fn errors_name_the_place_and_never_the_content() {
        let missing = read(&SecretSource::File("/nonexistent/key".into())).unwrap_err();
        assert!(missing.to_string().contains("/nonexistent/key"), "{missing}");
        assert!(missing.source().is_some());
        let empty = SecretSource::Environment { name: "HOOK".into(), value: String::new() };
        assert!(read(&empty).unwrap_err().to_string().contains("HOOK"));
        let (_dir, source) = file(b"\n");
        assert!(matches!(read(&source), Err(SecretError::Empty { .. })));
        let (_dir, source) = file(&[b'x'; SECRET_BYTES_MAX as usize + 1]);
        assert!(matches!(read(&source), Err(SecretError::TooLong { .. })));
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let source = SecretSource::Environment { name: "HOOK".into(), value: "s3cret".into() };
        let shown = format!("{:?} {source:?}", read(&source).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
