//! What the system knows of this process, read from Linux's `/proc`; elsewhere nothing is known.

use std::fs;
use std::time::Duration;

/// Ticks in a second in `/proc/PID/stat`: `USER_HZ`, which Linux keeps at 100 for programs whatever the kernel ticks at
/// (proc(5), time(7)).
const TICKS_PER_SECOND: u64 = 100;

/// What a process uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Process {
    /// Processor time, in user and kernel mode.
    pub cpu: Option<Duration>,
    /// Memory that it has in use.
    pub resident_bytes: Option<u64>,
    /// Open files and connections.
    pub open_files: Option<u64>,
    /// How many may be open.
    pub open_files_max: Option<u64>,
}

impl Process {
    /// What this process uses now.
    #[must_use]
    pub fn measure() -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        Self {
            cpu: cpu(&read("stat")),
            resident_bytes: resident_bytes(&read("status")),
            open_files: fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64),
            open_files_max: open_files_max(&read("limits")),
        }
    }
}

/// Fields 14 and 15 of `stat`; the second one, the name, is in parentheses and may hold blanks and parentheses itself.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.next()?.ok()?.checked_add(ticks.next()?.ok()?)?;
    Some(Duration::from_millis(ticks.checked_mul(1_000 / TICKS_PER_SECOND)?))
}

/// `VmRSS:      1234 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The soft limit; `unlimited` is none.
fn open_files_max(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read_also_where_the_name_of_a_program_is_odd() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 5 0 12345 1000 200";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(resident_bytes("Name:\tpostern\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(
            open_files_max("Max open files            1024                 524288               files\n"),
            Some(1024)
        );
        assert_eq!(open_files_max("Max open files            unlimited            unlimited            files\n"), None);
        assert_eq!((cpu(""), cpu("7 (x) S"), resident_bytes("VmRSS: much")), (None, None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory_and_files() {
        let own = Process::measure();
        assert!(own.cpu.is_some());
        assert!(own.resident_bytes > Some(1 << 20), "{own:?}");
        assert!(own.open_files > Some(2), "{own:?}");
    }
}
