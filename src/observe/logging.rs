//! Logs on standard error, so that standard output stays free for what a command is asked for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// What is logged where `RUST_LOG` says nothing: ours, and what is wrong elsewhere.
const DEFAULT_FILTER: &str = "warn,postern=info";

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON, unless a person reads along.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For a person.
    Compact,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// `RUST_LOG` cannot be read.
    #[error("RUST_LOG is not a filter; write it as in RUST_LOG=warn,postern=debug")]
    Filter(#[source] tracing_subscriber::filter::FromEnvError),
    /// Somebody logs already.
    #[error("the log has been started already; start it once")]
    Started(#[source] TryInitError),
}

/// Starts the log of this process. What comes from outside belongs into fields, which both formats escape.
///
/// # Errors
/// When `RUST_LOG` is no filter, or when it was called before.
pub fn init_logging(format: LogFormat) -> Result<(), LogError> {
    let filter = match std::env::var_os(EnvFilter::DEFAULT_ENV) {
        Some(_) => EnvFilter::try_from_default_env().map_err(LogError::Filter)?,
        None => EnvFilter::new(DEFAULT_FILTER),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let is_terminal = std::io::stderr().is_terminal();
    let outcome = if format == LogFormat::Json || (format == LogFormat::Auto && !is_terminal) {
        builder.json().flatten_event(true).finish().try_init()
    } else {
        builder.compact().with_ansi(is_terminal).finish().try_init()
    };
    outcome.map_err(LogError::Started)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_an_attacker_wrote_stays_in_its_field_and_on_its_line() {
        let hostile = "x\u{1b}[2J\r\n{\"level\":\"ERROR\"}";
        let warn = || tracing::warn!(subject = hostile, "a subject");
        let page = Page::default();
        let [json, compact] = [(); 2].map(|()| {
            let page = page.clone();
            tracing_subscriber::fmt().with_writer(move || page.clone())
        });
        tracing::subscriber::with_default(json.json().flatten_event(true).finish(), warn);
        tracing::subscriber::with_default(compact.compact().with_ansi(false).finish(), warn);

        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!((&first["subject"], &first["level"]), (&hostile.into(), &"WARN".into()));
    }
}
