//! What a process has used, as the system accounts for it.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The first word of the process that measures another.
pub(crate) const MEASURE: &str = "measure";

/// What one process has used.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// User and system together.
    pub(crate) cpu_seconds: f64,
    pub(crate) wall_seconds: f64,
    /// Resident.
    pub(crate) peak_mb: f64,
}

impl Cost {
    /// Runs the command below a process that has no other child, so that what children used is what this one used. That
    /// process is this program again, which must call [`measure`] when its first word is [`MEASURE`].
    pub(crate) fn of(command: &Command) -> Result<Self> {
        let mut measuring = Command::new(std::env::current_exe()?);
        let output = measuring
            .arg(MEASURE)
            .arg(command.get_program())
            .args(command.get_args())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "{command:?} failed");
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [cpu_seconds, wall_seconds, peak_mb] = numbers[..] else {
            bail!("the measuring process says three numbers, not {text}")
        };
        Ok(Self { cpu_seconds, wall_seconds, peak_mb })
    }

    /// The median of each number by itself.
    pub(crate) fn median(costs: &[Self]) -> Self {
        let middle = |number: fn(&Self) -> f64| {
            let mut numbers: Vec<f64> = costs.iter().map(number).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        Self {
            cpu_seconds: middle(|cost| cost.cpu_seconds),
            wall_seconds: middle(|cost| cost.wall_seconds),
            peak_mb: middle(|cost| cost.peak_mb),
        }
    }
}

/// Runs the command and prints what it has used.
pub(crate) fn measure(command: &[&str]) -> Result<()> {
    let (program, arguments) = command.split_first().context("nothing to measure")?;
    let started = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    let wall_seconds = started.elapsed().as_secs_f64();
    ensure!(status.success(), "{program} ended with {status}");
    let peak_mb = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 / 1e3;
    println!("{} {wall_seconds} {peak_mb}", children_cpu_seconds()?);
    Ok(())
}

/// What all children that were waited for have used, with their own children.
pub(crate) fn children_cpu_seconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6)
}
