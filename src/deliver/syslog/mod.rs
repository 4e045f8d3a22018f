//! RFC 5424 messages, over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425).
//!
//! Syslog has no acknowledgement. What was written is taken as delivered, as far as one can see: the receiver is given
//! a moment to object, the end of a connection is noticed, and what was written last before it, which is never less than
//! what may still wait in our own system, is written again on the next one. So a message can arrive twice, and where the
//! receiver itself loses what it had taken, it is lost: a sink that acknowledges is the better choice where there is one.

mod connection;
mod encode;
mod fault;
mod shorten;
mod stream;
mod tls;
mod udp;
mod window;

#[cfg(test)]
mod tests;

use super::decision::{Fate, Fault, Sent};
use super::{DeliverError, Sink};
use crate::config::{SyslogSink, SyslogTransport};
use crate::ledger::Entry;
use encode::Encoder;
use stream::Stream;
use tls::Tls;
use udp::Udp;

/// As much is sent in one attempt, but one message at least: a slow receiver has to manage it within the timeout.
const ATTEMPT_BYTES_MAX: usize = 256 << 10;

/// Sends to a receiver.
pub(super) struct Syslog {
    encoder: Encoder,
    wire: Wire,
}

/// How messages travel.
enum Wire {
    Udp(Udp),
    Stream(Stream),
}

impl Syslog {
    pub(super) fn new(name: &str, config: &SyslogSink) -> Result<Self, DeliverError> {
        let wire = match &config.transport {
            SyslogTransport::Udp => Wire::Udp(Udp::new(&config.address)),
            SyslogTransport::Tcp => Wire::Stream(Stream::new(config, None)),
            SyslogTransport::Tls { trust, client } => {
                Wire::Stream(Stream::new(config, Some(Tls::new(name, trust, client.as_ref())?)))
            }
        };
        Ok(Self { encoder: Encoder::new(config), wire })
    }

    /// The messages at the front, and what became of each entry that was looked at: open where it is a message.
    fn encode(&self, batch: &[Entry]) -> (Vec<String>, Vec<Fate>) {
        let (mut messages, mut fates, mut bytes) = (Vec::<String>::new(), Vec::new(), 0);
        for entry in batch {
            match self.encoder.message(entry) {
                Ok(message) => {
                    bytes += message.len();
                    if bytes > ATTEMPT_BYTES_MAX && !messages.is_empty() {
                        break;
                    }
                    messages.push(message);
                    fates.push(Fate::Open);
                }
                Err(Fault { reason, .. }) => fates.push(Fate::Refused(reason)),
            }
        }
        (messages, fates)
    }
}

impl Sink for Syslog {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let (messages, mut fates) = self.encode(batch);
        let (sent, fault) = match &mut self.wire {
            _ if messages.is_empty() => (0, None),
            Wire::Udp(udp) => udp.send(&messages).await,
            Wire::Stream(stream) => match stream.send(&messages).await {
                Ok(()) => (messages.len(), None),
                Err(fault) => (0, Some(fault)),
            },
        };
        for fate in fates.iter_mut().filter(|fate| **fate == Fate::Open).take(sent) {
            *fate = Fate::Accepted;
        }
        Sent::each(fates, fault)
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        match &mut self.wire {
            Wire::Udp(udp) => udp.probe().await,
            Wire::Stream(stream) => stream.probe().await,
        }
    }
}
