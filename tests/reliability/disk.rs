//! A full disk: nothing is committed, nothing is told to the file, nothing dies; and once there is room it goes on.
//!
//! The disk is a small file system in memory. To mount one takes a namespace of one's own, which a thread of a test
//! cannot enter, so the test starts itself in one. It is gone with the process, however that ends.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::diary::{self, Diary, rounds};
use crate::input::Input;
use crate::outcome::{Installation, compare};
use crate::support::components::say_missing;
use crate::support::kafka::own_kafka_or_say_so;
use crate::support::postern::Postern;

const TEST: &str = "disk::a_full_disk_is_waited_for";
/// Where the disk is mounted; there only within the namespace.
const DISK: &str = "POSTERN_RELIABILITY_DISK";
const RECORDS_PER_ROUND: usize = 2_000;
const PARTS: usize = 10;
const FULL_MS_MAX: u64 = 4_000;

/// `$0` is the mount point, the rest is the command.
const MOUNT: &str = r#"mount -t tmpfs -o size=16m,mode=700 postern "$0" && exec "$@""#;

#[test]
fn a_full_disk_is_waited_for() {
    match std::env::var_os(DISK) {
        Some(disk) => on_a_disk_of_its_own(Path::new(&disk)),
        None => in_a_namespace(),
    }
}

/// Starts this test again where it has a disk of its own.
fn in_a_namespace() {
    let disk = tempfile::tempdir().unwrap();
    let Some(unshare) = [["unshare", "-rm"], ["unshare", "-m"]].into_iter().find(|it| mounts(it, disk.path())) else {
        say_missing("a small disk", "neither a user namespace nor root: `unshare -rm` cannot mount a tmpfs here");
        return;
    };
    let output = command(&unshare, disk.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(DISK, disk.path())
        .output()
        .unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{stdout}\n{stderr}");
    // The harness has begun the line already.
    let row = stdout.lines().find_map(|line| line.find('|').and_then(|at| line.get(at..)));
    diary::add(row.expect("a row for the table").to_owned());
}

fn mounts(unshare: &[&str; 2], disk: &Path) -> bool {
    command(unshare, disk).arg("true").output().is_ok_and(|output| output.status.success())
}

fn command(unshare: &[&str; 2], disk: &Path) -> Command {
    let mut command = Command::new(unshare[0]);
    command.arg(unshare[1]).args(["sh", "-c", MOUNT]).arg(disk);
    command
}

fn on_a_disk_of_its_own(disk: &Path) {
    let Some(kafka) = own_kafka_or_say_so() else { return };
    let mut diary = Diary::open("full disk");
    let rounds = rounds(1, 3);
    let input = Input::of_one_topic("full", rounds, RECORDS_PER_ROUND);
    kafka.create_topic("full", 3);
    let mut installation = Installation::with_data(&kafka, "full", tempfile::tempdir().unwrap(), disk.to_owned());
    for round in 0..rounds {
        installation.group = format!("full-{round}");
        // A new process has an empty write-ahead log, which has to grow at once.
        let mut postern = installation.start(&kafka, &input);
        postern.wait_ready();
        input.produce_part(&kafka, round, 0..1, PARTS);
        let pause = Duration::from_millis(diary.chance.u64(0..FULL_MS_MAX));
        let is_killed = round % 2 == 1;
        diary.note(format!("round {round}: full for {pause:?}, killed in it: {is_killed}"));
        let ballast = fill(disk);
        input.produce_part(&kafka, round, 1..PARTS, PARTS);
        assert_waits(&mut postern);
        std::thread::sleep(pause);
        if is_killed {
            postern.kill();
            fs::remove_file(ballast).unwrap();
            installation.group += "-again";
            postern = installation.start(&kafka, &input);
        } else {
            fs::remove_file(ballast).unwrap();
        }
        let so_far: usize = (0..=round).map(|round| input.len_of(round)).sum();
        postern.wait_until("it goes on", |_| installation.read() >= so_far);
        postern.wait_ready();
        assert!(postern.stop().0.success());
    }
    installation.finish(installation.start(&kafka, &input), &input);
    compare(&kafka, &input, &installation, rounds, diary);
}

/// It says that it cannot commit, and lives.
fn assert_waits(postern: &mut Postern) {
    let failed = |postern: &Postern| postern.metric("postern_commits_total", &["outcome=\"failed\""]);
    postern.wait_until("a commit fails", |postern| failed(postern) > Some(0.0));
    let status = |page| postern.get(page).map(|(status, _)| status);
    assert_eq!([status("/healthz"), status("/readyz")], [Some(200), Some(503)]);
}

/// Fills a disk to its last page.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("ballast");
    let mut file = File::create(&path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}
