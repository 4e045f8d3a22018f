//! Datagrams (RFC 5426): a message each, and no word of whether it arrived.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{UdpSocket, lookup_host};
use tokio::time::sleep;

use super::fault::fault;
use crate::deliver::decision::Fault;

/// How long a receiver that is not there is waited for to be reported: a host that is near says so at once (ICMP).
const OBJECTION_WAIT: Duration = Duration::from_millis(10);

/// Sends datagrams.
pub(super) struct Udp {
    address: String,
}

impl Udp {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Sends the messages; how many of them are on their way, and what went wrong with the next. The name is resolved
    /// for each attempt, because nothing else would show that the receiver has moved.
    pub(super) async fn send(&mut self, messages: &[String]) -> (usize, Option<Fault>) {
        let failed = |error: &io::Error| Some(fault(&format!("sending to {}", self.address), error));
        let socket = match self.socket().await {
            Ok(socket) => socket,
            Err(error) => return (0, failed(&error)),
        };
        for (sent, message) in messages.iter().enumerate() {
            if let Err(error) = socket.send(message.as_bytes()).await {
                // The error may be about the one before.
                return (sent.saturating_sub(1), failed(&error));
            }
        }
        sleep(OBJECTION_WAIT).await;
        match socket.take_error() {
            Ok(None) => (messages.len(), None),
            Ok(Some(error)) | Err(error) => (0, failed(&error)),
        }
    }

    /// Whether the name has an address; a datagram is answered by nobody.
    pub(super) async fn probe(&self) -> Result<String, Fault> {
        self.socket().await.map_err(|error| fault(&format!("sending to {}", self.address), &error))?;
        Ok("the address is known; nothing says whether a datagram arrives".to_owned())
    }

    async fn socket(&self) -> io::Result<UdpSocket> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(&self.address).await? {
            match connected(address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn connected(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}
