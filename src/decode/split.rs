//! Payloads to records.

use super::Limits;
use super::record::RawRecord;
use super::undecodable::{Reason, Undecodable};

/// Walks the records of one payload in order.
pub fn records<'a>(payload: &'a [u8], limits: &Limits, visit: &mut impl FnMut(Result<RawRecord<'a>, Undecodable<'a>>)) {
    if payload.len() > limits.payload_bytes_max {
        return visit(Err(Undecodable::new(Reason::TooLarge, &"", payload)));
    }
    match std::str::from_utf8(payload) {
        Ok(json) => visit(Ok(RawRecord::new(json, None))),
        Err(error) => visit(Err(Undecodable::new(Reason::NotUtf8, &error, payload))),
    }
}
