//! One connection, with or without TLS, and somebody who watches for its end.
//!
//! Receivers send nothing back, so somebody reads all the time for one reason: to see the end as soon as it is there.
//! (That what they do send, such as tickets of TLS, is read also keeps the system from answering our close with a reset,
//! which would take messages along that are still on their way.)

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use super::fault::fault;
use crate::deliver::decision::Fault;

/// How long the receiver is given to object to the first messages of a connection. With TLS 1.3 the handshake is over
/// for us before it has looked at our certificate, and what stands in front of it may take a connection that it can hand
/// on to nobody: in both cases the first write works, and nothing would ever arrive.
const FIRST_OBJECTION_WAIT: Duration = Duration::from_millis(300);
/// How long it is given later: a reset by a receiver that is near is here by then.
const OBJECTION_WAIT: Duration = Duration::from_millis(10);

/// What our system is asked to queue (`SO_SNDBUF`). What it has queued is lost with the connection, and left to itself it
/// queues megabytes for a receiver that stalls. Linux takes twice this, and a segment of up to 64 KiB more. At a round
/// trip of 100 ms it is enough for a thousand alerts a second.
pub(super) const SEND_BUFFER_BYTES: u32 = 64 << 10;

trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Transport for T {}

/// A connection; closed when it is dropped.
pub(super) struct Connection {
    writer: WriteHalf<Box<dyn Transport>>,
    /// One task, that ends when the connection does.
    watch: JoinSet<Fault>,
    is_new: bool,
}

/// Connects to the first address of the name that answers.
pub(super) async fn connected(address: &str) -> io::Result<TcpStream> {
    let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

impl Connection {
    pub(super) fn new(transport: impl AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static) -> Self {
        let (reader, writer) = split(Box::new(transport) as Box<dyn Transport>);
        let mut watch = JoinSet::new();
        watch.spawn(end(reader));
        Self { writer, watch, is_new: true }
    }

    pub(super) async fn write(&mut self, frames: impl Iterator<Item = &Vec<u8>>) -> Result<(), Fault> {
        let written = async {
            for frame in frames {
                self.writer.write_all(frame).await?;
            }
            self.writer.flush().await
        };
        let Err(error) = written.await else { return Ok(()) };
        // Where the receiver said why, that is the better reason.
        let said = timeout(OBJECTION_WAIT, self.watch.join_next()).await;
        Err(said.ok().flatten().and_then(Result::ok).unwrap_or_else(|| fault("writing", &error)))
    }

    pub(super) async fn await_objection(&mut self) -> Result<(), Fault> {
        let wait = if self.is_new { FIRST_OBJECTION_WAIT } else { OBJECTION_WAIT };
        self.is_new = false;
        timeout(wait, self.ended()).await.map_or(Ok(()), Err)
    }

    /// Completes when the connection ends, and once only.
    pub(super) async fn ended(&mut self) -> Fault {
        match self.watch.join_next().await {
            Some(Ok(fault)) => fault,
            _ => Fault::retry("the connection ended"),
        }
    }

    /// Itself, if the receiver has not closed it.
    pub(super) async fn open(mut self) -> Option<Self> {
        // Lets the executor look whether anything came.
        yield_now().await;
        self.watch.try_join_next().is_none().then_some(self)
    }
}

async fn end(mut reader: ReadHalf<Box<dyn Transport>>) -> Fault {
    let mut ignored = [0; 512];
    loop {
        match reader.read(&mut ignored).await {
            Ok(0) => return Fault::retry("the receiver closed the connection"),
            Ok(_) => {}
            Err(error) => return fault("the receiver ended the connection", &error),
        }
    }
}
