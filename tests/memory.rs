//! BOUND: profiles stay under their cap in entries and in bytes, and those that matter stay.
//!
//! A test binary of its own, because what counts allocations takes the place of the allocator. The same at full size,
//! with what the system accounts for: `cargo bench --bench memory`.

use strangers::Strangers;

#[path = "support/strangers.rs"]
mod strangers;

/// What one profile may cost, with its share of all indexes. Lists grow by doubling, so the cap below is one that nearly
/// fills them; what is not filled is not resident.
const PROFILE_BYTES: u64 = 250;

#[test]
fn a_flood_of_strangers_neither_grows_memory_nor_pushes_out_those_that_are_tracked() {
    let flood = Strangers { once: 300_000, tracked: 500, profiles_max: 30_000 };
    let mut left = None;
    let measured = allocation_counter::measure(|| left = Some(flood.speak()));
    let Some(left) = left else { unreachable!("it has just been measured") };

    assert_eq!(left.sources.len(), flood.profiles_max);
    assert_eq!(left.evicted, flood.once + flood.tracked - flood.profiles_max);
    assert_eq!(flood.survivors(&left.sources), flood.tracked);
    assert_eq!(left.known, 0);
    let each = measured.bytes_max / flood.profiles_max as u64;
    assert!(each <= PROFILE_BYTES, "{each} bytes for each of {} profiles", flood.profiles_max);
    println!("{each} bytes for each of {} profiles", flood.profiles_max);
}
