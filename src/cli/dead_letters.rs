//! `postern dead-letters`: what receivers refused for good, and what to do about it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::config;
use super::failure::{Exit, Failure};
use super::output::print;
use super::page::{Page, WIDTH};
use super::paint::{FAINT, PLAIN};
use super::safe_text::{safe, safe_within};
use crate::alert::{Record, plural};
use crate::config::Config;
use crate::ledger::{DeadLetterOrder, LedgerReader, RefusedAlert, order};

/// What receivers refused for good: list it, have it sent again, or drop it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  postern dead-letters list --config postern.toml\n  \
    postern dead-letters retry --config postern.toml --sink elasticsearch --all\n  \
    postern dead-letters drop --config postern.toml --sink elasticsearch 17\n\n\
    The process that runs sends again within seconds; without one, the next that is started does.")]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what was refused, and why
    List {
        /// The configuration file.
        #[arg(long, short, value_name = "FILE")]
        config: PathBuf,
        /// Of this sink only.
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,
        /// Print lines of JSON: the sink, the sequence number, the reason, the alert.
        #[arg(long)]
        json: bool,
    },
    /// Send again
    Retry(Chosen),
    /// Forget the refusal; the receiver will never have the alert
    Drop(Chosen),
}

#[derive(Debug, Args)]
struct Chosen {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// The sink.
    #[arg(long, value_name = "NAME")]
    sink: String,
    /// Sequence numbers, as `list` shows them.
    #[arg(value_name = "SEQUENCE", required_unless_present = "all", conflicts_with = "all")]
    sequences: Vec<u64>,
    /// Everything that the sink's receiver refused.
    #[arg(long)]
    all: bool,
}

/// How many are read at once.
const PAGE_ENTRIES: usize = 500;

/// Lists, or gives the order.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    match &options.command {
        Command::List { config, sink, json } => list(&load(config)?, sink.as_deref(), *json),
        Command::Retry(chosen) => give(DeadLetterOrder::Retry, chosen),
        Command::Drop(chosen) => give(DeadLetterOrder::Drop, chosen),
    }
}

fn load(path: &std::path::Path) -> Result<Config, Failure> {
    config::load(path).map_err(Failure::usage)
}

fn list(config: &Config, sink: Option<&str>, is_json: bool) -> Result<Exit, Failure> {
    let mut ledger = LedgerReader::open(&config.data_dir).map_err(Failure::dependency)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let refused = ledger.refusals(sink, after, PAGE_ENTRIES).map_err(Failure::dependency)?;
        let Some(last) = refused.last() else { break };
        // The refusals of one entry may be cut apart by the page; the next page begins with it again.
        let (is_last_page, end) = (refused.len() < PAGE_ENTRIES, last.sequence);
        let whole: Vec<_> = refused.iter().filter(|refused| is_last_page || refused.sequence < end).collect();
        count += whole.len();
        print(&whole.iter().map(|refused| if is_json { line(refused) } else { text(refused) }).collect::<String>())?;
        if is_last_page {
            break;
        }
        after = end - 1;
    }
    if count == 0 && !is_json {
        print("nothing was refused\n")?;
    }
    Ok(Exit::Done)
}

fn line(refused: &RefusedAlert) -> String {
    let alert = serde_json::value::RawValue::from_string(refused.body.clone()).ok();
    let line = serde_json::json!({
        "sink": refused.sink, "sequence": refused.sequence, "reason": refused.reason, "retry": refused.is_wanted,
        "alert": alert,
    });
    format!("{line}\n")
}

fn text(refused: &RefusedAlert) -> String {
    let mut page = Page::new(WIDTH);
    let what = match Record::parse(&refused.body) {
        Ok(Record::Alert(alert)) => format!("{} {} {}", alert.tenant, alert.severity.as_str(), alert.title),
        Ok(Record::Heartbeat(heartbeat)) => format!("{} heartbeat", heartbeat.tenant),
        Err(_) => "written by another version".to_owned(),
    };
    let mut head = format!("{} {}", safe(&refused.sink), refused.sequence);
    if refused.is_wanted {
        // Writing to a String cannot fail.
        let _ = write!(head, " (to be sent again)");
    }
    page.marked(PLAIN, &format!("{head}: "), &safe_within(&what, WIDTH));
    page.marked(FAINT, "  ", &safe(&refused.reason));
    page.into_text()
}

fn give(what: DeadLetterOrder, chosen: &Chosen) -> Result<Exit, Failure> {
    let config = load(&chosen.config)?;
    let sink = config::sink(&config, &chosen.sink)?;
    let sequences: Vec<_> = if chosen.all { vec![None] } else { chosen.sequences.iter().copied().map(Some).collect() };
    let mut count = 0;
    for sequence in sequences {
        count += order(&config.data_dir, what, &sink.name, sequence).map_err(Failure::dependency)?;
    }
    let told = match what {
        DeadLetterOrder::Retry => "will be sent again; `postern status` shows how it goes",
        DeadLetterOrder::Drop => "dropped",
    };
    print(&format!("{} {told}\n", plural(count as u64, "record")))?;
    Ok(Exit::Done)
}
