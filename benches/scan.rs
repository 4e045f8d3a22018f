//! `cargo bench --bench scan`: what a million records cost, next to the loop that anybody would write instead.
//!
//! Both read the same file in a process of their own on one core; what counts is their processor time as the system
//! accounts for it, because the time on the wall belongs to whoever else uses the machine. The rounds alternate, so that
//! a machine that slows down slows both, and the ratio of the medians is the result. `-- --records N --rounds N`
//! changes the size. The verdicts of the last round are held against the labels of the simulation.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use yardstick::cost::{Cost, MEASURE, measure};
use yardstick::options::number;
use yardstick::plain::{DOMAIN, Envelope};

mod yardstick;

/// The first word of the process that is the plain loop.
const PLAIN: &str = "plain";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [MEASURE, command @ ..] => measure(command),
        [PLAIN, path] => plain(Path::new(path)),
        options => compare(number(options, "--records", 1_000_000)?, number(options, "--rounds", 5)?),
    }
}

// === the comparison ===

fn compare(records: usize, rounds: usize) -> Result<()> {
    let stream = Stream::prepare(records)?;
    let own = std::env::current_exe()?;
    let (input, config) = (stream.path("jsonl"), stream.path("toml"));
    let (verdicts, alerts) = (stream.path("verdicts"), stream.path("alerts"));
    let scan = || {
        let mut command = pinned(Path::new(env!("CARGO_BIN_EXE_postern")));
        command.arg("scan").arg(&input).arg("--config").arg(&config);
        command
    };
    let mut runs = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        runs[0].push(Cost::of(pinned(&own).arg(PLAIN).arg(&input))?);
        runs[1].push(Cost::of(scan().arg("--verdicts").arg(&verdicts).arg("--alerts").arg(&alerts))?);
        runs[2].push(Cost::of(&scan())?);
    }
    let [plain, full, bare] = runs.map(|costs| Cost::median(&costs));
    println!(
        "{records} records, {} MB; medians of {rounds} rounds on one core",
        fs::metadata(&input)?.len() / 1_000_000
    );
    println!("{:38} {:>8} {:>14} {:>8} {:>8}", "", "CPU s", "CPU s/million", "ratio", "peak MB");
    let rows = [("plain typed serde_json loop", plain), ("scan with verdicts and alerts", full), ("scan", bare)];
    for (name, cost) in rows {
        let per_million = cost.cpu_seconds / records as f64 * 1e6;
        let ratio = cost.cpu_seconds / plain.cpu_seconds;
        println!("{name:38} {:8.2} {per_million:14.2} {ratio:8.2} {:8.0}", cost.cpu_seconds, cost.peak_mb);
    }
    stream.hold_against_labels(&verdicts)
}

/// On one core, where the system can.
fn pinned(program: &Path) -> Command {
    let has_taskset = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok();
    let mut command = Command::new(if has_taskset { Path::new("taskset") } else { program });
    if has_taskset {
        command.args(["-c", "0"]).arg(program);
    }
    command
}

// === the stream ===

/// A simulated stream with its labels, kept between runs.
struct Stream {
    folder: PathBuf,
    records: usize,
}

impl Stream {
    fn prepare(records: usize) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        fs::create_dir_all(&folder)?;
        let stream = Self { folder, records };
        if !stream.is_complete() {
            stream.simulate()?;
        }
        Ok(stream)
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.records))
    }

    /// The size is written behind everything else, so a stream that was not finished has none.
    fn is_complete(&self) -> bool {
        let size = fs::metadata(self.path("jsonl")).map(|it| it.len().to_string());
        let is_configured = self.path("toml").exists();
        is_configured && size.is_ok_and(|size| fs::read_to_string(self.path("size")).is_ok_and(|noted| noted == size))
    }

    fn simulate(&self) -> Result<()> {
        let status = Command::new(env!("CARGO_BIN_EXE_postern"))
            .args(["simulate", "--domain", DOMAIN, "--records", &self.records.to_string()])
            .arg("--out")
            .arg(self.path("jsonl"))
            .arg("--labels")
            .arg(self.path("labels"))
            .arg("--write-config")
            .arg(self.path("toml"))
            .status()?;
        ensure!(status.success(), "the simulation ended with {status}");
        Ok(fs::write(self.path("size"), fs::metadata(self.path("jsonl"))?.len().to_string())?)
    }

    fn hold_against_labels(&self, verdicts: &Path) -> Result<()> {
        let lines = |path: &Path| File::open(path).map(|file| BufReader::new(file).lines());
        let (mut malicious, mut suspicious, mut right) = (0, 0, 0);
        for (label, verdict) in lines(&self.path("labels"))?.zip(lines(verdicts)?) {
            let label = label?;
            // One record cannot tell these apart, and a training is told of with less severity.
            let is_open =
                [r#""ambiguous":true"#, r#""family":"phishing-simulation""#].iter().any(|it| label.contains(it));
            let is_malicious = label.contains(r#""malicious":true"#);
            let is_suspicious = verdict?.contains(r#""verdict":"suspicious""#);
            malicious += usize::from(is_malicious);
            suspicious += usize::from(is_suspicious);
            right += usize::from(is_open || is_malicious == is_suspicious);
        }
        println!("{right} of {} verdicts are right: {malicious} malicious, {suspicious} found", self.records);
        ensure!(right == self.records, "a detector that is wrong may be as fast as it likes");
        Ok(())
    }
}

// === the loop that anybody would write ===

fn plain(path: &Path) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut line, mut alerts, mut found) = (Vec::new(), Vec::new(), 0);
    while reader.read_until(b'\n', &mut line)? > 0 {
        let record: Envelope<'_> = serde_json::from_slice(&line)?;
        found += usize::from(record.judge(&mut alerts)?);
        line.clear();
    }
    println!("{found} found, {} bytes of alerts", alerts.len());
    Ok(())
}
