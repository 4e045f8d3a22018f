//! The standard output: one line of JSON an alert, for pipes and containers.

use std::io::{self, Write};

use super::decision::{Fault, Sent};
use super::lines::LineThread;
use super::{DeliverError, Sink};
use crate::config::StdoutSink;
use crate::ledger::Entry;

/// Writes to the standard output.
pub(super) struct Stdout(LineThread);

impl Stdout {
    pub(super) fn new(name: &str, config: &StdoutSink) -> Result<Self, DeliverError> {
        let mut pipe = Pipe { to: io::stdout(), torn: false };
        LineThread::spawn(name, config.format, move |lines| pipe.write(lines)).map(Self)
    }
}

impl Sink for Stdout {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.0.write(batch).await
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        Ok("whoever reads the standard output gets alerts".to_owned())
    }
}

/// A stream that cannot be cut: after a failed write nobody knows how much of the last line is out.
struct Pipe<W> {
    to: W,
    torn: bool,
}

impl<W: Write> Pipe<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.torn {
            self.to.write_all(b"\n")?;
        }
        self.torn = true;
        self.to.write_all(lines)?;
        self.to.flush()?;
        self.torn = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and is full then, until it is emptied.
    struct Disk {
        free: usize,
        bytes: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.free);
            self.free -= taken;
            self.bytes.extend_from_slice(&bytes[..taken]);
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_torn_line_the_next_one_is_not_glued_to_it() {
        let mut pipe = Pipe { to: Disk { free: 3, bytes: Vec::new() }, torn: false };
        assert!(pipe.write(b"{}\n{}\n").is_err());
        pipe.to.free = 100;
        pipe.write(b"{1}\n").unwrap();
        pipe.write(b"{2}\n").unwrap();
        assert_eq!(pipe.to.bytes, b"{}\n\n{1}\n{2}\n");
    }
}
