//! Ports that stay free.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below Linux's ephemeral range (32768 and up): a port in it is sooner or later lent to an outgoing connection while
/// the broker is down, and a client that keeps trying to reconnect to it ends up connected to itself.
const RANGE: std::ops::Range<u32> = 15_000..32_000;

/// How far apart two test processes with neighbouring ids begin to look.
const STRIDE: u32 = 16;

/// A port of the loopback interface that nobody listens on, never the same twice in one process.
///
/// # Panics
/// When there is none left.
pub fn free() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(STRIDE);
    RANGE
        .map(|_| RANGE.start + first.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % (RANGE.end - RANGE.start))
        .filter_map(|port| u16::try_from(port).ok())
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("a free port between 15000 and 32000")
}
