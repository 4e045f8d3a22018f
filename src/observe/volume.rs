//! How much room the file system of the ledger has, because a full one stops everything: nothing can be made durable, and
//! so nothing is read.
//!
//! Measured here and not left to the kubelet or an exporter of the machine: neither is told which file system it is, and
//! a service on a plain server has neither.

use std::path::Path;

/// A file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// All of it.
    pub capacity_bytes: u64,
    /// What a program without privileges may still write: `f_bavail`, not `f_bfree` (statvfs(3)).
    pub available_bytes: u64,
}

impl Volume {
    /// The file system that a folder is on; `None` where the system does not tell, which is no reason to stop.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let found = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Some(Self { capacity_bytes: bytes(found.f_blocks), available_bytes: bytes(found.f_bavail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_a_file_system_with_room_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let volume = Volume::of(folder.path()).unwrap();
        assert!(volume.available_bytes > 0 && volume.available_bytes <= volume.capacity_bytes, "{volume:?}");
        assert_eq!(Volume::of(&folder.path().join("missing")), None);
    }
}
