//! A line to the receiver: one connection after the other, and what is done about the end of each.
//!
//! Nobody says what of a connection arrived, so what was written last is written again on the next one. That is not left
//! to the next alert where a connection ends soon after a message: the message may never have been read, the next one may
//! be an hour away, and a Postern that is stopped meanwhile would have forgotten it. It is done once for each time that
//! something was told. A receiver that ends every connection after a while would otherwise be sent the same for ever,
//! and what is told next repeats it anyway.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::connection::{Connection, connected};
use super::fault::fault;
use super::tls::Tls;
use super::window::Window;
use crate::config::{SyslogFraming, SyslogSink};
use crate::deliver::decision::Fault;
use crate::deliver::words::sanitised;

/// A connection that ends later than this after a message was closed for idleness: a receiver that reads at all has read
/// the message by then.
const DOUBT: Duration = Duration::from_secs(60);

/// One attempt to write again what is in doubt.
const REPAIR_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two of them, at first and at last.
const REPAIR_WAIT_MIN: Duration = Duration::from_millis(500);
const REPAIR_WAIT_MAX: Duration = Duration::from_secs(60);

/// Writes messages to one connection after the other.
pub(super) struct Stream {
    line: Arc<Mutex<Line>>,
    /// At most one task, which has the line while there is nothing to tell.
    keeper: JoinSet<()>,
}

struct Line {
    address: String,
    tls: Option<Tls>,
    framing: SyslogFraming,
    connection: Option<Connection>,
    written: Window,
}

impl Stream {
    pub(super) fn new(config: &SyslogSink, tls: Option<Tls>) -> Self {
        let line = Line {
            address: config.address.clone(),
            tls,
            framing: config.framing,
            connection: None,
            written: Window::new(config.resend_max),
        };
        Self { line: Arc::new(Mutex::new(line)), keeper: JoinSet::new() }
    }

    /// Writes the messages, all or none.
    ///
    /// # Cancellation
    /// A connection with half a message in it is of no use any more, so it is closed. What was written before is kept.
    pub(super) async fn send(&mut self, messages: &[String]) -> Result<(), Fault> {
        self.keeper.shutdown().await;
        let mut line = self.line.lock().await;
        line.send(messages).await?;
        if !line.written.is_empty() {
            self.keeper.spawn(keep(Arc::clone(&self.line)));
        }
        Ok(())
    }

    /// Whether somebody takes a connection, and with TLS is whom we expect.
    pub(super) async fn probe(&mut self) -> Result<String, Fault> {
        self.keeper.shutdown().await;
        let mut connection = self.line.lock().await.connect().await?;
        connection.await_objection().await?;
        Ok("a connection is taken; `postern test-alert` shows whether messages arrive".to_owned())
    }
}

/// Makes up for a connection that ends while it is in doubt what of it was read. Can be dropped at any time: what is
/// told next does the same.
async fn keep(line: Arc<Mutex<Line>>) {
    let mut line = line.lock().await;
    let Ok(end) = timeout(DOUBT, line.ended()).await else { return };
    warn!(address = line.address, reason = sanitised(&end.reason), "what was written last is written again");
    let mut wait = REPAIR_WAIT_MIN;
    loop {
        match timeout(REPAIR_TIMEOUT, line.send(&[])).await {
            Ok(Ok(())) => return info!(address = line.address, "what was written last has been written again"),
            Ok(Err(fault)) => warn!(address = line.address, reason = sanitised(&fault.reason), ?wait, "not yet"),
            Err(_) => warn!(address = line.address, reason = "no room for it", ?wait, "not yet"),
        }
        sleep(wait).await;
        wait = REPAIR_WAIT_MAX.min(wait * 2);
    }
}

impl Line {
    /// Writes the messages behind what a new connection has to repeat.
    async fn send(&mut self, messages: &[String]) -> Result<(), Fault> {
        let frames: Vec<_> = messages.iter().map(|message| framed(self.framing, message)).collect();
        let mut connection = match self.open().await {
            Some(connection) => connection,
            None => self.renewed().await?,
        };
        connection.write(frames.iter()).await?;
        connection.await_objection().await?;
        self.connection = Some(connection);
        frames.into_iter().for_each(|frame| self.written.push(frame));
        Ok(())
    }

    /// The connection, if the receiver has not closed it.
    async fn open(&mut self) -> Option<Connection> {
        self.connection.take()?.open().await
    }

    /// Completes when the connection ends.
    async fn ended(&mut self) -> Fault {
        let Some(connection) = &mut self.connection else { return Fault::retry("there is no connection") };
        let end = connection.ended().await;
        self.connection = None;
        end
    }

    /// A new connection, on which what was written last has been written again.
    async fn renewed(&self) -> Result<Connection, Fault> {
        let mut connection = self.connect().await?;
        connection.write(self.written.frames()).await?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let failed = |error| fault(&format!("connecting to {}", self.address), &error);
        let stream = connected(&self.address).await.map_err(failed)?;
        let Some(tls) = &self.tls else { return Ok(Connection::new(stream)) };
        let stream = tls.connector()?.connect(self.server_name()?, stream).await.map_err(failed)?;
        Ok(Connection::new(stream))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_counted_and_not_characters() {
        assert_eq!(framed(SyslogFraming::OctetCounting, "<14>1 ä"), "8 <14>1 ä".as_bytes());
        assert_eq!(framed(SyslogFraming::Lf, "<14>1 ä"), "<14>1 ä\n".as_bytes());
    }
}
