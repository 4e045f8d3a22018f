//! `postern status`: how each sink stands.
//!
//! A process that runs is asked over its own listener. Where none answers, the ledger says what is waiting: that is true
//! with nobody running, and the command says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::failure::{Exit, Failure};
use super::output::print;
use super::page::Page;
use super::paint::{BAD, DOUBTFUL, FAINT, GOOD, Paint, TITLE};
use super::run::block_on;
use super::safe_text::{safe, safe_within};
use super::{config, page};
use crate::config::Config;
use crate::deliver::{SinkReport, SinkState};
use crate::event::Time;
use crate::ledger::{Backlog, LedgerError, LedgerReader, Stream};
use crate::observe::{SinkLine, StatusPage};

/// How each sink stands: what it told last, what is waiting, what went wrong in the receiver's own words.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  postern status --config postern.toml\n\n\
    Asks the process that runs with this configuration. Where none does, the ledger says what is waiting.")]
pub(super) struct Options {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks, and tells.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let config = config::load(&options.config).map_err(Failure::usage)?;
    let text = match block_on(async { Ok(ask(config.metrics_listen).await) })? {
        Some(status) if options.json => json(&status)?,
        Some(status) => text(&status),
        None => from_ledger(&config, options.json)?,
    };
    print(&text)?;
    Ok(Exit::Done)
}

/// The page of the process that listens there; none where nobody answers as one.
async fn ask(listen: SocketAddr) -> Option<StatusPage> {
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    // The client wants to know how it would encrypt, although it is not going to.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().ok()?;
    let answer = client.get(format!("http://{address}/status")).send().await.ok()?;
    serde_json::from_slice(&answer.bytes().await.ok()?).ok()
}

/// Who listens everywhere is reached here.
const fn reachable(listen: IpAddr) -> IpAddr {
    match listen {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

fn json(status: &StatusPage) -> Result<String, Failure> {
    serde_json::to_string_pretty(status).map(|text| text + "\n").map_err(Failure::dependency)
}

fn text(status: &StatusPage) -> String {
    let mut page = Page::new(page::WIDTH);
    page.line(format_args!("{} {}, {}", TITLE.paint("postern"), safe(&status.version), status.now));
    page.gap();
    let columns = ["SINK", "STATE", "WAITING", "OLDEST", "LAST TOLD", "TOLD", "DEAD"];
    page.line(FAINT.paint(row(columns.map(str::to_owned))));
    for SinkLine { name, report, .. } in &status.sinks {
        let age = |time: Option<Time>| time.map_or_else(|| "-".to_owned(), |time| span(status.now, time));
        let cells = [
            safe_within(name, 18),
            state(report).to_owned(),
            report.backlog.to_string(),
            age(report.oldest_unsent),
            age(report.last_success),
            report.delivered.to_string(),
            report.dead_letters.to_string(),
        ];
        page.line(paint(report).paint(row(cells)));
        if let Some(error) =
            report.last_error.as_ref().filter(|_| report.state != SinkState::Idle || report.dead_letters > 0)
        {
            page.marked(FAINT, "  ", &safe(error));
        }
    }
    page.into_text()
}

fn row([name, state, waiting, oldest, last, told, dead]: [String; 7]) -> String {
    format!("{name:<18} {state:<11} {waiting:>8} {oldest:>8} {last:>10} {told:>10} {dead:>6}")
}

const fn state(report: &SinkReport) -> &'static str {
    if report.is_breaker_open { "down" } else { report.state.as_str() }
}

const fn paint(report: &SinkReport) -> Paint {
    match report.state {
        SinkState::Holding => BAD,
        SinkState::BackingOff => DOUBTFUL,
        SinkState::Idle | SinkState::Sending => GOOD,
    }
}

/// How long ago, in the largest unit that says something.
fn span(now: Time, then: Time) -> String {
    let seconds = ((now - then).as_micros() / 1_000_000).max(0);
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds / 60),
        6_000..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn from_ledger(config: &Config, is_json: bool) -> Result<String, Failure> {
    let mut ledger = LedgerReader::open(&config.data_dir).map_err(Failure::dependency)?;
    let alerts = config.sinks.iter().map(|sink| (sink.name.as_str(), Stream::Alerts));
    let sinks = alerts.chain([(config.dead_letter.name.as_str(), Stream::DeadLetters)]);
    let backlogs = sinks.map(|(sink, stream)| Ok((sink, ledger.backlog(sink, stream)?)));
    let backlogs = backlogs.collect::<Result<Vec<_>, LedgerError>>().map_err(Failure::dependency)?;
    if is_json {
        let sink = |(name, backlog): &(&str, Backlog)| serde_json::json!({ "name": name, "backlog": backlog.unsettled, "dead_letters": backlog.refused });
        let page = serde_json::json!({ "sinks": backlogs.iter().map(sink).collect::<Vec<_>>() });
        return serde_json::to_string_pretty(&page).map(|text| text + "\n").map_err(Failure::dependency);
    }
    let mut page = Page::new(page::WIDTH);
    page.marked(
        DOUBTFUL,
        "not running: ",
        &format!("nobody answers at {}; this is what the ledger says.", config.metrics_listen),
    );
    page.gap();
    page.line(FAINT.paint(format_args!("{:<18} {:>8} {:>6}", "SINK", "WAITING", "DEAD")));
    for (sink, Backlog { unsettled, refused }) in &backlogs {
        page.line(format_args!("{:<18} {unsettled:>8} {refused:>6}", safe_within(sink, 18)));
    }
    Ok(page.into_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_needs_somebody_and_fits_a_terminal() {
        let report = |state, backlog| SinkReport { state, backlog, ..SinkReport::default() };
        let sink = |name: &str, report| SinkLine { name: name.into(), kind: "webhook".into(), report };
        let held = SinkReport {
            last_error: Some("401 Unauthorized \u{1b}[31mInvalid token".into()),
            oldest_unsent: Some(Time::from_millis(0)),
            dead_letters: 2,
            ..report(SinkState::Holding, u64::from(u32::MAX))
        };
        let now = Time::from_millis(7_200_000);
        let sinks = vec![sink("file", report(SinkState::Idle, 0)), sink("a-very-long-name-of-a-sink", held)];
        let text = anstream::adapter::strip_str(&text(&StatusPage { version: "0.1.0".into(), now, sinks })).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("holding") && text.contains("2 h") && text.contains("401 Unauthorized"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn spans_are_short() {
        let ago = |seconds: i64| span(Time::from_millis(seconds * 1_000), Time::from_millis(0));
        assert_eq!([5, 120, 7_200, 400_000, -3].map(ago), ["5 s", "2 min", "2 h", "4 d", "0 s"]);
    }
}
