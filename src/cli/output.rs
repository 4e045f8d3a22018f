//! Files that a command writes, or standard output.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::failure::Failure;

/// Few enough writes that the disk is what limits them.
const BUFFER_BYTES: usize = 256 << 10;

/// A file in the making. It is complete only after [`Output::finish`], which also says whether it could be written.
pub(super) struct Output {
    path: PathBuf,
    writer: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Creates the file, or takes standard output for `-`.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let writer: Box<dyn Write> = if is_standard(path) {
            Box::new(io::stdout().lock())
        } else {
            let created = File::create(path).with_context(|| format!("cannot create {}", path.display()));
            Box::new(created.map_err(Failure::dependency)?)
        };
        Ok(Self { path: path.to_owned(), writer: BufWriter::with_capacity(BUFFER_BYTES, writer) })
    }

    /// Writes bytes as they are.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.writer.write_all(bytes);
        self.told(written)
    }

    /// Writes a line of JSON.
    pub(super) fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut self.writer, value)
            .map_err(io::Error::from)
            .and_then(|()| self.writer.write_all(b"\n"));
        self.told(written)
    }

    /// Writes what is still held back.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let flushed = self.writer.flush();
        self.told(flushed)
    }

    fn told(&self, result: io::Result<()>) -> Result<(), Failure> {
        let context = || format!("cannot write {}; is the disk full?", self.path.display());
        result.with_context(context).map_err(Failure::dependency)
    }
}

/// Whether the path stands for standard input or output.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Prints a page for a person, with its styles where they can be seen.
pub(super) fn print(page: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush());
    printed.context("cannot write to standard output").map_err(Failure::dependency)
}

/// Prints a page to standard error, where standard output belongs to a program.
pub(super) fn print_aside(page: &str) -> Result<(), Failure> {
    let mut stderr = anstream::stderr().lock();
    let printed = stderr.write_all(page.as_bytes());
    printed.context("cannot write to standard error").map_err(Failure::dependency)
}

/// Whether progress can be seen by anybody.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
