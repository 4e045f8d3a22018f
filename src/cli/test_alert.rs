//! `postern test-alert`: one alert that is none, through one sink.

use std::path::PathBuf;

use clap::Args;

use super::config;
use super::failure::{Exit, Failure};
use super::output::print;
use super::run::block_on;
use crate::alert::{Alert, AlertId, AlertRule, Counts, SCHEMA, State};
use crate::deliver;
use crate::event::{Fingerprint, Time};
use crate::judge::{RuleId, Severity, Tenant};
use crate::runtime::now;

/// Send one alert, marked as a test, through a sink.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  postern test-alert --config postern.toml --sink splunk-hec\n\n\
    Makes one attempt and says what the receiver answered. The alert has \"test\": true and a title that\n\
    begins with TEST; nothing is written into the ledger, so it may be done while the service runs.")]
pub(super) struct Options {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// The sink, by its name.
    #[arg(long, value_name = "NAME")]
    sink: String,
}

/// Sends, and tells how it went.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let config = config::load(&options.config).map_err(Failure::usage)?;
    let sink = config::sink(&config, &options.sink)?;
    let tenant = config.tenants.iter().next().map(|(_, tenant)| tenant.clone()).unwrap_or_default();
    let alert = alert(&tenant, now());
    let told = block_on(async { deliver::tell_once(sink, &alert, now).await.map_err(Failure::usage) })?;
    told.map_err(|reason| Failure::dependency(anyhow::anyhow!("{} did not take it: {reason}", sink.name)))?;
    print(&format!("{} took the test alert {}\n", sink.name, alert.id))?;
    Ok(Exit::Done)
}

/// High, so that it passes every filter; from addresses and names that are reserved for documentation.
fn alert(tenant: &Tenant, now: Time) -> Alert {
    let domain = tenant.accepted_domains.first().map_or("contoso.com", |domain| &domain.name);
    Alert {
        schema: SCHEMA.to_owned(),
        id: AlertId(Fingerprint::of("test-alert", &[tenant.id.as_bytes(), &now.as_micros().to_be_bytes()])),
        seq: 1,
        state: State::Open,
        tenant: tenant.name.clone(),
        tenant_id: tenant.id.clone(),
        rule: AlertRule::Mail(RuleId::DirectSendSpoof),
        severity: Severity::High,
        title: format!("TEST: nobody sent mail as {domain}"),
        summary: "This is a test of the way from Postern to you. Nothing happened and nothing is to be done."
            .to_owned(),
        first_seen: now,
        last_seen: now,
        counts: Counts { messages: 1, recipients: 1, ..Counts::default() },
        sources: vec!["192.0.2.1".to_owned()],
        senders: vec![format!("test@{domain}")],
        recipients: vec![format!("test@{domain}")],
        clicked_by: Vec::new(),
        subjects: vec!["A test of the way from Postern to you".to_owned()],
        sample_message_ids: Vec::new(),
        evidence: Vec::new(),
        severity_reasons: Vec::new(),
        techniques: Vec::new(),
        actions: vec!["Close it.".to_owned()],
        merged_into: None,
        link_domains: Vec::new(),
        storm: None,
        test: true,
        campaigns_since: Vec::new(),
    }
}
