//! What the alerts of a run must reach.

use clap::Args;

use crate::cli::evaluate::options::percent;
use crate::evaluate::{AlertFigures, Share};

/// What is required of the alerts.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --alerts, end with exit code 1")]
pub(in crate::cli::evaluate) struct AlertGates {
    /// Where fewer of the attacks that a record reveals are told
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "alerts")]
    require_attacks_told: Option<f64>,
    /// Where fewer of the alerts tell of an attack
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "alerts")]
    require_alert_precision: Option<f64>,
    /// Where any attack is told as more alerts than this
    #[arg(long, value_name = "N", requires = "alerts")]
    max_alerts_per_attack: Option<u64>,
    /// Where half of the attacks are told as more alerts than this
    #[arg(long, value_name = "N", requires = "alerts")]
    max_median_alerts_per_attack: Option<u64>,
    /// Where more alerts of severity medium or above than this, in a million benign records, tell of no attack
    #[arg(long, value_name = "N", requires = "alerts")]
    max_false_alerts_per_million: Option<u64>,
    /// Where any device or service of a tenant has more alerts than this
    #[arg(long, value_name = "N", requires = "alerts")]
    max_alerts_per_source: Option<u64>,
    /// Where more records of attacks than this pass for echoes or for known sources
    #[arg(long, value_name = "N", requires = "alerts")]
    max_silenced_attacks: Option<u64>,
}

impl AlertGates {
    /// What keeps the run from passing. Where there was nothing to find or nothing to spare, nothing was proven.
    pub(in crate::cli::evaluate) fn complaints(&self, figures: &AlertFigures) -> Vec<String> {
        let attacks = &figures.attacks;
        let gates = [
            reached("attacks told", attacks.recall(), self.require_attacks_told),
            reached("alerts that tell of an attack", figures.alerts.precision(), self.require_alert_precision),
            kept("alerts of one attack", Some(attacks.alerts.worst), self.max_alerts_per_attack),
            kept("alerts of the attack in the middle", Some(attacks.alerts.median), self.max_median_alerts_per_attack),
            kept(
                "false alerts in a million benign records",
                figures.false_alerts_per_million,
                self.max_false_alerts_per_million,
            ),
            kept("alerts of one source", Some(figures.sources.worst), self.max_alerts_per_source),
            kept("records of attacks silenced", Some(figures.silence.attacks()), self.max_silenced_attacks),
            kept("tallies left out, so the figures are not whole", Some(figures.left_out), Some(0)),
        ];
        gates.into_iter().flatten().collect()
    }
}

fn reached(what: &str, share: Share, required: Option<f64>) -> Option<String> {
    let required = required?;
    match share.percent() {
        None => Some(format!("{what}: there was nothing to count")),
        Some(percent) if percent < required => Some(format!("{share} % of {what}, {required} % required")),
        Some(_) => None,
    }
}

fn kept(what: &str, count: Option<u64>, allowed: Option<u64>) -> Option<String> {
    let allowed = allowed?;
    match count {
        None => Some(format!("{what}: there was nothing to count")),
        Some(count) if count > allowed => Some(format!("{count} {what}, {allowed} allowed")),
        Some(_) => None,
    }
}
