//! What a test needs of the machine, and may not find there.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian puts daemons; the `PATH` of an ordinary account leaves it out.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Says loudly what does not run; green must never mean "ran nothing".
///
/// # Panics
/// When `POSTERN_REQUIRE_COMPONENTS=1`.
pub fn say_missing(component: &str, reason: &str) {
    let is_required = std::env::var_os("POSTERN_REQUIRE_COMPONENTS").is_some_and(|value| value == "1");
    assert!(!is_required, "POSTERN_REQUIRE_COMPONENTS=1, but without {component}: {reason}");
    let notice = format!("\n*** NOT RUN with {component}: {reason}\n\n");
    // Not `eprintln!`: the test harness hides that when the test passes. At once, because other tests write, too.
    let _ = std::io::stderr().write_all(notice.as_bytes());
}

/// What was found, or none after [`say_missing`].
///
/// # Panics
/// As [`say_missing`].
pub fn found_or_say_so<T>(component: &str, found: Result<T, String>) -> Option<T> {
    found.inspect_err(|reason| say_missing(component, reason)).ok()
}

/// The place of an installed program.
///
/// # Errors
/// Which of Debian's packages to install.
pub fn program(name: &str, package: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(SYSTEM_PROGRAMS)]);
    let mut places = folders.map(|folder| folder.join(name));
    places.find(|place| place.is_file()).ok_or_else(|| format!("no `{name}`: install Debian's package {package}"))
}

/// That `java` runs what was compiled for a release.
///
/// # Errors
/// What there is instead.
pub fn java(release_min: u32) -> Result<(), String> {
    let release =
        java_release().ok_or("no `java` on the PATH: install a JDK, such as Debian's openjdk-17-jdk-headless")?;
    if release < release_min { Err(format!("needs Java {release_min}, `java` here is {release}")) } else { Ok(()) }
}

/// `17` of `openjdk version "17.0.15" 2025-04-15`; none where there is no Java.
fn java_release() -> Option<u32> {
    let banner = Command::new("java").arg("-version").output().ok()?.stderr;
    let banner = String::from_utf8_lossy(&banner);
    let (_, version) = banner.split_once('"')?;
    version.split(['.', '-', '"']).next()?.parse().ok()
}

/// The folder `target/test-components/NAME`, which `fill` makes once on this machine: the name holds the version.
///
/// It fills a folder beside the destination first: what was cut off must not look whole.
///
/// # Errors
/// Those of `fill`.
///
/// # Panics
/// When `target/` is not writable.
pub fn cached(name: &str, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-components");
    let folder = cache.join(name);
    fs::create_dir_all(&cache).expect("target/ is writable");
    let lock = File::create(cache.join(format!("{name}.lock"))).expect("target/ is writable");
    lock.lock().expect("a lock can be waited for");
    if !folder.is_dir() {
        let partial = tempfile::tempdir_in(&cache).expect("target/ is writable");
        fill(partial.path())?;
        fs::rename(partial.keep(), &folder).expect("one file system, and the lock is ours");
    }
    Ok(folder)
}

/// Runs Maven quietly.
///
/// # Errors
/// That it is missing, or what it says.
pub fn maven(arguments: &[&str]) -> Result<(), String> {
    let maven = Command::new("mvn")
        .args(["--batch-mode", "--quiet"])
        .args(arguments)
        .output()
        .map_err(|error| format!("no `mvn` on the PATH ({error}): install Maven to fetch it"))?;
    if maven.status.success() { Ok(()) } else { Err(format!("`mvn`:\n{}", String::from_utf8_lossy(&maven.stdout))) }
}
