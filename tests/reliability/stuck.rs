//! A thread that hangs while the rest of its process goes on: what no signal can do.

use std::fs;
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// How often a thread is looked at; a look takes some microseconds.
const LOOKS_MAX: usize = 1_000_000;

/// Holds one thread of a child process still for a while, by the means of a debugger, at a moment when it computes: a
/// client that waits in a poll is not late.
///
/// # Panics
/// When there is no such thread, when it never computes, or when the system lets nobody debug even a child.
pub(crate) fn hold_thread(process: Pid, name: &str, pause: Duration) {
    let thread = thread(process, name).unwrap_or_else(|| panic!("no thread is called {name}"));
    let seized = ptrace::seize(thread, ptrace::Options::empty());
    seized.expect("ptrace of a child must be allowed (kernel.yama.ptrace_scope below 2)");
    stop(thread);
    let mut looks = 0;
    while !is_computing(process, thread) {
        looks += 1;
        assert!(looks < LOOKS_MAX, "{name} never computes");
        ptrace::cont(thread, None).unwrap();
        stop(thread);
    }
    std::thread::sleep(pause);
    ptrace::detach(thread, None).unwrap();
}

fn stop(thread: Pid) {
    ptrace::interrupt(thread).unwrap();
    waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
}

/// Whether a thread that was stopped is in no system call.
fn is_computing(process: Pid, thread: Pid) -> bool {
    let syscall = fs::read_to_string(format!("/proc/{process}/task/{thread}/syscall"));
    syscall.is_ok_and(|syscall| syscall.starts_with("-1 "))
}

fn thread(process: Pid, name: &str) -> Option<Pid> {
    let mut tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap().map(Result::unwrap);
    let is_meant = |task: &fs::DirEntry| fs::read_to_string(task.path().join("comm")).is_ok_and(|it| it.trim() == name);
    let task = tasks.find(is_meant)?;
    Some(Pid::from_raw(task.file_name().to_str()?.parse().ok()?))
}
