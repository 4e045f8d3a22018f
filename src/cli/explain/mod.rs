//! `postern explain`: one record or message, and everything that was thought about it.

mod headers;
mod page;
mod story;

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;

use super::failure::{Exit, Failure};
use super::input::{LIMITS, open};
use super::output::print;
use super::tenants::TenantOptions;
use crate::decode;
use crate::judge::Tenants;
use crate::receive::files::Payloads;
use story::Story;

const EXAMPLES: &str = "\
Examples:
  postern explain reported.eml --domain contoso.com
  postern explain record.json --domain contoso.com
  postern explain stream.jsonl.gz --domain contoso.com --record 17
  postern explain - --config postern.toml --json < record.json";

/// Explain the verdict on one message: each fact, each rule, why it fired or not
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The file with the record, the message or its headers; `-` is standard input
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    tenants: TenantOptions,
    /// Which record of the file, counted from 1, as in `scan --verdicts`
    #[arg(long, value_name = "N", default_value = "1")]
    record: NonZeroU64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Explains the record, or why it cannot be read.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let tenants = options.tenants.load()?;
    let story = find(&options.path, options.record.get(), &tenants)?;
    let text = if options.json { story.json() } else { page::page(&story) };
    print(&text)?;
    Ok(if matches!(story, Story::Unreadable { .. }) { Exit::Input } else { Exit::Done })
}

fn find(path: &Path, number: u64, tenants: &Tenants) -> Result<Story, Failure> {
    let unreadable = || format!("cannot read {}", path.display());
    let reader = open(path).with_context(unreadable).map_err(Failure::input)?;
    let mut payloads = Payloads::new(reader).with_context(unreadable).map_err(Failure::input)?;
    let (mut records, mut story) = (0, None);
    while let Some(payload) = payloads.read().with_context(unreadable).map_err(Failure::input)? {
        decode::records(&decode::utf8(payload), &LIMITS, &mut |visit| {
            records += 1;
            if records == number {
                story = Some(Story::of(visit.as_ref(), number, tenants));
            }
        });
        if let Some(story) = story {
            return Ok(story);
        }
    }
    Err(Failure::usage(anyhow!("{} has {records} records; there is no record {number}", path.display())))
}
