//! `postern config check` and `postern config print`, and how every command reads its configuration.
//!
//! Mistakes are written as compilers write theirs, `file:line:column: key: what to do`, so that a click in a terminal
//! or an editor lands on the line.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use super::failure::Failure;
use crate::config::{Config, ConfigError, Mistake, SinkConfig, effective};

/// `config check`: says that the file is fine, or everything that is wrong with it. Returns the exit code.
#[must_use]
pub fn check(path: &Path) -> u8 {
    told(load(path).map(|config| anstream::println!("ok: {}", summary(&config))))
}

/// `config print`: the effective configuration, secrets redacted. Returns the exit code.
#[must_use]
pub fn print(path: &Path) -> u8 {
    told(load(path).map(|config| anstream::print!("{}", effective(&config))))
}

/// Reads a configuration file, with the variables of this process.
///
/// # Errors
/// The file cannot be read, or what is in it is wrong.
pub fn load(path: &Path) -> Result<Config, LoadError> {
    let text = read(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    let environment = |name: &str| std::env::var(name).ok();
    Config::parse(&text, &environment).map_err(|source| LoadError::Mistaken { path: path.to_owned(), source })
}

/// The sink of that name.
///
/// # Errors
/// When there is none; which there are.
pub(super) fn sink<'c>(config: &'c Config, name: &str) -> Result<&'c SinkConfig, Failure> {
    config.sinks.iter().find(|sink| sink.name == name).ok_or_else(|| {
        let names: Vec<_> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
        let advice = if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") };
        Failure::usage(anyhow::anyhow!("there is no sink {name:?}; there is: {advice}"))
    })
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {}; name the configuration file, and see that it is UTF-8 text", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in it is wrong.
    #[error("{} cannot be used; `postern config check` says why", path.display())]
    Mistaken {
        /// The file.
        path: PathBuf,
        /// Every mistake.
        source: ConfigError,
    },
}

/// Says on standard error what is wrong, for a person to read; colours go where a terminal is.
pub fn tell(error: &LoadError) {
    match error {
        LoadError::Unreadable { source, .. } => anstream::eprintln!("{ERROR}error{ERROR:#}: {error}: {source}"),
        LoadError::Mistaken { path, source } => {
            source.mistakes.iter().for_each(|mistake| anstream::eprintln!("{}", Line { path, mistake }));
            anstream::eprintln!("{ERROR}error{ERROR:#}: {}", counted(source.mistakes.len(), "mistake"));
        }
    }
}

/// The exit code of usage and configuration errors.
const EXIT_CONFIGURATION: u8 = 2;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const PLACE: Style = Style::new().dimmed();
const KEY: Style = Style::new().bold();

fn told(done: Result<(), LoadError>) -> u8 {
    done.map_or_else(
        |error| {
            tell(&error);
            EXIT_CONFIGURATION
        },
        |()| 0,
    )
}

/// Reads the file, but not a device or a disk image that was named by mistake.
fn read(path: &Path) -> io::Result<String> {
    const BYTES_MAX: u64 = 16 << 20;
    let mut text = String::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    match text.len() as u64 > BYTES_MAX {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB")),
        false => Ok(text),
    }
}

fn summary(config: &Config) -> String {
    let tenants = counted(config.tenants.iter().count(), "tenant");
    let sources = counted(config.kafka_sources.len() + config.webhook_sources.len(), "source");
    format!("{tenants}, {sources}, {}", counted(config.sinks.len(), "sink"))
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// One mistake, with the file that it is in.
struct Line<'m> {
    path: &'m Path,
    mistake: &'m Mistake,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PLACE}{}", self.path.display())?;
        if let Some(at) = self.mistake.position {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ":{PLACE:#} ")?;
        if !self.mistake.path.is_empty() {
            write!(f, "{KEY}{}{KEY:#}: ", self.mistake.path)?;
        }
        f.write_str(&self.mistake.message)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TENANT: &str = "[[tenant]]\nid = '6f0c1d7e-0000-4000-8000-000000000001'\nname = 'contoso'\n";

    fn file(text: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postern.toml");
        fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn a_good_file_is_summed_up() {
        let (_directory, path) =
            file(format!("{TENANT}accepted_domains = ['contoso.com']\n[[sink.stdout]]").as_bytes());
        assert_eq!(summary(&load(&path).unwrap()), "1 tenant, 0 sources, 1 sink");
        assert_eq!((check(&path), print(&path)), (0, 0));
    }

    #[test]
    fn a_mistake_is_shown_with_its_file_and_place() {
        let (_directory, path) = file(TENANT.as_bytes());
        let Err(LoadError::Mistaken { source, .. }) = load(&path) else { panic!("accepted_domains is missing") };
        let line = Line { path: Path::new("postern.toml"), mistake: &source.mistakes[0] }.to_string();
        let plain = anstream::adapter::strip_str(&line).to_string();
        assert!(plain.starts_with("postern.toml:1:1: tenant[0].accepted_domains: missing; "), "{plain}");
        assert_eq!(check(&path), EXIT_CONFIGURATION);
    }

    #[test]
    fn a_file_that_is_missing_binary_or_endless_is_refused() {
        let (_directory, binary) = file(&[0xff, 0xfe, 0x00]);
        for path in [Path::new("/nonexistent/postern.toml"), &binary, Path::new("/dev/zero")] {
            assert!(matches!(load(path), Err(LoadError::Unreadable { .. })), "{}", path.display());
        }
    }

    #[test]
    fn the_byte_order_mark_of_a_windows_editor_is_no_mistake() {
        let text = format!("\u{feff}{TENANT}accepted_domains = ['contoso.com']");
        let (_directory, path) = file(text.as_bytes());
        assert!(load(&path).is_ok());
    }
}
