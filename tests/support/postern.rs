//! The real binary as a process: started, asked, stopped, killed.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a debug build on a loaded machine may take to start, to read what is there, or to stop.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(20);

/// A running `postern run`; killed when it is dropped.
pub struct Postern {
    child: Child,
    metrics: SocketAddr,
    log: PathBuf,
}

impl Postern {
    /// Starts the service. `config` is everything but `[metrics]`; log lines go to `postern.log` in the folder.
    pub fn start(dir: &Path, config: &str) -> Self {
        let metrics = free_address();
        let (file, log) = (dir.join("postern.toml"), dir.join("postern.log"));
        fs::write(&file, format!("{config}\n[metrics]\nlisten = \"{metrics}\"\n")).unwrap();
        let stderr = File::options().create(true).append(true).open(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_postern"))
            .args(["run", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self { child, metrics, log }
    }

    /// The sum over all series of a metric whose line holds every one of the texts; `None` while nobody answers.
    pub fn metric(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let (_, page) = self.get("/metrics")?;
        let lines = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        let lines = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
        Some(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }

    /// The status and the body of a page of the metrics listener.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.metrics, Duration::from_secs(5)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: postern\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until the condition holds; panics with the log where it does not, or where the process ends.
    pub fn wait_until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: postern ended with {ended:?}\n{}", self.log());
            assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}\n{}", self.log());
            std::thread::sleep(LOOK);
        }
    }

    /// Whether the condition comes to hold within a time.
    pub fn comes_to(&self, patience: Duration, mut condition: impl FnMut(&Self) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if condition(self) {
                return true;
            }
            std::thread::sleep(LOOK);
        }
        false
    }

    /// Where its metrics are.
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics
    }

    /// Waits until it is ready.
    pub fn wait_ready(&mut self) {
        self.wait_until("ready", |postern| postern.get("/readyz").is_some_and(|(status, _)| status == 200));
    }

    /// Kills it as the kernel would: no handler runs.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its number.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Asks it to stop and waits; how it ended, and how long that took.
    pub fn stop(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        self.signal(Signal::SIGTERM);
        (self.wait(), started.elapsed())
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "postern did not end within {PATIENCE:?}\n{}", self.log());
            std::thread::sleep(LOOK);
        }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What it logged, the last of it.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// The processor time that it has used so far, user and system together, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may hold anything, come the state and then numbers: user and system are the 12th and 13th.
        let (_, numbers) = stat.rsplit_once(')').unwrap();
        let ticks: f64 = numbers.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        // `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Rust runs on.
        ticks / 100.0
    }

    /// The memory that it holds, in bytes (`VmRSS`).
    pub fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most memory that it held so far, in bytes (`VmHWM`).
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, figure: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Postern {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Posts a body; the status of the answer.
pub fn post(address: SocketAddr, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "POST / HTTP/1.1\r\nHost: postern\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
