//! How sinks reach the ledger: a small asynchronous desk in front of the one thread that owns it.
//!
//! The commit loop owns the ledger and serves [`Request`]s between commits; a sink holds an [`Outbox`], which waits
//! until there is something after its cursor. Settling is lazy: a cursor rides along with the next commit, because
//! delivery is at least once anyway and a commit of its own would cost an fsync.

use tokio::sync::{oneshot, watch};

use super::{Cursor, Entry, Ledger, LedgerError, ReadLimit, Refusal, Stream, Transaction, Wanted};

/// What a sink asks of the ledger's owner.
#[derive(Debug)]
pub enum Request {
    /// Read entries.
    Read {
        /// Of this stream.
        stream: Stream,
        /// After this sequence number.
        after: u64,
        /// At most so much.
        limit: ReadLimit,
        /// To be answered here.
        reply: oneshot::Sender<Vec<Entry>>,
    },
    /// Read what the sink refused and an operator wants to be sent again.
    ReadWanted {
        /// The sink's name.
        sink: String,
        /// Of this stream.
        stream: Stream,
        /// At most so much.
        limit: ReadLimit,
        /// To be answered here.
        reply: oneshot::Sender<Wanted>,
    },
    /// Remember how far the sink has come.
    Settle(Cursor),
    /// Remember that the sink took an entry after all.
    Absolve(Cursor),
    /// Remember what the sink will never take.
    Refuse(Refusal),
}

/// A sink's view of its stream.
#[derive(Debug)]
pub struct Outbox {
    sink: String,
    stream: Stream,
    cursor: u64,
    requests: crossbeam_channel::Sender<Request>,
    last: watch::Receiver<u64>,
}

/// The ledger's owner is gone: the process is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ledger is closed")]
pub struct OutboxClosed;

impl Outbox {
    /// An outbox that begins after `cursor`. `last` tells the sequence number of the stream's last durable entry.
    #[must_use]
    pub const fn new(
        sink: String,
        stream: Stream,
        cursor: u64,
        requests: crossbeam_channel::Sender<Request>,
        last: watch::Receiver<u64>,
    ) -> Self {
        Self { sink, stream, cursor, requests, last }
    }

    /// How many entries are durable and not settled.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.last.borrow().saturating_sub(self.cursor)
    }

    /// Waits until there is something to tell, and reads it. What is not settled is read again.
    ///
    /// # Errors
    /// When the ledger is closed.
    ///
    /// # Cancellation
    /// Safe: nothing is lost.
    pub async fn next(&mut self, limit: ReadLimit) -> Result<Vec<Entry>, OutboxClosed> {
        loop {
            let cursor = self.cursor;
            self.last.wait_for(|last| *last > cursor).await.map_err(|_| OutboxClosed)?;
            let (reply, answer) = oneshot::channel();
            self.ask(Request::Read { stream: self.stream, after: cursor, limit, reply })?;
            match answer.await {
                Ok(entries) if entries.is_empty() => tokio::task::yield_now().await,
                Ok(entries) => return Ok(entries),
                Err(_) => return Err(OutboxClosed),
            }
        }
    }

    /// Reads what was refused and is to be sent again; mostly nothing.
    ///
    /// # Errors
    /// When the ledger is closed.
    pub async fn wanted(&self, limit: ReadLimit) -> Result<Wanted, OutboxClosed> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::ReadWanted { sink: self.sink.clone(), stream: self.stream, limit, reply })?;
        answer.await.map_err(|_| OutboxClosed)
    }

    /// Takes back that an entry was refused: it was accepted after all.
    ///
    /// # Errors
    /// When the ledger is closed.
    pub fn absolve(&self, sequence: u64) -> Result<(), OutboxClosed> {
        self.ask(Request::Absolve(Cursor { sink: self.sink.clone(), sequence }))
    }

    /// Settles every entry up to this one.
    ///
    /// # Errors
    /// When the ledger is closed.
    pub fn settle(&mut self, sequence: u64) -> Result<(), OutboxClosed> {
        self.cursor = sequence.max(self.cursor);
        self.ask(Request::Settle(Cursor { sink: self.sink.clone(), sequence: self.cursor }))
    }

    /// Keeps an entry as a dead letter of this sink: the receiver can never take it. It still has to be settled.
    ///
    /// # Errors
    /// When the ledger is closed.
    pub fn refuse(&mut self, sequence: u64, reason: String) -> Result<(), OutboxClosed> {
        self.ask(Request::Refuse(Refusal { sink: self.sink.clone(), sequence, reason }))
    }

    fn ask(&self, request: Request) -> Result<(), OutboxClosed> {
        self.requests.send(request).map_err(|_| OutboxClosed)
    }
}

impl Request {
    /// Answers a read, or adds a settlement to the transaction that is being gathered.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn serve(self, ledger: &mut dyn Ledger, pending: &mut Transaction) -> Result<(), LedgerError> {
        match self {
            Self::Read { stream, after, limit, reply } => {
                let entries = ledger.read(stream, after, limit)?;
                // A sink that no longer waits has been stopped; there is nobody to tell.
                let _ = reply.send(entries);
            }
            Self::ReadWanted { sink, stream, limit, reply } => {
                let _ = reply.send(ledger.wanted(&sink, stream, limit)?);
            }
            Self::Absolve(entry) => pending.absolved.push(entry),
            Self::Settle(cursor) => {
                pending.cursors.retain(|other| other.sink != cursor.sink);
                pending.cursors.push(cursor);
            }
            Self::Refuse(refusal) => pending.refusals.push(refusal),
        }
        Ok(())
    }
}
