//! A connection that is kept, and what is done about its end.
//!
//! Receivers send nothing back, so somebody reads all the time for one reason: to see the end as soon as it is there.
//! (That what they do send, such as tickets of TLS, is read also keeps the system from answering our close with a reset,
//! which would take messages along that are still on their way.)

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use super::fault::fault;
use super::tls::Tls;
use crate::config::{SyslogFraming, SyslogSink};
use crate::deliver::decision::Fault;

/// How long the receiver is given to object to the first messages of a connection. With TLS 1.3 the handshake is over
/// for us before it has looked at our certificate, and what stands in front of it may take a connection that it can hand
/// on to nobody: in both cases the first write works, and nothing would ever arrive.
const FIRST_OBJECTION_WAIT: Duration = Duration::from_millis(300);
/// How long it is given later: a reset by a receiver that is near is here by then.
const OBJECTION_WAIT: Duration = Duration::from_millis(10);

/// The most bytes that are kept to be sent again.
const RESEND_BYTES_MAX: usize = 4 << 20;

/// Writes messages to one connection after the other.
pub(super) struct Stream {
    address: String,
    tls: Option<Tls>,
    framing: SyslogFraming,
    connection: Option<Connection>,
    written: Window,
}

/// What was written last: sent again where the connection breaks, because nobody says what of it arrived.
struct Window {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    frames_max: usize,
}

trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Transport for T {}

/// A connection; closed when it is dropped.
struct Connection {
    writer: WriteHalf<Box<dyn Transport>>,
    /// One task, that ends when the connection does.
    watch: JoinSet<Fault>,
    is_new: bool,
}

impl Stream {
    pub(super) fn new(config: &SyslogSink, tls: Option<Tls>) -> Self {
        let written = Window { frames: VecDeque::new(), bytes: 0, frames_max: config.resend_max };
        Self { address: config.address.clone(), tls, framing: config.framing, connection: None, written }
    }

    /// Writes the messages, all or none.
    ///
    /// # Cancellation
    /// A connection with half a message in it is of no use any more, so it is closed.
    pub(super) async fn send(&mut self, messages: &[String]) -> Result<(), Fault> {
        let frames: Vec<_> = messages.iter().map(|message| framed(self.framing, message)).collect();
        let mut connection = match self.open().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        if connection.is_new {
            connection.write(self.written.frames.iter()).await?;
        }
        connection.write(frames.iter()).await?;
        connection.await_objection().await?;
        self.connection = Some(connection);
        frames.into_iter().for_each(|frame| self.written.push(frame));
        Ok(())
    }

    /// Whether somebody takes a connection, and with TLS is whom we expect.
    pub(super) async fn probe(&self) -> Result<String, Fault> {
        let mut connection = self.connect().await?;
        connection.await_objection().await?;
        Ok("a connection is taken; `postern test-alert` shows whether messages arrive".to_owned())
    }

    /// The connection, if the receiver has not closed it.
    async fn open(&mut self) -> Option<Connection> {
        let mut connection = self.connection.take()?;
        // Lets the executor look whether anything came.
        yield_now().await;
        match connection.watch.try_join_next() {
            None => Some(connection),
            Some(_) => None,
        }
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let failed = |error: io::Error| fault(&format!("connecting to {}", self.address), &error);
        let stream = TcpStream::connect(&self.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let Some(tls) = &self.tls else { return Ok(Connection::new(Box::new(stream))) };
        let stream = tls.connector()?.connect(self.server_name()?, stream).await.map_err(failed)?;
        Ok(Connection::new(Box::new(stream)))
    }

    /// Whose certificate it has to be: the host of the address.
    fn server_name(&self) -> Result<ServerName<'static>, Fault> {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        ServerName::try_from(host).map_err(|_| Fault::hold("no certificate can be for this address; write a host name"))
    }
}

/// RFC 6587, section 3.4. A message holds no line feed, so that one ends it.
fn framed(framing: SyslogFraming, message: &str) -> Vec<u8> {
    match framing {
        SyslogFraming::OctetCounting => format!("{} {message}", message.len()).into_bytes(),
        SyslogFraming::Lf => format!("{message}\n").into_bytes(),
    }
}

impl Connection {
    fn new(transport: Box<dyn Transport>) -> Self {
        let (reader, writer) = split(transport);
        let mut watch = JoinSet::new();
        watch.spawn(end(reader));
        Self { writer, watch, is_new: true }
    }

    async fn write(&mut self, frames: impl Iterator<Item = &Vec<u8>>) -> Result<(), Fault> {
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

    async fn await_objection(&mut self) -> Result<(), Fault> {
        let wait = if self.is_new { FIRST_OBJECTION_WAIT } else { OBJECTION_WAIT };
        self.is_new = false;
        match timeout(wait, self.watch.join_next()).await {
            Err(_) => Ok(()),
            Ok(Some(Ok(fault))) => Err(fault),
            Ok(_) => Err(Fault::retry("the connection ended")),
        }
    }
}

/// Completes when the connection ends.
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

impl Window {
    fn push(&mut self, frame: Vec<u8>) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while self.frames.len() > self.frames_max || self.bytes > RESEND_BYTES_MAX {
            let Some(oldest) = self.frames.pop_front() else { return };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_counted_and_not_characters() {
        assert_eq!(framed(SyslogFraming::OctetCounting, "<14>1 ä"), "8 <14>1 ä".as_bytes());
        assert_eq!(framed(SyslogFraming::Lf, "<14>1 ä"), "<14>1 ä\n".as_bytes());
    }

    #[test]
    fn the_window_keeps_the_latest_within_its_bounds() {
        let mut window = Window { frames: VecDeque::new(), bytes: 0, frames_max: 3 };
        (0..9_u8).for_each(|n| window.push(vec![n]));
        assert_eq!((Vec::from(window.frames.clone()), window.bytes), (vec![vec![6], vec![7], vec![8]], 3));
        window.push(vec![9; RESEND_BYTES_MAX]);
        assert_eq!((window.frames.len(), window.bytes), (1, RESEND_BYTES_MAX));
        window.push(vec![0; RESEND_BYTES_MAX + 1]);
        assert_eq!((window.frames.len(), window.bytes), (0, 0));
    }
}
