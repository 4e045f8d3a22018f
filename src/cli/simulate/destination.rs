//! Where a stream can go.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::kafka::Topic;
use super::options::Options;
use super::webhook::Webhook;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// A file, a topic or a webhook.
pub(super) enum Destination {
    /// One payload a line.
    File(Output),
    /// The same, compressed in memory, a piece at a time.
    Gzip(GzEncoder<Vec<u8>>, Output),
    /// One message a payload.
    Topic(Topic),
    /// One request a payload.
    Webhook(Webhook),
}

impl Destination {
    /// Opens what the options name.
    pub(super) fn open(options: &Options) -> Result<Self, Failure> {
        match (&options.bootstrap, &options.topic, &options.url) {
            (Some(bootstrap), Some(topic), _) => Topic::open(bootstrap, topic).map(Self::Topic),
            (_, _, Some(url)) => Webhook::open(url, options.bearer_file.as_deref()).map(Self::Webhook),
            _ if options.gzip => {
                let encoder = GzEncoder::new(Vec::new(), Compression::fast());
                Ok(Self::Gzip(encoder, Output::create(&options.out)?))
            }
            _ => Output::create(&options.out).map(Self::File),
        }
    }

    /// Sends one payload.
    pub(super) fn send(&mut self, tenant: &str, payload: &str) -> Result<(), Failure> {
        match self {
            Self::File(output) => output.write(payload.as_bytes()).and_then(|()| output.write(b"\n")),
            Self::Gzip(encoder, output) => {
                encoder
                    .write_all(payload.as_bytes())
                    .and_then(|()| encoder.write_all(b"\n"))
                    .map_err(Failure::dependency)?;
                output.write(encoder.get_ref())?;
                encoder.get_mut().clear();
                Ok(())
            }
            Self::Topic(topic) => topic.send(tenant, payload),
            Self::Webhook(webhook) => webhook.send(payload),
        }
    }

    /// Waits until everything has arrived.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::File(output) => output.finish(),
            Self::Gzip(encoder, mut output) => {
                output.write(&encoder.finish().map_err(Failure::dependency)?)?;
                output.finish()
            }
            Self::Topic(topic) => topic.finish(),
            Self::Webhook(_) => Ok(()),
        }
    }
}
