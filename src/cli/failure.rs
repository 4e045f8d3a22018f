//! How a command ends: for programs as a number, for people as an error with its causes.

use std::io;
use std::process::ExitCode;

use super::config;

/// The exit codes; public and stable, scripts test them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// `--fail-on` found what it was told to look for; an evaluation does not pass its gates.
    Matched = 1,
    /// The arguments or the configuration are wrong (clap uses the same number).
    Usage = 2,
    /// The input cannot be read.
    Input = 3,
    /// Something that is depended on failed: a disk, a broker, a server.
    Dependency = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends the command, and with which code.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// The arguments or the configuration are wrong.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    /// The input cannot be read.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Input, error: error.into() }
    }

    /// Something that is depended on failed.
    pub fn dependency(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Dependency, error: error.into() }
    }

    /// Tells a person, and gives the code to end with. A reader that has seen enough and closed the pipe is no error.
    #[must_use]
    pub fn report(&self) -> Exit {
        if self.is_closed_pipe() {
            return Exit::Done;
        }
        if let Some(error) = self.error.downcast_ref() {
            config::tell(error);
            return self.exit;
        }
        anstream::eprintln!("{}: {}", super::paint::BAD.paint("error"), self.error);
        for cause in self.error.chain().skip(1) {
            anstream::eprintln!("  caused by: {cause}");
        }
        self.exit
    }

    fn is_closed_pipe(&self) -> bool {
        let is_closed = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
        self.exit == Exit::Dependency && self.error.chain().filter_map(|cause| cause.downcast_ref()).any(is_closed)
    }
}
