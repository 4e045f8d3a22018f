//! A ledger full of alerts that nobody was told of.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use postern::ledger::{AlertRecord, Ledger, SqliteLedger, Transaction};
use serde_json::Value;

/// Records of the scan that the alerts are taken from.
const RECORDS: &str = "20000";
/// Alerts of one commit, which is not measured.
const COMMIT: usize = 10_000;
/// The tenant of the simulation.
const DOMAIN: &str = "contoso.com";

/// Fills the ledger in a new data directory with so many alert records, as a scan of simulated mail writes them, each
/// under an id of its own.
pub(crate) fn fill(data_dir: &Path, alerts: usize) -> Result<()> {
    let examples = examples(data_dir)?;
    let mut ledger = SqliteLedger::open(data_dir)?;
    for first in (0..alerts).step_by(COMMIT) {
        let numbers = first..alerts.min(first + COMMIT);
        let records = numbers.map(|number| record(&examples[number % examples.len()], number));
        ledger.commit(&Transaction { alerts: records.collect(), ..Transaction::default() })?;
    }
    Ok(())
}

fn examples(folder: &Path) -> Result<Vec<Value>> {
    let (mail, alerts) = (folder.join("mail.jsonl"), folder.join("alerts.jsonl"));
    run(Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["simulate", "--records", RECORDS, "--attacks", "200", "--out"])
        .arg(&mail))?;
    run(Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["scan", "--domain", DOMAIN, "--alerts"])
        .arg(&alerts)
        .arg(&mail))?;
    let text = std::fs::read_to_string(alerts)?;
    let examples: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(examples.len() > 20, "the scan told only {} records", examples.len());
    Ok(examples)
}

fn record(example: &Value, number: usize) -> AlertRecord {
    let (id, mut alert) = (format!("{number:032x}"), example.clone());
    alert["id"] = id.clone().into();
    alert["seq"] = 1.into();
    let tenant = alert["tenant"].as_str().unwrap_or_default().to_owned();
    AlertRecord { id, seq: 1, tenant, body: alert.to_string() }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
