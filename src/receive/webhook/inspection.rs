//! From the bytes of an authenticated body to a slice; whatever they are, every one of them is accounted for.

use std::borrow::Cow;
use std::io::{self, Read};

use axum::http::{HeaderMap, header};
use flate2::bufread::MultiGzDecoder;

use super::envelope;
use super::refusal::Refusal;
use crate::detector::{Arrival, DEAD_LETTER_BYTES_MAX, DeadLetter, Inspector, Outcome, Slice};
use crate::event::Time;

/// How many times its size a body may inflate to. Telemetry in JSON comes to 30.
const INFLATION_MAX: usize = 100;
/// What any body may inflate to, however small it is: a few repeated records compress very well.
const INFLATED_BYTES_ALWAYS: usize = 1024 * 1024;

/// The work on one body.
pub(super) struct Inspection {
    pub(super) inspector: Inspector,
    /// The webhook's name and a number of the request, so that dead letters of different requests stay different.
    pub(super) origin: String,
    pub(super) arrival: Time,
    pub(super) encoding: Encoding,
    pub(super) is_enveloped: bool,
    pub(super) inflated_bytes_max: usize,
}

impl Inspection {
    /// Inflates, unwraps and inspects.
    pub(super) fn run(&self, wire: &[u8]) -> Slice {
        let mut slice = Slice::default();
        match self.encoding.decode(wire, self.inflated_bytes_max) {
            Ok(body) => self.inspect(&body, &mut slice),
            Err(fault) => self.put_aside(&fault, wire, &mut slice),
        }
        slice.bytes = wire.len() as u64;
        slice
    }

    fn inspect(&self, body: &[u8], slice: &mut Slice) {
        let arrival = Arrival { origin: &self.origin, offset: 0, time: Some(self.arrival) };
        let payloads = if self.is_enveloped { envelope::payloads(body) } else { vec![body] };
        for payload in payloads {
            self.inspector.inspect(payload, arrival, slice, &mut |_| {});
        }
    }

    fn put_aside(&self, fault: &InflateFault, wire: &[u8], slice: &mut Slice) {
        let letter = DeadLetter {
            reason: fault.reason().to_owned(),
            detail: fault.to_string(),
            origin: self.origin.clone(),
            raw: wire[..wire.len().min(DEAD_LETTER_BYTES_MAX)].to_vec(),
        };
        slice.dead_letters.push((0, letter));
        slice.outcomes.count(Outcome::Undecodable);
    }
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Identity,
    /// gzip, of one member or several.
    Gzip,
}

impl Encoding {
    /// The encoding that the head names.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Ok(Self::Identity) };
        match encoding.as_bytes().to_ascii_lowercase().as_slice() {
            b"identity" => Ok(Self::Identity),
            b"gzip" | b"x-gzip" => Ok(Self::Gzip),
            _ => Err(Refusal::Encoding),
        }
    }

    fn decode(self, wire: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, InflateFault> {
        match self {
            Self::Identity => Ok(wire.into()),
            Self::Gzip => inflate(wire, bytes_max).map(Cow::from),
        }
    }
}

/// Why a body cannot be inflated.
#[derive(Debug, thiserror::Error)]
enum InflateFault {
    #[error("the body is not gzip, although its Content-Encoding says so: {0}")]
    NotGzip(io::Error),
    #[error("the body inflates to more than {bytes_max} bytes; send smaller batches")]
    TooFar { bytes_max: usize },
}

impl InflateFault {
    const fn reason(&self) -> &'static str {
        match self {
            Self::NotGzip(_) => "not_gzip",
            Self::TooFar { .. } => "inflates_too_far",
        }
    }
}

/// Inflates, and stops where it goes too far; never more than a byte beyond is held.
fn inflate(wire: &[u8], bytes_max: usize) -> Result<Vec<u8>, InflateFault> {
    let by_ratio = wire.len().saturating_mul(INFLATION_MAX).max(INFLATED_BYTES_ALWAYS);
    let bytes_max = bytes_max.min(by_ratio);
    let mut inflated = Vec::new();
    let mut limited = MultiGzDecoder::new(wire).take(bytes_max as u64 + 1);
    limited.read_to_end(&mut inflated).map_err(InflateFault::NotGzip)?;
    if inflated.len() > bytes_max { Err(InflateFault::TooFar { bytes_max }) } else { Ok(inflated) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_inflates_to_its_limit_and_no_further() {
        let body = b"0123456789".repeat(20_000);
        assert_eq!(inflate(&gzip(&body), body.len()).unwrap(), body);
        assert!(matches!(inflate(&gzip(&body), body.len() - 1), Err(InflateFault::TooFar { .. })));
        assert_eq!(inflate(&[gzip(b"a"), gzip(b"b")].concat(), 9).unwrap(), b"ab");
    }

    #[test]
    fn a_bomb_is_stopped_by_its_ratio_long_before_the_limit() {
        let bomb = gzip(&vec![0; 20 << 20]);
        let Err(InflateFault::TooFar { bytes_max }) = inflate(&bomb, usize::MAX - 1) else { panic!("it went off") };
        assert!(bytes_max <= bomb.len() * INFLATION_MAX, "{bytes_max}");
    }

    #[test]
    fn what_is_no_gzip_says_so() {
        for wire in [&b"{}"[..], b"", &gzip(b"abc")[..10], &[gzip(b"a"), b"trailing".to_vec()].concat()] {
            assert!(matches!(inflate(wire, 1_000), Err(InflateFault::NotGzip(_))), "{wire:?}");
        }
    }

    #[test]
    fn encodings_other_than_gzip_are_refused() {
        let of =
            |value: &str| Encoding::of(&HeaderMap::from_iter([(header::CONTENT_ENCODING, value.parse().unwrap())]));
        assert!(matches!(Encoding::of(&HeaderMap::new()), Ok(Encoding::Identity)));
        assert!(matches!(of("GZip"), Ok(Encoding::Gzip)));
        for unknown in ["br", "gzip, gzip", ""] {
            assert!(matches!(of(unknown), Err(Refusal::Encoding)), "{unknown}");
        }
    }
}
