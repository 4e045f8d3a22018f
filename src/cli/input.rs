//! Files that a command reads, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::output::is_standard;
use crate::decode::Limits;
use crate::receive::files::DOCUMENT_BYTES_MAX;

/// What a file may hold; more generous than the service, because a file has no sender who could send it again in parts.
pub(super) const LIMITS: Limits =
    Limits { payload_bytes_max: DOCUMENT_BYTES_MAX, records_max: 1_000_000, depth_max: 64 };

/// Opens the file, or standard input for `-`.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if is_standard(path) { Box::new(io::stdin().lock()) } else { Box::new(File::open(path)?) })
}
