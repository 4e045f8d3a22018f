//! A real program that is started, ended, frozen and started again, each time with the same ports and the same folder.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::leash::Leashed;

/// Seconds are usual; two slow cores that also compile need many times that.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// Between two looks at a starting program.
const LOOK: Duration = Duration::from_millis(20);

/// The last lines of the log that a failure shows.
const LOG_TAIL_LINES: usize = 40;

/// Inside the program's folder.
const LOG: &str = "output.log";

/// A new folder for a program: of one's own, below the system's folder for temporary files.
///
/// # Panics
/// When that is not writable.
#[must_use]
pub fn new_home(name: &str) -> TempDir {
    tempfile::Builder::new().prefix(&format!("postern-{name}-")).tempdir().expect("a temporary folder")
}

/// The program; it ends, and its folder goes, when this is dropped or the test process ends in any way.
pub struct Daemon {
    // Dropped before the folder it lives in.
    process: Option<Leashed>,
    home: TempDir,
    command: Command,
    is_ready: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Daemon {
    /// Starts a program that may use a folder, and returns when it is ready. Its environment is the test's.
    ///
    /// # Panics
    /// When it ends instead, or is not ready in three minutes.
    pub fn start(home: TempDir, command: Command, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let mut daemon = Self { process: None, home, command, is_ready: Box::new(is_ready) };
        daemon.launch();
        daemon
    }

    /// Its folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Stops it in good order, as an administrator does, even when frozen.
    pub fn stop(&mut self) {
        self.go_on();
        self.end_with("TERM");
    }

    /// Stops it at once, as a power cut does.
    pub fn kill(&mut self) {
        self.end_with("KILL");
    }

    /// Starts it again, in the same place; stops it in good order first if it still runs.
    ///
    /// # Panics
    /// As [`Daemon::start`].
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Has it do nothing more, though its connections stay open and the system still takes new ones for it. Holds soon
    /// after this returns.
    pub fn freeze(&mut self) {
        self.send("STOP");
    }

    /// Has it go on.
    pub fn go_on(&mut self) {
        self.send("CONT");
    }

    fn send(&mut self, signal: &str) {
        if let Some(process) = &mut self.process {
            process.send(signal);
        }
    }

    fn end_with(&mut self, signal: &str) {
        if let Some(process) = self.process.take() {
            process.end_with(signal);
        }
    }

    fn launch(&mut self) {
        let log = File::options().create(true).append(true).open(self.home().join(LOG)).expect("a log can be written");
        let mut process = Leashed::spawn(&self.command, self.home(), &log);
        let deadline = Instant::now() + START_TIMEOUT;
        while !(self.is_ready)() {
            let name = self.command.get_program().display();
            let tail = || log_tail(self.home());
            assert!(process.is_running(), "{name} ended while starting; its log ends with\n{}", tail());
            assert!(
                Instant::now() < deadline,
                "{name} was not ready within {START_TIMEOUT:?}; its log ends with\n{}",
                tail()
            );
            std::thread::sleep(LOOK);
        }
        self.process = Some(process);
    }
}

fn log_tail(home: &Path) -> String {
    let log = fs::read_to_string(home.join(LOG)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}
