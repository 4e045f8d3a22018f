//! JSON Lines, written where writing can block for as long as it likes: a full pipe, a dead network file system.
//!
//! A thread of its own does it. The runtime's pool would do as well until the process stops: it waits for its threads,
//! and one that is stuck in a write would keep the process from ending.

use std::io;
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use super::DeliverError;
use super::decision::{Fault, Sent};
use super::format::told;
use crate::config::Format;
use crate::ledger::Entry;

/// A thread that writes lines; it ends when this is dropped.
pub(super) struct LineThread {
    format: Format,
    jobs: Sender<Job>,
}

struct Job {
    lines: Vec<u8>,
    done: oneshot::Sender<io::Result<()>>,
}

impl LineThread {
    /// Starts the thread. `write` returns when the lines, each with its end, are as safe as they can be.
    pub(super) fn spawn(
        sink: &str,
        format: Format,
        write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, DeliverError> {
        let (jobs, queue) = crossbeam_channel::bounded(1);
        thread::Builder::new()
            .name(format!("sink-{sink}"))
            .spawn(move || serve(&queue, write))
            .map_err(|source| DeliverError::Thread { sink: sink.to_owned(), source })?;
        Ok(Self { format, jobs })
    }

    /// Writes a batch: all of it, or it has to be written again.
    pub(super) async fn write(&self, batch: &[Entry]) -> Sent {
        let mut lines = Vec::new();
        for (place, entry) in batch.iter().enumerate() {
            match told(entry, self.format) {
                Ok(line) => lines.extend_from_slice(line.as_bytes()),
                Err(fault) if place == 0 => return fault.into(),
                // What is before it is written first.
                Err(_) => return Box::pin(self.write(&batch[..place])).await,
            }
            lines.push(b'\n');
        }
        let (done, answer) = oneshot::channel();
        match self.jobs.try_send(Job { lines, done }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Fault::retry("the last write has not ended yet").into(),
            Err(TrySendError::Disconnected(_)) => return gone().into(),
        }
        match answer.await {
            Ok(Ok(())) => Sent::accepted(batch.len()),
            Ok(Err(error)) => fault(&error).into(),
            Err(_) => gone().into(),
        }
    }
}

fn serve(queue: &Receiver<Job>, mut write: impl FnMut(&[u8]) -> io::Result<()>) {
    for job in queue {
        // Behind a write that hung, the driver gave up waiting and will come again with the same lines.
        if !job.done.is_closed() {
            let _ = job.done.send(write(&job.lines));
        }
    }
}

fn fault(error: &io::Error) -> Fault {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    match error.kind() {
        NotFound | PermissionDenied | IsADirectory | NotADirectory | ReadOnlyFilesystem => {
            Fault::hold(error.to_string())
        }
        _ => Fault::retry(error.to_string()),
    }
}

fn gone() -> Fault {
    Fault::retry("the writing thread has ended; restart postern")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::deliver::decision::Remedy;
    use crate::deliver::harness::entries;

    const MOMENT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn what_was_given_up_behind_a_write_that_hung_is_not_written() {
        let (begin, begun) = crossbeam_channel::unbounded();
        let (release, released) = crossbeam_channel::unbounded::<()>();
        let write = move |lines: &[u8]| {
            begin.send(lines.to_vec()).map_err(io::Error::other)?;
            released.recv().map_err(io::Error::other)
        };
        let thread = LineThread::spawn("test", Format::Native, write).unwrap();
        let hanging = entries(&["hangs"]);
        let mut attempt = Box::pin(thread.write(&hanging));
        while begun.is_empty() {
            assert!(timeout(MOMENT, &mut attempt).await.is_err());
        }
        drop(attempt);
        assert_eq!(begun.recv().unwrap(), b"hangs\n");
        assert!(timeout(MOMENT, thread.write(&entries(&["given up"]))).await.is_err());
        let sent = thread.write(&entries(&["no room"])).await;
        assert_eq!(sent, Fault::retry("the last write has not ended yet").into());
        release.send(()).unwrap();
        release.send(()).unwrap();
        while !thread.write(&entries(&["last"])).await.has_accepted() {
            tokio::task::yield_now().await;
        }
        assert_eq!(begun.recv().unwrap(), b"last\n");
    }

    #[test]
    fn a_missing_directory_needs_an_operator_and_a_full_disk_only_time() {
        assert_eq!(fault(&io::ErrorKind::NotFound.into()).remedy, Remedy::Hold);
        assert_eq!(fault(&io::ErrorKind::PermissionDenied.into()).remedy, Remedy::Hold);
        assert_eq!(fault(&io::ErrorKind::StorageFull.into()).remedy, Remedy::Retry(None));
        assert_eq!(fault(&io::ErrorKind::BrokenPipe.into()).remedy, Remedy::Retry(None));
    }
}
