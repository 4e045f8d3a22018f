//! A child process that cannot outlive the test process, however that one ends.
//!
//! Rust does not drop statics, and nothing is dropped on `SIGKILL`. So a shell stands between the two and reads a pipe
//! that only the test process can write to. The kernel closes it with the process, and then the child is killed and its
//! files are removed. (`prctl(PR_SET_PDEATHSIG)` would be shorter, but it fires when the *thread* that started the
//! child ends, and every test is a thread.)

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `$1` is the folder to remove in the end, the rest is the command. Each line of standard input names a signal.
///
/// The watcher turns deaf to `TERM` before its last act, because the shell sends that as soon as the child is gone.
const LEASH: &str = r#"
home=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{
    while read -r signal; do kill -s "$signal" "$child"; done
    trap '' TERM
    kill -s KILL "$child"
    rm -rf "$home"
} <&3 2>/dev/null & watcher=$!
wait "$child"; code=$?
kill "$watcher" 2>/dev/null
exit "$code"
"#;

/// A running child.
pub struct Leashed(Child);

impl Leashed {
    /// Starts `command` with its output appended to `log`; `home` is removed if the test process ends before the child.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn spawn(command: &Command, home: &Path, log: &File) -> Self {
        let output = || Stdio::from(log.try_clone().expect("a log can be shared"));
        let shell = Command::new("sh")
            .args(["-c", LEASH, "leash"])
            .arg(home)
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .stdout(output())
            .stderr(output())
            .spawn()
            .expect("a POSIX shell is on the PATH");
        Self(shell)
    }

    /// Whether the child has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Sends a signal, by its name without `SIG`; it has not arrived yet when this returns.
    pub fn send(&mut self, signal: &str) {
        // Fails where the child has ended by itself, which [`Leashed::is_running`] tells.
        let _ = self.0.stdin.as_mut().map(|pipe| writeln!(pipe, "{signal}"));
    }

    /// Sends a signal, by its name without `SIG`, and waits for the end; the child's files stay.
    pub fn end_with(mut self, signal: &str) {
        // Taken out, because `Child::wait` closes it first, and to the leash that is the order to remove everything.
        let leash = self.0.stdin.take();
        // Fails where the child has ended by itself, which is as good.
        let _ = leash.as_ref().map(|mut pipe| writeln!(pipe, "{signal}"));
        let _ = self.0.wait();
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}
