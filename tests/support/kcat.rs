//! kcat: a Kafka client that somebody else wrote, built and configured.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use super::components::say_missing;

/// kcat, and the cluster that it talks to.
pub struct Kcat {
    bootstrap: String,
}

/// A kcat for a cluster. None, after saying so, where this machine has none.
///
/// # Panics
/// When it is missing and `POSTERN_REQUIRE_COMPONENTS=1`.
pub fn kcat_or_say_so(bootstrap: String) -> Option<Kcat> {
    match Command::new("kcat").arg("-V").output() {
        Ok(_) => Some(Kcat { bootstrap }),
        Err(error) => {
            say_missing("kcat", &format!("{error}: install Debian's kcat"));
            None
        }
    }
}

impl Kcat {
    /// Writes one record for each payload; returns when the broker has them.
    pub fn produce(&self, topic: &str, payloads: &[String]) {
        let mut kcat = self.command("-P", topic).spawn().unwrap();
        kcat.stdin.take().unwrap().write_all(payloads.join("\n").as_bytes()).unwrap();
        succeeded(kcat.wait_with_output().unwrap());
    }

    /// Every record that a topic holds now: key and value.
    pub fn consume(&self, topic: &str) -> Vec<(String, String)> {
        let output =
            self.command("-C", topic).args(["-o", "beginning", "-e", "-q", "-f", "%k\t%s\n"]).output().unwrap();
        let text = String::from_utf8(succeeded(output).stdout).unwrap();
        let record = |line: &str| line.split_once('\t').map(|(key, value)| (key.to_owned(), value.to_owned()));
        text.lines().map(|line| record(line).unwrap()).collect()
    }

    fn command(&self, mode: &str, topic: &str) -> Command {
        let mut kcat = Command::new("kcat");
        kcat.args([mode, "-b", &self.bootstrap, "-t", topic]);
        kcat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        kcat
    }
}

fn succeeded(output: Output) -> Output {
    assert!(output.status.success(), "kcat: {}", String::from_utf8_lossy(&output.stderr));
    output
}
